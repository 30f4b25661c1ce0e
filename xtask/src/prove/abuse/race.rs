//! T25: two devices sign the same account in at the same moment.

use std::{sync::Barrier, thread, time::Duration};

use anyhow::{Result, anyhow, ensure};
use protocol::{
    hub::{FromHub, ToHub},
    refusal::Refusal,
};

use super::stage::Stage;
use crate::prove::{
    report::Figures,
    visitor::{Heard, Visitor},
};

const NET: u8 = 25;
const PATIENCE: Duration = Duration::from_secs(3);

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let races = stage.count(100, 20);
    let (mut one_lives, mut told) = (0, 0);
    for number in 0..races {
        let account = stage.guest(NET, number)?;
        let start = Barrier::new(2);
        let run = || -> Result<Visitor> {
            let token = account.socket_token();
            let visitor = Visitor::admitted(account.api, &stage.build);
            start.wait();
            let (token, mut visitor) = (token?, visitor?);
            visitor.say(&ToHub::SignIn { token })?;
            Ok(visitor)
        };
        let (first, second) = thread::scope(|scope| {
            let other = scope.spawn(run);
            (run(), other.join().map_err(|_| anyhow!("a device has panicked")))
        });
        let mut devices = [first?, second??];
        let ends = devices.each_mut().map(how_it_is);
        let [first, second] = ends;
        let ends = [first?, second?];
        one_lives += usize::from(ends.iter().filter(|end| **end == Device::Lives).count() == 1);
        told += usize::from(ends.contains(&Device::ToldOfTheOther));
    }
    figures.note("races", races);
    figures.note("exactly_one_lives", one_lives);
    figures.note("other_was_told", told);
    ensure!(one_lives == races, "in {} races not exactly one device lived", races - one_lives);
    ensure!(told == races, "in {} races the other device was not told", races - told);
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Device {
    Lives,
    ToldOfTheOther,
    Closed,
}

/// Asks until there is an answer, or the end.
fn how_it_is(device: &mut Visitor) -> Result<Device> {
    // Long enough for the other one's sign-in to have its effect.
    thread::sleep(Duration::from_millis(100));
    if device.say(&ToHub::LeaveQueue {}).is_err() {
        return Ok(Device::Closed);
    }
    loop {
        match device.hear(PATIENCE)? {
            Heard::Message(message) => match *message {
                FromHub::LeftQueue { .. } => return Ok(Device::Lives),
                FromHub::Refused { refusal: Refusal::SignedInElsewhere } => {
                    return Ok(Device::ToldOfTheOther);
                }
                FromHub::Refused { .. } => return Ok(Device::Closed),
                _ => {}
            },
            Heard::Closed | Heard::Nothing => return Ok(Device::Closed),
        }
    }
}
