//! A client without a window, driven by lines on standard input.
//!
//! | line | does |
//! |---|---|
//! | `play`, `play MODE` | joins the queue, also from the result screen; without a mode that of `--mode`, or the hub's first |
//! | `cancel` | leaves the queue |
//! | `party create`, `party CODE`, `party leave` | makes, joins, leaves a party |
//! | `remove NAME` | sends a member out of the party |
//! | `mute NAME`, `unmute NAME` | mutes a player, reads them again |
//! | `leave` | leaves the match or the result screen |
//! | `drive D T` | drives with throttle and steering from -1 to 1 |
//! | `aim RADIANS` | points the turret |
//! | `fire 1`, `fire 0` | presses, releases the trigger |
//! | `smoke 1`, `smoke 0` | presses, releases the button for smoke |
//! | `chat TEXT` | says something in the lobby |
//! | `quit`, or the end of input | ends the process |

use std::time::Duration;

use async_channel::{Receiver, TryRecvError};
use bevy::{app::ScheduleRunnerPlugin, log::LogPlugin, prelude::*, state::app::StatesPlugin};
use game::{
    client::Controls,
    protocol::{
        hub::ToHub,
        key::ModeId,
        text::{ChatText, PlayerName},
    },
};

use crate::{
    engagement::LeaveMatch,
    lobby::Lobby,
    platform,
    screen::{Screen, Turn},
    session::Session,
    settings::{Invitation, invitation, mode_named},
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
    lobby: Res<Lobby>,
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
            Ok(Command::Play(mode)) => {
                match mode.or_else(|| wanted(&lobby)) {
                    Some(mode) => session.say(ToHub::JoinQueue { mode }),
                    None => warn!("unable to play: the hub has no modes"),
                }
                if *screen.get() == Screen::Result {
                    turns.write(Turn::Home);
                }
            }
            Ok(Command::Party(Invitation::Create)) => session.say(ToHub::CreateParty {}),
            Ok(Command::Party(Invitation::Join(code))) => session.say(ToHub::JoinParty { code }),
            Ok(Command::LeaveParty) => session.say(ToHub::LeaveParty {}),
            Ok(Command::Remove(name)) => {
                let mut members = lobby.party.iter().flat_map(|party| &party.members);
                match members.find(|member| member.name.key() == name.key()) {
                    Some(member) => session.say(ToHub::RemoveFromParty { account: member.account }),
                    None => warn!("unable to remove `{name}`: not in the party"),
                }
            }
            Ok(Command::Mute(name)) => session.say(ToHub::Mute { name }),
            Ok(Command::Unmute(name)) => session.say(ToHub::Unmute { name }),
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
            Ok(Command::Smoke(smoke)) => controls.smoke = smoke,
            Ok(Command::Chat(text)) => session.say(ToHub::Chat { text }),
            Ok(Command::Quit) => {
                exits.write(AppExit::Success);
            }
            Err(problem) => warn!("unable to obey `{}`: {problem}", line.escape_debug()),
        }
    }
}

/// The mode that was asked for is the hub's to refuse, should it not have it.
fn wanted(lobby: &Lobby) -> Option<ModeId> {
    lobby.chosen.clone().or_else(|| lobby.mode().map(|mode| mode.mode.clone()))
}

#[derive(Resource)]
struct Input(Receiver<String>);

#[derive(Debug, PartialEq)]
enum Command {
    Play(Option<ModeId>),
    Party(Invitation),
    LeaveParty,
    Remove(PlayerName),
    Mute(PlayerName),
    Unmute(PlayerName),
    Cancel,
    Leave,
    Quit,
    Drive(f32, f32),
    Aim(f32),
    Fire(bool),
    Smoke(bool),
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
        let name = |text: &str| PlayerName::new(text.trim()).map_err(|problem| problem.to_string());
        match word {
            "play" if rest.trim().is_empty() => Ok(Command::Play(None)),
            "play" => mode_named(rest.trim()).map(|mode| Command::Play(Some(mode))),
            "party" if rest.trim() == "leave" => Ok(Command::LeaveParty),
            "party" => invitation(rest.trim()).map(Command::Party),
            "remove" => name(rest).map(Command::Remove),
            "mute" => name(rest).map(Command::Mute),
            "unmute" => name(rest).map(Command::Unmute),
            "cancel" => Ok(Command::Cancel),
            "leave" => Ok(Command::Leave),
            "quit" => Ok(Command::Quit),
            "drive" => {
                let (drive, turn) = rest.trim().split_once(' ').ok_or("two numbers should follow")?;
                Ok(Command::Drive(number(drive)?, number(turn)?))
            }
            "aim" => Ok(Command::Aim(number(rest)?)),
            "fire" => Ok(Command::Fire(number(rest)? != 0.0)),
            "smoke" => Ok(Command::Smoke(number(rest)? != 0.0)),
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
        let duel = mode_named("duel").expect("the mode should be well formed");
        assert_eq!(Command::read("play\n"), Ok(Command::Play(None)));
        assert_eq!(Command::read("play duel"), Ok(Command::Play(Some(duel))));
        assert_eq!(Command::read("party create"), Ok(Command::Party(Invitation::Create)));
        assert_eq!(Command::read("party leave"), Ok(Command::LeaveParty));
        assert!(matches!(Command::read("party ABCDEF"), Ok(Command::Party(Invitation::Join(_)))));
        let lee = PlayerName::new("ann lee").expect("the name should be good");
        assert_eq!(Command::read("mute ann lee"), Ok(Command::Mute(lee)));
        assert_eq!(Command::read("drive 1 -0.5"), Ok(Command::Drive(1.0, -0.5)));
        assert_eq!(Command::read("aim 3.1"), Ok(Command::Aim(3.1)));
        assert_eq!(Command::read("fire 0"), Ok(Command::Fire(false)));
        assert_eq!(Command::read("smoke 1"), Ok(Command::Smoke(true)));
    }

    #[test]
    fn nonsense_is_refused_with_a_reason() {
        let lines = ["", "fly", "drive 1", "drive a b", "aim NaN", "chat", "party", "mute", "play No such"];
        for line in lines {
            assert!(Command::read(line).is_err(), "`{line}` should be refused");
        }
    }
}
