//! Players who come in by each door, and the certificate while they play.

use bevy::prelude::*;
use game::{
    client::{self, JoinRoom, LinkState, RoomLink, Transport},
    protocol::{
        registry::{FromRegistry, SeatTicket, ToRegistry},
        ticket::{RoomAddresses, Ticket},
    },
    room::{
        self,
        life::Match,
        listen::{self, RenewAt, Via},
        order::{Order, Report},
    },
    sim::{arena::Arena, tank::TankId},
};
use lightyear::prelude::Connected;

use super::{addresses, doors, headless, narrow::Narrow, opened, wait, webtransport};
use crate::support::{allocation, preparation};

/// Two teams of eight in each other's sight.
const CROWD: &str = "\
##################
#A.A.A.A.A.A.A.A.#
#................#
#................#
#B.B.B.B.B.B.B.B.#
##################";

/// A room as it is in its process, with a match that waits for two players.
fn prepared() -> (App, Vec<SeatTicket>) {
    prepared_on(Arena::default(), 3, &[0, 1])
}

fn prepared_on(arena: Arena, team_size: u8, seats: &[u8]) -> (App, Vec<SeatTicket>) {
    let mut room = headless();
    room.insert_resource(arena).insert_resource(doors(default())).add_plugins((room::plugin, listen::plugin));
    room.finish();
    room.cleanup();
    let mut room = opened(room);
    room.world_mut().write_message(Order(preparation(allocation(1), team_size, 60, seats)));
    let mut tickets = Vec::new();
    wait("the match is prepared", || {
        room.update();
        for Report(report) in room.world_mut().resource_mut::<Messages<Report>>().drain() {
            if let ToRegistry::Prepared { tickets: issued, .. } = report {
                tickets = issued;
            }
        }
        !tickets.is_empty()
    });
    (room, tickets)
}

/// A client on its way to a room that is reached here.
fn visitor(ticket: SeatTicket, addresses: RoomAddresses, transport: Transport) -> App {
    let SeatTicket { seat, token, .. } = ticket;
    let ticket = Ticket { match_id: allocation(1).match_id, seat, token, addresses };
    let mut app = headless();
    app.add_plugins(client::plugin);
    app.finish();
    app.cleanup();
    app.world_mut().write_message(JoinRoom { ticket, transport });
    app
}

#[test]
fn l21_sixteen_tanks_arrive_by_webtransport_on_the_narrowest_way() {
    let arena = Arena::parse(CROWD).expect("the map should be well formed");
    let (mut room, tickets) = prepared_on(arena.clone(), 8, &[0]);
    let mut at = addresses(&room);
    let way = Narrow::to(webtransport::door(&at.webtransport));
    at.webtransport.url = format!("https://{}", way.address);
    let ticket = tickets.into_iter().next().expect("the player should have a ticket");
    let mut client = visitor(ticket, at, Transport::WebTransport);
    client.insert_resource(arena);
    wait("every tank is known", || {
        room.update();
        client.update();
        let world = client.world_mut();
        world.query::<&TankId>().iter(world).count() == 16
    });
}

#[test]
fn players_join_through_each_door() {
    let (mut room, tickets) = prepared();
    let transports = [Transport::WebSocket, Transport::WebTransport];
    let mut clients: Vec<App> = tickets
        .into_iter()
        .zip(transports)
        .map(|(ticket, transport)| visitor(ticket, addresses(&room), transport))
        .collect();
    let joined = |app: &App| app.world().resource::<RoomLink>().state == LinkState::Joined;
    wait("both have joined", || {
        room.update();
        clients.iter_mut().for_each(App::update);
        clients.iter().all(joined)
    });
    let world = room.world_mut();
    let mut doors = world.query_filtered::<&Via, With<Connected>>();
    let mut names: Vec<_> = doors.iter(world).map(|via| Via::name(Some(via))).collect();
    names.sort_unstable();
    assert_eq!(names, ["websocket", "webtransport"]);
}

#[test]
fn certificate_stays_while_a_match_lasts() {
    let (mut room, _tickets) = prepared();
    let old = addresses(&room).webtransport.digest;
    room.insert_resource(RenewAt(0));
    room.update();
    assert_eq!(addresses(&room).webtransport.digest, old, "tickets of the match name the old one");

    room.world_mut().write_message(Order(FromRegistry::Cancel { allocation: allocation(1) }));
    wait("the certificate is renewed", || {
        room.update();
        addresses(&room).webtransport.digest != old
    });
    assert!(!room.world().contains_resource::<Match>());
}
