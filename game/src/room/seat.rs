//! Who drives which tank: players take their seats with a ticket, bots keep those of everybody else.

use bevy::prelude::*;
use lightyear::prelude::{
    input::native::{ActionState, NativeBuffer},
    server::{ClientOf, TokenUserData},
    *,
};
use lightyear_aeronet::AeronetLink;
use protocol::{id::AccountId, text::PlayerName};

use crate::{
    room::{
        fog::{LinkTeam, Teller},
        life::{Match, MatchScoped},
        listen::Via,
        ticket::Mint,
    },
    sim::{
        event::{MatchEvent, RosterLine},
        input::TankInput,
        schedule::{TickSystems, ticks},
        tank::TankId,
    },
};

/// A tank whose player has sent nothing for this long lets go of the controls.
const STALE: u32 = ticks(0.3);

pub(super) fn plugin(app: &mut App) {
    app.add_observer(equip)
        .add_observer(take)
        .add_observer(leave)
        .add_systems(FixedUpdate, let_go.in_set(TickSystems::Think))
        .add_systems(Update, tell_roster);
}

fn equip(link: On<Add, LinkOf>, mut commands: Commands) {
    commands.entity(link.entity).insert((ReplicationSender, PingManager::new(PingConfig::default())));
}

fn take(
    connected: On<Add, Connected>,
    links: Query<(&RemoteId, &TokenUserData, Option<&Via>), With<ClientOf>>,
    current: Option<Res<Match>>,
    mint: Res<Mint>,
    mut tanks: Query<(Entity, &TankId, &mut Occupant)>,
    mut commands: Commands,
) {
    let Ok((remote, data, via)) = links.get(connected.entity) else { return };
    let PeerId::Netcode(client_id) = remote.0 else { return };
    let redeemed = mint.redeem(client_id, &data.0);
    let seat = redeemed
        .filter(|(allocation, _)| current.is_some_and(|current| current.allocation == *allocation))
        .map(|(_, seat)| seat);
    let found = tanks.iter_mut().find(|(_, id, _)| Some(id.0) == seat);
    let Some((tank, id, mut occupant)) = found else {
        warn!("a link without a seat in this match was refused");
        evict(&mut commands, connected.entity);
        return;
    };
    if let Some(older) = occupant.link.replace(connected.entity) {
        evict(&mut commands, older);
    }
    commands.entity(connected.entity).insert((LinkTeam(id.team()), Seated(tank)));
    commands.entity(tank).insert((
        ControlledBy { owner: connected.entity, lifetime: Lifetime::Persistent },
        PredictionTarget::to_clients(NetworkTarget::Single(remote.0)),
        InterpolationTarget::to_clients(NetworkTarget::AllExceptSingle(remote.0)),
    ));
    info!(
        "player joined seat={} transport={} name={:?}",
        id.0.index(),
        Via::name(via),
        occupant.name.as_str()
    );
}

fn leave(
    gone: On<Remove, Seated>,
    links: Query<&Seated>,
    mut tanks: Query<(&TankId, &mut Occupant, &mut ActionState<TankInput>)>,
    mut commands: Commands,
) {
    let Ok(Seated(tank)) = links.get(gone.entity) else { return };
    let Ok((id, mut occupant, mut input)) = tanks.get_mut(*tank) else { return };
    if occupant.link != Some(gone.entity) {
        return;
    }
    occupant.link = None;
    input.0 = input.0.neutral();
    commands.entity(*tank).remove::<(ControlledBy, NativeBuffer<TankInput>)>().insert((
        PredictionTarget::to_clients(NetworkTarget::None),
        InterpolationTarget::to_clients(NetworkTarget::All),
    ));
    info!("player left seat={}, a bot drives", id.0.index());
}

fn let_go(
    timeline: Res<LocalTimeline>,
    mut tanks: Query<(&Occupant, &NativeBuffer<TankInput>, &mut ActionState<TankInput>)>,
) {
    let tick = timeline.tick();
    for (occupant, buffer, mut input) in &mut tanks {
        let fresh = buffer.last_remote_tick.is_some_and(|last| last.0 + STALE >= tick.0);
        if occupant.link.is_some() && !fresh {
            input.0 = input.0.neutral();
        }
    }
}

fn tell_roster(
    changed: Query<(), (Changed<Occupant>, With<MatchScoped>)>,
    tanks: Query<(&TankId, &Occupant)>,
    mut teller: Teller,
) {
    if changed.is_empty() {
        return;
    }
    let mut roster: Vec<RosterLine> = tanks
        .iter()
        .map(|(id, occupant)| RosterLine {
            tank: *id,
            name: occupant.name.to_string(),
            bot: occupant.link.is_none(),
        })
        .collect();
    roster.sort_by_key(|line| line.tank);
    teller.all(MatchEvent::Roster(roster));
}

/// Takes seat and sight from a link in this tick and hangs up where the transport can. Netcode
/// cannot drop a single client; a UDP link that stays is blind, mute and times out.
pub(super) fn evict(commands: &mut Commands, link: Entity) {
    commands.queue(move |world: &mut World| {
        let Ok(mut entity) = world.get_entity_mut(link) else { return };
        entity.remove::<(Seated, LinkTeam)>();
        if entity.contains::<AeronetLink>() {
            let reason = UnlinkReason::UserRequested(Some("the seat is gone".into()));
            world.trigger(Unlink { entity: link, reason });
        }
    });
}

/// Who holds a tank's seat. A bot drives while `link` is `None`.
#[derive(Component, Debug)]
pub struct Occupant {
    /// `None` for a seat that was a bot's from the start.
    pub account: Option<AccountId>,
    pub name: PlayerName,
    pub link: Option<Entity>,
}

/// On a link: the tank it drives.
#[derive(Component, Clone, Copy, Debug)]
pub struct Seated(pub Entity);
