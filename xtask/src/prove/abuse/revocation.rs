//! T24: logging out ends a session on HTTP, on its socket and for every token it gave out.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use protocol::{hub::ToHub, refusal::Refusal};

use super::stage::Stage;
use crate::prove::{http::Account, report::Figures, sample::worst, visitor::Visitor};

/// Goal: seconds until nothing of the session lives.
const DEAD: f64 = 1.0;

const NET: u8 = 24;
const PATIENCE: Duration = Duration::from_secs(10);

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let times = stage.count(20, 5);
    let (mut socket, mut http) = (Vec::new(), Vec::new());
    let (mut alive_on_http, mut alive_tokens) = (0, 0);
    for number in 0..times {
        let account = stage.guest(NET, number)?;
        let mut visitor = stage.visitor(&account)?;
        let spare = account.socket_token()?;
        let began = Instant::now();
        let left = account.post("/api/v1/logout", "")?;
        ensure!((200..300).contains(&left.status), "logging out was answered with {}", left.status);
        alive_on_http += usize::from(account.get("/api/v1/history")?.status != 401);
        http.push(began.elapsed().as_secs_f64());
        visitor.until_closed(PATIENCE)?;
        socket.push(began.elapsed().as_secs_f64());
        alive_tokens += usize::from(!refused(stage, &account, spare)?);
    }
    figures.note("sessions_ended", times);
    figures.note_rounded("seconds_until_dead_on_http_worst", worst(&http));
    figures.note_rounded("seconds_until_socket_closed_worst", worst(&socket));
    figures.note("still_alive_on_http", alive_on_http);
    figures.note("tokens_still_good", alive_tokens);
    ensure!(alive_on_http + alive_tokens == 0, "an ended session was still good for something");
    ensure!(worst(&http).max(worst(&socket)) <= DEAD, "an ended session lived on for a while");
    Ok(())
}

/// Whether the hub refuses a socket token of a session that is over.
fn refused(stage: &Stage<'_>, account: &Account, token: String) -> Result<bool> {
    let mut visitor = Visitor::admitted(account.api, &stage.build)?;
    visitor.say(&ToHub::SignIn { token })?;
    let why = visitor.until_closed(PATIENCE);
    Ok(why.is_ok_and(|why| matches!(why, Some(Refusal::BadSocketToken | Refusal::SessionEnded))))
}
