//! Scripted players for `cargo xtask prove feel`: each an app of its own on a thread of its own, without a
//! picture. `crew SECONDS SEED` reads tickets from standard input, one a line as JSON; an empty line ends
//! the first lot. When everybody drives they drive, ram and shoot for so many seconds, then they rest, and
//! then it is written what they felt.
//!
//! | line | says |
//! |---|---|
//! | `playing` | everybody has a tank from now on |
//! | `lost MATCH SEAT` | this player has lost the link; another ticket for the seat is used at once |
//! | `back MATCH SEAT MILLIS` | and drives again, so long after it got the ticket |
//! | `figure NAME VALUE` | something that was measured |
//! | `done` | that was all |

mod board;
mod felt;
mod meter;
mod pilot;
mod player;

use std::{
    collections::HashMap,
    io::{BufRead as _, stdin},
    process::ExitCode,
    sync::{
        Arc,
        mpsc::{Sender, channel},
    },
    thread,
    time::Duration,
};

use game::protocol::{
    frame::decode,
    id::{MatchId, Seat},
    limits::ROOM_FRAME_BYTES,
    ticket::Ticket,
};

use crate::{board::Board, felt::Felt};

type Seats = HashMap<(MatchId, Seat), Sender<Ticket>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let (seconds, seed) = arguments()?;
    let first = first_tickets()?;
    let board = Arc::new(Board::new(first.len(), Duration::from_secs(seconds)));
    let mut seats = Seats::new();
    let mut threads = Vec::new();
    for ticket in first {
        let (renewal, renewals) = channel();
        seats.insert((ticket.match_id, ticket.seat), renewal);
        let board = board.clone();
        threads.push(thread::spawn(move || player::live(ticket, &renewals, &board, seed)));
    }
    thread::spawn(move || pass_on(&seats));
    let mut felt = Vec::<Felt>::new();
    for thread in threads {
        felt.push(thread.join().map_err(|_| "a player has panicked")?);
    }
    if !board.was_played() {
        return Err(format!("only {} of {} players got a tank", board.ready(), felt.len()));
    }
    felt::sum_up(&felt, Duration::from_secs(seconds));
    println!("done");
    Ok(())
}

fn arguments() -> Result<(u64, u64), String> {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    match numbers[..] {
        [seconds, seed] => Ok((seconds, seed)),
        _ => Err("usage: crew SECONDS SEED".to_owned()),
    }
}

fn first_tickets() -> Result<Vec<Ticket>, String> {
    let mut tickets = Vec::new();
    for line in stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        if line.trim().is_empty() {
            break;
        }
        tickets.push(read(&line)?);
    }
    Ok(tickets)
}

/// Later tickets go to those who have lost their link.
fn pass_on(seats: &Seats) {
    for line in stdin().lock().lines().map_while(Result::ok) {
        match read(&line) {
            Ok(ticket) => {
                if let Some(renewal) = seats.get(&(ticket.match_id, ticket.seat)) {
                    // A player who has gone home needs no ticket.
                    renewal.send(ticket).ok();
                }
            }
            Err(reason) => eprintln!("{reason}"),
        }
    }
}

fn read(line: &str) -> Result<Ticket, String> {
    decode(line, ROOM_FRAME_BYTES).map_err(|refusal| format!("this is no ticket: {refusal}"))
}
