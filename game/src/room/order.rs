//! What the hub asks of this room, and what the room answers. The process around the room carries
//! both over its socket.

use bevy::{ecs::system::SystemParam, prelude::*};
use lightyear::prelude::LocalTimeline;
use protocol::{
    id::AccountId,
    registry::{Allocation, ExpectedPlayer, FromRegistry, SeatTicket, ToRegistry},
};

use crate::{
    room::{life::Match, listen::Listening, muster::muster, ticket::Mint},
    sim::{arena::Arena, schedule::ticks},
};

pub(super) fn plugin(app: &mut App) {
    app.add_message::<Order>().add_message::<Report>().add_systems(PreUpdate, obey);
}

/// Stops after a match was prepared: it exists, for the orders that follow, from the next frame on.
fn obey(
    mut orders: MessageReader<Order>,
    mut reports: MessageWriter<Report>,
    mut current: Option<ResMut<Match>>,
    desk: Desk,
    mut commands: Commands,
) {
    for Order(order) in orders.read() {
        match order {
            FromRegistry::Prepare { allocation, seed, seconds, players } => {
                match desk.tickets(current.as_deref(), *allocation, players) {
                    Ok(tickets) => {
                        let length = ticks(f32::from((*seconds).clamp(5, 3600)));
                        let now = desk.timeline.tick().0;
                        muster(&mut commands, &desk.arena, *seed, players);
                        commands.insert_resource(Match::new(*allocation, players.clone(), length, now));
                        info!(match_id = %allocation.match_id, players = players.len(), "match prepared");
                        reports.write(Report(ToRegistry::Prepared { allocation: *allocation, tickets }));
                        return;
                    }
                    Err(reason) => {
                        reports.write(Report(ToRegistry::Declined { allocation: *allocation, reason }));
                    }
                }
            }
            FromRegistry::IssueTicket { allocation, account } => {
                reports.write(Report(match desk.reissue(current.as_deref(), *allocation, *account) {
                    Ok(ticket) => ToRegistry::TicketIssued { allocation: *allocation, ticket },
                    Err(reason) => ToRegistry::Declined { allocation: *allocation, reason },
                }));
            }
            FromRegistry::Receipt { allocation } | FromRegistry::Cancel { allocation } => {
                if let Some(current) = current.as_mut().filter(|current| current.allocation == *allocation) {
                    current.dismissed = true;
                }
            }
            FromRegistry::Registered { .. } | FromRegistry::Refused { .. } => {}
        }
    }
}

/// What it takes to answer. The errors are for the hub's log.
#[derive(SystemParam)]
struct Desk<'w> {
    mint: Res<'w, Mint>,
    listening: Option<Res<'w, Listening>>,
    arena: Res<'w, Arena>,
    timeline: Res<'w, LocalTimeline>,
}

impl Desk<'_> {
    fn tickets(
        &self,
        current: Option<&Match>,
        allocation: Allocation,
        players: &[ExpectedPlayer],
    ) -> Result<Vec<SeatTicket>, String> {
        if current.is_some() {
            return Err("a match is in progress".into());
        }
        players.iter().map(|player| self.ticket(allocation, player)).collect()
    }

    fn reissue(
        &self,
        current: Option<&Match>,
        allocation: Allocation,
        account: AccountId,
    ) -> Result<SeatTicket, String> {
        let current = current
            .filter(|current| current.allocation == allocation && current.result.is_none())
            .ok_or("the match is over")?;
        let player = current.player(account).ok_or("the player has no seat here")?;
        self.ticket(allocation, player)
    }

    fn ticket(&self, allocation: Allocation, player: &ExpectedPlayer) -> Result<SeatTicket, String> {
        let listening = self.listening.as_ref().ok_or("the room does not listen yet")?;
        self.mint.issue(allocation, player.seat, player.account, listening.addresses.udp)
    }
}

/// From the hub.
#[derive(Message, Clone, Debug)]
pub struct Order(pub FromRegistry);

/// To the hub.
#[derive(Message, Clone, Debug)]
pub struct Report(pub ToRegistry);
