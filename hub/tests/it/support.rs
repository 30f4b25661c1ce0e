//! A hub to test, and typed players and rooms that speak to it.

use std::{
    fs,
    marker::PhantomData,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use hub::{
    account::limit::Limits,
    config::{AdminConfig, Config, Timings},
    matchmaking::mode::{Mode, Modes},
};
use protocol::{
    VERSION,
    challenge::{Bytes32, ChallengeKey},
    frame,
    http::{Credentials, HistoryRow, Problem, SignedIn, SocketTicket},
    hub::{FromHub, ToHub},
    id::{AccountId, ProposalId, Seat},
    key::{Content, MapId, ModeId},
    rating::RatingChange,
    refusal::Refusal,
    registry::{Allocation, ExpectedPlayer, FromRegistry, SeatTicket, ToRegistry},
    result::{MatchResult, SeatResult},
    text::PlayerName,
    ticket::{RoomAddresses, Ticket, WebTransportAddress},
};
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect::Policy};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub const HOST_KEY: &str = "a host key of thirty-two letters";
pub const PASSWORD: &str = "correct horse";

/// Longest wait for anything; a passing test never reaches it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder that goes with its owner.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("fogline-hub-{}", Uuid::now_v7()));
        fs::create_dir_all(&path).expect("a folder for the test should be made");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("unable to remove {:?}: {error}", self.0);
        }
    }
}

/// A running hub. Dropping it stops it.
pub struct TestHub {
    pub address: SocketAddr,
    pub http: Client,
    folder: Option<Folder>,
    setup: Setup,
    shutdown: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

/// How a hub under test differs from a real one.
#[derive(Clone)]
pub struct Setup {
    pub timings: Timings,
    pub bots_after: Duration,
    /// `None`: no ready check.
    pub ready: Option<Duration>,
    pub fills_running: bool,
    pub limits: Limits,
    pub sockets_per_address: usize,
    /// A file in the hub's folder unless given.
    pub database: Option<String>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            timings: timings(),
            bots_after: Duration::from_millis(150),
            ready: None,
            fills_running: false,
            limits: unlimited(),
            sockets_per_address: 1_000,
            database: None,
        }
    }
}

impl From<Timings> for Setup {
    fn from(timings: Timings) -> Self {
        Self { timings, ..Self::default() }
    }
}

impl Setup {
    fn modes(&self) -> Modes {
        let mode = |id: &str, order, team_size, bots_after| Mode {
            id: mode(id),
            name: id.to_owned(),
            about: "For tests.".to_owned(),
            order,
            team_size,
            maps: vec![MapId::try_from("crossing".to_owned()).expect("the map should be named well")],
            match_seconds: 120,
            bots_after,
            ready: self.ready,
            fills_running: self.fills_running,
            rating_window: 1_000.0,
            rating_window_per_second: 100.0,
        };
        let quick = mode("quick", 0, 3, Some(self.bots_after));
        let duel = mode("duel", 1, 1, None);
        Modes::new(vec![quick, duel]).expect("the modes should be good")
    }
}

/// Many guests come from one address here.
fn unlimited() -> Limits {
    Limits {
        register_per_hour: 100_000,
        guest_per_hour: 100_000,
        login_per_10_min: 100_000,
        requests_per_second: 10_000,
        ..Limits::default()
    }
}

pub fn mode(id: &str) -> ModeId {
    ModeId::try_from(id.to_owned()).expect("the mode should be named well")
}

pub fn content() -> Content {
    Content::of(b"rules")
}

/// First message of a client.
pub fn hello() -> ToHub {
    hello_with(content())
}

fn hello_with(content: Content) -> ToHub {
    ToHub::Hello { protocol: VERSION, content }
}

/// Short enough for tests, long enough for a busy machine.
pub fn timings() -> Timings {
    Timings {
        room_return: Duration::from_millis(300),
        room_suspect: Duration::from_secs(60),
        room_silence: Duration::from_secs(60),
        roster_every: Duration::from_millis(50),
        ..Timings::default()
    }
}

pub fn challenge_key() -> ChallengeKey {
    ChallengeKey::from_hex(&"0a".repeat(32)).expect("the key should be 64 hex digits")
}

impl TestHub {
    pub async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    pub async fn start_with(setup: impl Into<Setup>) -> Self {
        Self::start_in(Folder::new(), setup.into()).await
    }

    async fn start_in(folder: Folder, setup: Setup) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port should be found");
        let address = listener.local_addr().expect("the listener should have an address");
        let config = Config {
            database: setup
                .database
                .clone()
                .unwrap_or_else(|| format!("sqlite://{}", folder.path().join("hub.db").display())),
            challenge_key: challenge_key(),
            host_key: HOST_KEY.to_owned(),
            web_root: folder.path().join("web"),
            modes: setup.modes(),
            public_url: None,
            admin: Some(AdminConfig {
                bind: ([127, 0, 0, 1], 0).into(),
                addr_file: Some(folder.path().join("admin.addr")),
                token_file: folder.path().join("admin.token"),
            }),
            limits: setup.limits,
            sockets_per_address: setup.sockets_per_address,
            timings: setup.timings,
        };
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(hub::serve(listener, config, shutdown.clone()));
        let http =
            Client::builder().redirect(Policy::none()).build().expect("an HTTP client should be built");
        Self { address, http, folder: Some(folder), setup, shutdown, task }
    }

    /// Stops the hub and starts it again on the same database.
    pub async fn restart(mut self) -> Self {
        self.shutdown.cancel();
        timeout(PATIENCE, &mut self.task)
            .await
            .expect("the hub should stop in time")
            .expect("the hub should not panic")
            .expect("the hub should stop in order");
        let folder = self.folder.take().expect("a running hub should have its folder");
        Self::start_in(folder, self.setup.clone()).await
    }

    pub fn web_root(&self) -> PathBuf {
        self.folder.as_ref().expect("a running hub should have its folder").path().join("web")
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub async fn get(&self, path: &str) -> Response {
        answer(self.http.get(self.url(path))).await
    }

    pub async fn post(&self, path: &str, body: &impl Serialize) -> Response {
        answer(self.http.post(self.url(path)).json(body)).await
    }

    pub async fn register(&self, name: &str, password: &str) -> Response {
        self.post("/api/v1/register", &credentials(name, password)).await
    }

    pub async fn login(&self, name: &str, password: &str) -> Response {
        self.post("/api/v1/login", &credentials(name, password)).await
    }

    pub async fn guest(&self) -> SignedIn {
        body(answer(self.http.post(self.url("/api/v1/guest"))).await).await
    }

    pub async fn socket_token(&self, bearer: &str) -> String {
        let request = self.http.post(self.url("/api/v1/socket-token")).bearer_auth(bearer);
        body::<SocketTicket>(answer(request).await).await.token
    }

    pub async fn history(&self, bearer: &str) -> Vec<HistoryRow> {
        body(answer(self.http.get(self.url("/api/v1/history")).bearer_auth(bearer)).await).await
    }

    pub async fn client_socket(&self) -> ClientSocket {
        Socket::open(&format!("ws://{}/socket/client", self.address)).await
    }

    pub async fn room_socket(&self) -> RoomSocket {
        Socket::open(&format!("ws://{}/socket/room", self.address)).await
    }

    /// A client socket that has answered the challenge.
    pub async fn admitted(&self) -> ClientSocket {
        self.admitted_with(content()).await
    }

    /// The same for a client that plays with something else.
    async fn admitted_with(&self, content: Content) -> ClientSocket {
        let mut socket = self.client_socket().await;
        socket.send(&hello_with(content)).await;
        let nonce = socket.challenge().await;
        socket.send(&ToHub::Answer { answer: challenge_key().answer(&nonce) }).await;
        assert_eq!(socket.next().await, FromHub::Admitted {});
        socket
    }

    /// A guest with an open, signed-in socket.
    pub async fn player(&self) -> Player {
        Player::connect(self, self.guest().await).await
    }

    pub async fn room(&self) -> Room {
        Room::register(self, None).await
    }
}

impl Drop for TestHub {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

pub fn credentials(name: &str, password: &str) -> Credentials {
    Credentials { name: name.to_owned(), password: password.to_owned() }
}

pub async fn answer(request: RequestBuilder) -> Response {
    request.send().await.expect("the hub should answer")
}

pub async fn body<T: DeserializeOwned>(response: Response) -> T {
    let status = response.status();
    assert!(status.is_success(), "the request should succeed, not {status}");
    response.json().await.expect("the body should be what the protocol says")
}

pub async fn problem(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let problem = response.json::<Problem>().await.expect("an error should be a problem");
    (status, problem.error)
}

/// A WebSocket of typed messages.
pub struct Socket<In, Out> {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    directions: PhantomData<fn(Out) -> In>,
}

pub type ClientSocket = Socket<FromHub, ToHub>;
pub type RoomSocket = Socket<FromRegistry, ToRegistry>;

impl<In: DeserializeOwned + std::fmt::Debug, Out: Serialize> Socket<In, Out> {
    async fn open(url: &str) -> Self {
        let (stream, _) = connect_async(url).await.expect("the socket should open");
        Self { stream, directions: PhantomData }
    }

    pub async fn send(&mut self, message: &Out) {
        self.send_raw(Message::text(frame::encode(message))).await;
    }

    pub async fn send_raw(&mut self, message: Message) {
        self.stream.send(message).await.expect("the socket should take a message");
    }

    pub async fn next(&mut self) -> In {
        self.try_next().await.expect("a message should come before the socket closes")
    }

    /// The first message that `wanted` takes.
    pub async fn until<T>(&mut self, mut wanted: impl FnMut(&In) -> Option<T>) -> T {
        loop {
            let message = self.next().await;
            if let Some(found) = wanted(&message) {
                return found;
            }
        }
    }

    pub async fn expect_closed(&mut self) {
        let last = self.try_next().await;
        assert!(last.is_none(), "the socket should close, not say {last:?}");
    }

    async fn try_next(&mut self) -> Option<In> {
        loop {
            let next = timeout(PATIENCE, self.stream.next()).await;
            match next.expect("something should come in time") {
                Some(Ok(Message::Text(text))) => {
                    let message = serde_json::from_str(text.as_str());
                    return Some(message.expect("the hub should speak the protocol"));
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }
}

impl ClientSocket {
    pub async fn challenge(&mut self) -> Bytes32 {
        match self.next().await {
            FromHub::Challenge { nonce } => nonce,
            other => panic!("after hello comes the challenge, not {other:?}"),
        }
    }

    /// The reason why the hub closes this socket.
    pub async fn refusal(&mut self) -> Refusal {
        let refusal = self
            .until(|message| match message {
                FromHub::Refused { refusal } => Some(refusal.clone()),
                _ => None,
            })
            .await;
        self.expect_closed().await;
        refusal
    }

    pub async fn declined(&mut self) -> Refusal {
        self.until(|message| match message {
            FromHub::Declined { refusal } => Some(refusal.clone()),
            _ => None,
        })
        .await
    }
}

impl RoomSocket {
    pub async fn refusal(&mut self) -> Refusal {
        let refusal = self
            .until(|message| match message {
                FromRegistry::Refused { refusal } => Some(refusal.clone()),
                _ => None,
            })
            .await;
        self.expect_closed().await;
        refusal
    }
}

/// Somebody with a signed-in socket.
pub struct Player {
    pub account: AccountId,
    pub name: PlayerName,
    pub bearer: String,
    pub socket: ClientSocket,
}

impl Player {
    pub async fn connect(hub: &TestHub, signed_in: SignedIn) -> Self {
        Self::connect_with(hub, signed_in, content()).await
    }

    async fn connect_with(hub: &TestHub, signed_in: SignedIn, content: Content) -> Self {
        let token = hub.socket_token(&signed_in.bearer).await;
        let mut socket = hub.admitted_with(content).await;
        socket.send(&ToHub::SignIn { token }).await;
        let SignedIn { account, name, guest, bearer } = signed_in;
        match socket.next().await {
            FromHub::SignedIn { account: greeted, name: called, guest: as_guest, .. } => {
                assert_eq!((greeted, &called, as_guest), (account, &name, guest));
            }
            other => panic!("a sign-in is answered by `signed_in`, not {other:?}"),
        }
        Self { account, name, bearer, socket }
    }

    /// The same account on a new socket.
    pub async fn again(&self, hub: &TestHub) -> Self {
        self.again_with(hub, content()).await
    }

    /// The same account in another build.
    pub async fn again_with(&self, hub: &TestHub, content: Content) -> Self {
        let signed_in = SignedIn {
            account: self.account,
            name: self.name.clone(),
            guest: true,
            bearer: self.bearer.clone(),
        };
        Self::connect_with(hub, signed_in, content).await
    }

    pub async fn join_queue(&mut self) {
        self.socket.send(&ToHub::JoinQueue { mode: mode("quick") }).await;
        self.queued().await;
    }

    pub async fn queued(&mut self) -> u32 {
        self.socket
            .until(|message| match message {
                FromHub::Queued { waiting, .. } => Some(*waiting),
                _ => None,
            })
            .await
    }

    /// The question whether this player is ready, and how many are.
    pub async fn proposed(&mut self) -> (ProposalId, u8) {
        self.socket
            .until(|message| match message {
                FromHub::Proposed { proposal, ready, .. } => Some((*proposal, *ready)),
                _ => None,
            })
            .await
    }

    pub async fn ticket(&mut self) -> Ticket {
        self.socket
            .until(|message| match message {
                FromHub::MatchFound { ticket } => Some(ticket.clone()),
                _ => None,
            })
            .await
    }

    pub async fn match_ended(&mut self) -> MatchResult {
        self.socket
            .until(|message| match message {
                FromHub::MatchEnded { result, .. } => Some(result.clone()),
                _ => None,
            })
            .await
    }

    pub async fn rating_change(&mut self) -> RatingChange {
        self.socket
            .until(|message| match message {
                FromHub::MatchEnded { rating, .. } => Some(rating.clone()),
                _ => None,
            })
            .await
    }

    pub async fn match_void(&mut self) -> String {
        self.socket
            .until(|message| match message {
                FromHub::MatchVoid { reason, .. } => Some(reason.clone()),
                _ => None,
            })
            .await
    }
}

/// A room that plays nothing but speaks the protocol.
pub struct Room {
    pub socket: RoomSocket,
}

/// A match that a room was asked to prepare.
#[derive(Clone)]
pub struct Asked {
    pub allocation: Allocation,
    pub team_size: u8,
    pub players: Vec<ExpectedPlayer>,
}

pub fn addresses() -> RoomAddresses {
    RoomAddresses {
        udp: ([127, 0, 0, 1], 7000).into(),
        webtransport: WebTransportAddress {
            url: "https://127.0.0.1:7001".to_owned(),
            digest: Bytes32([9; 32]),
        },
        websocket: "ws://127.0.0.1:7002".to_owned(),
    }
}

pub fn registration(host_key: &str, playing: Option<Allocation>) -> ToRegistry {
    ToRegistry::Register {
        protocol: VERSION,
        content: content(),
        host_key: host_key.to_owned(),
        capacity: 6,
        addresses: addresses(),
        playing,
    }
}

impl Room {
    pub async fn register(hub: &TestHub, playing: Option<Allocation>) -> Self {
        let mut socket = hub.room_socket().await;
        socket.send(&registration(HOST_KEY, playing)).await;
        match socket.next().await {
            FromRegistry::Registered { .. } => Self { socket },
            other => panic!("a registration is answered by `registered`, not {other:?}"),
        }
    }

    pub async fn asked(&mut self) -> Asked {
        self.socket
            .until(|message| match message {
                FromRegistry::Prepare { allocation, team_size, players, .. } => {
                    Some(Asked { allocation: *allocation, team_size: *team_size, players: players.clone() })
                }
                _ => None,
            })
            .await
    }

    pub async fn prepare(&mut self, asked: &Asked) {
        let tickets = asked.players.iter().map(ticket).collect();
        self.socket.send(&ToRegistry::Prepared { allocation: asked.allocation, tickets }).await;
    }

    pub async fn report(&mut self, asked: &Asked) {
        let result = result(asked);
        self.socket.send(&ToRegistry::Result { allocation: asked.allocation, result }).await;
    }

    pub async fn receipt(&mut self) -> Allocation {
        self.socket
            .until(|message| match message {
                FromRegistry::Receipt { allocation } => Some(*allocation),
                _ => None,
            })
            .await
    }

    pub async fn cancelled(&mut self) -> Allocation {
        self.socket
            .until(|message| match message {
                FromRegistry::Cancel { allocation } => Some(*allocation),
                _ => None,
            })
            .await
    }

    /// Answers the hub's wish for a new ticket.
    pub async fn reissue(&mut self, asked: &Asked) -> AccountId {
        let account = self
            .socket
            .until(|message| match message {
                FromRegistry::IssueTicket { account, .. } => Some(*account),
                _ => None,
            })
            .await;
        let player = asked
            .players
            .iter()
            .find(|player| player.account == account)
            .expect("a ticket should be asked for a player of the match");
        let issued = ToRegistry::TicketIssued { allocation: asked.allocation, ticket: ticket(player) };
        self.socket.send(&issued).await;
        account
    }
}

fn ticket(player: &ExpectedPlayer) -> SeatTicket {
    SeatTicket { account: player.account, seat: player.seat, token: "ticket".repeat(400) }
}

/// Amber wins 5 to 3; bots sit where no player does.
pub fn result(asked: &Asked) -> MatchResult {
    let seats = Seat::first(2 * asked.team_size)
        .map(|seat| {
            let player = asked.players.iter().find(|player| player.seat == seat);
            let bot = PlayerName::new("Bot").expect("a bot's name should be good");
            SeatResult {
                seat,
                account: player.map(|player| player.account),
                name: player.map_or(bot, |player| player.name.clone()),
                kills: 2,
                deaths: 1,
            }
        })
        .collect();
    MatchResult { amber: 5, azure: 3, ticks: 1200, seats }
}
