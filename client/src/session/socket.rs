//! The game socket: handshake, then messages both ways until it ends.

use std::{pin::pin, time::Duration};

use async_channel::Receiver;
use futures_util::{
    SinkExt as _, StreamExt as _,
    future::{Either, select},
};
use game::protocol::{
    VERSION,
    challenge::ChallengeKey,
    frame,
    hub::{FromHub, ToHub},
    limits::{HANDSHAKE_LIFE, HUB_FRAME_BYTES, HUB_SILENCE},
};
use tokio_tungstenite_wasm::{Error, Message, WebSocketStream};

use crate::{
    platform,
    session::{Ended, News, Order, Welcome, inbox::Inbox},
    summons,
};

/// Made by `cargo xtask` for hub and clients together; see `game/protocol/src/challenge.rs`.
const CHALLENGE_KEY: Option<&str> = option_env!("FOGLINE_CHALLENGE_KEY");

/// `signed_in` is called once, when the hub has let us in.
pub(super) async fn serve(
    url: &str,
    token: String,
    orders: &Receiver<Order>,
    news: &Inbox,
    signed_in: impl FnOnce(),
) -> Ended {
    let key = match CHALLENGE_KEY.map(ChallengeKey::from_hex) {
        Some(Ok(key)) => key,
        Some(Err(problem)) => {
            return Ended::Halted(format!("This build's challenge key is damaged: {problem}."));
        }
        None => {
            return Ended::Halted("This build has no challenge key; build it with cargo xtask play.".into());
        }
    };
    let mut socket = match within(HANDSHAKE_LIFE, tokio_tungstenite_wasm::connect(url)).await {
        Some(Ok(socket)) => socket,
        Some(Err(_)) => return Ended::Lost("The hub's game socket cannot be reached.".into()),
        None => return Ended::Lost("The hub's game socket does not answer.".into()),
    };
    let welcome = match within(HANDSHAKE_LIFE, admit(&mut socket, &key, &token)).await {
        Some(Ok(welcome)) => welcome,
        Some(Err(ended)) => return ended,
        None => return Ended::Lost("The hub took too long to let this client in.".into()),
    };
    signed_in();
    news.put(News::SignedIn(welcome));
    match relay(&mut socket, orders, news).await {
        Ok(never) => match never {},
        Err(ended) => ended,
    }
}

async fn admit(socket: &mut WebSocketStream, key: &ChallengeKey, token: &str) -> Result<Welcome, Ended> {
    say(socket, &ToHub::Hello { protocol: VERSION, content: game::content() }).await?;
    loop {
        match reply(read(socket.next().await)?, key, token)? {
            Reply::Say(message) => say(socket, &message).await?,
            Reply::SignedIn(welcome) => return Ok(welcome),
        }
    }
}

async fn relay(socket: &mut WebSocketStream, orders: &Receiver<Order>, news: &Inbox) -> Result<Never, Ended> {
    enum Side {
        Hub(Option<Result<Message, Error>>),
        App(Option<Order>),
        Silence,
    }
    let mut silence = pin!(platform::sleep(HUB_SILENCE));
    loop {
        let (frame, order) = (pin!(socket.next()), pin!(orders.recv()));
        let side = match select(select(frame, order), silence.as_mut()).await {
            Either::Left((Either::Left((frame, _)), _)) => Side::Hub(frame),
            Either::Left((Either::Right((order, _)), _)) => Side::App(order.ok()),
            Either::Right(((), _)) => Side::Silence,
        };
        if matches!(side, Side::Hub(_)) {
            silence.set(platform::sleep(HUB_SILENCE));
        }
        match side {
            Side::Silence => return Err(Ended::Lost("The hub has stopped answering.".into())),
            Side::Hub(frame) => match read(frame)? {
                FromHub::Refused { refusal } => return Err(Ended::refused(&refusal)),
                FromHub::Ping {} => {}
                message => {
                    summons::heed(&message);
                    news.put(News::Heard(message));
                }
            },
            Side::App(Some(Order::Say(message))) => say(socket, &message).await?,
            Side::App(Some(Order::SignIn(_) | Order::Retry)) => {}
            Side::App(None) => return Err(Ended::AppGone),
        }
    }
}

enum Never {}

#[derive(Debug, PartialEq)]
enum Reply {
    Say(ToHub),
    SignedIn(Welcome),
}

/// What the handshake answers to a message of the hub.
fn reply(message: FromHub, key: &ChallengeKey, token: &str) -> Result<Reply, Ended> {
    match message {
        FromHub::Challenge { nonce } => Ok(Reply::Say(ToHub::Answer { answer: key.answer(&nonce) })),
        FromHub::Admitted {} => Ok(Reply::Say(ToHub::SignIn { token: token.to_owned() })),
        FromHub::SignedIn { account, name, guest, rating, modes, muted } => {
            Ok(Reply::SignedIn(Welcome { account, name, guest, rating, modes, muted }))
        }
        FromHub::Refused { refusal } => Err(Ended::refused(&refusal)),
        _ => Err(Ended::Halted("The hub skipped a step of the handshake.".into())),
    }
}

fn read(frame: Option<Result<Message, Error>>) -> Result<FromHub, Ended> {
    match frame {
        Some(Ok(Message::Text(text))) => frame::decode(&text, HUB_FRAME_BYTES)
            .map_err(|refusal| Ended::Halted(format!("The hub sent what this build cannot read. {refusal}"))),
        Some(Ok(Message::Binary(_))) => {
            Err(Ended::Halted("The hub sent what this build cannot read.".into()))
        }
        Some(Ok(Message::Close(_)) | Err(_)) | None => {
            Err(Ended::Lost("The connection to the hub was lost.".into()))
        }
    }
}

async fn say(socket: &mut WebSocketStream, message: &ToHub) -> Result<(), Ended> {
    socket
        .send(Message::text(frame::encode(message)))
        .await
        .map_err(|_| Ended::Lost("The connection to the hub was lost.".into()))
}

async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), pin!(platform::sleep(limit))).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use game::protocol::{challenge::Bytes32, refusal::Refusal};

    use super::*;

    fn key() -> ChallengeKey {
        ChallengeKey::from_hex(&"0a".repeat(32)).expect("the key should be well formed")
    }

    #[test]
    fn handshake_answers_step_by_step() {
        let nonce = Bytes32([3; 32]);
        assert_eq!(
            reply(FromHub::Challenge { nonce }, &key(), "t"),
            Ok(Reply::Say(ToHub::Answer { answer: key().answer(&nonce) }))
        );
        assert_eq!(
            reply(FromHub::Admitted {}, &key(), "t"),
            Ok(Reply::Say(ToHub::SignIn { token: "t".into() }))
        );
        assert!(matches!(reply(FromHub::Ping {}, &key(), "t"), Err(Ended::Halted(_))));
        assert!(matches!(
            reply(FromHub::Refused { refusal: Refusal::BadSocketToken }, &key(), "t"),
            Err(Ended::Lost(_))
        ));
    }

    #[test]
    fn frame_over_the_limit_is_a_protocol_error() {
        let long = Message::text("x".repeat(HUB_FRAME_BYTES + 1));
        assert!(matches!(read(Some(Ok(long))), Err(Ended::Halted(_))));
        assert!(matches!(read(None), Err(Ended::Lost(_))));
    }
}
