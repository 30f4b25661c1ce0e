//! A room and the listeners of its players, stepped together, and every packet as the room has written it.

use bevy::{
    ecs::schedule::{Schedules, SingleThreadedExecutor},
    prelude::*,
    state::app::StatesPlugin,
    time::TimeUpdateStrategy,
};
use game::{
    client::connection,
    protocol::{
        challenge::Bytes32,
        id::{Seat, Team},
        key::{MapId, ModeId},
        registry::{FromRegistry, SeatTicket, ToRegistry},
        ticket::{RoomAddresses, Ticket, WebTransportAddress},
    },
    room::{
        self,
        fog::LinkTeam,
        listen::{self, Listening},
        order::{Order, Report},
        ticket::Mint,
    },
    sim::{
        dice::Dice,
        input::TankInput,
        schedule::TICK,
        scoreboard::{Phase, Scoreboard},
        tank::{Health, RETURN, TankId},
        wire,
    },
};
use lightyear::{
    crossbeam::CrossbeamIo,
    link::SendPayload,
    prelude::{
        client::Connect,
        server::{Server, Start},
        *,
    },
    transport::plugin::TransportSystems,
};

use super::{
    listener::{self, Listener, Wire},
    truth::{self, Truth},
};
use crate::support::{allocation, newcomer};

/// Ticks that an input is sent ahead of its time.
const LEAD: u32 = 3;

/// Longer than a match is watched.
const SECONDS: u16 = 60;

pub struct Stage {
    room: App,
    listeners: App,
    server: Entity,
    seed: u64,
    /// Links of the listeners, by seat.
    links: Vec<(Seat, Entity)>,
    /// The room's own, by seat; empty before the match has begun.
    tanks: Vec<(Seat, Entity)>,
}

/// What a room has written to one link in one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub link: Entity,
    pub team: Team,
    pub packets: Vec<SendPayload>,
}

impl Stage {
    /// A match for these players, who come as soon as it is prepared; the other seats are bots'. `alter`
    /// may add to the room what is to be found out.
    pub fn set(seed: u64, team_size: u8, players: &[Seat], alter: impl FnOnce(&mut App)) -> Self {
        let mut room = App::new();
        room.add_plugins((MinimalPlugins, StatesPlugin, TransformPlugin, room::plugin, truth::plugin))
            .insert_resource(TimeUpdateStrategy::ManualDuration(TICK))
            .insert_resource(listening())
            .init_resource::<Tap>()
            .add_systems(PostUpdate, tap.after(TransportSystems::Send).before(ConnectionSystems::Send));
        alter(&mut room);
        in_order(&mut room);
        let netcode = listen::netcode(room.world().resource::<Mint>());
        let server = room.world_mut().spawn((Server::new(None), netcode)).id();
        room.world_mut().trigger(Start { entity: server });
        room.world_mut().write_message(Order(FromRegistry::Prepare {
            allocation: allocation(1),
            mode: ModeId::try_from("quick".to_owned()).expect("mode should be valid"),
            map: MapId::try_from("crossing".to_owned()).expect("map should be valid"),
            team_size,
            seed,
            seconds: SECONDS,
            players: players.iter().map(|seat| newcomer(seat.index()).seated(*seat)).collect(),
        }));
        let mut listeners = listener::app();
        in_order(&mut listeners);
        Self { room, listeners, server, seed, links: Vec::new(), tanks: Vec::new() }
    }

    /// One tick, by a clock that has been moved on.
    pub fn step(&mut self) {
        self.listeners.update();
        self.room.update();
        let reports: Vec<Report> = self.room.world_mut().resource_mut::<Messages<Report>>().drain().collect();
        for Report(report) in reports {
            if let ToRegistry::Prepared { tickets, .. } = report {
                tickets.into_iter().for_each(|ticket| self.join(ticket));
            }
        }
    }

    /// Whether everybody is there and the match has begun.
    pub fn begun(&mut self) -> bool {
        let world = self.room.world_mut();
        let mut boards = world.query::<&Scoreboard>();
        let begun = boards.iter(world).any(|board| matches!(board.phase, Phase::Playing { .. }));
        if begun && self.tanks.is_empty() {
            let mut tanks = world.query::<(Entity, &TankId)>();
            self.tanks = tanks.iter(world).map(|(tank, id)| (id.0, tank)).collect();
        }
        begun
    }

    /// What a player wants in the ticks to come.
    pub fn drive(&mut self, seat: Seat, input: TankInput) {
        let tick = Tick(self.room.world().resource::<LocalTimeline>().tick().0 + LEAD);
        let (tank, link) = (self.tank(seat), of_seat(&self.links, seat));
        let mut listener =
            self.listeners.world_mut().get_mut::<Listener>(link).expect("a listener should stay on its link");
        listener.drive(tank, tick, input);
    }

    /// Makes a wreck of a tank, as a shell would that nobody has seen.
    pub fn destroy(&mut self, seat: Seat) {
        let tick = self.truth().tick;
        let tank = self.tank(seat);
        let mut health = self.room.world_mut().get_mut::<Health>(tank).expect("a tank should have health");
        *health = Health { points: 0, back_at: tick + RETURN };
    }

    /// Somebody asks for a seat, and does not come yet.
    pub fn admit(&mut self) {
        let order = FromRegistry::Admit { allocation: allocation(1), player: newcomer(20) };
        self.room.world_mut().write_message(Order(order));
    }

    pub fn truth(&self) -> &Truth {
        self.room.world().resource::<Truth>()
    }

    /// What was written to a team's links in the last step.
    pub fn heard(&self, team: Team) -> Vec<&Heard> {
        self.room.world().resource::<Tap>().0.iter().filter(|heard| heard.team == team).collect()
    }

    fn tank(&self, seat: Seat) -> Entity {
        of_seat(&self.tanks, seat)
    }

    fn join(&mut self, ticket: SeatTicket) {
        let SeatTicket { seat, token, .. } = ticket;
        let addresses = self.room.world().resource::<Listening>().addresses.clone();
        let ticket = Ticket { match_id: allocation(1).match_id, seat, token, addresses };
        let netcode = connection::read(&ticket).expect("ticket should be readable");
        let (near, far) = CrossbeamIo::new_pair();
        let peer = PeerAddr(([127, 0, 0, 1], 40_000 + u16::from(seat.index())).into());
        let link_of = LinkOf { server: self.server };
        self.room.world_mut().spawn((link_of, wire::link(), peer, Linked, far));
        let dice = Dice::new(self.seed, 1_000 + u64::from(seat.index()));
        let listener = Listener::new(Wire::of(self.room.world()), dice);
        let world = self.listeners.world_mut();
        let link = world.spawn((wire::link(), netcode, near, listener)).id();
        world.trigger(Connect { entity: link });
        self.links.push((seat, link));
    }
}

/// Between transport and netcode: after it is written, before it is encrypted.
fn tap(mut links: Query<(Entity, &mut Link, &LinkTeam)>, mut tap: ResMut<Tap>) {
    tap.0.clear();
    for (entity, mut link, team) in &mut links {
        let mut packets = Vec::new();
        for _ in 0..link.send.len() {
            let Some(packet) = link.send.pop() else { break };
            packets.push(packet.clone());
            link.send.push(packet);
        }
        tap.0.push(Heard { link: entity, team: team.0, packets });
    }
    tap.0.sort_unstable_by_key(|heard| heard.link);
}

#[derive(Resource, Default)]
struct Tap(Vec<Heard>);

/// Ends the building of an app; its systems run one after the other, in the same order every time.
fn in_order(app: &mut App) {
    app.finish();
    app.cleanup();
    for (_, schedule) in app.world_mut().resource_mut::<Schedules>().iter_mut() {
        schedule.set_executor(SingleThreadedExecutor::new());
    }
}

fn of_seat(entities: &[(Seat, Entity)], seat: Seat) -> Entity {
    let found = entities.iter().find(|(of, _)| *of == seat);
    found.map(|(_, entity)| *entity).expect("the match should have begun with this seat")
}

/// Nobody dials it.
fn listening() -> Listening {
    let webtransport = WebTransportAddress { url: "https://127.0.0.1:7001".into(), digest: Bytes32([0; 32]) };
    Listening {
        addresses: RoomAddresses {
            udp: ([127, 0, 0, 1], 7000).into(),
            webtransport,
            websocket: "ws://127.0.0.1:7002".into(),
        },
    }
}
