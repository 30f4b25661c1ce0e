//! A scripted player at the hub: its signed-in socket, driven message by message.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use protocol::{
    VERSION,
    challenge::ChallengeKey,
    frame::{decode, encode},
    hub::{FromHub, ToHub},
    key::Content,
    limits::HUB_FRAME_BYTES,
    refusal::Refusal,
};

use super::{
    http::{Account, Api},
    socket::{Received, Socket},
};

/// The longest that a hub under attack may take for one step of a handshake.
const STEP: Duration = Duration::from_secs(10);

/// What every scripted client brings.
#[derive(Clone)]
pub struct Build {
    pub key: ChallengeKey,
    pub content: Content,
}

pub struct Visitor(pub Socket);

/// What the hub said within the time allowed.
#[derive(Debug)]
pub enum Heard {
    Message(Box<FromHub>),
    Closed,
    Nothing,
}

impl Visitor {
    /// A socket that has answered the challenge and is nobody's yet.
    pub fn admitted(api: Api, build: &Build) -> Result<Self> {
        let mut visitor = Self(Socket::open_from(api.from, api.hub, "/socket/client")?);
        visitor.say(&ToHub::Hello { protocol: VERSION, content: build.content.clone() })?;
        let nonce = visitor.expect("its challenge", |message| match message {
            FromHub::Challenge { nonce } => Some(nonce),
            _ => None,
        })?;
        visitor.say(&ToHub::Answer { answer: build.key.answer(&nonce) })?;
        visitor.expect("that the answer is right", |message| {
            matches!(message, FromHub::Admitted {}).then_some(())
        })?;
        Ok(visitor)
    }

    /// The account's socket, signed in.
    pub fn signed_in(account: &Account, build: &Build) -> Result<Self> {
        let token = account.socket_token()?;
        let mut visitor = Self::admitted(account.api, build)?;
        visitor.say(&ToHub::SignIn { token })?;
        visitor.expect("that somebody is signed in", |message| {
            matches!(message, FromHub::SignedIn { .. }).then_some(())
        })?;
        Ok(visitor)
    }

    pub fn say(&mut self, message: &ToHub) -> Result<()> {
        self.0.send(encode(message))
    }

    pub fn hear(&mut self, limit: Duration) -> Result<Heard> {
        Ok(match self.0.receive(limit)? {
            Received::Text(text) => Heard::Message(Box::new(decode(&text, HUB_FRAME_BYTES)?)),
            Received::Closed => Heard::Closed,
            Received::Nothing => Heard::Nothing,
        })
    }

    /// The first message that `wanted` takes; others are passed over.
    pub fn expect<T>(&mut self, what: &str, mut wanted: impl FnMut(FromHub) -> Option<T>) -> Result<T> {
        loop {
            match self.hear(STEP)? {
                Heard::Message(message) => match *message {
                    FromHub::Refused { refusal } => bail!("the hub should say {what}, it refuses: {refusal}"),
                    message => {
                        if let Some(found) = wanted(message) {
                            return Ok(found);
                        }
                    }
                },
                Heard::Closed => bail!("the hub should say {what}, it has closed"),
                Heard::Nothing => bail!("the hub should say {what}, it is silent for {} s", STEP.as_secs()),
            }
        }
    }

    /// Reads until the hub closes; the reason, if it gave one.
    pub fn until_closed(&mut self, limit: Duration) -> Result<Option<Refusal>> {
        let began = Instant::now();
        let mut refusal = None;
        while began.elapsed() < limit {
            match self.hear(limit.saturating_sub(began.elapsed()))? {
                Heard::Message(message) => {
                    if let FromHub::Refused { refusal: why } = *message {
                        refusal = Some(why);
                    }
                }
                Heard::Closed => return Ok(refusal),
                Heard::Nothing => {}
            }
        }
        bail!("the hub leaves the socket open for {} s", limit.as_secs())
    }
}
