//! Who drives which tank: players take their seats with a ticket, bots keep those of everybody else.
//! A seat stays its player's to the end of the match: while the player is away, a bot drives.

use bevy::prelude::*;
use lightyear::prelude::{
    input::native::{ActionState, NativeBuffer},
    server::{ClientOf, TokenUserData},
    *,
};
use protocol::{id::AccountId, text::PlayerName};

use crate::{
    room::{
        fog::{LinkTeam, Teller},
        guard::Muted,
        life::{Match, MatchScoped},
        listen::Via,
        newcomer::{Awaiting, Promised},
        ticket::{Mint, Pass},
    },
    sim::{
        event::{Driver, MatchEvent, RosterLine},
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
    mut tanks: Query<(Entity, &TankId, &mut Occupant, &mut Promised, &mut ActionState<TankInput>)>,
    mut commands: Commands,
) {
    let link = connected.entity;
    let Ok((remote, data, via)) = links.get(link) else { return };
    let PeerId::Netcode(client_id) = remote.0 else { return };
    let pass = mint
        .redeem(client_id, &data.0, link)
        .filter(|pass| current.is_some_and(|current| current.allocation == pass.allocation));
    let found = pass.and_then(|Pass { seat, account, .. }| {
        let (tank, id, occupant, promised, input) = tanks.iter_mut().find(|(_, id, ..)| id.0 == seat)?;
        let awaits = promised.to(account);
        (occupant.account == Some(account) || awaits)
            .then_some((tank, *id, occupant, promised, awaits, input))
    });
    let Some((tank, id, mut occupant, mut promised, awaits, mut input)) = found else {
        warn!("a link without a seat in this match was refused");
        evict(&mut commands, link);
        return;
    };
    commands.entity(link).insert(LinkTeam(id.team()));
    let older = match promised.0.as_mut().filter(|_| awaits) {
        Some(promise) => {
            commands.entity(link).insert(Awaiting(tank));
            info!("newcomer waits seat={} transport={}", id.0.index(), Via::name(via));
            promise.link.replace(link)
        }
        None => {
            input.0 = input.0.neutral();
            seat_driver(&mut commands, tank, link, remote.0);
            info!(
                "player joined seat={} transport={} name={:?}",
                id.0.index(),
                Via::name(via),
                occupant.name.as_str()
            );
            occupant.link.replace(link)
        }
    };
    if let Some(older) = older {
        evict(&mut commands, older);
    }
}

/// From now on the player behind this link drives the tank, and predicts it.
pub(super) fn seat_driver(commands: &mut Commands, tank: Entity, link: Entity, peer: PeerId) {
    commands.entity(link).insert(Seated(tank));
    commands.entity(tank).insert((
        ControlledBy { owner: link, lifetime: Lifetime::Persistent },
        PredictionTarget::to_clients(NetworkTarget::Single(peer)),
        InterpolationTarget::to_clients(NetworkTarget::AllExceptSingle(peer)),
    ));
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
    // Without `ControlledBy` nothing hides `ControlledSend`: left behind, it would tell every client
    // that the tank is its own.
    commands.entity(*tank).remove::<(ControlledBy, ControlledSend, NativeBuffer<TankInput>)>().insert((
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

/// To everybody when a seat changes hands, else to newcomers alone: that they are here is nobody else's
/// business.
fn tell_roster(
    changed: Query<(), (Changed<Occupant>, With<MatchScoped>)>,
    newcomers: Query<Entity, Added<Awaiting>>,
    tanks: Query<(&TankId, &Occupant)>,
    mut teller: Teller,
) {
    if changed.is_empty() && newcomers.is_empty() {
        return;
    }
    let mut roster: Vec<RosterLine> = tanks
        .iter()
        .map(|(id, occupant)| RosterLine {
            tank: *id,
            name: occupant.name.to_string(),
            driver: occupant.driver(),
        })
        .collect();
    roster.sort_by_key(|line| line.tank);
    let roster = MatchEvent::Roster(roster);
    if !changed.is_empty() {
        teller.all(roster);
        return;
    }
    for newcomer in &newcomers {
        teller.link(newcomer, roster.clone());
    }
}

/// Takes seat and sight from a link in this tick and hangs up where the transport can. Netcode
/// cannot drop a single client; a UDP link that stays is blind, mute and times out.
pub(super) fn evict(commands: &mut Commands, link: Entity) {
    commands.queue(move |world: &mut World| {
        let Ok(mut entity) = world.get_entity_mut(link) else { return };
        entity.remove::<(Seated, Awaiting, LinkTeam)>().insert(Muted);
        if entity.contains::<Via>() {
            let reason = UnlinkReason::UserRequested(Some("the seat is gone".into()));
            world.trigger(Unlink { entity: link, reason });
        }
    });
}

/// Who holds a tank's seat. A bot drives while `link` is `None`.
#[derive(Component, Debug)]
pub struct Occupant {
    /// `None` for a bot's seat, which may become a newcomer's.
    pub account: Option<AccountId>,
    pub name: PlayerName,
    pub link: Option<Entity>,
}

impl Occupant {
    /// Whether the seat's player is not here.
    pub fn away(&self) -> bool {
        self.account.is_some() && self.link.is_none()
    }

    fn driver(&self) -> Driver {
        match self.link {
            Some(_) => Driver::Player,
            None if self.away() => Driver::Substitute,
            None => Driver::Bot,
        }
    }
}

/// On a link: the tank it drives.
#[derive(Component, Clone, Copy, Debug)]
pub struct Seated(pub Entity);
