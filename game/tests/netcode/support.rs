//! A whole match in one process.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bevy::{prelude::*, state::app::StatesPlugin, time::TimeUpdateStrategy};
use game::{
    client::{self, Controls, connection},
    protocol::{
        challenge::Bytes32,
        id::{AccountId, Epoch, MatchId, Seat},
        key::{MapId, ModeId},
        rating::Rating,
        registry::{Allocation, FromRegistry, Newcomer, SeatTicket, ToRegistry},
        text::PlayerName,
        ticket::{RoomAddresses, Ticket, WebTransportAddress},
    },
    room::{
        self,
        listen::{self, Listening},
        order::{Journaled, Order, Report},
        ticket::Mint,
    },
    sim::{
        event::{Heard, MatchEvent},
        schedule::TICK,
        scoreboard::{Phase, Scoreboard},
        tank::{Health, Hull, TankId},
        wire,
    },
};
use lightyear::{
    crossbeam::CrossbeamIo,
    prelude::{
        client::Connect,
        server::{Server, Start},
        *,
    },
};
use mock_instant::global::MockClock;
use uuid::Uuid;

/// The stepped clock is one for the whole process, so matches take turns.
static CLOCK: Mutex<()> = Mutex::new(());

pub fn take_turn() -> MutexGuard<'static, ()> {
    CLOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

pub struct Match {
    pub room: App,
    pub clients: Vec<Player>,
    pub reports: Vec<ToRegistry>,
    pub allocation: Allocation,
    /// Whether results are journaled as soon as they are there.
    pub journal: bool,
    server: Entity,
    _turn: MutexGuard<'static, ()>,
}

pub struct Player {
    pub app: App,
    pub heard: Vec<MatchEvent>,
}

pub fn seat(index: u8) -> Seat {
    Seat::try_from(index).expect("seat should exist")
}

pub fn account(index: u8) -> AccountId {
    AccountId(Uuid::from_u128(0xA000 + u128::from(index)))
}

pub fn allocation(epoch: u64) -> Allocation {
    Allocation { match_id: MatchId(Uuid::from_u128(u128::from(epoch))), epoch: Epoch(epoch) }
}

pub fn newcomer(index: u8) -> Newcomer {
    Newcomer {
        account: account(index),
        name: PlayerName::new(&format!("Player {index}")).expect("name should be valid"),
        rating: Rating::FIRST,
        mutes: Vec::new(),
    }
}

/// A match on the built-in map with players in the seats given.
pub fn preparation(allocation: Allocation, team_size: u8, seconds: u16, seats: &[u8]) -> FromRegistry {
    FromRegistry::Prepare {
        allocation,
        mode: ModeId::try_from("quick".to_owned()).expect("mode should be valid"),
        map: MapId::try_from("crossing".to_owned()).expect("map should be valid"),
        team_size,
        seed: 7,
        seconds,
        players: seats.iter().map(|index| newcomer(*index).seated(seat(*index))).collect(),
    }
}

impl Match {
    /// An empty room.
    pub fn room() -> Self {
        let turn = take_turn();
        let mut room = headless();
        room.add_plugins(room::plugin);
        let address = ([127, 0, 0, 1], 7000).into();
        room.insert_resource(Listening {
            addresses: RoomAddresses {
                udp: address,
                webtransport: WebTransportAddress {
                    url: "https://127.0.0.1:7001".into(),
                    digest: Bytes32([0; 32]),
                },
                websocket: "ws://127.0.0.1:7002".into(),
            },
        });
        room.finish();
        room.cleanup();
        let netcode = listen::netcode(room.world().resource::<Mint>());
        let server = room.world_mut().spawn((Server::new(None), netcode)).id();
        room.world_mut().trigger(Start { entity: server });
        Self {
            room,
            clients: Vec::new(),
            reports: Vec::new(),
            allocation: allocation(1),
            journal: true,
            server,
            _turn: turn,
        }
    }

    /// A match of this length with players in the seats given; nobody has come yet.
    pub fn prepared(seconds: u16, seats: &[u8]) -> (Self, Vec<SeatTicket>) {
        let mut game = Self::room();
        let tickets = game.prepare(1, seconds, seats);
        (game, tickets)
    }

    /// A match that all its players have joined and that is running.
    pub fn running(seconds: u16, seats: &[u8]) -> Self {
        let (mut game, tickets) = Self::prepared(seconds, seats);
        for ticket in tickets {
            game.join(ticket);
        }
        game.until_play();
        game
    }

    /// Steps until all who have joined have a tank and the countdown is over.
    pub fn until_play(&mut self) {
        self.until("everybody has a tank", |game| (0..game.clients.len()).all(|c| game.own(c).is_some()));
        self.until("play begins", |game| matches!(game.phase(), Phase::Playing { .. }));
    }

    /// Two teams of three.
    pub fn prepare(&mut self, epoch: u64, seconds: u16, seats: &[u8]) -> Vec<SeatTicket> {
        self.prepare_teams(3, epoch, seconds, seats)
    }

    pub fn prepare_teams(&mut self, size: u8, epoch: u64, seconds: u16, seats: &[u8]) -> Vec<SeatTicket> {
        self.allocation = allocation(epoch);
        self.order(preparation(self.allocation, size, seconds, seats));
        let wanted = self.allocation;
        self.answer(|report| match report {
            ToRegistry::Prepared { allocation, tickets } if *allocation == wanted => Some(tickets.clone()),
            _ => None,
        })
    }

    pub fn order(&mut self, order: FromRegistry) {
        self.room.world_mut().write_message(Order(order));
    }

    /// Steps until a report answers, and returns what was found in it.
    pub fn answer<T>(&mut self, mut find: impl FnMut(&ToRegistry) -> Option<T>) -> T {
        let mut found = None;
        self.until("the room reports", |game| {
            found = game.reports.iter().rev().find_map(&mut find);
            found.is_some()
        });
        found.expect("until should have found it")
    }

    pub fn join(&mut self, ticket: SeatTicket) -> usize {
        let seat = ticket.seat;
        let addresses = self.room.world().resource::<Listening>().addresses.clone();
        let ticket = Ticket { match_id: self.allocation.match_id, seat, token: ticket.token, addresses };
        self.join_with(&ticket)
    }

    pub fn join_with(&mut self, ticket: &Ticket) -> usize {
        let mut app = headless();
        app.add_plugins(client::plugin);
        app.finish();
        app.cleanup();
        let (near, far) = CrossbeamIo::new_pair();
        let peer = ([127, 0, 0, 1], 40_000 + self.clients.len() as u16).into();
        self.room.world_mut().spawn((
            LinkOf { server: self.server },
            wire::link(),
            PeerAddr(peer),
            Linked,
            far,
        ));
        let entity = app
            .world_mut()
            .spawn((connection::bundle(connection::read(ticket).expect("ticket should be readable")), near))
            .id();
        app.world_mut().trigger(Connect { entity });
        self.clients.push(Player { app, heard: Vec::new() });
        self.clients.len() - 1
    }

    pub fn step(&mut self) {
        MockClock::advance(TICK);
        for player in &mut self.clients {
            player.app.update();
            player.heard.extend(
                player.app.world_mut().resource_mut::<Messages<Heard>>().drain().map(|heard| heard.0),
            );
        }
        self.room.update();
        let reports: Vec<ToRegistry> =
            self.room.world_mut().resource_mut::<Messages<Report>>().drain().map(|report| report.0).collect();
        for report in &reports {
            if let ToRegistry::Result { allocation, .. } = report
                && self.journal
            {
                self.room.world_mut().write_message(Journaled(*allocation));
            }
        }
        self.reports.extend(reports);
    }

    pub fn ticks(&mut self, ticks: u32) {
        for _ in 0..ticks {
            self.step();
        }
    }

    /// Steps at most ten seconds.
    pub fn until(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        for _ in 0..600 {
            if done(self) {
                return;
            }
            self.step();
        }
        panic!("ten seconds passed before this held: {what}");
    }

    /// Asks for a seat for a newcomer, and how the room answers.
    pub fn admit(&mut self, index: u8) -> Result<SeatTicket, String> {
        self.order(FromRegistry::Admit { allocation: self.allocation, player: newcomer(index) });
        self.ticket_of(index)
    }

    /// Asks for another ticket, and how the room answers.
    pub fn reissue(&mut self, index: u8) -> Result<SeatTicket, String> {
        self.order(FromRegistry::IssueTicket { allocation: self.allocation, account: account(index) });
        self.ticket_of(index)
    }

    /// The player's sign-in is over.
    pub fn revoke(&mut self, index: u8) {
        self.order(FromRegistry::Revoke { allocation: self.allocation, account: account(index) });
    }

    fn ticket_of(&mut self, index: u8) -> Result<SeatTicket, String> {
        let seen = self.reports.len();
        let mut found = None;
        self.until("the room answers with a ticket or a reason", |game| {
            found = game.reports[seen..].iter().find_map(|report| match report {
                ToRegistry::TicketIssued { ticket, .. } if ticket.account == account(index) => {
                    Some(Ok(ticket.clone()))
                }
                ToRegistry::TicketDeclined { account: of, reason, .. } if *of == account(index) => {
                    Some(Err(reason.clone()))
                }
                _ => None,
            });
            found.is_some()
        });
        found.expect("until should have found it")
    }

    pub fn control(&mut self, client: usize, controls: Controls) {
        *self.clients[client].app.world_mut().resource_mut::<Controls>() = controls;
    }

    /// The own tank as the client predicts it.
    pub fn own(&mut self, client: usize) -> Option<Hull> {
        let world = self.clients[client].app.world_mut();
        world.query_filtered::<&Hull, With<Controlled>>().iter(world).next().copied()
    }

    /// How many tanks the client takes for its own.
    pub fn controlled(&mut self, client: usize) -> usize {
        let world = self.clients[client].app.world_mut();
        world.query_filtered::<(), (With<TankId>, With<Controlled>)>().iter(world).count()
    }

    /// Tanks that the client knows of, in order.
    pub fn known(&mut self, client: usize) -> Vec<TankId> {
        let world = self.clients[client].app.world_mut();
        let mut known: Vec<_> = world.query_filtered::<&TankId, With<Hull>>().iter(world).copied().collect();
        known.sort();
        known
    }

    /// Kills by team, Amber first.
    pub fn score(&mut self) -> [u16; 2] {
        self.board().score
    }

    /// The room's.
    pub fn tick(&self) -> u32 {
        self.room.world().resource::<LocalTimeline>().tick().0
    }

    pub fn phase(&mut self) -> Phase {
        self.board().phase
    }

    fn board(&mut self) -> Scoreboard {
        let world = self.room.world_mut();
        *world.query::<&Scoreboard>().single(world).expect("a match has one scoreboard")
    }

    /// The truth.
    pub fn truth(&mut self, index: u8) -> Hull {
        let world = self.room.world_mut();
        let mut tanks = world.query::<(&TankId, &Hull)>();
        *tanks.iter(world).find(|(id, _)| id.0 == seat(index)).expect("tank should exist").1
    }

    /// Puts a tank somewhere.
    pub fn place(&mut self, index: u8, pos: Vec2) {
        let world = self.room.world_mut();
        let mut tanks = world.query::<(&TankId, &mut Hull)>();
        for (id, mut hull) in tanks.iter_mut(world) {
            if id.0 == seat(index) {
                *hull = Hull { pos, heading: hull.heading, speed: 0.0 };
            }
        }
    }

    /// Makes a wreck of a tank, which returns at once.
    pub fn wreck(&mut self, index: u8) {
        let world = self.room.world_mut();
        let mut tanks = world.query::<(&TankId, &mut Health)>();
        for (id, mut health) in tanks.iter_mut(world) {
            if id.0 == seat(index) {
                *health = Health { points: 0, back_at: 0 };
            }
        }
    }

    /// Keeps the teams at opposite ends of the map for one tick.
    pub fn step_apart(&mut self) {
        for index in 0..6 {
            let x = if index % 2 == 0 { 5.0 } else { 59.0 };
            self.place(index, Vec2::new(x, 4.0 + 3.0 * f32::from(index)));
        }
        self.step();
    }

    pub fn rollbacks(&self, client: usize) -> u32 {
        self.clients[client].app.world().resource::<PredictionMetrics>().rollbacks
    }
}

fn headless() -> App {
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, StatesPlugin, TransformPlugin))
        .insert_resource(TimeUpdateStrategy::ManualDuration(TICK));
    app.insert_resource(Time::<Virtual>::from_max_delta(Duration::from_secs(1)));
    app
}
