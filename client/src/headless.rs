//! A client without a window, driven by lines on standard input.
//!
//! | line | does |
//! |---|---|
//! | `play` | joins the queue, also from the result screen |
//! | `cancel` | leaves the queue |
//! | `leave` | leaves the match or the result screen |
//! | `drive D T` | drives with throttle and steering from -1 to 1 |
//! | `aim RADIANS` | points the turret |
//! | `fire 1`, `fire 0` | presses, releases the trigger |
//! | `chat TEXT` | says something in the lobby |
//! | `quit`, or the end of input | ends the process |

use std::time::Duration;

use async_channel::{Receiver, TryRecvError};
use bevy::{app::ScheduleRunnerPlugin, log::LogPlugin, prelude::*, state::app::StatesPlugin};
use game::{
    client::Controls,
    protocol::{hub::ToHub, text::ChatText},
};

use crate::{
    engagement::LeaveMatch,
    platform,
    screen::{Screen, Turn},
    session::Session,
    window::LOG_FILTER,
};

/// Frames per second.
const RATE: f64 = 60.0;

pub(crate) fn base(app: &mut App) {
    app.add_plugins((
        MinimalPlugins.set(ScheduleRunnerPlugin::run_loop(Duration::from_secs_f64(1.0 / RATE))),
        LogPlugin { filter: LOG_FILTER.into(), ..default() },
        StatesPlugin,
    ));
}

pub(crate) fn plugin(app: &mut App) {
    app.insert_resource(Input(platform::lines())).add_systems(PreUpdate, obey);
}

fn obey(
    input: Res<Input>,
    screen: Res<State<Screen>>,
    session: Res<Session>,
    mut controls: ResMut<Controls>,
    mut leaves: MessageWriter<LeaveMatch>,
    mut turns: MessageWriter<Turn>,
    mut exits: MessageWriter<AppExit>,
) {
    loop {
        let line = match input.0.try_recv() {
            Ok(line) => line,
            Err(TryRecvError::Empty) => return,
            Err(TryRecvError::Closed) => {
                exits.write(AppExit::Success);
                return;
            }
        };
        match Command::read(&line) {
            Ok(Command::Play) => {
                session.say(ToHub::JoinQueue {});
                if *screen.get() == Screen::Result {
                    turns.write(Turn::Home);
                }
            }
            Ok(Command::Cancel) => session.say(ToHub::LeaveQueue {}),
            Ok(Command::Leave) if *screen.get() == Screen::Result => {
                turns.write(Turn::Home);
            }
            Ok(Command::Leave) => {
                leaves.write(LeaveMatch);
            }
            Ok(Command::Drive(drive, turn)) => {
                (controls.drive, controls.turn) = (drive, turn);
            }
            Ok(Command::Aim(aim)) => controls.aim = aim,
            Ok(Command::Fire(fire)) => controls.fire = fire,
            Ok(Command::Chat(text)) => session.say(ToHub::Chat { text }),
            Ok(Command::Quit) => {
                exits.write(AppExit::Success);
            }
            Err(problem) => warn!("unable to obey `{}`: {problem}", line.escape_debug()),
        }
    }
}

#[derive(Resource)]
struct Input(Receiver<String>);

#[derive(Debug, PartialEq)]
enum Command {
    Play,
    Cancel,
    Leave,
    Quit,
    Drive(f32, f32),
    Aim(f32),
    Fire(bool),
    Chat(ChatText),
}

impl Command {
    fn read(line: &str) -> Result<Self, String> {
        let line = line.trim();
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let number = |text: &str| {
            text.trim()
                .parse::<f32>()
                .ok()
                .filter(|number| number.is_finite())
                .ok_or_else(|| format!("`{text}` should be a number"))
        };
        match word {
            "play" => Ok(Command::Play),
            "cancel" => Ok(Command::Cancel),
            "leave" => Ok(Command::Leave),
            "quit" => Ok(Command::Quit),
            "drive" => {
                let (drive, turn) = rest.trim().split_once(' ').ok_or("two numbers should follow")?;
                Ok(Command::Drive(number(drive)?, number(turn)?))
            }
            "aim" => Ok(Command::Aim(number(rest)?)),
            "fire" => Ok(Command::Fire(number(rest)? != 0.0)),
            "chat" => ChatText::new(rest).map(Command::Chat).map_err(|problem| problem.to_string()),
            _ => Err("no such command".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read() {
        assert_eq!(Command::read("play\n"), Ok(Command::Play));
        assert_eq!(Command::read("drive 1 -0.5"), Ok(Command::Drive(1.0, -0.5)));
        assert_eq!(Command::read("aim 3.1"), Ok(Command::Aim(3.1)));
        assert_eq!(Command::read("fire 0"), Ok(Command::Fire(false)));
    }

    #[test]
    fn nonsense_is_refused_with_a_reason() {
        for line in ["", "fly", "drive 1", "drive a b", "aim NaN", "chat"] {
            assert!(Command::read(line).is_err(), "`{line}` should be refused");
        }
    }
}
