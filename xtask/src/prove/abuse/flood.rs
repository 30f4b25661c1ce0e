//! T11: one client says too much, and the others must not notice.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, ensure};
use protocol::hub::{FromHub, ToHub};

use super::stage::Stage;
use crate::prove::{
    http::Account,
    report::Figures,
    sample::{p99, worst},
    visitor::{Build, Heard, Visitor},
};

/// Goal: seconds until a flooder's socket is closed.
const CUT: f64 = 2.0;

/// Goal: how much slower the others' answers may be. Under 10 ms more are the machine's, which has the
/// flooder on it.
const SLOWER: f64 = 1.2;
const NOISE: f64 = 0.01;

const HONEST: usize = 20;
const NET: u8 = 11;

/// How often an honest client asks something.
const ASK_EVERY: Duration = Duration::from_millis(600);

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let time = Duration::from_secs(stage.count(15, 3) as u64);
    let accounts = (0..HONEST).map(|number| stage.guest(NET, number)).collect::<Result<Vec<_>>>()?;
    let mut honest = accounts.iter().map(|account| stage.visitor(account)).collect::<Result<Vec<_>>>()?;
    let flooder = stage.guest(NET, HONEST)?;

    let alone = answers(&mut honest, time)?;
    let over = AtomicBool::new(false);
    let (during, floods) = thread::scope(|scope| {
        let flood = scope.spawn(|| floods(&flooder, &stage.build, &over));
        let during = answers(&mut honest, time);
        over.store(true, Ordering::Relaxed);
        (during, flood.join().map_err(|_| anyhow!("the flooder has panicked")))
    });
    let (during, floods) = (during?, floods??);
    let cut: Vec<_> = floods.iter().map(|flood| flood.seconds).collect();
    figures.note("floods", floods.len());
    figures.note("messages_until_cut_most", floods.iter().map(|flood| flood.messages).max());
    figures.note_rounded("seconds_until_cut_worst", worst(&cut));
    figures.note("honest_answers", alone.len() + during.len());
    figures.note_rounded("honest_p99_ms_before", 1e3 * p99(&alone));
    figures.note_rounded("honest_p99_ms_meanwhile", 1e3 * p99(&during));
    ensure!(!floods.is_empty(), "the flooder could not flood");
    ensure!(worst(&cut) <= CUT, "a flooder went on for {:.1} s", worst(&cut));
    let allowed = (SLOWER * p99(&alone)).max(p99(&alone) + NOISE);
    ensure!(p99(&during) <= allowed, "honest answers took {:.1} ms meanwhile", 1e3 * p99(&during));
    Ok(())
}

/// Seconds until each of the honest clients' questions was answered.
fn answers(honest: &mut [Visitor], time: Duration) -> Result<Vec<f64>> {
    let end = Instant::now() + time;
    let asked = thread::scope(|scope| {
        let clients: Vec<_> =
            honest.iter_mut().map(|visitor| scope.spawn(move || ask(visitor, end))).collect();
        clients.into_iter().map(|client| client.join()).collect::<Vec<_>>()
    });
    let mut answers = Vec::new();
    for client in asked {
        answers.extend(client.map_err(|_| anyhow!("an honest client has panicked"))??);
    }
    Ok(answers)
}

fn ask(visitor: &mut Visitor, end: Instant) -> Result<Vec<f64>> {
    let mut answers = Vec::new();
    while Instant::now() < end {
        let began = Instant::now();
        visitor.say(&ToHub::LeaveQueue {})?;
        visitor.expect("that nobody waits", |message| {
            matches!(message, FromHub::LeftQueue { .. }).then_some(())
        })?;
        answers.push(began.elapsed().as_secs_f64());
        thread::sleep(ASK_EVERY.saturating_sub(began.elapsed()));
    }
    Ok(answers)
}

struct Flood {
    messages: usize,
    seconds: f64,
}

/// Signs in, says as much as the socket takes until it is closed, and begins again.
fn floods(account: &Account, build: &Build, over: &AtomicBool) -> Result<Vec<Flood>> {
    let mut floods = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let Ok(mut visitor) = Visitor::signed_in(account, build) else {
            // Asked for tokens too fast, which is a limit of its own.
            thread::sleep(Duration::from_millis(100));
            continue;
        };
        visitor.0.stream().set_read_timeout(Some(Duration::from_millis(1)))?;
        let began = Instant::now();
        let mut messages = 0;
        // Ended for good, or the hub reads no more.
        while visitor.say(&ToHub::LeaveQueue {}).is_ok() && began.elapsed() < Duration::from_secs(10) {
            messages += 1;
            if messages % 50 == 0 && matches!(visitor.hear(Duration::ZERO), Ok(Heard::Closed) | Err(_)) {
                break;
            }
        }
        floods.push(Flood { messages, seconds: began.elapsed().as_secs_f64() });
    }
    Ok(floods)
}
