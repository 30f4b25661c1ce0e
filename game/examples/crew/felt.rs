//! What all players felt, summed up.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Display,
    time::{Duration, Instant},
};

use game::{client::shell::Shots, protocol::id::MatchId, sim::tank::TankId};

/// A correction so long before or after something that nobody can foresee is excused by it.
const EXCUSED: Duration = Duration::from_secs(1);

/// What one player felt.
pub struct Felt {
    match_id: MatchId,
    tank: TankId,
    /// Metres between what was predicted and what the room says of the same tick.
    pub errors: Vec<f32>,
    /// Errors that are none: the tank came back to life elsewhere.
    pub leaps: u32,
    /// Errors as long as a leap in the middle of a life.
    pub jumps: u32,
    /// What the room said of ticks too long past to be corrected.
    pub uncorrectable: u32,
    /// The most ticks that the room's word was behind.
    pub deepest: i32,
    pub rollbacks: Vec<Instant>,
    /// Ticks in all of them.
    pub replayed: u32,
    pub excuses: Vec<Instant>,
    /// The first and the last frame of play.
    pub played: Option<(Instant, Instant)>,
    /// Frames in which another tank was near enough to be touched.
    pub touched_frames: u32,
    pub shots: Shots,
    /// Match events that a whole team is told, and how often they came.
    pub events: HashMap<String, i64>,
    /// From an input to the first frame of a mate that shows what it did.
    pub seen: Vec<Duration>,
    /// From a shot to its flash on a mate's screen.
    pub flashes: Vec<Duration>,
    /// Links lost.
    pub lost: u32,
    pub rtt: Duration,
    /// The longest input delay, in ticks.
    pub delay: u16,
}

impl Felt {
    pub fn of(match_id: MatchId, tank: TankId) -> Self {
        Self {
            match_id,
            tank,
            errors: Vec::new(),
            leaps: 0,
            jumps: 0,
            uncorrectable: 0,
            deepest: 0,
            rollbacks: Vec::new(),
            replayed: 0,
            excuses: Vec::new(),
            played: None,
            touched_frames: 0,
            shots: Shots::default(),
            events: HashMap::new(),
            seen: Vec::new(),
            flashes: Vec::new(),
            lost: 0,
            rtt: Duration::ZERO,
            delay: 0,
        }
    }

    fn unexcused(&self) -> usize {
        let excused = |rollback: &Instant| {
            let apart = |excuse: &Instant| rollback.max(excuse).duration_since(*rollback.min(excuse));
            self.excuses.iter().any(|excuse| apart(excuse) < EXCUSED)
        };
        self.rollbacks.iter().filter(|rollback| !excused(rollback)).count()
    }

    /// How long a rollback would have had no excuse.
    fn calm(&self) -> Duration {
        let Some((from, to)) = self.played else { return Duration::ZERO };
        let mut calm = Duration::ZERO;
        let mut free = from;
        for excuse in &self.excuses {
            calm += (*excuse).min(to).saturating_duration_since(free).saturating_sub(EXCUSED);
            free = free.max(*excuse + EXCUSED);
        }
        calm + to.saturating_duration_since(free)
    }
}

/// Writes the figures of a play of this length.
pub fn sum_up(felt: &[Felt], length: Duration) {
    let minutes = length.as_secs_f64() / 60.0 * felt.len() as f64;
    figure("players", felt.len());
    figure("rtt_ms", median(felt.iter().map(|felt| millis(felt.rtt))));
    figure("input_delay_ticks", felt.iter().map(|felt| felt.delay).max().unwrap_or_default());

    figure("shots", sum(felt, |felt| felt.shots.fired + felt.shots.unforeseen));
    figure("touched_seconds", sum(felt, |felt| felt.touched_frames) / 60);

    let rollbacks: usize = felt.iter().map(|felt| felt.rollbacks.len()).sum();
    figure("rollbacks_per_minute", hundredths(rollbacks as f64 / minutes));
    figure("rollbacks_unexcused", felt.iter().map(Felt::unexcused).sum::<usize>());
    let calm: Duration = felt.iter().map(Felt::calm).sum();
    figure("minutes", hundredths(minutes));
    figure("calm_minutes", hundredths(calm.as_secs_f64() / 60.0));
    figure("rollback_ticks", hundredths(sum(felt, |felt| felt.replayed) as f64 / rollbacks.max(1) as f64));

    let errors = || felt.iter().flat_map(|felt| &felt.errors).map(|error| f64::from(*error) * 100.0);
    figure("ticks_compared", errors().count());
    figure("error_p50_cm", share(errors(), 0.5));
    figure("error_p99_cm", share(errors(), 0.99));
    figure("leaps", sum(felt, |felt| felt.leaps));
    figure("jumps", sum(felt, |felt| felt.jumps));
    figure("uncorrectable", sum(felt, |felt| felt.uncorrectable));
    figure("deepest_ticks", felt.iter().map(|felt| felt.deepest).max().unwrap_or_default());
    figure("disconnects", sum(felt, |felt| felt.lost));

    let known = |shots: &Shots| shots.matched + shots.moved + shots.unforeseen;
    let told = sum(felt, |felt| known(&felt.shots) + felt.shots.taken_back + felt.shots.unknown);
    let matched = sum(felt, |felt| felt.shots.matched);
    figure("shots_matched", matched);
    figure("shots_moved", sum(felt, |felt| felt.shots.moved));
    figure("shots_taken_back", sum(felt, |felt| felt.shots.taken_back + felt.shots.unknown));
    figure("shots_unforeseen", sum(felt, |felt| felt.shots.unforeseen));
    figure("shots_matched_percent", hundredths(100.0 * matched as f64 / told.max(1) as f64));

    figure("verdicts", sum(felt, |felt| felt.shots.judged));
    figure("verdicts_lost", sum(felt, |felt| known(&felt.shots).saturating_sub(felt.shots.judged)));
    figure("verdicts_doubled", sum(felt, |felt| felt.shots.judged_again));
    figure("events", felt.iter().flat_map(|felt| felt.events.values()).sum::<i64>());
    figure("events_lost_or_doubled", differences(felt));

    let seen = || felt.iter().flat_map(|felt| &felt.seen).map(|passed| millis(*passed));
    figure("actions_seen", seen().count());
    figure("action_to_seen_p50_ms", share(seen(), 0.5));
    figure("action_to_seen_p99_ms", share(seen(), 0.99));
    let flashes = || felt.iter().flat_map(|felt| &felt.flashes).map(|passed| millis(*passed));
    figure("flashes_seen", flashes().count());
    figure("shot_to_flash_p50_ms", share(flashes(), 0.5));
    figure("shot_to_flash_p99_ms", share(flashes(), 0.99));
}

/// All of a team are told the same: what one of two has not heard as often as the other was lost or doubled.
fn differences(felt: &[Felt]) -> u64 {
    let mut teams = BTreeMap::<(MatchId, usize), Vec<&Felt>>::new();
    for felt in felt {
        teams.entry((felt.match_id, felt.tank.team().index())).or_default().push(felt);
    }
    let between = |one: &Felt, other: &Felt| -> u64 {
        let heard = |felt: &Felt, event: &String| felt.events.get(event).copied().unwrap_or_default();
        let more = |event: &&String| !one.events.contains_key(*event);
        one.events
            .keys()
            .chain(other.events.keys().filter(more))
            .map(|event| heard(one, event).abs_diff(heard(other, event)))
            .sum()
    };
    teams.values().flat_map(|team| team.windows(2)).map(|pair| between(pair[0], pair[1])).sum()
}

fn sum(felt: &[Felt], what: impl Fn(&Felt) -> u32) -> u64 {
    felt.iter().map(|felt| u64::from(what(felt))).sum()
}

fn figure(name: &str, value: impl Display) {
    println!("figure {name} {value}");
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    share(values, 0.5)
}

/// The value that such a share of them does not exceed, to the hundredth; 0 without any.
fn share(values: impl Iterator<Item = f64>, share: f64) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() as f64 * share).ceil() as usize;
    hundredths(sorted.get(place.saturating_sub(1)).copied().unwrap_or_default())
}
