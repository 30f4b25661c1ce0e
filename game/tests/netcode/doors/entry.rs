//! Players who come in by each door, and the certificate while they play.

use std::time::Duration;

use bevy::{prelude::*, time::TimeUpdateStrategy};
use game::{
    client::{self, JoinRoom, LinkState, RoomLink, Transport},
    protocol::{
        registry::{FromRegistry, SeatTicket, ToRegistry},
        ticket::Ticket,
    },
    room::{
        self,
        life::Match,
        listen::{self, Via},
        order::{Order, Report},
    },
    sim::schedule::TICK,
};
use lightyear::prelude::Connected;

use super::{addresses, doors, headless, opened, wait};
use crate::support::{allocation, preparation};

/// A room as it is in its process, with a match that waits for two players.
fn prepared() -> (App, Vec<SeatTicket>) {
    let mut room = headless();
    room.insert_resource(doors(default())).add_plugins((room::plugin, listen::plugin));
    room.finish();
    room.cleanup();
    let mut room = opened(room);
    room.world_mut().write_message(Order(preparation(allocation(1), 3, 60, &[0, 1])));
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

#[test]
fn players_join_through_each_door() {
    let (mut room, tickets) = prepared();
    let mut clients: Vec<App> = Vec::new();
    for (SeatTicket { seat, token, .. }, transport) in
        tickets.into_iter().zip([Transport::WebSocket, Transport::WebTransport])
    {
        let ticket = Ticket { match_id: allocation(1).match_id, seat, token, addresses: addresses(&room) };
        let mut app = headless();
        app.add_plugins(client::plugin);
        app.finish();
        app.cleanup();
        app.world_mut().write_message(JoinRoom { ticket, transport });
        clients.push(app);
    }
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
    room.insert_resource(TimeUpdateStrategy::ManualDuration(Duration::from_secs(8 * 24 * 60 * 60)));
    room.update();
    room.insert_resource(TimeUpdateStrategy::ManualDuration(TICK));
    room.update();
    assert_eq!(addresses(&room).webtransport.digest, old, "tickets of the match name the old one");

    room.world_mut().write_message(Order(FromRegistry::Cancel { allocation: allocation(1) }));
    wait("the certificate is renewed", || {
        room.update();
        addresses(&room).webtransport.digest != old
    });
    assert!(!room.world().contains_resource::<Match>());
}
