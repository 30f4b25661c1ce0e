//! The lobby's state: pure. It is told what happened and when, and answers what is to be done.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use protocol::{
    hub::{FromHub, LeftQueue, ToHub},
    id::{AccountId, MatchId, PartyId, ProposalId, RoomId},
    key::{Content, PartyCode},
    rating::Rating,
    refusal::Refusal,
    registry::{FromRegistry, ToRegistry},
    text::PlayerName,
};
use rand::{Rng as _, rngs::StdRng};
use uuid::{Builder, Uuid};

use crate::{
    clock::Now,
    config::Timings,
    lobby::{
        Overview,
        deed::{Deed, Done},
        memory::Memory,
        newcomers::Arriving,
    },
    matches::{
        ledger::{Due, Ledger},
        store::Opening,
    },
    matchmaking::{
        mode::Modes,
        party::{Parties, Party},
        proposal::Proposals,
        queue::{Group, Queue, Waiting},
    },
    rooms::registry::{Registration, Registry},
    secret::TokenHash,
    socket::outbox::Link,
};

const NOT_BACK: &str = "The hub restarted and the room did not come back.";

/// Pause before what could not be written down is tried again.
const WRITE_AGAIN: Duration = Duration::from_secs(1);

/// Steps that are further apart than this were not taken in time.
const ABSENCE: Duration = Duration::from_secs(1);

/// Everything the lobby knows.
pub struct Hall {
    pub(super) players: BTreeMap<AccountId, Player>,
    pub(super) accounts: BTreeMap<Link, AccountId>,
    pub(super) rooms: BTreeMap<RoomId, Link>,
    pub(super) room_links: BTreeMap<Link, RoomId>,
    pub(super) modes: Modes,
    pub(super) queue: Queue,
    pub(super) parties: Parties,
    /// Of party members who have not been here since the hub started.
    pub(super) absent: BTreeMap<AccountId, PlayerName>,
    pub(super) proposals: Proposals,
    /// Groups that wait as soon as that is written down.
    pub(super) joining: BTreeMap<u64, Group>,
    pub(super) arriving: BTreeMap<AccountId, Arriving>,
    pub(super) registry: Registry,
    pub(super) ledger: Ledger,
    /// Matches that take no newcomer any more.
    pub(super) closed: BTreeSet<MatchId>,
    pub(super) timings: Timings,
    pub(super) roster: Roster,
    /// Voids to be written down again, and when.
    unwritten: Vec<(Instant, Deed)>,
    /// When the last step was.
    stepped: Instant,
    /// How many groups have asked to wait.
    pub(super) joined: u64,
    /// Who has left and is to be written down as gone again, and when.
    pub(super) unsaved: BTreeMap<AccountId, (Instant, LeftQueue)>,
    rng: StdRng,
    effects: Vec<Effect>,
}

/// Somebody who is here, or who is away and still waits or plays.
pub(super) struct Player {
    /// `None` while the player is away.
    pub link: Option<Link>,
    pub name: PlayerName,
    pub session: TokenHash,
    pub content: Content,
    pub rating: Rating,
    pub mutes: Vec<(AccountId, PlayerName)>,
}

/// Somebody whose socket has just been signed in.
#[derive(Clone, Debug)]
pub struct Entrant {
    pub account: AccountId,
    pub name: PlayerName,
    pub guest: bool,
    pub session: TokenHash,
    pub content: Content,
    pub rating: Rating,
    pub mutes: Vec<(AccountId, PlayerName)>,
}

/// Whether everybody knows who is here.
pub(super) struct Roster {
    pub changed: bool,
    pub told: Instant,
}

/// What happens to the lobby.
#[derive(Debug)]
pub enum Input {
    SignIn { link: Link, entrant: Entrant },
    ClientSaid { link: Link, message: ToHub },
    ClientLeft { link: Link },
    EndSession { session: TokenHash },
    EndAccount { account: AccountId, why: Refusal },
    Renamed { account: AccountId, name: PlayerName },
    RoomRegistered { link: Link, registration: Registration },
    RoomSaid { link: Link, message: ToRegistry },
    RoomLeft { link: Link },
    DrainRoom { room: RoomId },
    Done(Done),
}

/// What the lobby wants done.
#[derive(Debug)]
pub enum Effect {
    Player {
        link: Link,
        message: FromHub,
    },
    Room {
        link: Link,
        message: FromRegistry,
    },
    Write(Deed),
    /// A room is gone without having been drained.
    RoomLost(&'static str),
}

impl Hall {
    /// Begins where the last hub stopped.
    pub fn new(memory: Memory, modes: Modes, timings: Timings, rng: StdRng, now: Now) -> Self {
        let mut hall = Self {
            players: BTreeMap::new(),
            accounts: BTreeMap::new(),
            rooms: BTreeMap::new(),
            room_links: BTreeMap::new(),
            queue: Queue::new(modes.clone(), timings.queue_grace),
            parties: Parties::restore(
                memory
                    .parties
                    .into_iter()
                    .map(|row| Party { id: row.id, code: row.code, members: row.members })
                    .collect(),
            ),
            absent: memory.names.into_iter().collect(),
            modes,
            proposals: Proposals::default(),
            joining: BTreeMap::new(),
            arriving: BTreeMap::new(),
            registry: Registry::new(memory.start, timings.room_suspect, timings.room_silence),
            ledger: Ledger::default(),
            closed: BTreeSet::new(),
            timings,
            roster: Roster { changed: false, told: now.at },
            unwritten: Vec::new(),
            stepped: now.at,
            joined: 0,
            unsaved: BTreeMap::new(),
            rng,
            effects: Vec::new(),
        };
        for running in memory.running {
            let opening = running.opening;
            let groups = hall.groups_in(&opening, now.moment_of(running.started_at));
            let late = running.late.into_iter().collect();
            hall.ledger.recall(
                opening,
                unknown_content(),
                late,
                groups,
                now.at + timings.restart_return,
                NOT_BACK,
            );
        }
        hall.recall_waiting(memory.waiting, now);
        hall
    }

    /// Those who play a recalled match, as they would wait: a party that is on one side as one.
    fn groups_in(&self, opening: &Opening, since: Instant) -> Vec<Group> {
        let mut groups = BTreeMap::<_, Group>::new();
        for player in &opening.players {
            let party = self.parties.of(player.account).map(|party| party.id);
            let member = Waiting { account: player.account, rating: f64::from(player.rating.0), away: None };
            let alone = party.is_none().then_some(player.account);
            let group = groups.entry((party, alone, player.seat.team())).or_insert_with(|| Group {
                members: Vec::new(),
                party,
                mode: opening.mode.clone(),
                content: unknown_content(),
                since,
                in_front: true,
            });
            group.members.push(member);
        }
        groups.into_values().collect()
    }

    /// Takes in what happened and answers what is to be done.
    pub fn take(&mut self, input: Input, now: Now) -> Vec<Effect> {
        match input {
            Input::SignIn { link, entrant } => self.sign_in(link, entrant, now),
            Input::ClientSaid { link, message } => self.client_said(link, message, now),
            Input::ClientLeft { link } => self.client_left(link, now),
            Input::EndSession { session } => self.end_session(&session, now),
            Input::EndAccount { account, why } => self.end_account(account, why, now),
            Input::Renamed { account, name } => self.renamed(account, name),
            Input::RoomRegistered { link, registration } => self.room_registered(link, registration, now),
            Input::RoomSaid { link, message } => self.room_said(link, message, now),
            Input::RoomLeft { link } => self.room_left(link, now),
            Input::DrainRoom { room } => self.drain_room(room),
            Input::Done(done) => self.carry_on(done, now),
        }
        std::mem::take(&mut self.effects)
    }

    /// Does what time brings about.
    pub fn step(&mut self, now: Now) -> Vec<Effect> {
        self.excuse_own_absence(now);
        for room in self.registry.step(now.at) {
            self.lose_silent_room(room, now);
        }
        for due in self.ledger.step(now.at) {
            match due {
                Due::PassOver(match_id) => self.pass_over(match_id, now),
                Due::Void(match_id, reason) => self.void(match_id, reason, now),
            }
        }
        self.write_again(now);
        self.step_proposals(now);
        self.step_newcomers(now);
        self.step_queue(now);
        self.tell_roster(now);
        self.forget_the_departed();
        std::mem::take(&mut self.effects)
    }

    /// While the hub itself stood still nobody could be heard: no deadline runs in that time.
    fn excuse_own_absence(&mut self, now: Now) {
        let away = now.at.duration_since(self.stepped);
        self.stepped = now.at;
        if away >= ABSENCE {
            tracing::warn!(?away, "the hub stood still");
            self.registry.excuse(away);
            self.ledger.excuse(away);
            self.proposals.excuse(away);
            for arriving in self.arriving.values_mut() {
                arriving.until += away;
            }
        }
    }

    /// What pages show.
    pub fn overview(&self, now: Now) -> Overview {
        let rooms = self.registry.listed(now.at);
        Overview {
            players_online: self.accounts.len(),
            waiting: self.queue.count(),
            rooms: rooms.len(),
            rooms_free: rooms.iter().filter(|room| room.state == "free" && room.official).count(),
            matches_running: self.ledger.running(),
            origins: self
                .registry
                .registrations()
                .filter(|room| room.official)
                .flat_map(|room| [room.addresses.webtransport.url.clone(), room.addresses.websocket.clone()])
                .collect(),
            rooms_listed: rooms,
        }
    }

    fn carry_on(&mut self, done: Done, now: Now) {
        match done {
            Done::Enqueued { joining } => self.enqueued(joining, now),
            Done::Dequeued { accounts, why } => self.dequeued(&accounts, why),
            Done::PartySaved { id } => self.party_saved(id),
            Done::Opened { allocation } => self.opened(allocation, now),
            Done::Admitted { allocation, player, seated } => {
                self.admitted(allocation, player, seated, now);
            }
            Done::Settled { room, allocation, result, settlement } => {
                self.settled(room, allocation, result, settlement, now);
            }
            Done::Voided { match_id, reason } => self.voided(match_id, reason, now),
            Done::LookedUp { room, allocation, standing } => {
                self.looked_up(room, allocation, standing, now);
            }
            Done::Muted { account, mutes, outcome } => self.muted(account, mutes, outcome),
            Done::Failed(deed) => self.failed(deed, now),
        }
    }

    /// A transaction was not carried out, or it was and its answer is lost: whoever waits for it learns
    /// so, nothing is lost, and what may have been written is taken back.
    fn failed(&mut self, deed: Deed, now: Now) {
        match deed {
            Deed::Open { opening } => self.not_opened(opening.allocation, now),
            again @ (Deed::Admit { .. }
            | Deed::Void { .. }
            | Deed::SaveParty { .. }
            | Deed::Settle { .. }) => {
                self.unwritten.push((now.at + WRITE_AGAIN, again));
            }
            Deed::Enqueue { joining, .. } => self.not_enqueued(joining, now),
            Deed::Dequeue { accounts, why } => {
                let again = (now.at + WRITE_AGAIN, why);
                self.unsaved.extend(accounts.iter().map(|account| (*account, again)));
            }
            Deed::Mute { account, .. } => {
                let refusal =
                    Refusal::OutOfTurn { detail: "the hub's database did not answer; try again".to_owned() };
                self.tell_player(account, FromHub::Declined { refusal });
            }
            Deed::LookUp { .. } => {}
        }
    }

    /// What failed is written as it is by now, not as it was then.
    fn write_again(&mut self, now: Now) {
        let (due, later) = self.unwritten.drain(..).partition(|(at, _)| *at <= now.at);
        self.unwritten = later;
        for (_, deed) in due {
            let deed = match deed {
                Deed::SaveParty { id, code, .. } => {
                    let members = self.parties.get(id).map_or_else(Vec::new, |party| party.members.clone());
                    Deed::SaveParty { id, code, members }
                }
                deed => deed,
            };
            self.write(deed);
        }
        let due = self.unsaved.extract_if(.., |_, (at, _)| *at <= now.at).collect::<Vec<_>>();
        for (account, (_, why)) in due {
            if self.joins(account) {
                self.unsaved.insert(account, (now.at + WRITE_AGAIN, why));
            } else if !self.is_engaged(account) {
                self.write(Deed::Dequeue { accounts: vec![account], why });
            }
        }
    }

    /// Nothing is kept of who is neither here nor waits nor plays.
    fn forget_the_departed(&mut self) {
        let (queue, joining, parties) = (&self.queue, &self.joining, &self.parties);
        let (proposals, arriving, ledger) = (&self.proposals, &self.arriving, &self.ledger);
        self.players.retain(|account, player| {
            player.link.is_some()
                || queue.holds(*account)
                || joining.values().flat_map(Group::accounts).any(|joining| joining == *account)
                || parties.of(*account).is_some()
                || proposals.of(*account).is_some()
                || arriving.contains_key(account)
                || ledger.of_player(*account).is_some()
        });
        self.absent.retain(|account, _| parties.of(*account).is_some());
        self.closed.retain(|match_id| ledger.get(*match_id).is_some());
    }

    pub(super) fn tell_player(&mut self, account: AccountId, message: FromHub) {
        if let Some(link) = self.players.get(&account).and_then(|player| player.link) {
            self.effects.push(Effect::Player { link, message });
        }
    }

    pub(super) fn tell_link(&mut self, link: Link, message: FromHub) {
        self.effects.push(Effect::Player { link, message });
    }

    pub(super) fn tell_room(&mut self, room: RoomId, message: FromRegistry) {
        if let Some(link) = self.rooms.get(&room) {
            self.effects.push(Effect::Room { link: *link, message });
        }
    }

    pub(super) fn write(&mut self, deed: Deed) {
        self.effects.push(Effect::Write(deed));
    }

    pub(super) fn note_room_lost(&mut self, why: &'static str) {
        self.effects.push(Effect::RoomLost(why));
    }

    pub(super) fn is_here(&self, account: AccountId) -> bool {
        self.players.get(&account).is_some_and(|player| player.link.is_some())
    }

    pub(super) fn new_match_id(&mut self, now: Now) -> MatchId {
        MatchId(self.uuid(now))
    }

    pub(super) fn new_room_id(&mut self, now: Now) -> RoomId {
        RoomId(self.uuid(now))
    }

    pub(super) fn new_proposal_id(&mut self, now: Now) -> ProposalId {
        ProposalId(self.uuid(now))
    }

    pub(super) fn new_party(&mut self, now: Now) -> (PartyId, PartyCode) {
        let code = loop {
            let code = PartyCode::from_random(self.rng.next_u32());
            if !self.parties.code_taken(&code) {
                break code;
            }
        };
        (PartyId(self.uuid(now)), code)
    }

    pub(super) fn seed(&mut self) -> u64 {
        self.rng.next_u64()
    }

    fn uuid(&mut self, now: Now) -> Uuid {
        let mut bytes = [0; 10];
        self.rng.fill_bytes(&mut bytes);
        Builder::from_unix_timestamp_millis(u64::try_from(now.unix_ms).unwrap_or(0), &bytes).into_uuid()
    }
}

/// Of somebody whose client has not said yet what it plays with.
pub(super) fn unknown_content() -> Content {
    Content::of(b"")
}
