//! T19: whether a name exists cannot be told from an answer, nor from its time.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use protocol::http::Credentials;

use super::stage::Stage;
use crate::prove::{
    dial::machine,
    http::{Answer, Api},
    report::Figures,
    sample::{median, told_apart},
};

/// Goal: how well the two may be told apart by time; 0.5 is not at all.
const APART: f64 = 0.55;

const NET: u8 = 19;

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let (_, owner) = stage.registered(NET, 0)?;
    let samples = stage.count(1000, 60);
    let (mut unknown, mut wrong) = (Vec::new(), Vec::new());
    let mut answers = Vec::new();
    for number in 0..samples {
        // In either order, so that neither profits from the other.
        let first = stage.dice.percent(50);
        for exists in [first, !first] {
            let name = if exists { owner.name.clone() } else { format!("nobody {number}") };
            let (seconds, answer) = attempt(stage, number, name)?;
            if exists {
                wrong.push(seconds)
            } else {
                unknown.push(seconds)
            }
            answers.push((answer.status, answer.body));
        }
    }
    answers.sort();
    answers.dedup();
    let apart = told_apart(&unknown, &wrong);
    // With n samples of each, chance alone is off by this much in one of 20 experiments.
    let by_chance = 2.0 / (6.0 * samples as f64).sqrt();
    figures.note("samples_of_each", samples);
    figures.note_rounded("unknown_name_median_ms", 1e3 * median(&unknown));
    figures.note_rounded("wrong_password_median_ms", 1e3 * median(&wrong));
    figures.note("told_apart_by_time", (apart * 1e4).round() / 1e4);
    figures.note("different_answers", answers.len());
    ensure!(answers.len() == 1, "the answers differ: {answers:?}");
    let status = answers.first().context("there should be an answer")?.0;
    ensure!(status == 401, "a wrong log-in was answered with {status}");
    let allowed = if samples < 1000 { APART + by_chance } else { APART };
    ensure!(apart <= allowed, "the two are told apart in {:.1} % of cases", 100.0 * apart);
    Ok(())
}

fn attempt(stage: &Stage<'_>, number: usize, name: String) -> Result<(f64, Answer)> {
    let body = serde_json::to_string(&Credentials { name, password: "not the password".to_owned() })?;
    let began = Instant::now();
    let answer = Api::new(stage.address(), machine(NET, number)).post("/api/v1/login", None, &body)?;
    Ok((began.elapsed().as_secs_f64(), answer))
}
