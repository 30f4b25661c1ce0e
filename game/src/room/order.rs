//! What the hub asks of this room, and what the room answers. The process around the room carries
//! both over its socket, and results by way of its journal.

use std::collections::VecDeque;

use bevy::{ecs::system::SystemParam, prelude::*};
use lightyear::prelude::LocalTimeline;
use protocol::{
    id::{AccountId, Seat},
    key::MapId,
    limits::TEAM_SIZES,
    registry::{Allocation, ExpectedPlayer, FromRegistry, Newcomer, SeatTicket, ToRegistry},
};

use crate::{
    room::{
        life::Match,
        listen::Listening,
        muster::muster,
        newcomer::{Holder, LAST_CALL, Place, Promise, Promised, choose},
        seat::{Occupant, evict},
        ticket::{Mint, Pass},
    },
    sim::{
        arena::{Arena, MAP},
        schedule::ticks,
        tank::{Health, TankId},
    },
};

pub(super) fn plugin(app: &mut App) {
    app.add_message::<Order>()
        .add_message::<Report>()
        .add_message::<Journaled>()
        .add_systems(PreUpdate, obey);
}

/// Stops after an order that made something: it exists, for the orders that wait, from the next frame
/// on.
fn obey(
    mut orders: MessageReader<Order>,
    mut waiting: Local<VecDeque<FromRegistry>>,
    mut reports: MessageWriter<Report>,
    mut current: Option<ResMut<Match>>,
    desk: Desk,
    mut commands: Commands,
) {
    waiting.extend(orders.read().map(|Order(order)| order.clone()));
    while let Some(order) = waiting.pop_front() {
        match &order {
            FromRegistry::Prepare { allocation, mode, map, team_size, seed, seconds, players } => {
                let allocation = *allocation;
                match desk.prepare(current.as_deref(), allocation, map, *team_size, players) {
                    Ok(tickets) => {
                        let length = ticks(f32::from((*seconds).clamp(5, 3600)));
                        muster(&mut commands, &desk.arena, *seed, 2 * team_size, players);
                        commands.insert_resource(Match::new(
                            allocation,
                            players.clone(),
                            length,
                            desk.tick(),
                        ));
                        info!(
                            match_id = %allocation.match_id, %mode, players = players.len(), "match prepared"
                        );
                        reports.write(Report(ToRegistry::Prepared { allocation, tickets }));
                        return;
                    }
                    Err(reason) => {
                        reports.write(Report(ToRegistry::Declined { allocation, reason }));
                    }
                }
            }
            FromRegistry::Admit { allocation, player }
                if current.as_ref().is_none_or(|current| current.player(player.account).is_none()) =>
            {
                match desk.admit(current.as_deref(), *allocation, player) {
                    Ok((tank, newcomer, ticket)) => {
                        if let Some(current) = &mut current {
                            current.take_in(newcomer.clone());
                        }
                        commands.entity(tank).insert(Promised(Some(Promise::new(newcomer, desk.tick()))));
                        reports.write(answer(*allocation, player.account, Ok(ticket)));
                        return;
                    }
                    Err(reason) => {
                        reports.write(answer(*allocation, player.account, Err(reason)));
                    }
                }
            }
            FromRegistry::Admit { allocation, player: Newcomer { account, .. } }
            | FromRegistry::IssueTicket { allocation, account } => {
                let ticket = desk.reissue(current.as_deref(), *allocation, *account);
                reports.write(answer(*allocation, *account, ticket));
            }
            FromRegistry::Revoke { allocation, account } => {
                if underway(current.as_deref(), *allocation).is_ok() {
                    desk.revoke(*account, &mut commands);
                }
            }
            FromRegistry::Receipt { allocation } | FromRegistry::Cancel { allocation } => {
                if let Some(current) = current.as_mut().filter(|current| current.allocation == *allocation) {
                    current.dismissed = true;
                }
            }
            FromRegistry::Drain {} => {
                if desk.draining.is_none() {
                    info!("the room takes no match any more");
                    commands.insert_resource(Draining);
                    reports.write(Report(ToRegistry::Draining {}));
                }
                return;
            }
            FromRegistry::Registered { .. } | FromRegistry::Refused { .. } => {}
        }
    }
}

fn answer(allocation: Allocation, account: AccountId, ticket: Result<SeatTicket, String>) -> Report {
    Report(match ticket {
        Ok(ticket) => ToRegistry::TicketIssued { allocation, ticket },
        Err(reason) => ToRegistry::TicketDeclined { allocation, account, reason },
    })
}

/// What it takes to answer. Why a match is declined is for the hub's log, why a ticket is, for the
/// player.
#[derive(SystemParam)]
struct Desk<'w, 's> {
    mint: Res<'w, Mint>,
    listening: Option<Res<'w, Listening>>,
    arena: Res<'w, Arena>,
    timeline: Res<'w, LocalTimeline>,
    draining: Option<Res<'w, Draining>>,
    tanks: Query<'w, 's, (Entity, &'static TankId, &'static Occupant, &'static Promised, &'static Health)>,
}

impl Desk<'_, '_> {
    fn tick(&self) -> u32 {
        self.timeline.tick().0
    }

    fn prepare(
        &self,
        current: Option<&Match>,
        allocation: Allocation,
        map: &MapId,
        team_size: u8,
        players: &[ExpectedPlayer],
    ) -> Result<Vec<SeatTicket>, String> {
        if self.draining.is_some() {
            return Err("the room takes no match any more".into());
        }
        if current.is_some() {
            return Err("a match is in progress".into());
        }
        if map.as_str() != MAP {
            return Err(format!("there is no map `{map}` here"));
        }
        if !TEAM_SIZES.contains(&team_size) || team_size > self.arena.team_size() {
            let most = self.arena.team_size();
            return Err(format!("`{map}` holds 1 to {most} players a side, not {team_size}"));
        }
        let mut free: Vec<Seat> = Seat::first(2 * team_size).collect();
        for player in players {
            let at = free.iter().position(|seat| *seat == player.seat);
            let at = at.ok_or_else(|| format!("seat {} is taken or not there", player.seat.index()))?;
            free.swap_remove(at);
        }
        players.iter().map(|player| self.ticket(allocation, player)).collect()
    }

    fn reissue(
        &self,
        current: Option<&Match>,
        allocation: Allocation,
        account: AccountId,
    ) -> Result<SeatTicket, String> {
        let current = underway(current, allocation)?;
        match current.player(account) {
            Some(player) => self.ticket(allocation, player),
            None if current.was_replaced(account) => Err("the seat was given to another player".into()),
            None => Err("the player has no seat here".into()),
        }
    }

    /// A tank for somebody who has no seat yet, the seat and a ticket for it.
    fn admit(
        &self,
        current: Option<&Match>,
        allocation: Allocation,
        newcomer: &Newcomer,
    ) -> Result<(Entity, ExpectedPlayer, SeatTicket), String> {
        let tick = self.tick();
        if underway(current, allocation)?.left(tick) <= LAST_CALL {
            return Err("the match is nearly over".into());
        }
        let places: Vec<Place> = self
            .tanks
            .iter()
            .map(|(_, id, occupant, promised, health)| Place {
                seat: id.0,
                holder: Holder::of(occupant, promised, tick),
                health: health.points,
            })
            .collect();
        let seat = choose(&places).ok_or("every seat is taken")?;
        let (tank, ..) = self.tanks.iter().find(|(_, id, ..)| id.0 == seat).ok_or("the seat has no tank")?;
        let newcomer = newcomer.clone().seated(seat);
        let ticket = self.ticket(allocation, &newcomer)?;
        Ok((tank, newcomer, ticket))
    }

    /// Nobody drives for this account until it has another ticket.
    fn revoke(&self, account: AccountId, commands: &mut Commands) {
        self.mint.void(account);
        for (_, id, occupant, promised, _) in &self.tanks {
            let driver = occupant.link.filter(|_| occupant.account == Some(account));
            let newcomer = promised.link().filter(|_| promised.to(account));
            for link in driver.into_iter().chain(newcomer) {
                info!("sign-in of seat={} is over", id.0.index());
                evict(commands, link);
            }
        }
    }

    fn ticket(&self, allocation: Allocation, player: &ExpectedPlayer) -> Result<SeatTicket, String> {
        let listening = self.listening.as_ref().ok_or("the room does not listen yet")?;
        let pass = Pass { allocation, seat: player.seat, account: player.account };
        self.mint.issue(pass, listening.addresses.udp)
    }
}

/// The match that is meant, if it is here and can still be played.
fn underway(current: Option<&Match>, allocation: Allocation) -> Result<&Match, String> {
    current
        .filter(|current| current.allocation == allocation && current.result.is_none())
        .ok_or_else(|| "the match is over".into())
}

/// From the hub.
#[derive(Message, Clone, Debug)]
pub struct Order(pub FromRegistry);

/// To the hub; a result by way of the journal.
#[derive(Message, Clone, Debug)]
pub struct Report(pub ToRegistry);

/// From the journal: it has the result of this match.
#[derive(Message, Clone, Copy, Debug)]
pub struct Journaled(pub Allocation);

/// This room takes no match any more.
#[derive(Resource, Clone, Copy, Debug)]
pub struct Draining;
