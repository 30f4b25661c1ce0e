//! The session with the hub: signed in, connected, tried again when it breaks.
//!
//! An async task owns the HTTP session and the socket; it and the app meet through two bounded
//! channels only.

mod http;
mod socket;

use std::{pin::pin, time::Duration};

use async_channel::{Receiver, Sender, TrySendError};
use bevy::prelude::*;
use futures_util::future::{Either, select};
use game::protocol::{hub::FromHub, hub::ToHub, refusal::Refusal, text::PlayerName};

use crate::{
    platform,
    schedule::FlowSystems,
    session::http::{Api, Failure},
    settings::{Settings, SignIn},
};

/// First and longest wait before another try; each is twice the last.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

pub(crate) fn plugin(app: &mut App) {
    let settings = app.world().resource::<Settings>().clone();
    let (order, orders) = async_channel::bounded(64);
    let (tell, news) = async_channel::bounded(256);
    app.insert_resource(Hub { address: settings.hub.clone(), ..default() })
        .insert_resource(Session { orders: order, news })
        .add_message::<News>()
        .add_systems(Update, receive.in_set(FlowSystems::Hear));
    platform::spawn(run(settings, orders, tell));
}

fn receive(
    session: Res<Session>,
    time: Res<Time<Real>>,
    mut hub: ResMut<Hub>,
    mut heard: MessageWriter<News>,
) {
    while let Ok(news) = session.news.try_recv() {
        hub.note(&news, time.elapsed());
        heard.write(news);
    }
}

/// Ends only when the app is gone.
async fn run(settings: Settings, orders: Receiver<Order>, tell: Sender<News>) {
    let mut api = Api::new(&settings.hub);
    let mut sign_in = settings.sign_in.clone();
    let mut pause = FIRST_PAUSE;
    while tell.send(News::Connecting).await.is_ok() {
        let ended = connect(&settings, &mut api, &mut sign_in, &orders, &tell, &mut pause).await;
        let (news, wait) = match ended {
            Ended::NeedsSignIn(problem) => (News::SignInNeeded { problem }, None),
            Ended::Halted(reason) => (News::Halted { reason }, None),
            Ended::Lost(reason) => {
                let wait = pause;
                pause = (pause * 2).min(LONGEST_PAUSE);
                (News::Lost { reason, retry_in: wait }, Some(wait))
            }
            Ended::AppGone => return,
        };
        if tell.send(news).await.is_err() {
            return;
        }
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
    tell: &Sender<News>,
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
            socket::serve(&settings.socket_url(), token, orders, tell, || *pause = FIRST_PAUSE).await
        }
        Err(Failure::Refused { status: 401, .. }) => Ended::NeedsSignIn(None),
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
    AppGone,
}

impl Ended {
    fn refused(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::WrongVersion { .. } | Refusal::WrongAnswer | Refusal::SignedInElsewhere => {
                Ended::Halted(refusal.to_string())
            }
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
    SignedIn { name: PlayerName, guest: bool },
    Lost { reason: String, retry_in: Duration },
    Halted { reason: String },
    Heard(FromHub),
}

/// The app's end of the task.
#[derive(Resource)]
pub(crate) struct Session {
    orders: Sender<Order>,
    news: Receiver<News>,
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
    pub name: Option<PlayerName>,
    pub guest: bool,
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
    Halted {
        reason: String,
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
            News::SignedIn { name, guest } => {
                self.name = Some(name.clone());
                self.guest = *guest;
                Line::Online
            }
            News::Lost { reason, retry_in } => Line::Retrying { reason: reason.clone(), at: now + *retry_in },
            News::Halted { reason } => Line::Halted { reason: reason.clone() },
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
        for refusal in
            [Refusal::WrongVersion { ours: 2, theirs: 1 }, Refusal::WrongAnswer, Refusal::SignedInElsewhere]
        {
            assert!(matches!(Ended::refused(&refusal), Ended::Halted(_)), "{refusal}");
        }
        for refusal in [Refusal::ShuttingDown, Refusal::BadSocketToken, Refusal::TooFast] {
            assert!(matches!(Ended::refused(&refusal), Ended::Lost(_)), "{refusal}");
        }
    }
}
