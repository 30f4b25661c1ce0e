//! Datagrams on their way in, before netcode reads them: it believes what they claim, and 26 bytes from
//! anybody who knows the port would end the game.

use bevy::prelude::*;
use lightyear::prelude::*;

use crate::sim::datagram::is_from_room;

pub(super) fn plugin(app: &mut App) {
    app.add_systems(PreUpdate, sift.after(LinkSystems::Receive).before(ConnectionSystems::Receive));
}

fn sift(mut links: Query<&mut Link, With<Client>>) {
    for mut link in &mut links {
        for _ in 0..link.recv.len() {
            let Some(datagram) = link.recv.pop() else { break };
            if is_from_room(&datagram) {
                link.recv.push_raw(datagram);
            }
        }
    }
}
