//! Links that lead nowhere, and what netcode keeps of them.

use std::{mem, time::Duration};

use bevy::prelude::*;
use lightyear::prelude::{Connected, LinkOf, Unlink, UnlinkReason, server::NetcodeServer};

use crate::room::{
    guard::{Counters, Muted, watch::Watch},
    ticket::Mint,
};

/// A client gives up by itself after five seconds, and so does netcode with one that was connected.
const UNCONNECTED: Duration = Duration::from_millis(5_500);

/// Long enough for netcode to find out by itself that the link is silent.
const MUTE: Duration = Duration::from_secs(10);

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Last, (reap, forget).chain());
}

fn reap(
    mut links: Query<(Entity, &mut Watch, Has<Connected>, Has<Muted>), With<LinkOf>>,
    time: Res<Time<Real>>,
    mut counters: ResMut<Counters>,
    mut commands: Commands,
) {
    let now = time.elapsed();
    counters.pending = 0;
    for (link, mut watch, connected, muted) in &mut links {
        let patience = match (connected, muted) {
            (true, false) => {
                watch.idle_since = None;
                continue;
            }
            (_, true) => MUTE,
            (false, false) => {
                counters.pending += 1;
                UNCONNECTED
            }
        };
        if now.saturating_sub(*watch.idle_since.get_or_insert(now)) > patience {
            counters.reaped += 1;
            let reason = UnlinkReason::UserRequested(Some("the link leads nowhere".into()));
            commands.trigger(Unlink { entity: link, reason });
            commands.entity(link).try_despawn();
        }
    }
}

/// Netcode never forgets who has asked and not answered. It may forget everybody while nobody is here;
/// it goes on counting where it was, so that no two packets are encrypted alike.
fn forget(
    links: Query<(), With<LinkOf>>,
    mint: Res<Mint>,
    mut servers: Query<&mut NetcodeServer>,
    mut visited: Local<bool>,
) {
    if !links.is_empty() {
        *visited = true;
    } else if mem::take(&mut *visited) {
        for mut server in &mut servers {
            server.reset();
        }
        mint.forgive();
    }
}
