//! The lobby: who is here, who waits, which rooms there are and what they play.
//!
//! [`Lobby`] is the handle. One task owns the state, [`hall::Hall`], which is pure; a second one does
//! its [`deed::Deed`]s, one after the other. Sockets speak to the lobby over a bounded channel and
//! wait when it is full; it never waits for a socket or for the database.

pub mod deed;
pub mod hall;
mod matches;
pub mod memory;
mod newcomers;
mod parties;
mod players;
mod rooms;
mod waiting;

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use protocol::{
    hub::{FromHub, ToHub},
    id::{AccountId, RoomId},
    refusal::Refusal,
    registry::{FromRegistry, ToRegistry},
    text::PlayerName,
};
use rand::{SeedableRng as _, rngs::StdRng};
use serde::Serialize;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    admin::metrics::Metrics,
    clock::{Now, unix_ms},
    config::Config,
    lobby::{
        deed::{Deed, Done},
        hall::{Effect, Entrant, Hall, Input},
        memory::Memory,
    },
    matches::store::{Settlement, Standing},
    rooms::registry::{Listed, Registration},
    secret::{self, TokenHash},
    socket::outbox::{Link, Outbox},
    store::{Store, StoreError},
};

const COMMANDS: usize = 1024;
const DEEDS: usize = 4096;
const TICK: Duration = Duration::from_millis(100);

/// A handle to the lobby. Cheap to clone.
#[derive(Clone)]
pub struct Lobby {
    commands: mpsc::Sender<Command>,
    overview: watch::Receiver<Overview>,
}

/// What anybody may see at a glance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Overview {
    pub players_online: usize,
    pub waiting: u32,
    pub rooms: usize,
    pub rooms_free: usize,
    pub matches_running: usize,
    /// Where pages must be able to connect to.
    #[serde(skip)]
    pub origins: Vec<String>,
    #[serde(skip)]
    pub rooms_listed: Vec<Listed>,
}

/// What happened, and the outbox of a socket that is new.
enum Command {
    Player { link: Link, entrant: Entrant, outbox: Outbox<FromHub> },
    Room { link: Link, registration: Registration, outbox: Outbox<FromRegistry> },
    Happened(Input),
}

impl Lobby {
    /// Reads what was going on and starts the tasks, which end with `shutdown`.
    pub async fn start(
        store: Store,
        config: &Config,
        metrics: Metrics,
        shutdown: CancellationToken,
    ) -> Result<(Self, JoinHandle<()>), StoreError> {
        let memory = store.write(Memory::recall).await?;
        tracing::info!(
            start = memory.start,
            running = memory.running.len(),
            waiting = memory.waiting.len(),
            "the lobby opens"
        );
        let rng = StdRng::from_seed(secret::random());
        let hall = Hall::new(memory, config.modes.clone(), config.timings, rng, Now::read());
        let (commands, receiver) = mpsc::channel(COMMANDS);
        let (deeds, to_do) = mpsc::channel(DEEDS);
        let (finished, done) = mpsc::unbounded_channel();
        let (overview, watched) = watch::channel(Overview::default());
        let writer = tokio::spawn(perform(store, metrics.clone(), to_do, finished));
        let (players, rooms) = (HashMap::new(), HashMap::new());
        let desk = Desk { hall, deeds, overview, players, rooms, metrics };
        let task = tokio::spawn(async move {
            // Without a lobby the hub is of no use: it ends, to be started again.
            let _end = shutdown.clone().drop_guard();
            desk.run(receiver, done, shutdown).await;
            if writer.await.is_err() {
                tracing::error!("the lobby's writer failed");
            }
        });
        Ok((Self { commands, overview: watched }, task))
    }

    pub fn overview(&self) -> Overview {
        self.overview.borrow().clone()
    }

    /// Whether the lobby's task lives.
    pub fn is_open(&self) -> bool {
        !self.commands.is_closed()
    }

    pub async fn sign_in(&self, link: Link, entrant: Entrant, outbox: Outbox<FromHub>) {
        self.tell(Command::Player { link, entrant, outbox }).await;
    }

    pub async fn client_said(&self, link: Link, message: ToHub) {
        self.happened(Input::ClientSaid { link, message }).await;
    }

    pub async fn client_left(&self, link: Link) {
        self.happened(Input::ClientLeft { link }).await;
    }

    pub async fn end_session(&self, session: TokenHash) {
        self.happened(Input::EndSession { session }).await;
    }

    /// Closes the account's socket with this reason.
    pub async fn end_account(&self, account: AccountId, why: Refusal) {
        self.happened(Input::EndAccount { account, why }).await;
    }

    pub async fn renamed(&self, account: AccountId, name: PlayerName) {
        self.happened(Input::Renamed { account, name }).await;
    }

    pub async fn room_registered(
        &self,
        link: Link,
        registration: Registration,
        outbox: Outbox<FromRegistry>,
    ) {
        self.tell(Command::Room { link, registration, outbox }).await;
    }

    pub async fn room_said(&self, link: Link, message: ToRegistry) {
        self.happened(Input::RoomSaid { link, message }).await;
    }

    pub async fn room_left(&self, link: Link) {
        self.happened(Input::RoomLeft { link }).await;
    }

    /// The room gets no match any more. `false` when there is no such room.
    pub async fn drain_room(&self, room: RoomId) -> bool {
        let known = self.overview.borrow().rooms_listed.iter().any(|listed| listed.id == room);
        if known {
            self.happened(Input::DrainRoom { room }).await;
        }
        known
    }

    async fn happened(&self, input: Input) {
        self.tell(Command::Happened(input)).await;
    }

    async fn tell(&self, command: Command) {
        if self.commands.send(command).await.is_err() {
            tracing::debug!("the lobby has closed");
        }
    }
}

/// The state and where its effects go.
struct Desk {
    hall: Hall,
    deeds: mpsc::Sender<Deed>,
    overview: watch::Sender<Overview>,
    players: HashMap<Link, Outbox<FromHub>>,
    rooms: HashMap<Link, Outbox<FromRegistry>>,
    metrics: Metrics,
}

impl Desk {
    async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut done: mpsc::UnboundedReceiver<Done>,
        shutdown: CancellationToken,
    ) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                Some(done) = done.recv() => self.finish(done),
                _ = ticks.tick() => {
                    let effects = self.hall.step(Now::read());
                    self.carry_out(effects);
                    self.publish();
                }
                command = commands.recv() => match command {
                    Some(command) => self.obey(command),
                    None => break,
                },
            }
        }
    }

    fn obey(&mut self, command: Command) {
        let input = match command {
            Command::Player { link, entrant, outbox } => {
                self.players.insert(link, outbox);
                Input::SignIn { link, entrant }
            }
            Command::Room { link, registration, outbox } => {
                self.rooms.insert(link, outbox);
                Input::RoomRegistered { link, registration }
            }
            Command::Happened(input) => input,
        };
        let gone = match &input {
            Input::ClientLeft { link } | Input::RoomLeft { link } => Some(*link),
            _ => None,
        };
        let counted =
            matches!(input, Input::SignIn { .. } | Input::RoomRegistered { .. } | Input::RoomLeft { .. });
        self.take(input);
        if counted {
            self.publish();
        }
        if let Some(link) = gone {
            self.players.remove(&link);
            self.rooms.remove(&link);
        }
    }

    fn finish(&mut self, done: Done) {
        match &done {
            Done::Settled { settlement, .. } => match settlement {
                Settlement::Recorded(_) => self.metrics.result_recorded(),
                Settlement::Repeated(_) => self.metrics.result_repeated(),
                Settlement::Refused => self.metrics.result_refused(),
            },
            Done::LookedUp { standing, .. } => match standing {
                Standing::Ended => self.metrics.result_repeated(),
                Standing::Void | Standing::Unknown => self.metrics.result_refused(),
                Standing::Running => {}
            },
            Done::Voided { reason, .. } => self.metrics.match_void(reason),
            _ => {}
        }
        self.take(Input::Done(done));
    }

    fn take(&mut self, input: Input) {
        let effects = self.hall.take(input, Now::read());
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Player { link, message } => {
                    if let Some(outbox) = self.players.get(&link) {
                        outbox.put(message);
                    }
                }
                Effect::Room { link, message } => {
                    if let Some(outbox) = self.rooms.get(&link) {
                        outbox.put(message);
                    }
                }
                Effect::RoomLost(why) => self.metrics.room_lost(why),
                Effect::Write(deed) => {
                    if let Err(refused) = self.deeds.try_send(deed) {
                        tracing::error!("too much waits to be written down");
                        self.take(Input::Done(Done::Failed(refused.into_inner())));
                    }
                }
            }
        }
    }

    /// Lets pages see what has changed.
    fn publish(&self) {
        let overview = self.hall.overview(Now::read());
        self.overview.send_if_modified(|published| {
            let changed = *published != overview;
            if changed {
                *published = overview;
            }
            changed
        });
    }
}

/// Does deeds in order until the lobby is gone and none is left.
async fn perform(
    store: Store,
    metrics: Metrics,
    mut deeds: mpsc::Receiver<Deed>,
    finished: mpsc::UnboundedSender<Done>,
) {
    while let Some(deed) = deeds.recv().await {
        let (tried, began) = (deed.clone(), Instant::now());
        let written = store.write_in_any_case(move |connection| tried.perform(connection, unix_ms())).await;
        metrics.store_written(began.elapsed());
        let done = match written {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, deed = deed.name(), "a change was not written down");
                Done::Failed(deed)
            }
        };
        if finished.send(done).is_err() {
            tracing::debug!("the lobby has closed");
        }
    }
}
