//! The session with the hub: signed in, connected, tried again when it breaks.
//!
//! An async task owns the HTTP session and the socket; it and the app meet in a bounded channel of
//! orders and an inbox only.

mod http;
mod inbox;
mod socket;

use std::{pin::pin, time::Duration};

use async_channel::{Receiver, Sender, TrySendError};
use bevy::prelude::*;
use futures_util::future::{Either, select};
use game::protocol::{
    hub::{FromHub, ModeInfo, ToHub},
    id::AccountId,
    rating::{Rating, RatingChange},
    refusal::Refusal,
    text::PlayerName,
};

use crate::{
    platform,
    schedule::FlowSystems,
    session::{
        http::{Api, Failure},
        inbox::Inbox,
    },
    settings::{Settings, SignIn},
};

/// First and longest wait before another try; each is twice the last.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

pub(crate) fn plugin(app: &mut App) {
    let settings = app.world().resource::<Settings>().clone();
    let (order, orders) = async_channel::bounded(64);
    let news = Inbox::default();
    app.insert_resource(Hub { address: settings.hub.clone(), ..default() })
        .insert_resource(Session { orders: order, news: news.clone() })
        .add_message::<News>()
        .add_systems(Update, receive.in_set(FlowSystems::Hear));
    platform::spawn(run(settings, orders, news));
}

fn receive(
    session: Res<Session>,
    time: Res<Time<Real>>,
    mut hub: ResMut<Hub>,
    mut heard: MessageWriter<News>,
) {
    for news in session.news.empty() {
        hub.note(&news, time.elapsed());
        heard.write(news);
    }
}

/// Ends only when the app is gone.
async fn run(settings: Settings, orders: Receiver<Order>, news: Inbox) {
    let mut api = Api::new(&settings.hub);
    let mut sign_in = settings.sign_in.clone();
    let mut pause = FIRST_PAUSE;
    while !orders.is_closed() {
        news.put(News::Connecting);
        let ended = connect(&settings, &mut api, &mut sign_in, &orders, &news, &mut pause).await;
        let (end, wait) = match ended {
            Ended::NeedsSignIn(problem) => (News::SignInNeeded { problem }, None),
            Ended::Halted(reason) => (News::Halted { reason, elsewhere: false }, None),
            Ended::Elsewhere => {
                (News::Halted { reason: Refusal::SignedInElsewhere.to_string(), elsewhere: true }, None)
            }
            Ended::Lost(reason) => {
                let wait = pause;
                pause = (pause * 2).min(LONGEST_PAUSE);
                (News::Lost { reason, retry_in: wait }, Some(wait))
            }
            Ended::AppGone => return,
        };
        news.put(end);
        match rest(&orders, wait).await {
            Rested::Again => {}
            Rested::With(how) => sign_in = Some(how),
            Rested::AppGone => return,
        }
    }
}

/// One connection from the first request to its end.
async fn connect(
    settings: &Settings,
    api: &mut Api,
    sign_in: &mut Option<SignIn>,
    orders: &Receiver<Order>,
    news: &Inbox,
    pause: &mut Duration,
) -> Ended {
    if let Some(how) = sign_in.clone() {
        match api.sign_in(&how).await {
            Ok(()) => *sign_in = None,
            Err(Failure::Refused { text, .. }) => {
                *sign_in = None;
                return Ended::NeedsSignIn(Some(text));
            }
            Err(Failure::Unwell(text)) => return Ended::Lost(text),
        }
    }
    match api.socket_token().await {
        Ok(token) => {
            socket::serve(&settings.socket_url(), token, orders, news, || *pause = FIRST_PAUSE).await
        }
        Err(Failure::Refused { status: 401, .. }) => Ended::NeedsSignIn(None),
        Err(Failure::Refused { status: 403, text }) => Ended::Halted(text),
        Err(Failure::Refused { text, .. } | Failure::Unwell(text)) => Ended::Lost(text),
    }
}

/// Waits for the time to pass or for the player; what is said to the hub meanwhile is lost.
async fn rest(orders: &Receiver<Order>, wait: Option<Duration>) -> Rested {
    let nap = async {
        match wait {
            Some(wait) => platform::sleep(wait).await,
            None => std::future::pending().await,
        }
    };
    let mut nap = pin!(nap);
    loop {
        let order = match select(nap.as_mut(), pin!(orders.recv())).await {
            Either::Left(_) => return Rested::Again,
            Either::Right((order, _)) => order,
        };
        match order {
            Ok(Order::Retry) => return Rested::Again,
            Ok(Order::SignIn(how)) => return Rested::With(how),
            Ok(Order::Say(_)) => {}
            Err(_) => return Rested::AppGone,
        }
    }
}

enum Rested {
    Again,
    With(SignIn),
    AppGone,
}

/// Why a connection is over.
#[derive(Debug, PartialEq)]
enum Ended {
    /// There is no session, or the sign-in was refused for this reason.
    NeedsSignIn(Option<String>),
    /// Worth another try after a pause.
    Lost(String),
    /// Another try would end the same way; the player decides.
    Halted(String),
    /// The player has gone on in another place, and may come back here.
    Elsewhere,
    AppGone,
}

impl Ended {
    fn refused(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::WrongVersion { .. }
            | Refusal::WrongContent { .. }
            | Refusal::WrongAnswer
            | Refusal::Banned { .. } => Ended::Halted(refusal.to_string()),
            Refusal::SignedInElsewhere => Ended::Elsewhere,
            Refusal::SessionEnded => Ended::NeedsSignIn(Some(refusal.to_string())),
            _ => Ended::Lost(refusal.to_string()),
        }
    }
}

/// App to task.
pub(crate) enum Order {
    SignIn(SignIn),
    /// Try again now.
    Retry,
    Say(ToHub),
}

/// Task to app.
#[derive(Message, Clone, Debug, PartialEq)]
pub(crate) enum News {
    Connecting,
    SignInNeeded { problem: Option<String> },
    SignedIn(Welcome),
    Lost { reason: String, retry_in: Duration },
    Halted { reason: String, elsewhere: bool },
    Heard(FromHub),
}

/// Who this client is to the hub, and what the hub has for it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Welcome {
    pub account: AccountId,
    pub name: PlayerName,
    pub guest: bool,
    pub rating: Rating,
    pub modes: Vec<ModeInfo>,
    pub muted: Vec<PlayerName>,
}

/// The app's end of the task.
#[derive(Resource)]
pub(crate) struct Session {
    orders: Sender<Order>,
    news: Inbox,
}

impl Session {
    pub(crate) fn say(&self, message: ToHub) {
        self.order(Order::Say(message));
    }

    pub(crate) fn order(&self, order: Order) {
        match self.orders.try_send(order) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => warn!("too much to say to the hub at once: dropped"),
            Err(TrySendError::Closed(_)) => error!("the session with the hub has ended"),
        }
    }
}

/// How it stands with the hub.
#[derive(Resource, Default)]
pub(crate) struct Hub {
    pub address: String,
    /// Of the player who signed in last.
    pub account: Option<AccountId>,
    pub name: Option<PlayerName>,
    pub guest: bool,
    pub rating: Option<Rating>,
    pub line: Line,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Line {
    #[default]
    Connecting,
    NeedsSignIn {
        problem: Option<String>,
    },
    Online,
    /// `at` is when the next try begins, in real time since the start.
    Retrying {
        reason: String,
        at: Duration,
    },
    /// `elsewhere`: because the player signed in somewhere else.
    Halted {
        reason: String,
        elsewhere: bool,
    },
}

impl Hub {
    fn note(&mut self, news: &News, now: Duration) {
        self.line = match news {
            News::Connecting => match &self.line {
                Line::Retrying { reason, at } => Line::Retrying { reason: reason.clone(), at: *at },
                _ => Line::Connecting,
            },
            News::SignInNeeded { problem } => Line::NeedsSignIn { problem: problem.clone() },
            News::SignedIn(welcome) => {
                self.account = Some(welcome.account);
                self.name = Some(welcome.name.clone());
                self.guest = welcome.guest;
                self.rating = Some(welcome.rating);
                Line::Online
            }
            News::Lost { reason, retry_in } => Line::Retrying { reason: reason.clone(), at: now + *retry_in },
            News::Halted { reason, elsewhere } => {
                Line::Halted { reason: reason.clone(), elsewhere: *elsewhere }
            }
            News::Heard(FromHub::MatchEnded { rating: RatingChange::Rated { after, .. }, .. }) => {
                self.rating = Some(*after);
                return;
            }
            News::Heard(_) => return,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reason_of_the_last_loss_stays_while_the_next_try_runs() {
        let mut hub = Hub::default();
        let retry_in = Duration::from_secs(1);
        hub.note(&News::Lost { reason: "gone".into(), retry_in }, Duration::from_secs(5));
        hub.note(&News::Connecting, Duration::from_secs(6));
        assert_eq!(hub.line, Line::Retrying { reason: "gone".into(), at: Duration::from_secs(6) });
    }

    #[test]
    fn refusal_that_would_come_again_is_not_retried() {
        let banned = Refusal::Banned { until: "tomorrow".into(), reason: "spam".into() };
        let other_map = Refusal::WrongContent { ours: "a".into(), theirs: "b".into() };
        for refusal in [Refusal::WrongVersion { ours: 2, theirs: 1 }, Refusal::WrongAnswer, banned, other_map]
        {
            assert!(matches!(Ended::refused(&refusal), Ended::Halted(_)), "{refusal}");
        }
        for refusal in [Refusal::ShuttingDown, Refusal::BadSocketToken, Refusal::TooFast] {
            assert!(matches!(Ended::refused(&refusal), Ended::Lost(_)), "{refusal}");
        }
    }

    #[test]
    fn ended_session_leads_to_the_sign_in_with_its_reason() {
        let text = Refusal::SessionEnded.to_string();
        assert_eq!(Ended::refused(&Refusal::SessionEnded), Ended::NeedsSignIn(Some(text)));
    }

    #[test]
    fn player_who_went_elsewhere_may_come_back() {
        assert_eq!(Ended::refused(&Refusal::SignedInElsewhere), Ended::Elsewhere);
        let mut hub = Hub::default();
        hub.note(&News::Halted { reason: "there".into(), elsewhere: true }, Duration::ZERO);
        assert_eq!(hub.line, Line::Halted { reason: "there".into(), elsewhere: true });
    }
}
