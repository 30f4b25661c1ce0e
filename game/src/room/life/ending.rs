//! How a match ends: everything stops, the result is journaled, and only then is anybody told.

use bevy::prelude::*;
use lightyear::prelude::LocalTimeline;
use protocol::{
    registry::ToRegistry,
    result::{MatchResult, SeatResult},
};

use crate::{
    room::{
        fog::Teller,
        life::{Match, Tally},
        newcomer::{Promise, Promised},
        order::{Journaled, Report},
        seat::Occupant,
        ticket::Mint,
    },
    sim::{
        event::MatchEvent,
        scoreboard::{Phase, Scoreboard},
        tank::TankId,
    },
};

/// Time is up: nothing moves any more (see [`Stirred`](crate::sim::tank::Stirred)), and the result goes to
/// the journal. Players are told when it is there.
pub(super) fn freeze(
    timeline: Res<LocalTimeline>,
    mut current: ResMut<Match>,
    boards: Query<&Scoreboard>,
    tanks: Query<(&TankId, &Occupant, &Promised, &Tally)>,
    mut reports: MessageWriter<Report>,
    mint: Res<Mint>,
) {
    let tick = timeline.tick().0;
    let Ok(board) = boards.single() else { return };
    let Phase::Playing { ends_at } = board.phase else { return };
    if tick < ends_at {
        return;
    }
    let lines = tanks.iter().map(|(id, occupant, promised, tally)| line(*id, occupant, promised, *tally));
    let mut seats: Vec<SeatResult> = lines.collect();
    seats.sort_by_key(|seat| seat.seat);
    let result = MatchResult { amber: board.score[0], azure: board.score[1], ticks: current.length, seats };
    mint.void_all();
    info!(match_id = %current.allocation.match_id, amber = result.amber, azure = result.azure, "match over");
    reports.write(Report(ToRegistry::Result { allocation: current.allocation, result: result.clone() }));
    current.result = Some(result);
}

/// A newcomer whose tank has not come back yet has driven nothing, whatever its bot has done.
fn line(id: TankId, occupant: &Occupant, promised: &Promised, tally: Tally) -> SeatResult {
    match &promised.0 {
        Some(Promise { player, .. }) => SeatResult {
            seat: id.0,
            account: Some(player.account),
            name: player.name.clone(),
            kills: 0,
            deaths: 0,
        },
        None => SeatResult {
            seat: id.0,
            account: occupant.account,
            name: occupant.name.clone(),
            kills: tally.kills,
            deaths: tally.deaths,
        },
    }
}

/// The result is in the journal and cannot be lost any more: the match is over for everybody to see.
pub(super) fn tell(
    mut journaled: MessageReader<Journaled>,
    timeline: Res<LocalTimeline>,
    mut current: ResMut<Match>,
    mut boards: Query<&mut Scoreboard>,
    mut teller: Teller,
) {
    let ours = journaled.read().filter(|journaled| journaled.0 == current.allocation).count() > 0;
    if !ours || current.result.is_none() || current.over_at.is_some() {
        return;
    }
    current.over_at = Some(timeline.tick().0);
    for mut board in &mut boards {
        board.phase = Phase::Over;
        teller.all(MatchEvent::Over { score: board.score });
    }
}
