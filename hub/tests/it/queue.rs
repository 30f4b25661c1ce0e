use std::time::Duration;

use protocol::{
    hub::{FromHub, LeftQueue, Party, ToHub},
    id::{ProposalId, Team},
    key::PartyCode,
    rating::{Rating, RatingChange},
    refusal::Refusal,
    registry::{FromRegistry, SeatTicket, ToRegistry},
    text::ChatText,
};

use crate::{
    rooms::{begun, unhurried},
    support::{Player, Setup, TestHub, mode, result},
};

fn with_ready_check() -> Setup {
    Setup { ready: Some(Duration::from_secs(2)), ..unhurried() }
}

async fn left_queue(player: &mut Player) -> LeftQueue {
    player
        .socket
        .until(|message| match message {
            FromHub::LeftQueue { why } => Some(*why),
            _ => None,
        })
        .await
}

/// The question that follows one which came to nothing.
async fn next_proposal(player: &mut Player, last: ProposalId) -> ProposalId {
    loop {
        let (proposal, _) = player.proposed().await;
        if proposal != last {
            return proposal;
        }
    }
}

/// The party with this many members.
async fn party_of(player: &mut Player, members: usize) -> Party {
    player
        .socket
        .until(|message| match message {
            FromHub::Party { party: Some(party) } if party.members.len() == members => Some(party.clone()),
            _ => None,
        })
        .await
}

async fn together(ann: &mut Player, bob: &mut Player) -> PartyCode {
    ann.socket.send(&ToHub::CreateParty {}).await;
    let code = party_of(ann, 1).await.code;
    bob.socket.send(&ToHub::JoinParty { code: code.clone() }).await;
    party_of(ann, 2).await;
    party_of(bob, 2).await;
    code
}

#[tokio::test]
async fn match_begins_when_everybody_is_ready() {
    let hub = TestHub::start_with(with_ready_check()).await;
    let mut room = hub.room().await;
    let (mut ann, mut bob) = (hub.player().await, hub.player().await);
    ann.join_queue().await;
    bob.join_queue().await;
    let (proposal, ready) = ann.proposed().await;
    assert_eq!(ready, 0);
    ann.socket.send(&ToHub::Ready { proposal }).await;
    let (same, ready) = ann.proposed().await;
    assert_eq!((same, ready), (proposal, 1));
    bob.socket.send(&ToHub::Ready { proposal }).await;
    let asked = room.asked().await;
    room.prepare(&asked).await;
    ann.ticket().await;
    bob.ticket().await;
}

#[tokio::test]
async fn who_does_not_confirm_leaves_and_the_others_go_to_the_front() {
    let hub = TestHub::start_with(with_ready_check()).await;
    let mut room = hub.room().await;
    let (mut ann, mut bob) = (hub.player().await, hub.player().await);
    ann.join_queue().await;
    bob.join_queue().await;
    let (proposal, _) = bob.proposed().await;
    bob.socket.send(&ToHub::Ready { proposal }).await;
    assert_eq!(left_queue(&mut ann).await, LeftQueue::NotReady);
    let next = next_proposal(&mut bob, proposal).await;
    bob.socket.send(&ToHub::Ready { proposal: next }).await;
    let asked = room.asked().await;
    assert_eq!(asked.players.len(), 1, "only the innocent one plays: {:?}", asked.players);
    ann.join_queue().await;
}

#[tokio::test]
async fn queue_can_be_left_during_the_ready_check() {
    let hub = TestHub::start_with(with_ready_check()).await;
    let _room = hub.room().await;
    let (mut ann, mut bob) = (hub.player().await, hub.player().await);
    ann.join_queue().await;
    bob.join_queue().await;
    ann.proposed().await;
    ann.socket.send(&ToHub::LeaveQueue {}).await;
    assert_eq!(left_queue(&mut ann).await, LeftQueue::Asked);
    let (proposal, _) = bob.proposed().await;
    next_proposal(&mut bob, proposal).await;
}

#[tokio::test]
async fn party_queues_as_one_and_plays_on_one_side() {
    let hub = TestHub::start_with(unhurried()).await;
    let mut room = hub.room().await;
    let (mut ann, mut bob) = (hub.player().await, hub.player().await);
    together(&mut ann, &mut bob).await;
    bob.socket.send(&ToHub::JoinQueue { mode: mode("quick") }).await;
    assert_eq!(bob.socket.declined().await, Refusal::NotLeader);
    ann.join_queue().await;
    assert_eq!(bob.queued().await, 2);
    let asked = room.asked().await;
    let teams = asked.players.iter().map(|player| player.seat.team()).collect::<Vec<_>>();
    assert_eq!(teams.len(), 2);
    assert_eq!(teams[0], teams[1], "a party plays on one side");
}

#[tokio::test]
async fn any_member_takes_the_party_out_of_the_queue() {
    let hub = TestHub::start().await;
    let (mut ann, mut bob) = (hub.player().await, hub.player().await);
    together(&mut ann, &mut bob).await;
    ann.join_queue().await;
    bob.socket.send(&ToHub::LeaveQueue {}).await;
    assert_eq!(left_queue(&mut ann).await, LeftQueue::Asked);
}

#[tokio::test]
async fn party_that_changes_leaves_the_queue() {
    let hub = TestHub::start().await;
    let (mut ann, mut bob, mut cleo) = (hub.player().await, hub.player().await, hub.player().await);
    let code = together(&mut ann, &mut bob).await;
    ann.join_queue().await;
    cleo.socket.send(&ToHub::JoinParty { code }).await;
    assert_eq!(left_queue(&mut ann).await, LeftQueue::PartyChanged);
    party_of(&mut ann, 3).await;
}

#[tokio::test]
async fn party_larger_than_a_side_is_told_so() {
    let hub = TestHub::start().await;
    let (mut ann, mut bob) = (hub.player().await, hub.player().await);
    together(&mut ann, &mut bob).await;
    ann.socket.send(&ToHub::JoinQueue { mode: mode("duel") }).await;
    assert_eq!(ann.socket.declined().await, Refusal::PartyTooLarge { team_size: 1, members: 2 });
}

#[tokio::test]
async fn unknown_party_code_and_mode_are_declined() {
    let hub = TestHub::start().await;
    let mut ann = hub.player().await;
    let code = PartyCode::try_from("AAAAAA".to_owned()).expect("the code should be good");
    ann.socket.send(&ToHub::JoinParty { code }).await;
    assert_eq!(ann.socket.declined().await, Refusal::NoSuchParty);
    ann.socket.send(&ToHub::JoinQueue { mode: mode("chess") }).await;
    assert_eq!(ann.socket.declined().await, Refusal::NoSuchMode { mode: "chess".to_owned() });
}

#[tokio::test]
async fn party_and_waiting_time_outlast_a_restart_of_the_hub() {
    let hub = TestHub::start().await;
    let (mut ann, mut bob) = (hub.player().await, hub.player().await);
    let code = together(&mut ann, &mut bob).await;
    ann.join_queue().await;
    bob.queued().await;
    let hub = hub.restart().await;
    let mut ann = ann.again(&hub).await;
    let party = party_of(&mut ann, 2).await;
    assert_eq!(party.code, code);
    assert!(!party.members[1].here, "who has not come back yet is named and away");
    let mut bob = bob.again(&hub).await;
    assert_eq!(ann.queued().await, 2);
    let mut room = hub.room().await;
    assert_eq!(room.asked().await.players.len(), 2);
    bob.queued().await;
}

#[tokio::test]
async fn newcomer_takes_a_bots_seat_in_a_running_match() {
    let hub = TestHub::start_with(Setup { fills_running: true, ..Setup::default() }).await;
    let mut room = hub.room().await;
    let mut ann = hub.player().await;
    ann.join_queue().await;
    let mut asked = room.asked().await;
    room.prepare(&asked).await;
    ann.ticket().await;

    let mut bob = hub.player().await;
    bob.socket.send(&ToHub::JoinQueue { mode: mode("quick") }).await;
    let newcomer = room
        .socket
        .until(|message| match message {
            FromRegistry::Admit { player, .. } => Some(player.clone()),
            _ => None,
        })
        .await;
    assert_eq!(newcomer.account, bob.account);
    let seat = protocol::id::Seat::try_from(3).expect("seat 3 should exist");
    let ticket = SeatTicket { account: bob.account, seat, token: "a ticket".to_owned() };
    room.socket.send(&ToRegistry::TicketIssued { allocation: asked.allocation, ticket }).await;
    let ticket = bob.ticket().await;
    assert_eq!((ticket.match_id, ticket.seat), (asked.allocation.match_id, seat));

    asked.players.push(newcomer.seated(seat));
    room.report(&asked).await;
    room.receipt().await;
    assert_eq!(bob.match_ended().await, result(&asked));
    let rows = hub.history(&bob.bearer).await;
    assert_eq!(rows[0].team, Team::Azure);
    assert!(matches!(rows[0].rating, Some(RatingChange::Unrated { .. })));
}

#[tokio::test]
async fn newcomer_whom_the_room_declines_goes_back_to_the_front() {
    let hub = TestHub::start_with(Setup { fills_running: true, ..Setup::default() }).await;
    let mut room = hub.room().await;
    let mut ann = hub.player().await;
    ann.join_queue().await;
    let asked = room.asked().await;
    room.prepare(&asked).await;
    ann.ticket().await;
    let mut bob = hub.player().await;
    bob.socket.send(&ToHub::JoinQueue { mode: mode("quick") }).await;
    room.socket.until(|message| matches!(message, FromRegistry::Admit { .. }).then_some(())).await;
    let (allocation, account) = (asked.allocation, bob.account);
    let reason = "the match is nearly over".to_owned();
    room.socket.send(&ToRegistry::TicketDeclined { allocation, account, reason }).await;
    assert_eq!(bob.queued().await, 1);
    let mut other = hub.room().await;
    assert_eq!(other.asked().await.players[0].account, bob.account);
}

#[tokio::test]
async fn even_match_moves_both_ratings_and_says_so_everywhere() {
    let hub = TestHub::start_with(unhurried()).await;
    let (mut ann, mut bob, mut room, asked) = begun(&hub).await;
    room.report(&asked).await;
    room.receipt().await;
    let (won, lost) = (ann.rating_change().await, bob.rating_change().await);
    let RatingChange::Rated { before, after } = won else { panic!("the match is rated: {won:?}") };
    assert!(before == Rating::FIRST && after > before);
    let RatingChange::Rated { before, after } = lost else { panic!("the match is rated: {lost:?}") };
    assert!(after < before);
    assert_eq!(hub.history(&ann.bearer).await[0].rating, Some(won));
}

#[tokio::test]
async fn match_against_bots_alone_says_why_it_is_not_rated() {
    let hub = TestHub::start().await;
    let mut room = hub.room().await;
    let mut ann = hub.player().await;
    ann.join_queue().await;
    let asked = room.asked().await;
    room.prepare(&asked).await;
    ann.ticket().await;
    room.report(&asked).await;
    let RatingChange::Unrated { reason } = ann.rating_change().await else {
        panic!("a match against bots should not be rated");
    };
    assert!(reason.contains("bots"), "{reason}");
}

#[tokio::test]
async fn muted_player_is_not_read_and_a_muted_list_is_kept() {
    let hub = TestHub::start().await;
    let (mut ann, mut bob, mut cleo) = (hub.player().await, hub.player().await, hub.player().await);
    ann.socket.send(&ToHub::Mute { name: bob.name.clone() }).await;
    let muted = ann
        .socket
        .until(|message| match message {
            FromHub::Muted { names } => Some(names.clone()),
            _ => None,
        })
        .await;
    assert_eq!(muted, [bob.name.clone()]);
    let line = |text: &str| ToHub::Chat { text: ChatText::new(text).expect("the line should be good") };
    bob.socket.send(&line("from bob")).await;
    let said = |message: &FromHub| match message {
        FromHub::Chatted { text, .. } => Some(text.as_str().to_owned()),
        _ => None,
    };
    assert_eq!(cleo.socket.until(said).await, "from bob");
    cleo.socket.send(&line("from cleo")).await;
    assert_eq!(ann.socket.until(said).await, "from cleo", "bob's line should not have come");
}
