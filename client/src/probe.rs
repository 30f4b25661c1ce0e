//! The test hook: what the client knows, as one JSON text, ten times a second.
//!
//! A page has it in `window.fogline`; a headless client writes it as one line to standard output.
//!
//! | field | holds |
//! |---|---|
//! | `screen` | `boot`, `sign_in`, `lobby`, `queue` (the lobby while waiting), `loading`, `match`, `result` |
//! | `name` | the player's name, empty before the first sign-in |
//! | `online` | players in the lobby |
//! | `chat` | lobby chat, `NAME: TEXT`, the newest last |
//! | `notice` | what the player is told: the lobby's notice, or why there is no hub or no sign-in |
//! | `transport` | of the link to the room: `udp`, `webtransport`, `websocket` or null |
//! | `link` | `idle`, `dialling`, `joined`, `lost` |
//! | `rtt_ms` | round trip to the room |
//! | `tick` | the simulation's, which runs ahead of the room |
//! | `seconds_left` | of the match; null unless it is being played |
//! | `self` | own tank or null: `seat`, `x`, `y`, `heading`, `hp`, and `confirmed`: the room's last word on `x` and `y`, or null |
//! | `tanks` | the other tanks that this client knows of: `seat`, `x`, `y`, `team` |
//! | `shells` | shells in flight that this client knows of |
//! | `shots_fired` | by the own tank, as predicted |
//! | `score` | `amber` and `azure`, or null outside a match |
//! | `result` | of the last match, until the next one begins: `match_id`, `amber`, `azure`; or null |
//! | `buttons` | the buttons that are drawn now (`guest`, `sign_in`, `retry`, `play`, `cancel`, `leave`, `continue`, `again`, `back`): left, top, width and height in CSS pixels |

use std::{collections::BTreeMap, time::Duration};

use bevy::{prelude::*, time::common_conditions::on_real_timer};
use game::{
    client::{Confirmed, LinkState, RoomLink},
    protocol::id::Team,
    sim::{
        scoreboard::{Phase, Scoreboard},
        shell::Tracer,
        tank::{Health, Hull, TankId},
    },
};
use lightyear::prelude::{Controlled, LocalTimeline};
use serde::Serialize;

use crate::{
    engagement::Outcome,
    lobby::Lobby,
    platform,
    screen::Screen,
    session::{Hub, Line},
    settings::Settings,
    tally::Tally,
};

const EVERY: Duration = Duration::from_millis(100);

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Buttons>();
    if app.world().resource::<Settings>().published {
        app.add_systems(Last, publish.run_if(on_real_timer(EVERY)));
    }
}

fn publish(
    screen: Res<State<Screen>>,
    hub: Res<Hub>,
    lobby: Res<Lobby>,
    link: Res<RoomLink>,
    timeline: Res<LocalTimeline>,
    confirmed: Res<Confirmed>,
    outcome: Res<Outcome>,
    tally: Res<Tally>,
    buttons: Res<Buttons>,
    own: Query<(&TankId, &Hull, &Health), With<Controlled>>,
    others: Query<(&TankId, &Hull), Without<Controlled>>,
    shells: Query<(), With<Tracer>>,
    boards: Query<&Scoreboard>,
) -> Result {
    let tick = timeline.tick().0;
    let board = boards.iter().next();
    let mut tanks: Vec<_> = others.iter().map(|(id, hull)| Tank::new(*id, hull)).collect();
    tanks.sort_unstable_by_key(|tank| tank.seat);
    let probe = Probe {
        screen: match screen.get() {
            Screen::Lobby if lobby.queue.is_some() => "queue",
            screen => screen.name(),
        },
        name: hub.name.as_ref().map(ToString::to_string).unwrap_or_default(),
        online: lobby.online,
        chat: lobby.chat.iter().map(|said| format!("{}: {}", said.from, said.text)).collect(),
        notice: notice(&hub.line, &lobby),
        transport: link.transport.map(|transport| transport.name()),
        link: match link.state {
            LinkState::Idle => "idle",
            LinkState::Dialling => "dialling",
            LinkState::Joined => "joined",
            LinkState::Lost(_) => "lost",
        },
        rtt_ms: u64::try_from(link.rtt.as_millis()).unwrap_or(u64::MAX),
        tick,
        seconds_left: board.and_then(|board| seconds_left(board, tick)),
        own: own.iter().next().map(|(id, hull, health)| Own {
            seat: id.0.index(),
            x: hull.pos.x,
            y: hull.pos.y,
            heading: hull.heading,
            hp: health.points,
            confirmed: confirmed.hull.map(|hull| Point { x: hull.pos.x, y: hull.pos.y }),
        }),
        tanks,
        shells: shells.iter().count(),
        shots_fired: tally.shots,
        score: board.map(|board| Score { amber: board.of(Team::Amber), azure: board.of(Team::Azure) }),
        result: outcome.0.as_ref().map(|ending| Ended {
            match_id: ending.match_id.to_string(),
            score: Score { amber: ending.score[0], azure: ending.score[1] },
        }),
        buttons: &buttons.0,
    };
    platform::publish(&serde_json::to_string(&probe)?);
    Ok(())
}

fn notice(line: &Line, lobby: &Lobby) -> String {
    let of_hub = match line {
        Line::NeedsSignIn { problem } => problem.as_ref(),
        Line::Retrying { reason, .. } | Line::Halted { reason } => Some(reason),
        Line::Connecting | Line::Online => None,
    };
    of_hub.or(lobby.notice.as_ref()).cloned().unwrap_or_default()
}

/// Rounded up, so that a match ends at 0 and not before.
pub(crate) fn seconds_left(board: &Scoreboard, tick: u32) -> Option<u32> {
    match board.phase {
        Phase::Playing { ends_at } => Some(ends_at.saturating_sub(tick).div_ceil(game::protocol::TICK_HZ)),
        Phase::Waiting | Phase::Over => None,
    }
}

/// Where the buttons were drawn last: left, top, width, height in logical pixels.
#[derive(Resource, Clone, Debug, Default)]
pub(crate) struct Buttons(pub BTreeMap<&'static str, [f32; 4]>);

#[derive(Serialize)]
struct Probe<'a> {
    screen: &'static str,
    name: String,
    online: u32,
    chat: Vec<String>,
    notice: String,
    transport: Option<&'static str>,
    link: &'static str,
    rtt_ms: u64,
    tick: u32,
    seconds_left: Option<u32>,
    #[serde(rename = "self")]
    own: Option<Own>,
    tanks: Vec<Tank>,
    shells: usize,
    shots_fired: u32,
    score: Option<Score>,
    result: Option<Ended>,
    buttons: &'a BTreeMap<&'static str, [f32; 4]>,
}

#[derive(Serialize)]
struct Own {
    seat: u8,
    x: f32,
    y: f32,
    heading: f32,
    hp: u8,
    confirmed: Option<Point>,
}

#[derive(Serialize)]
struct Point {
    x: f32,
    y: f32,
}

#[derive(Serialize)]
struct Tank {
    seat: u8,
    x: f32,
    y: f32,
    team: Team,
}

impl Tank {
    fn new(id: TankId, hull: &Hull) -> Self {
        Self { seat: id.0.index(), x: hull.pos.x, y: hull.pos.y, team: id.team() }
    }
}

#[derive(Serialize)]
struct Score {
    amber: u16,
    azure: u16,
}

#[derive(Serialize)]
struct Ended {
    match_id: String,
    #[serde(flatten)]
    score: Score,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn probe_reads_as_documented() {
        let buttons = BTreeMap::from([("play", [1.0, 2.0, 3.0, 4.0])]);
        let probe = Probe {
            screen: "match",
            name: "ann".into(),
            online: 3,
            chat: vec!["a: hi".into()],
            notice: String::new(),
            transport: Some("udp"),
            link: "joined",
            rtt_ms: 12,
            tick: 1234,
            seconds_left: Some(17),
            own: Some(Own {
                seat: 0,
                x: 1.5,
                y: 2.0,
                heading: 0.5,
                hp: 100,
                confirmed: Some(Point { x: 1.0, y: 2.0 }),
            }),
            tanks: vec![Tank { seat: 1, x: 3.0, y: 4.0, team: Team::Azure }],
            shells: 2,
            shots_fired: 3,
            score: Some(Score { amber: 0, azure: 1 }),
            result: Some(Ended { match_id: "0197".into(), score: Score { amber: 1, azure: 2 } }),
            buttons: &buttons,
        };
        let expected = json!({
            "screen": "match", "name": "ann", "online": 3, "chat": ["a: hi"], "notice": "",
            "transport": "udp", "link": "joined", "rtt_ms": 12, "tick": 1234, "seconds_left": 17,
            "self": {
                "seat": 0, "x": 1.5, "y": 2.0, "heading": 0.5, "hp": 100,
                "confirmed": {"x": 1.0, "y": 2.0},
            },
            "tanks": [{"seat": 1, "x": 3.0, "y": 4.0, "team": "azure"}],
            "shells": 2, "shots_fired": 3, "score": {"amber": 0, "azure": 1},
            "result": {"match_id": "0197", "amber": 1, "azure": 2},
            "buttons": {"play": [1.0, 2.0, 3.0, 4.0]},
        });
        let written = serde_json::to_value(&probe).expect("the probe should serialise");
        assert_eq!(written, expected);
    }

    #[test]
    fn clock_rounds_up_and_stops_at_nought() {
        let board = |ends_at| Scoreboard { score: [0, 0], phase: Phase::Playing { ends_at } };
        assert_eq!(seconds_left(&board(61), 0), Some(2));
        assert_eq!(seconds_left(&board(60), 0), Some(1));
        assert_eq!(seconds_left(&board(60), 99), Some(0));
    }
}
