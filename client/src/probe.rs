//! The test hook: what the client knows, as one JSON text, ten times a second.
//!
//! A page has it in `window.fogline`; a headless client writes it as one line to standard output.
//!
//! | field | holds |
//! |---|---|
//! | `screen` | `boot`, `sign_in`, `lobby`, `queue` (the lobby while waiting), `proposal` (the lobby while a match waits for everybody's word), `loading`, `match`, `result` |
//! | `name` | the player's name, empty before the first sign-in |
//! | `rating` | the player's, in points; null before the first sign-in |
//! | `online` | players in the lobby |
//! | `chat` | lobby chat, `NAME: TEXT`, the newest last |
//! | `muted` | whom the player has muted |
//! | `modes` | what can be played, by key; `mode` is what *Play* starts, or null |
//! | `party` | `code` and `members`: `name`, `leader`, `here`; or null |
//! | `queue` | while waiting: `mode`, `waiting` players, `waited` seconds, `estimate` in seconds from now or null, and `note`: `players` or `room`; or null |
//! | `proposal` | while a match waits for everybody's word: `id`, `mode`, `ready` of `players`, `you_are_ready`, `seconds_left`; or null |
//! | `notice` | what the player is told: the lobby's notice, or why there is no hub or no sign-in |
//! | `transport` | of the link to the room: `udp`, `webtransport`, `websocket` or null |
//! | `link` | `idle`, `dialling`, `joined`, `lost` |
//! | `retry_seconds` | how much longer a lost way into the match is looked for, or null |
//! | `rtt_ms` | round trip to the room |
//! | `tick` | the simulation's, which runs ahead of the room |
//! | `seconds_left` | of the match; null unless it is being played |
//! | `seat` | of the ticket; the tank follows later for a newcomer; null outside a match |
//! | `self` | own tank or null: `seat`, `x`, `y`, `heading`, `hp`, and `confirmed`: the room's last word on `x` and `y`, or null |
//! | `tanks` | the other tanks that this client knows of: `seat`, `x`, `y`, `team` |
//! | `shells` | shells in flight that this client knows of |
//! | `shots_fired` | by the own tank, as predicted |
//! | `score` | `amber` and `azure`, or null outside a match |
//! | `result` | of the last match, until the next one begins: `match_id`, `amber`, `azure`, `recorded` by the hub, `rating`: what it did to the player's, as in `MatchEnded`, or null, and `void`: why it does not count, or null; or null |
//! | `buttons` | what can be pressed now (`guest`, `sign_in`, `retry`, `mode:NAME`, `play`, `cancel`, `create_party`, `party_code`, `join_party`, `copy_link`, `leave_party`, `remove:NAME`, `leave`, `continue`, `again`, `back`): left, top, width and height in CSS pixels |

use std::{collections::BTreeMap, time::Duration};

use bevy::{prelude::*, time::common_conditions::on_real_timer};
use game::{
    client::{Confirmed, LinkState, RoomLink},
    protocol::{
        hub::QueueNote,
        id::{ProposalId, Team},
        key::ModeId,
        rating::{Rating, RatingChange},
        text::PlayerName,
    },
    sim::{
        scoreboard::{Phase, Scoreboard},
        shell::Tracer,
        tank::{Health, Hull, TankId},
    },
};
use lightyear::prelude::{Controlled, LocalTimeline};
use serde::Serialize;

use crate::{
    engagement::{Ending, Engagement, Outcome},
    lobby::{Lobby, party::leads},
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
    time: Res<Time<Real>>,
    hub: Res<Hub>,
    lobby: Res<Lobby>,
    engagement: Res<Engagement>,
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
    let (now, tick) = (time.elapsed(), timeline.tick().0);
    let board = boards.iter().next();
    let mut tanks: Vec<_> = others.iter().map(|(id, hull)| Tank::new(*id, hull)).collect();
    tanks.sort_unstable_by_key(|tank| tank.seat);
    let probe = Probe {
        screen: match screen.get() {
            Screen::Lobby if lobby.proposal.is_some() => "proposal",
            Screen::Lobby if lobby.wait.is_some() => "queue",
            screen => screen.name(),
        },
        rating: hub.rating,
        name: hub.name.as_ref().map(ToString::to_string).unwrap_or_default(),
        online: lobby.online,
        chat: lobby.chat.iter().map(|said| format!("{}: {}", said.from, said.text)).collect(),
        muted: &lobby.muted,
        modes: lobby.modes.iter().map(|mode| &mode.mode).collect(),
        mode: lobby.mode().map(|mode| &mode.mode),
        party: Party::new(&lobby),
        queue: Queue::new(&lobby, now),
        proposal: Proposal::new(&lobby, now),
        notice: notice(&hub.line, &lobby),
        transport: link.transport.map(|transport| transport.name()),
        link: match link.state {
            LinkState::Idle => "idle",
            LinkState::Dialling => "dialling",
            LinkState::Joined => "joined",
            LinkState::Lost(_) => "lost",
        },
        retry_seconds: engagement.seconds_left(now),
        rtt_ms: u64::try_from(link.rtt.as_millis()).unwrap_or(u64::MAX),
        tick,
        seconds_left: board.and_then(|board| seconds_left(board, tick)),
        seat: engagement.seat().map(|seat| seat.index()),
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
        result: outcome.0.as_ref().map(Ended::new),
        buttons: &buttons.0,
    };
    platform::publish(&serde_json::to_string(&probe)?);
    Ok(())
}

fn notice(line: &Line, lobby: &Lobby) -> String {
    let of_hub = match line {
        Line::NeedsSignIn { problem } => problem.as_ref(),
        Line::Retrying { reason, .. } | Line::Halted { reason, .. } => Some(reason),
        Line::Connecting | Line::Online => None,
    };
    of_hub.or(lobby.notice.as_ref()).cloned().unwrap_or_default()
}

/// Rounded up, so that a match ends at 0 and not before.
pub(crate) fn seconds_left(board: &Scoreboard, tick: u32) -> Option<u32> {
    match board.phase {
        Phase::Playing { ends_at } => Some(ends_at.saturating_sub(tick).div_ceil(game::protocol::TICK_HZ)),
        Phase::Waiting { .. } | Phase::Countdown { .. } | Phase::Over => None,
    }
}

/// Where the buttons were drawn last: left, top, width, height in logical pixels.
#[derive(Resource, Clone, Debug, Default)]
pub(crate) struct Buttons(pub BTreeMap<String, [f32; 4]>);

#[derive(Serialize)]
struct Probe<'a> {
    screen: &'static str,
    name: String,
    rating: Option<Rating>,
    online: u32,
    chat: Vec<String>,
    muted: &'a [PlayerName],
    modes: Vec<&'a ModeId>,
    mode: Option<&'a ModeId>,
    party: Option<Party<'a>>,
    queue: Option<Queue<'a>>,
    proposal: Option<Proposal<'a>>,
    notice: String,
    transport: Option<&'static str>,
    link: &'static str,
    retry_seconds: Option<u64>,
    rtt_ms: u64,
    tick: u32,
    seconds_left: Option<u32>,
    seat: Option<u8>,
    #[serde(rename = "self")]
    own: Option<Own>,
    tanks: Vec<Tank>,
    shells: usize,
    shots_fired: u32,
    score: Option<Score>,
    result: Option<Ended<'a>>,
    buttons: &'a BTreeMap<String, [f32; 4]>,
}

#[derive(Serialize)]
struct Party<'a> {
    code: &'a str,
    members: Vec<Member<'a>>,
}

#[derive(Serialize)]
struct Member<'a> {
    name: &'a PlayerName,
    leader: bool,
    here: bool,
}

impl<'a> Party<'a> {
    fn new(lobby: &'a Lobby) -> Option<Self> {
        let party = lobby.party.as_ref()?;
        let members = party.members.iter().map(|member| Member {
            name: &member.name,
            leader: leads(party, Some(member.account)),
            here: member.here,
        });
        Some(Self { code: party.code.as_str(), members: members.collect() })
    }
}

#[derive(Serialize)]
struct Queue<'a> {
    mode: &'a ModeId,
    waiting: u32,
    waited: u64,
    estimate: Option<u64>,
    note: QueueNote,
}

impl<'a> Queue<'a> {
    fn new(lobby: &'a Lobby, now: Duration) -> Option<Self> {
        let wait = lobby.wait.as_ref()?;
        Some(Self {
            mode: &wait.mode,
            waiting: wait.waiting,
            waited: wait.waited(now).as_secs(),
            estimate: wait.estimate(now).map(|left| left.as_secs()),
            note: wait.note,
        })
    }
}

#[derive(Serialize)]
struct Proposal<'a> {
    id: ProposalId,
    mode: &'a ModeId,
    ready: u8,
    players: u8,
    you_are_ready: bool,
    seconds_left: u64,
}

impl<'a> Proposal<'a> {
    fn new(lobby: &'a Lobby, now: Duration) -> Option<Self> {
        let proposal = lobby.proposal.as_ref()?;
        Some(Self {
            id: proposal.id,
            mode: &proposal.mode,
            ready: proposal.ready,
            players: proposal.players,
            you_are_ready: proposal.you_are_ready,
            seconds_left: proposal.seconds_left(now),
        })
    }
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
struct Ended<'a> {
    match_id: String,
    #[serde(flatten)]
    score: Score,
    recorded: bool,
    rating: Option<&'a RatingChange>,
    void: Option<&'a str>,
}

impl<'a> Ended<'a> {
    fn new(ending: &'a Ending) -> Self {
        Self {
            match_id: ending.match_id.to_string(),
            score: Score { amber: ending.score[0], azure: ending.score[1] },
            recorded: ending.result.is_some(),
            rating: ending.rating.as_ref(),
            void: ending.void.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lobby::{
        party::tests::{mode, party},
        wait::Wait,
    };

    #[test]
    fn probe_reads_as_documented() {
        let buttons = BTreeMap::from([("play".to_owned(), [1.0, 2.0, 3.0, 4.0])]);
        let quick = mode("quick", 3).mode;
        let lobby = Lobby {
            muted: vec![PlayerName::new("eve").expect("the name should be good")],
            party: Some(party(2)),
            wait: Some(Wait {
                mode: quick.clone(),
                waiting: 4,
                note: QueueNote::Room,
                told: Duration::from_secs(10),
                waited_then: Duration::from_secs(30),
                estimate_then: None,
            }),
            ..default()
        };
        let now = Duration::from_secs(12);
        let rated = RatingChange::Rated { before: Rating(1000), after: Rating(1012) };
        let probe = Probe {
            screen: "match",
            name: "ann".into(),
            rating: Some(Rating(1012)),
            online: 3,
            chat: vec!["a: hi".into()],
            muted: &lobby.muted,
            modes: vec![&quick],
            mode: Some(&quick),
            party: Party::new(&lobby),
            queue: Queue::new(&lobby, now),
            proposal: Proposal::new(&lobby, now),
            notice: String::new(),
            transport: Some("udp"),
            link: "joined",
            retry_seconds: None,
            rtt_ms: 12,
            tick: 1234,
            seconds_left: Some(17),
            seat: Some(0),
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
            result: Some(Ended {
                match_id: "0197".into(),
                score: Score { amber: 1, azure: 2 },
                recorded: true,
                rating: Some(&rated),
                void: None,
            }),
            buttons: &buttons,
        };
        let expected = json!({
            "screen": "match", "name": "ann", "rating": 1012, "online": 3, "chat": ["a: hi"],
            "muted": ["eve"], "modes": ["quick"], "mode": "quick",
            "party": {
                "code": lobby.party.as_ref().map(|party| party.code.as_str()),
                "members": [
                    {"name": "ann 1", "leader": true, "here": true},
                    {"name": "ann 2", "leader": false, "here": true},
                ],
            },
            "queue": {"mode": "quick", "waiting": 4, "waited": 32, "estimate": null, "note": "room"},
            "proposal": null, "notice": "",
            "transport": "udp", "link": "joined", "retry_seconds": null, "rtt_ms": 12, "tick": 1234,
            "seconds_left": 17, "seat": 0,
            "self": {
                "seat": 0, "x": 1.5, "y": 2.0, "heading": 0.5, "hp": 100,
                "confirmed": {"x": 1.0, "y": 2.0},
            },
            "tanks": [{"seat": 1, "x": 3.0, "y": 4.0, "team": "azure"}],
            "shells": 2, "shots_fired": 3, "score": {"amber": 0, "azure": 1},
            "result": {
                "match_id": "0197", "amber": 1, "azure": 2, "recorded": true,
                "rating": {"type": "rated", "before": 1000, "after": 1012}, "void": null,
            },
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
