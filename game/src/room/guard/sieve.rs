//! Datagrams of every link, whatever it runs over, before netcode reads them; and what netcode made of
//! those that it read.

use bevy::prelude::*;
use lightyear::{
    netcode::{self, NetcodeServerError},
    prelude::{Connected, ConnectionSystems, Link, LinkOf, LinkSystems},
};

use crate::{
    room::{
        guard::{
            Muted, Refused,
            packet::{self, Kind},
            watch::{Ledger, Measure, Watch},
        },
        ticket::Mint,
    },
    sim::wire::PROTOCOL_ID,
};

/// Several times what a client sends, and what a stream can hold back for seconds: whoever can send in a
/// player's name should not easily drown the player. It bounds what decryption costs.
const DATAGRAMS: Measure = Measure { a_second: 1_000.0, at_once: 1_000.0 };

pub(super) fn plugin(app: &mut App) {
    app.add_systems(
        PreUpdate,
        (
            sift.after(LinkSystems::Receive).before(ConnectionSystems::Receive),
            count.after(ConnectionSystems::Receive),
        ),
    );
}

fn sift(
    mint: Res<Mint>,
    mut ledger: Ledger,
    mut links: Query<(Entity, &mut Link, &mut Watch, Has<Connected>, Has<Muted>), With<LinkOf>>,
) {
    for (entity, mut link, mut watch, connected, muted) in &mut links {
        for _ in 0..link.recv.len() {
            let Some(datagram) = link.recv.pop() else { break };
            let verdict = packet::judge(&datagram, PROTOCOL_ID).and_then(|kind| {
                if !watch.datagrams.add(1, ledger.now(), DATAGRAMS) {
                    return Err(Refused::Flood);
                }
                match kind {
                    Kind::Disconnect => Ok(()),
                    _ if muted => Err(Refused::Muted),
                    Kind::Request(_) if connected => Err(Refused::Again),
                    Kind::Request(seal) => mint.ask(&seal, entity),
                    Kind::Response | Kind::KeepAlive | Kind::Payload => Ok(()),
                }
            });
            match verdict {
                Ok(()) => link.recv.push_raw(datagram),
                Err(why) => ledger.note(why),
            }
        }
    }
}

fn count(mut errors: MessageReader<NetcodeServerError>, mut ledger: Ledger) {
    for NetcodeServerError { error, .. } in errors.read() {
        ledger.note(match error {
            netcode::Error::Crypto(_) | netcode::Error::ConnectTokenDecryptionFailure => Refused::Forged,
            netcode::Error::Packet(_) | netcode::Error::Io(_) => Refused::Replayed,
            netcode::Error::Ignored(_) => Refused::Stranger,
            _ => Refused::Denied,
        });
    }
}
