//! The match this client is in: dialled, tried again when the link breaks, left when it is over.

mod course;

use std::time::Duration;

use bevy::{ecs::system::SystemParam, prelude::*};
use game::{
    client::{JoinRoom, LeaveRoom, LinkState, RoomLink, Transport},
    protocol::{
        hub::{FromHub, ToHub},
        id::{MatchId, Seat},
        rating::RatingChange,
        refusal::Refusal,
        result::MatchResult,
    },
    sim::event::{Heard, MatchEvent},
};

use crate::{
    engagement::course::{Course, Sign, Step},
    lobby::Lobby,
    schedule::FlowSystems,
    screen::Turn,
    session::{News, Session},
    settings::Settings,
};

pub(crate) fn plugin(app: &mut App) {
    let transport = app.world().resource::<Settings>().transport;
    app.insert_resource(Engagement { course: Course::new(transport) })
        .init_resource::<Outcome>()
        .add_message::<LeaveMatch>()
        .add_systems(Update, engage.in_set(FlowSystems::Engage));
}

/// The link is looked at before anything is dialled: right after a dial it still shows the last one.
fn engage(
    link: Res<RoomLink>,
    mut news: MessageReader<News>,
    mut heard: MessageReader<Heard>,
    mut leaves: MessageReader<LeaveMatch>,
    time: Res<Time<Real>>,
    mut engagement: ResMut<Engagement>,
    mut outcome: ResMut<Outcome>,
    mut hands: Hands,
) {
    let mut signs = Vec::new();
    signs.extend(heard.read().filter_map(|Heard(event)| match event {
        MatchEvent::Over { score } => Some(Sign::Over(*score)),
        _ => None,
    }));
    match &link.state {
        LinkState::Joined => signs.push(Sign::Joined),
        LinkState::Lost(reason) => signs.push(Sign::Lost(reason.clone())),
        LinkState::Idle | LinkState::Dialling => {}
    }
    signs.extend(leaves.read().map(|_| Sign::Left));
    signs.extend(news.read().filter_map(sign));
    signs.push(Sign::Time);

    for sign in signs {
        for step in engagement.course.step(sign, time.elapsed()) {
            hands.carry_out(step, &mut outcome);
        }
    }
}

fn sign(news: &News) -> Option<Sign> {
    match news {
        News::Heard(FromHub::MatchFound { ticket }) => Some(Sign::Found(ticket.clone())),
        News::Heard(FromHub::MatchEnded { match_id, result, rating }) => {
            Some(Sign::Ended(*match_id, result.clone(), rating.clone()))
        }
        News::Heard(FromHub::MatchVoid { match_id, reason }) => Some(Sign::Void(*match_id, reason.clone())),
        News::Heard(FromHub::Declined { refusal: refusal @ Refusal::NoSuchMatch }) => {
            Some(Sign::NoTicket(refusal.to_string()))
        }
        News::Heard(FromHub::Declined { refusal: refusal @ Refusal::RoomUnavailable { .. } }) => {
            Some(Sign::NotYet(refusal.to_string()))
        }
        // The seat goes to where the player is now.
        News::Halted { elsewhere: true, .. } => Some(Sign::Left),
        _ => None,
    }
}

#[derive(SystemParam)]
struct Hands<'w> {
    session: Res<'w, Session>,
    lobby: ResMut<'w, Lobby>,
    joins: MessageWriter<'w, JoinRoom>,
    leaves: MessageWriter<'w, LeaveRoom>,
    turns: MessageWriter<'w, Turn>,
}

impl Hands<'_> {
    fn carry_out(&mut self, step: Step, outcome: &mut Outcome) {
        match step {
            Step::Dial(ticket, transport) => {
                info!("dialling match `{}` by {}", ticket.match_id, transport.name());
                self.joins.write(JoinRoom { ticket, transport });
            }
            Step::AskTicket(match_id) => self.session.say(ToHub::ReissueTicket { match_id }),
            Step::HangUp => {
                self.leaves.write(LeaveRoom);
            }
            Step::Show(turn) => {
                self.turns.write(turn);
            }
            Step::Tell(notice) => self.lobby.notice = Some(notice),
            Step::Clear => outcome.0 = None,
            Step::Score(ending) => outcome.0 = Some(ending),
            Step::Record(match_id, result, rating) => {
                if let Some(ending) = outcome.of(match_id) {
                    ending.score = [result.amber, result.azure];
                    ending.result = Some(result);
                    ending.rating = Some(rating);
                }
            }
            Step::Annul(match_id, reason) => {
                if let Some(ending) = outcome.of(match_id) {
                    ending.void = Some(reason);
                }
            }
        }
    }
}

/// The player wants out of the match or of the way into it.
#[derive(Message, Clone, Copy, Debug)]
pub(crate) struct LeaveMatch;

#[derive(Resource)]
pub(crate) struct Engagement {
    course: Course,
}

impl Engagement {
    pub(crate) fn seat(&self) -> Option<Seat> {
        self.course.seat()
    }

    /// The transport that was dialled last, or that will be dialled first.
    pub(crate) fn transport(&self) -> Transport {
        self.course.transport()
    }

    /// What a player in the match should know about the link.
    pub(crate) fn trouble(&self, now: Duration) -> Option<String> {
        let seconds = self.seconds_left(now).filter(|_| self.course.interrupted())?;
        Some(format!("Connection to the room lost. Trying again, {seconds} s left"))
    }

    /// Until a lost way into the match is given up, rounded up; none while nothing is lost.
    pub(crate) fn seconds_left(&self, now: Duration) -> Option<u64> {
        Some(self.course.patience(now)?.as_secs_f32().ceil() as u64)
    }
}

/// How the last match ended; gone when the next one begins.
#[derive(Resource, Debug, Default)]
pub(crate) struct Outcome(pub Option<Ending>);

impl Outcome {
    fn of(&mut self, match_id: MatchId) -> Option<&mut Ending> {
        self.0.as_mut().filter(|ending| ending.match_id == match_id)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ending {
    pub match_id: MatchId,
    /// Where this player sat.
    pub seat: Seat,
    /// Amber first.
    pub score: [u16; 2],
    /// The hub's record, which comes a little later.
    pub result: Option<MatchResult>,
    /// With the record.
    pub rating: Option<RatingChange>,
    /// Why the match does not count after all.
    pub void: Option<String>,
}
