//! Inputs before they reach a tank: its own driver's, for a tick that is near, and not too many.
//!
//! Every value of a [`TankInput`] is legal, so nothing in it needs to be looked at.

use bevy::prelude::*;
use lightyear::{
    input::input_message::{ActionStateSequence as _, InputMessage, InputTarget},
    prelude::{
        Connected, LocalTimeline, MessageReceiver, Tick,
        input::native::NativeStateSequence,
        server::input::{InputValidationAppExt as _, authorize_controlled_targets},
    },
};

use crate::{
    room::{
        guard::{
            Refused,
            watch::{Ledger, Measure, Watch},
        },
        seat::Seated,
    },
    sim::{input::TankInput, schedule::ticks},
};

/// A client sends one message a tick; the rest is for what a link has held back.
const MESSAGES: Measure = Measure { a_second: 120.0, at_once: 128.0 };

/// A client repeats the last ten ticks.
pub const STATES: usize = 16;

/// A client is ahead by the jitter of its link, which it takes for as long as the whole trip when it sets its
/// clock, and by as much as the room is behind when it reads.
pub const AHEAD: i32 = ticks(1.0) as i32;

/// A tank that has heard nothing for so long has let go of the controls already.
const BEHIND: i32 = ticks(0.3) as i32;

type Sequence = NativeStateSequence<TankInput>;

pub(super) fn plugin(app: &mut App) {
    app.add_input_validator(inspect.before(authorize_controlled_targets::<Sequence>));
}

fn inspect(
    timeline: Res<LocalTimeline>,
    mut ledger: Ledger,
    mut links: Query<
        (&mut Watch, Option<&Seated>, &mut MessageReceiver<InputMessage<Sequence>>),
        With<Connected>,
    >,
) {
    let tick = timeline.tick();
    for (mut watch, seated, mut receiver) in &mut links {
        if !receiver.has_messages() {
            continue;
        }
        let tank = seated.map(|seated| seated.0);
        receiver.retain_messages(|message| {
            // Nothing is rewound for the sake of an aim, so what a client claims to see is not wanted.
            message.interpolation_delay = None;
            let verdict = judge(message, tick, tank).and_then(|()| {
                let fits = watch.inputs.add(1, ledger.now(), MESSAGES);
                if fits { Ok(()) } else { Err(Refused::Rate) }
            });
            if let Err(why) = verdict {
                ledger.hold_against(&mut watch, why);
            }
            verdict.is_ok()
        });
    }
}

/// Judges a message at the room's `tick`, from a link that drives `tank`.
///
/// # Errors
///
/// It is for another time or another tank, or holds more than a client repeats.
pub fn judge(message: &InputMessage<Sequence>, tick: Tick, tank: Option<Entity>) -> Result<(), Refused> {
    match message.end_tick - tick {
        lead if lead < -BEHIND => return Err(Refused::Late),
        lead if lead > AHEAD => return Err(Refused::Ahead),
        _ => {}
    }
    if message.inputs.len() > 1 {
        return Err(Refused::Target);
    }
    for input in &message.inputs {
        match input.target {
            InputTarget::Entity(target) if Some(target) == tank => {}
            InputTarget::Entity(_) | InputTarget::PreSpawned(_) => return Err(Refused::Target),
        }
        if input.states.len() > STATES {
            return Err(Refused::States);
        }
    }
    Ok(())
}
