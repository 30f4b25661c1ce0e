//! The line to the hub: dialled, registered, kept alive, dialled again. Runs on a thread of its own;
//! the app talks to it through bounded channels.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, bail};
use async_channel::{Receiver, Sender, bounded};
use bevy::{
    app::AppExit,
    log::{error, info, warn},
    prelude::Resource,
};
use futures_util::{SinkExt as _, StreamExt as _};
use game::protocol::{
    VERSION, frame,
    limits::{HANDSHAKE_LIFE, HEARTBEAT_EVERY, HUB_SILENCE, ROOM_FRAME_BYTES, SEATS},
    refusal::Refusal,
    registry::{Allocation, FromRegistry, ToRegistry},
    ticket::RoomAddresses,
};
use tokio::{
    net::TcpStream,
    signal::unix::SignalKind,
    time::{Instant, Interval, MissedTickBehavior, sleep_until, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

/// Pauses between two attempts to reach the hub.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// A result is sent again this often until the hub has confirmed it.
const REPEAT_EVERY: Duration = Duration::from_secs(3);

/// Messages that may wait on either side of the line.
const WAITING: usize = 256;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The app's end of the line.
#[derive(Resource)]
pub struct Line {
    pub orders: Receiver<FromRegistry>,
    pub reports: Sender<ToRegistry>,
    pub addresses: Sender<RoomAddresses>,
    pub tick: Arc<AtomicU32>,
    /// The process should end.
    pub exit: Receiver<AppExit>,
}

/// Starts the thread that keeps the line.
pub fn dial(hub: String, host_key: String) -> anyhow::Result<Line> {
    let url = format!("{}/socket/room", hub.trim_end_matches('/'));
    if !(url.starts_with("ws://") || url.starts_with("wss://")) {
        bail!("--hub `{hub}` should begin with ws:// or wss://");
    }
    let (order, orders) = bounded(WAITING);
    let (report, reports) = bounded(WAITING);
    let (address, addresses) = bounded(1);
    let (exits, exit) = bounded(1);
    let tick = Arc::new(AtomicU32::new(0));
    let desk =
        Desk { url, host_key, orders: order, reports, tick: tick.clone(), playing: None, unconfirmed: None };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("registry".into()).spawn(move || {
        let code = runtime.block_on(async {
            tokio::select! {
                error = desk.keep(addresses) => {
                    error!("{error:#}");
                    AppExit::error()
                }
                () = told_to_stop() => AppExit::Success,
            }
        });
        let _ = exits.try_send(code);
    })?;
    Ok(Line { orders, reports: report, addresses: address, tick, exit })
}

async fn told_to_stop() {
    let mut terminate = match tokio::signal::unix::signal(SignalKind::terminate()) {
        Ok(terminate) => terminate,
        Err(error) => {
            error!("unable to listen for SIGTERM: {error}");
            return;
        }
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

struct Desk {
    url: String,
    host_key: String,
    orders: Sender<FromRegistry>,
    reports: Receiver<ToRegistry>,
    tick: Arc<AtomicU32>,
    /// The match in this room, from *prepared* to *free*.
    playing: Option<Allocation>,
    /// A result that the hub has not confirmed.
    unconfirmed: Option<ToRegistry>,
}

impl Desk {
    /// Ends only with an error that trying again cannot mend.
    async fn keep(mut self, addresses: Receiver<RoomAddresses>) -> anyhow::Error {
        let Ok(addresses) = addresses.recv().await else {
            return anyhow::anyhow!("the app ended before it listened");
        };
        let mut pause = SHORTEST_PAUSE;
        loop {
            match self.attend(&addresses, &mut pause).await {
                Ok(Refusal::WrongHostKey) => {
                    return anyhow::anyhow!("{} Check --host-key-file.", Refusal::WrongHostKey);
                }
                Ok(refusal @ Refusal::WrongVersion { .. }) => return anyhow::anyhow!("{refusal}"),
                Ok(refusal) => warn!("the hub closed the line: {refusal}"),
                Err(error) => warn!("no line to the hub: {error:#}; next try in {pause:?}"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// One connection, until the hub refuses us or the line breaks.
    async fn attend(&mut self, addresses: &RoomAddresses, pause: &mut Duration) -> anyhow::Result<Refusal> {
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
            host_key: self.host_key.clone(),
            capacity: SEATS,
            addresses: addresses.clone(),
            playing: self.playing,
        };
        send(&mut socket, &register).await?;
        let mut heartbeat = interval(HEARTBEAT_EVERY);
        let mut repeat = interval(REPEAT_EVERY);
        let mut heard = Instant::now();
        let mut beaten = None;
        let mut registered = false;
        loop {
            tokio::select! {
                () = sleep_until(heard + HUB_SILENCE) => bail!("the hub is silent"),
                message = socket.next() => {
                    heard = Instant::now();
                    let text = match message.context("the hub closed the line")?? {
                        Message::Text(text) => text,
                        Message::Close(_) => bail!("the hub closed the line"),
                        _ => continue,
                    };
                    match frame::decode(&text, ROOM_FRAME_BYTES).map_err(anyhow::Error::new)? {
                        FromRegistry::Refused { refusal } => return Ok(refusal),
                        FromRegistry::Registered { room } => {
                            info!("registered at {} as room {room}", self.url);
                            registered = true;
                            *pause = SHORTEST_PAUSE;
                            repeat.reset_immediately();
                        }
                        order => self.pass_on(order)?,
                    }
                }
                report = self.reports.recv(), if registered => {
                    let report = report.context("the app has ended")?;
                    self.note(&report);
                    send(&mut socket, &report).await?;
                }
                _ = heartbeat.tick(), if registered => {
                    let tick = self.tick.load(Ordering::Relaxed);
                    if beaten.replace(tick) != Some(tick) {
                        send(&mut socket, &ToRegistry::Heartbeat { tick }).await?;
                    }
                }
                _ = repeat.tick(), if registered && self.unconfirmed.is_some() => {
                    if let Some(result) = &self.unconfirmed {
                        send(&mut socket, result).await?;
                    }
                }
            }
        }
    }

    fn pass_on(&mut self, order: FromRegistry) -> anyhow::Result<()> {
        if let FromRegistry::Receipt { allocation } | FromRegistry::Cancel { allocation } = order
            && self.playing == Some(allocation)
        {
            self.unconfirmed = None;
        }
        self.orders.try_send(order).context("the room does not keep up with the hub")
    }

    fn note(&mut self, report: &ToRegistry) {
        match report {
            ToRegistry::Prepared { allocation, .. } => self.playing = Some(*allocation),
            ToRegistry::Result { .. } => self.unconfirmed = Some(report.clone()),
            ToRegistry::Free {} => self.playing = None,
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
