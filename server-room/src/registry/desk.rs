//! One connection after the other, from *register* until it breaks.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread::Thread,
    time::Duration,
};

use anyhow::{Context as _, bail};
use async_channel::{Receiver, Sender};
use bevy::log::{info, warn};
use futures_util::{SinkExt as _, StreamExt as _};
use game::{
    protocol::{
        VERSION, frame,
        limits::{HANDSHAKE_LIFE, HEARTBEAT_EVERY, HUB_SILENCE, ROOM_FRAME_BYTES},
        refusal::Refusal,
        registry::{Allocation, FromRegistry, ToRegistry},
        ticket::RoomAddresses,
    },
    sim::arena::Arena,
};
use tokio::{
    net::TcpStream,
    time::{Instant, Interval, MissedTickBehavior, sleep_until, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use crate::{
    journal::{Entry, Word},
    vitals::Vitals,
};

/// Pauses between two attempts to reach the hub.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// A result is sent again this often until the hub has confirmed it, the oldest first, and so many at
/// a time: a hub bounds what a room may send.
const REPEAT_EVERY: Duration = Duration::from_secs(3);
const AT_A_TIME: usize = 50;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The hub's side of the line: what the room has said and must not forget.
pub(super) struct Desk {
    pub url: String,
    pub host_key: String,
    pub orders: Sender<FromRegistry>,
    pub reports: Receiver<ToRegistry>,
    /// Results that the journal holds from now on.
    pub written: Receiver<Entry>,
    pub journal: Sender<Word>,
    pub tick: Arc<AtomicU32>,
    /// The last tick that the hub was told: a simulation that stands still sends no heartbeat.
    pub beaten: u32,
    /// The match in this room, from *prepared* to *free*.
    pub playing: Option<Allocation>,
    /// The room takes no match any more, which every hub has to be told anew.
    pub draining: bool,
    /// What the journal holds and the hub has not confirmed, the oldest first.
    pub unconfirmed: Vec<Entry>,
    /// Where players reach the room, whenever that changes.
    pub addresses: Receiver<RoomAddresses>,
    pub vitals: Vitals,
    /// The thread of the app's loop, which may be asleep.
    pub app: Thread,
}

/// How a connection ended that did not break.
enum Ended {
    Refused(Refusal),
    /// Players reach the room elsewhere now, which a hub hears when the room registers.
    Moved,
}

impl Desk {
    /// Ends only with an error that trying again cannot mend.
    pub async fn keep(mut self) -> anyhow::Error {
        let Ok(mut addresses) = self.addresses.recv().await else {
            return anyhow::anyhow!("the app ended before it listened");
        };
        let mut pause = SHORTEST_PAUSE;
        loop {
            let ended = self.attend(&mut addresses, &mut pause).await;
            if !matches!(ended, Ok(Ended::Moved)) {
                self.vitals.alone();
            }
            match ended {
                Ok(Ended::Refused(Refusal::WrongHostKey)) => {
                    return anyhow::anyhow!("{} Check --host-key-file.", Refusal::WrongHostKey);
                }
                Ok(Ended::Refused(
                    refusal @ (Refusal::WrongVersion { .. } | Refusal::WrongContent { .. }),
                )) => return anyhow::anyhow!("{refusal}"),
                Ok(Ended::Refused(refusal)) => warn!("the hub closed the line: {refusal}"),
                Ok(Ended::Moved) => {
                    info!("the room registers anew, with other addresses");
                    continue;
                }
                Err(error) => warn!("no line to the hub: {error:#}; next try in {pause:?}"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// One connection, until the hub refuses us, the line breaks or there is something else to register.
    async fn attend(&mut self, addresses: &mut RoomAddresses, pause: &mut Duration) -> anyhow::Result<Ended> {
        let limits = WebSocketConfig::default()
            .max_message_size(Some(ROOM_FRAME_BYTES))
            .max_frame_size(Some(ROOM_FRAME_BYTES));
        let dialled = timeout(HANDSHAKE_LIFE, connect_async_with_config(&self.url, Some(limits), true));
        let (mut socket, _) = dialled
            .await
            .with_context(|| format!("`{}` does not answer", self.url))?
            .with_context(|| format!("unable to connect to `{}`", self.url))?;
        let register = ToRegistry::Register {
            protocol: VERSION,
            content: game::content(),
            host_key: self.host_key.clone(),
            capacity: Arena::default().seats(),
            addresses: addresses.clone(),
            playing: self.playing,
        };
        send(&mut socket, &register).await?;
        let mut heartbeat = interval(HEARTBEAT_EVERY);
        let mut repeat = interval(REPEAT_EVERY);
        let mut heard = Instant::now();
        let mut registered = false;
        loop {
            tokio::select! {
                () = sleep_until(heard + HUB_SILENCE) => bail!("the hub is silent"),
                Ok(changed) = self.addresses.recv() => {
                    *addresses = changed;
                    while registered && let Ok(report) = self.reports.try_recv() {
                        self.note(&report);
                        send(&mut socket, &report).await?;
                    }
                    // The hub should know that the old line is over before it hears of the new one.
                    let _ = timeout(HANDSHAKE_LIFE, socket.close(None)).await;
                    return Ok(Ended::Moved);
                }
                message = socket.next() => {
                    heard = Instant::now();
                    let text = match message.context("the hub closed the line")?? {
                        Message::Text(text) => text,
                        Message::Close(_) => bail!("the hub closed the line"),
                        _ => continue,
                    };
                    match frame::decode(&text, ROOM_FRAME_BYTES).map_err(anyhow::Error::new)? {
                        FromRegistry::Refused { refusal } => return Ok(Ended::Refused(refusal)),
                        FromRegistry::Registered { room } => {
                            info!("registered at {} as room {room}", self.url);
                            registered = true;
                            self.vitals.registered();
                            *pause = SHORTEST_PAUSE;
                            repeat.reset_immediately();
                            if self.draining {
                                send(&mut socket, &ToRegistry::Draining {}).await?;
                            }
                        }
                        order => self.pass_on(order)?,
                    }
                }
                report = self.reports.recv(), if registered => {
                    let report = report.context("the app has ended")?;
                    self.note(&report);
                    send(&mut socket, &report).await?;
                }
                Ok(entry) = self.written.recv() => {
                    self.unconfirmed.push(entry);
                    repeat.reset_immediately();
                }
                _ = heartbeat.tick(), if registered => {
                    let tick = self.tick.load(Ordering::Relaxed);
                    if tick != self.beaten {
                        self.beaten = tick;
                        send(&mut socket, &ToRegistry::Heartbeat { tick }).await?;
                    }
                }
                _ = repeat.tick(), if registered => {
                    for Entry { allocation, result } in self.unconfirmed.iter().take(AT_A_TIME).cloned() {
                        send(&mut socket, &ToRegistry::Result { allocation, result }).await?;
                    }
                }
            }
        }
    }

    fn pass_on(&mut self, order: FromRegistry) -> anyhow::Result<()> {
        if let FromRegistry::Receipt { allocation } | FromRegistry::Cancel { allocation } = order
            && let Some(at) = self.unconfirmed.iter().position(|entry| entry.allocation == allocation)
        {
            self.unconfirmed.remove(at);
            if self.journal.try_send(Word::Confirm(allocation)).is_err() {
                warn!("the journal does not keep up: a later room will send a confirmed result again");
            }
        }
        self.orders.try_send(order).context("the room does not keep up with the hub")?;
        self.app.unpark();
        Ok(())
    }

    fn note(&mut self, report: &ToRegistry) {
        match report {
            ToRegistry::Prepared { allocation, .. } => self.playing = Some(*allocation),
            ToRegistry::Free { .. } => self.playing = None,
            ToRegistry::Draining {} => self.draining = true,
            _ => {}
        }
    }
}

async fn send(socket: &mut Socket, message: &ToRegistry) -> anyhow::Result<()> {
    timeout(HANDSHAKE_LIFE, socket.send(Message::text(frame::encode(message))))
        .await
        .context("the hub takes nothing any more")?
        .context("unable to send to the hub")
}

fn interval(period: Duration) -> Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
