//! The lobby: one task that knows who is here, who waits, which rooms there are and what they play.
//!
//! [`Lobby`] is the handle; the state is [`hall::Hall`]. Sockets speak to it over a bounded channel
//! and wait when it is full; it never waits for a socket. Writing to the database goes on beside it,
//! and what became of that comes back as [`hall::Done`].

mod hall;
mod matches;
mod players;
mod rooms;

use std::time::{Duration, Instant};

use protocol::{
    hub::{FromHub, ToHub},
    id::AccountId,
    registry::{FromRegistry, ToRegistry},
};
use serde::Serialize;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    account::socket_token::Grant,
    config::Config,
    lobby::hall::Hall,
    secret::TokenHash,
    socket::{
        outbox::{Link, Outbox},
        room::Registration,
    },
    store::{Store, StoreError},
};

const COMMANDS: usize = 1024;
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
}

enum Command {
    SignIn { link: Link, grant: Grant, outbox: Outbox<FromHub> },
    ClientSaid { link: Link, account: AccountId, message: ToHub },
    ClientLeft { link: Link, account: AccountId },
    EndSession { session: TokenHash },
    RoomRegistered { link: Link, registration: Registration, outbox: Outbox<FromRegistry> },
    RoomSaid { link: Link, message: ToRegistry },
    RoomLeft { link: Link },
}

impl Lobby {
    /// Reads what was running and starts the task, which ends with `shutdown`.
    pub async fn start(
        store: Store,
        config: &Config,
        shutdown: CancellationToken,
    ) -> Result<(Self, JoinHandle<()>), StoreError> {
        let hall = Hall::recall(store, config, Instant::now()).await?;
        let (commands, receiver) = mpsc::channel(COMMANDS);
        let overview = hall.overview.subscribe();
        let task = tokio::spawn(run(hall, receiver, shutdown));
        Ok((Self { commands, overview }, task))
    }

    pub fn overview(&self) -> Overview {
        self.overview.borrow().clone()
    }

    pub async fn sign_in(&self, link: Link, grant: Grant, outbox: Outbox<FromHub>) {
        self.tell(Command::SignIn { link, grant, outbox }).await;
    }

    pub async fn client_said(&self, link: Link, account: AccountId, message: ToHub) {
        self.tell(Command::ClientSaid { link, account, message }).await;
    }

    pub async fn client_left(&self, link: Link, account: AccountId) {
        self.tell(Command::ClientLeft { link, account }).await;
    }

    pub async fn end_session(&self, session: TokenHash) {
        self.tell(Command::EndSession { session }).await;
    }

    pub async fn room_registered(
        &self,
        link: Link,
        registration: Registration,
        outbox: Outbox<FromRegistry>,
    ) {
        self.tell(Command::RoomRegistered { link, registration, outbox }).await;
    }

    pub async fn room_said(&self, link: Link, message: ToRegistry) {
        self.tell(Command::RoomSaid { link, message }).await;
    }

    pub async fn room_left(&self, link: Link) {
        self.tell(Command::RoomLeft { link }).await;
    }

    async fn tell(&self, command: Command) {
        if self.commands.send(command).await.is_err() {
            tracing::debug!("the lobby has closed");
        }
    }
}

async fn run(mut hall: Hall, mut commands: mpsc::Receiver<Command>, shutdown: CancellationToken) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            Some(done) = hall.work.join_next() => match done {
                Ok(done) => hall.carry_on(done, Instant::now()),
                Err(error) => tracing::error!(%error, "work of the lobby was lost"),
            },
            command = commands.recv() => match command {
                Some(command) => obey(&mut hall, command, Instant::now()),
                None => break,
            },
            _ = ticks.tick() => hall.step(Instant::now()),
        }
        hall.publish(Instant::now());
    }
    commands.close();
    while hall.work.join_next().await.is_some() {}
}

fn obey(hall: &mut Hall, command: Command, now: Instant) {
    match command {
        Command::SignIn { link, grant, outbox } => hall.sign_in(link, grant, outbox, now),
        Command::ClientSaid { link, account, message } => {
            hall.client_said(link, account, message, now);
        }
        Command::ClientLeft { link, account } => hall.client_left(link, account, now),
        Command::EndSession { session } => hall.end_session(&session),
        Command::RoomRegistered { link, registration, outbox } => {
            hall.room_registered(link, registration, outbox, now);
        }
        Command::RoomSaid { link, message } => hall.room_said(link, message, now),
        Command::RoomLeft { link } => hall.room_left(link, now),
    }
}
