//! `docs/protocol.md` has the example of every message, as this crate writes it.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use game_protocol::{
    VERSION,
    challenge::{Bytes32, ChallengeKey},
    hub::{FromHub, LeftQueue, ModeInfo, Party, PartyMember, QueueNote, ToHub},
    id::{AccountId, Epoch, MatchId, PartyId, ProposalId, RoomId, Seat},
    key::{Content, MapId, ModeId, PartyCode},
    rating::{Rating, RatingChange},
    refusal::Refusal,
    registry::{Allocation, ExpectedPlayer, FromRegistry, Newcomer, SeatTicket, ToRegistry},
    result::{MatchResult, SeatResult},
    text::{ChatText, PlayerName},
    ticket::{RoomAddresses, Ticket, WebTransportAddress},
};
use serde::Serialize;
use uuid::Uuid;

#[test]
fn page_has_the_example_of_every_message() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol.md");
    let page = fs::read_to_string(&path).expect("docs/protocol.md should be readable");
    let sections = [
        ("Client to hub", to_hub()),
        ("Hub to client", from_hub()),
        ("Room to hub", to_registry()),
        ("Hub to room", from_registry()),
    ];
    let mut blessed = page.clone();
    for (section, examples) in &sections {
        for (name, json) in examples {
            blessed = with_example(&blessed, section, name, json);
        }
        let documented = headings(&page, section);
        let written = examples.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>();
        assert_eq!(documented, written, "the headings of `{section}` should be its messages");
    }
    if env::var_os("FOGLINE_BLESS").is_some() {
        fs::write(&path, &blessed).expect("docs/protocol.md should be writable");
        return;
    }
    assert!(
        page == blessed,
        "docs/protocol.md is out of date; `FOGLINE_BLESS=1 cargo test -p game-protocol` writes it anew"
    );
}

fn section_range(page: &str, section: &str) -> std::ops::Range<usize> {
    let heading = format!("\n## {section}\n");
    let start = page.find(&heading).unwrap_or_else(|| panic!("the page should have `{section}`"));
    let body = start + heading.len();
    let end = page[body..].find("\n## ").map_or(page.len(), |length| body + length);
    body..end
}

fn headings(page: &str, section: &str) -> BTreeSet<String> {
    page[section_range(page, section)]
        .lines()
        .filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'))
        .map(str::to_owned)
        .collect()
}

/// The page with this message's block holding `json`.
fn with_example(page: &str, section: &str, name: &str, json: &str) -> String {
    let range = section_range(page, section);
    let heading = format!("\n### `{name}`\n");
    let at = page[range.clone()]
        .find(&heading)
        .unwrap_or_else(|| panic!("`{section}` of the page should have `{name}`"));
    let open = "```json\n";
    let block = range.start + at;
    let start = block + page[block..].find(open).expect("a message should have a block") + open.len();
    let end = start + page[start..].find("```").expect("the block should end");
    format!("{}{json}\n{}", &page[..start], &page[end..])
}

fn examples<M: Serialize>(messages: &[M], place: fn(&M) -> usize) -> Vec<(String, String)> {
    let places = messages.iter().map(place).collect::<BTreeSet<_>>();
    assert_eq!(places.len(), messages.len(), "there should be one example a message");
    assert_eq!(places.last(), Some(&(messages.len() - 1)), "every message should have an example");
    messages
        .iter()
        .map(|message| {
            let value = serde_json::to_value(message).expect("a message should be written");
            let name = value["type"].as_str().expect("a message should have a type").to_owned();
            (name, serde_json::to_string(message).expect("a message should be written"))
        })
        .collect()
}

fn id(last: u128) -> Uuid {
    Uuid::from_u128(0x0198_f000_0000_7000_8000_0000_0000_0000 + last)
}

fn name(text: &str) -> PlayerName {
    PlayerName::new(text).expect("the name should be good")
}

fn seat(index: u8) -> Seat {
    Seat::try_from(index).expect("the seat should exist")
}

fn mode() -> ModeId {
    ModeId::try_from("quick".to_owned()).expect("the mode should be named well")
}

fn map() -> MapId {
    MapId::try_from("crossing".to_owned()).expect("the map should be named well")
}

fn code() -> PartyCode {
    PartyCode::try_from("K7WQ2M".to_owned()).expect("the code should be good")
}

fn allocation() -> Allocation {
    Allocation { match_id: MatchId(id(2)), epoch: Epoch(4_294_967_297) }
}

fn token() -> String {
    "TkVUQ09ERS4uLg".to_owned()
}

fn seat_ticket() -> SeatTicket {
    SeatTicket { account: AccountId(id(1)), seat: seat(0), token: token() }
}

fn addresses() -> RoomAddresses {
    RoomAddresses {
        udp: ([203, 0, 113, 7], 7000).into(),
        webtransport: WebTransportAddress {
            url: "https://203.0.113.7:7001".to_owned(),
            digest: Bytes32([0xab; 32]),
        },
        websocket: "ws://203.0.113.7:7002".to_owned(),
    }
}

fn result() -> MatchResult {
    let line =
        |index, account, who| SeatResult { seat: seat(index), account, name: name(who), kills: 2, deaths: 1 };
    let seats = vec![line(0, Some(AccountId(id(1))), "Ann"), line(1, None, "Rivet")];
    MatchResult { amber: 2, azure: 1, ticks: 14_400, seats }
}

fn to_hub() -> Vec<(String, String)> {
    let key = ChallengeKey::from_hex(&"0a".repeat(32)).expect("the key should be read");
    let messages = [
        ToHub::Hello { protocol: VERSION, content: Content::of(b"example") },
        ToHub::Answer { answer: key.answer(&Bytes32([7; 32])) },
        ToHub::SignIn { token: token() },
        ToHub::Chat { text: ChatText::new("Anyone for a round?").expect("the line should be good") },
        ToHub::Mute { name: name("Loud One") },
        ToHub::Unmute { name: name("Loud One") },
        ToHub::CreateParty {},
        ToHub::JoinParty { code: code() },
        ToHub::LeaveParty {},
        ToHub::RemoveFromParty { account: AccountId(id(9)) },
        ToHub::JoinQueue { mode: mode() },
        ToHub::LeaveQueue {},
        ToHub::Ready { proposal: ProposalId(id(5)) },
        ToHub::ReissueTicket { match_id: MatchId(id(2)) },
    ];
    examples(&messages, |message| match message {
        ToHub::Hello { .. } => 0,
        ToHub::Answer { .. } => 1,
        ToHub::SignIn { .. } => 2,
        ToHub::Chat { .. } => 3,
        ToHub::Mute { .. } => 4,
        ToHub::Unmute { .. } => 5,
        ToHub::CreateParty {} => 6,
        ToHub::JoinParty { .. } => 7,
        ToHub::LeaveParty {} => 8,
        ToHub::RemoveFromParty { .. } => 9,
        ToHub::JoinQueue { .. } => 10,
        ToHub::LeaveQueue {} => 11,
        ToHub::Ready { .. } => 12,
        ToHub::ReissueTicket { .. } => 13,
    })
}

fn from_hub() -> Vec<(String, String)> {
    let member = PartyMember { account: AccountId(id(1)), name: name("Ann"), here: true };
    let messages = [
        FromHub::Challenge { nonce: Bytes32([7; 32]) },
        FromHub::Admitted {},
        FromHub::Ping {},
        FromHub::SignedIn {
            account: AccountId(id(1)),
            name: name("Ann"),
            guest: false,
            rating: Rating(1012),
            modes: vec![ModeInfo {
                mode: mode(),
                name: "Quick play".to_owned(),
                about: "Three against three.".to_owned(),
                team_size: 3,
            }],
            muted: vec![name("Loud One")],
        },
        FromHub::Here { names: vec![name("Ann"), name("Bob")], total: 2 },
        FromHub::Chatted { from: name("Bob"), text: ChatText::new("Yes!").expect("the line should be good") },
        FromHub::Muted { names: vec![name("Loud One")] },
        FromHub::Party { party: Some(Party { id: PartyId(id(6)), code: code(), members: vec![member] }) },
        FromHub::Queued {
            mode: mode(),
            waiting: 2,
            note: QueueNote::Players,
            waited_seconds: 1,
            estimate_seconds: Some(4),
        },
        FromHub::LeftQueue { why: LeftQueue::NotReady },
        FromHub::Proposed {
            proposal: ProposalId(id(5)),
            mode: mode(),
            ready: 1,
            players: 2,
            you_are_ready: false,
            seconds_left: 9,
        },
        FromHub::MatchFound {
            ticket: Ticket {
                match_id: MatchId(id(2)),
                seat: seat(0),
                token: token(),
                addresses: addresses(),
            },
        },
        FromHub::MatchEnded {
            match_id: MatchId(id(2)),
            result: result(),
            rating: RatingChange::Rated { before: Rating(1000), after: Rating(1012) },
        },
        FromHub::MatchVoid { match_id: MatchId(id(2)), reason: "The room was lost.".to_owned() },
        FromHub::Declined { refusal: Refusal::NoSuchParty },
        FromHub::Refused { refusal: Refusal::SignedInElsewhere },
    ];
    examples(&messages, |message| match message {
        FromHub::Challenge { .. } => 0,
        FromHub::Admitted {} => 1,
        FromHub::Ping {} => 2,
        FromHub::SignedIn { .. } => 3,
        FromHub::Here { .. } => 4,
        FromHub::Chatted { .. } => 5,
        FromHub::Muted { .. } => 6,
        FromHub::Party { .. } => 7,
        FromHub::Queued { .. } => 8,
        FromHub::LeftQueue { .. } => 9,
        FromHub::Proposed { .. } => 10,
        FromHub::MatchFound { .. } => 11,
        FromHub::MatchEnded { .. } => 12,
        FromHub::MatchVoid { .. } => 13,
        FromHub::Declined { .. } => 14,
        FromHub::Refused { .. } => 15,
    })
}

fn to_registry() -> Vec<(String, String)> {
    let messages = [
        ToRegistry::Register {
            protocol: VERSION,
            content: Content::of(b"example"),
            host_key: "the key of thirty-two characters".to_owned(),
            capacity: 6,
            addresses: addresses(),
            playing: None,
        },
        ToRegistry::Heartbeat { tick: 72_000 },
        ToRegistry::Prepared { allocation: allocation(), tickets: vec![seat_ticket()] },
        ToRegistry::TicketIssued { allocation: allocation(), ticket: seat_ticket() },
        ToRegistry::Declined { allocation: allocation(), reason: "a match is in progress".to_owned() },
        ToRegistry::TicketDeclined {
            allocation: allocation(),
            account: AccountId(id(1)),
            reason: "the match is over".to_owned(),
        },
        ToRegistry::Result { allocation: allocation(), result: result() },
        ToRegistry::Free { allocation: allocation() },
        ToRegistry::Draining {},
    ];
    examples(&messages, |message| match message {
        ToRegistry::Register { .. } => 0,
        ToRegistry::Heartbeat { .. } => 1,
        ToRegistry::Prepared { .. } => 2,
        ToRegistry::TicketIssued { .. } => 3,
        ToRegistry::Declined { .. } => 4,
        ToRegistry::TicketDeclined { .. } => 5,
        ToRegistry::Result { .. } => 6,
        ToRegistry::Free { .. } => 7,
        ToRegistry::Draining {} => 8,
    })
}

fn from_registry() -> Vec<(String, String)> {
    let newcomer =
        Newcomer { account: AccountId(id(8)), name: name("Cleo"), rating: Rating(990), mutes: Vec::new() };
    let expected = ExpectedPlayer {
        account: AccountId(id(1)),
        name: name("Ann"),
        seat: seat(0),
        rating: Rating(1000),
        mutes: Vec::new(),
    };
    let messages = [
        FromRegistry::Registered { room: RoomId(id(3)) },
        FromRegistry::Prepare {
            allocation: allocation(),
            mode: mode(),
            map: map(),
            team_size: 3,
            seed: 42,
            seconds: 240,
            players: vec![expected],
        },
        FromRegistry::IssueTicket { allocation: allocation(), account: AccountId(id(1)) },
        FromRegistry::Revoke { allocation: allocation(), account: AccountId(id(1)) },
        FromRegistry::Admit { allocation: allocation(), player: newcomer },
        FromRegistry::Receipt { allocation: allocation() },
        FromRegistry::Cancel { allocation: allocation() },
        FromRegistry::Drain {},
        FromRegistry::Refused { refusal: Refusal::WrongHostKey },
    ];
    examples(&messages, |message| match message {
        FromRegistry::Registered { .. } => 0,
        FromRegistry::Prepare { .. } => 1,
        FromRegistry::IssueTicket { .. } => 2,
        FromRegistry::Revoke { .. } => 3,
        FromRegistry::Admit { .. } => 4,
        FromRegistry::Receipt { .. } => 5,
        FromRegistry::Cancel { .. } => 6,
        FromRegistry::Drain {} => 7,
        FromRegistry::Refused { .. } => 8,
    })
}
