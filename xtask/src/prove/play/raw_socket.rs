//! Case 5: a socket that is not the game's, with a sign-in token that would be good.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use protocol::{
    VERSION,
    challenge::{Answer, Nonce},
    frame::{decode, encode},
    hub::{FromHub, ToHub},
    key::Content,
    limits::HUB_FRAME_BYTES,
    refusal::Refusal,
};

use super::Stage;
use crate::{
    keys,
    prove::{
        dial::machine,
        http::Account,
        report::Figures,
        socket::{Received, Socket},
    },
};

/// Longer than the hub lets a handshake take.
const PATIENCE: Duration = Duration::from_secs(20);

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let key = stage.keys.challenge()?;
    let mut game = Stranger::connect(stage)?;
    let recorded = key.answer(&game.hello()?);
    game.send(&ToHub::Answer { answer: recorded })?;
    game.expect_admitted()?;
    game.sign_in()?;
    game.expect_signed_in()?;
    figures.note("right_answer", "signed in");

    let mut silent = Stranger::connect(stage)?;
    silent.sign_in()?;
    figures.note("first_word_is_sign_in", silent.expect_refused()?.to_string());

    let mut skipping = Stranger::connect(stage)?;
    skipping.hello()?;
    skipping.sign_in()?;
    figures.note("no_answer", skipping.expect_refused()?.to_string());

    let mut guessing = Stranger::connect(stage)?;
    guessing.hello()?;
    figures.note("wrong_answer", guessing.try_answer(keys::random()?)?);

    let mut replaying = Stranger::connect(stage)?;
    let nonce = replaying.hello()?;
    ensure!(key.answer(&nonce) != recorded, "the hub has asked the same nonce twice");
    figures.note("replayed_answer", replaying.try_answer(recorded)?);
    Ok(())
}

/// A client socket with everything but a right answer.
struct Stranger {
    socket: Socket,
    token: String,
}

impl Stranger {
    fn connect(stage: &Stage<'_>) -> Result<Self> {
        // Each from a place of its own: the hub lets few guests in from one.
        let from = machine(2, usize::from(keys::random()?.0[0]));
        let token = Account::guest_from(stage.hub(), from)?.socket_token()?;
        Ok(Self { socket: Socket::open(stage.hub(), "/socket/client")?, token })
    }

    fn hello(&mut self) -> Result<Nonce> {
        self.send(&ToHub::Hello { protocol: VERSION, content: Content::of(b"a stranger's") })?;
        match self.hear()? {
            Some(FromHub::Challenge { nonce }) => Ok(nonce),
            other => bail!("the hub should ask its challenge, it says {other:?}"),
        }
    }

    /// Answers and signs in at once; the refusal's words.
    fn try_answer(&mut self, answer: Answer) -> Result<String> {
        self.send(&ToHub::Answer { answer })?;
        // The hub may have closed by now, which is as good.
        self.sign_in().ok();
        let refusal = self.expect_refused()?;
        ensure!(refusal == Refusal::WrongAnswer, "refused for another reason: {refusal}");
        Ok(refusal.to_string())
    }

    fn sign_in(&mut self) -> Result<()> {
        let token = self.token.clone();
        self.send(&ToHub::SignIn { token })
    }

    fn expect_admitted(&mut self) -> Result<()> {
        match self.hear()? {
            Some(FromHub::Admitted {}) => Ok(()),
            other => bail!("the right answer should be admitted, the hub says {other:?}"),
        }
    }

    fn expect_signed_in(&mut self) -> Result<()> {
        match self.hear()? {
            Some(FromHub::SignedIn { .. }) => Ok(()),
            other => bail!("the token should sign in, the hub says {other:?}"),
        }
    }

    /// The hub refuses, closes, and says nothing that only a client may hear.
    fn expect_refused(&mut self) -> Result<Refusal> {
        let mut refusal = None;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            match self.hear()? {
                Some(FromHub::Refused { refusal: reason }) => refusal = Some(reason),
                Some(FromHub::Challenge { .. }) if refusal.is_none() => {}
                Some(other) => bail!("a stranger should be refused, the hub says {other:?}"),
                None => return refusal.context("the hub has closed without a reason"),
            }
        }
        bail!("the hub does not close the socket of a stranger")
    }

    fn send(&mut self, message: &ToHub) -> Result<()> {
        self.socket.send(encode(message))
    }

    /// `None` once the hub has closed.
    fn hear(&mut self) -> Result<Option<FromHub>> {
        match self.socket.receive(PATIENCE)? {
            Received::Text(text) => Ok(Some(decode(&text, HUB_FRAME_BYTES)?)),
            Received::Closed => Ok(None),
            Received::Nothing => bail!("the hub is silent for {} s", PATIENCE.as_secs()),
        }
    }
}
