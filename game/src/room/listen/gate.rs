//! Who may come in: how many, from where, to which path, and how long they may take.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bevy::log::debug;
use protocol::limits::HANDSHAKE_LIFE;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};

use crate::{
    room::{
        guard::{
            Refused,
            packet::{self, Kind as Datagram},
        },
        listen::{
            Doors, Kind,
            turned_away::{TurnedAway, Why},
            wire::{Arrival, Far, Packet, Wire},
        },
        ticket::Mint,
    },
    sim::wire::PROTOCOL_ID,
};

/// What one door grants to strangers.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Everything up to the first packet, which has to ask with a good ticket, together.
    pub handshake: Duration,
    /// A session that brings no packet for this long is closed; netcode gives up earlier.
    pub idle: Duration,
    /// A peer that takes no packet for this long is closed.
    pub stall: Duration,
    /// Sessions at once, handshakes included.
    pub sessions: usize,
    /// The same from one IPv4 address or one IPv6 /64.
    pub sessions_per_address: usize,
    /// Handshakes at once, those included that lack the first packet.
    pub handshakes: usize,
    /// Largest WebSocket message in bytes; netcode has none over 1,300. A datagram cannot be larger
    /// than 1,472.
    pub frame: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: HANDSHAKE_LIFE,
            idle: Duration::from_secs(10),
            stall: Duration::from_secs(5),
            sessions: 256,
            sessions_per_address: 32,
            handshakes: 128,
            frame: 2048,
        }
    }
}

/// Shared by all tasks of one door.
pub(super) struct Gate {
    pub limits: Limits,
    door: Kind,
    mint: Mint,
    turned_away: TurnedAway,
    origins: Vec<String>,
    handshakes: Arc<Semaphore>,
    census: Mutex<Census>,
    arrivals: mpsc::Sender<Arrival>,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Path,
    Origin,
}

/// Why a handshake led to nothing.
pub(super) enum Failure {
    /// The gate has refused the request.
    Refused,
    /// The gate has refused the first packet.
    Unasked(Refused),
    Broken(String),
}

impl Gate {
    pub fn new(
        door: Kind,
        doors: &Doors,
        mint: Mint,
        turned_away: TurnedAway,
        arrivals: mpsc::Sender<Arrival>,
    ) -> Self {
        Self {
            limits: doors.limits,
            door,
            mint,
            turned_away,
            origins: doors.origins.clone(),
            handshakes: Arc::new(Semaphore::new(doors.limits.handshakes)),
            census: Mutex::default(),
            arrivals,
        }
    }

    /// A place for one session, if there is one left for this address.
    pub fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Guest> {
        let Ok(handshake) = self.handshakes.clone().try_acquire_owned() else {
            self.turn_away(Why::Handshakes);
            return None;
        };
        let network = network(peer);
        let mut census = self.census.lock().unwrap_or_else(PoisonError::into_inner);
        let here = census.by_network.get(&network).copied().unwrap_or_default();
        if census.all >= self.limits.sessions {
            self.turn_away(Why::Sessions);
            return None;
        }
        if here >= self.limits.sessions_per_address {
            self.turn_away(Why::Address);
            return None;
        }
        census.all += 1;
        census.by_network.insert(network, here + 1);
        Some(Guest { gate: self.clone(), network, handshake: Some(handshake) })
    }

    /// Judges a request by its path and its `Origin` header.
    pub fn check(&self, path: &str, origin: Option<&str>) -> Result<(), Refusal> {
        if path != "/" {
            self.turn_away(Why::Path);
            return Err(Refusal::Path);
        }
        let known = |origin: &str| self.origins.iter().any(|known| known.eq_ignore_ascii_case(origin));
        if self.origins.is_empty() || origin.is_none_or(known) {
            return Ok(());
        }
        self.turn_away(Why::Origin);
        Err(Refusal::Origin)
    }

    /// Judges the first packet of a session; false if another link asks with the same ticket, which may soon be
    /// gone.
    pub fn knows(&self, first: &[u8]) -> Result<bool, Failure> {
        let asked = match packet::judge(first, PROTOCOL_ID) {
            Ok(Datagram::Request(seal)) => self.mint.expects(&seal),
            Ok(_) => Err(Refused::Stranger),
            Err(why) => Err(why),
        };
        match asked {
            Ok(()) => Ok(true),
            Err(Refused::Claimed) => Ok(false),
            Err(why) => Err(Failure::Unasked(why)),
        }
    }

    fn turn_away(&self, why: Why) {
        self.turned_away.note(self.door, why);
    }
}

/// One session's place, given back when this is dropped.
pub(super) struct Guest {
    pub gate: Arc<Gate>,
    network: IpAddr,
    handshake: Option<OwnedSemaphorePermit>,
}

impl Guest {
    /// Waits for the handshake and the first packet as long as the limits say; the session then becomes a link.
    pub async fn enter<S>(
        &mut self,
        peer: SocketAddr,
        handshake: impl Future<Output = Result<(S, Packet), Failure>>,
    ) -> Option<(S, Far)> {
        let reason = match timeout(self.gate.limits.handshake, handshake).await {
            Ok(Ok((session, first))) => {
                self.handshake = None;
                let (wire, far) = Wire::new(first);
                self.gate.arrivals.send(Arrival { door: self.gate.door, peer, wire }).await.ok()?;
                return Some((session, far));
            }
            Ok(Err(Failure::Refused)) => "path or origin are not served".to_owned(),
            Ok(Err(Failure::Unasked(why))) => {
                self.gate.turn_away(Why::Ticket);
                format!("its first packet is refused for `{}`", why.name())
            }
            Ok(Err(Failure::Broken(reason))) => {
                self.gate.turn_away(Why::Broken);
                reason
            }
            Err(_) => {
                self.gate.turn_away(Why::Slow);
                "the handshake takes too long".to_owned()
            }
        };
        debug!("a session from {peer} was refused: {reason}");
        None
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut census = self.gate.census.lock().unwrap_or_else(PoisonError::into_inner);
        census.all -= 1;
        if let Entry::Occupied(mut here) = census.by_network.entry(self.network) {
            *here.get_mut() -= 1;
            if *here.get() == 0 {
                here.remove();
            }
        }
    }
}

#[derive(Default)]
struct Census {
    all: usize,
    by_network: HashMap<IpAddr, usize>,
}

/// Whoever has one IPv6 address has the whole /64.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64)).into(),
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    use bevy::prelude::Entity;
    use protocol::{
        id::{AccountId, Epoch, MatchId, Seat},
        registry::Allocation,
    };

    use super::*;
    use crate::room::{guard::packet::Seal, listen::tests::doors, ticket::Pass};

    fn gate(limits: Limits, origins: &[&str]) -> Arc<Gate> {
        let origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
        let doors = Doors { origins, limits, ..doors() };
        let mint = Mint::new([7; 32]).expect("the key is not zero");
        Arc::new(Gate::new(Kind::WebSocket, &doors, mint, TurnedAway::default(), mpsc::channel(1).0))
    }

    /// How often the gate has turned somebody away for this.
    fn count(gate: &Gate, why: Why) -> u64 {
        let counts = gate.turned_away.counts();
        counts
            .filter(|(door, name, _)| *door == "websocket" && *name == why.name())
            .map(|(.., count)| count)
            .sum()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("address should be valid")
    }

    #[test]
    fn t9_one_network_gets_only_its_share() {
        let gate = gate(Limits { sessions_per_address: 1, ..Limits::default() }, &[]);
        let first = gate.admit(ip("192.0.2.1"));
        assert!(first.is_some());
        assert!(gate.admit(ip("192.0.2.1")).is_none());
        assert!(gate.admit(ip("::ffff:192.0.2.1")).is_none(), "a mapped address is the same");
        let _six = gate.admit(ip("2001:db8::1")).expect("another network should be let in");
        assert!(gate.admit(ip("2001:db8::2")).is_none(), "a /64 is one network");
        assert!(gate.admit(ip("2001:db8:0:1::1")).is_some());
        drop(first);
        assert!(gate.admit(ip("192.0.2.1")).is_some(), "a place that is left is free");
        assert_eq!(count(&gate, Why::Address), 3);
    }

    #[test]
    fn t9_a_full_door_lets_nobody_in() {
        let gate = gate(Limits { sessions: 2, ..Limits::default() }, &[]);
        let _guests = (gate.admit(ip("192.0.2.1")), gate.admit(ip("192.0.2.2")));
        assert!(gate.admit(ip("192.0.2.3")).is_none());
        assert_eq!(count(&gate, Why::Sessions), 1);
    }

    #[test]
    fn whoever_is_turned_away_is_counted_by_door_and_reason() {
        let gate = gate(Limits { handshakes: 1, ..Limits::default() }, &["https://play.example"]);
        let _first = gate.admit(ip("192.0.2.1"));
        assert!(gate.admit(ip("192.0.2.2")).is_none());
        gate.check("/admin", None).expect_err("there is nothing");
        gate.check("/", Some("https://evil.example")).expect_err("it is foreign");
        for why in Why::ALL {
            let once = matches!(why, Why::Handshakes | Why::Path | Why::Origin);
            assert_eq!(count(&gate, why), u64::from(once), "{}", why.name());
        }
        let elsewhere = gate.turned_away.counts().filter(|(door, ..)| *door != "websocket");
        assert_eq!(elsewhere.map(|(.., count)| count).sum::<u64>(), 0);
    }

    #[test]
    fn t9_places_are_forgotten_when_they_are_free() {
        let gate = gate(Limits::default(), &[]);
        drop((gate.admit(ip("192.0.2.1")), gate.admit(ip("192.0.2.1")), gate.admit(ip("192.0.2.2"))));
        let census = gate.census.lock().expect("lock should be free");
        assert_eq!((census.all, census.by_network.len()), (0, 0));
    }

    #[test]
    fn l12_only_known_origins_and_the_root_are_served() {
        let gate = gate(Limits::default(), &["https://play.example"]);
        assert_eq!(gate.check("/", None), Ok(()));
        assert_eq!(gate.check("/", Some("https://PLAY.example")), Ok(()));
        for foreign in ["https://evil.example", "http://play.example", "https://play.example.evil", "null"] {
            assert_eq!(gate.check("/", Some(foreign)), Err(Refusal::Origin), "`{foreign}` is foreign");
        }
        assert_eq!(gate.check("/", Some("")), Err(Refusal::Origin), "an unreadable origin is foreign");
        assert_eq!(gate.check("/admin", None), Err(Refusal::Path));
    }

    #[test]
    fn without_a_list_every_origin_is_served() {
        assert_eq!(gate(Limits::default(), &[]).check("/", Some("https://a.example")), Ok(()));
    }

    #[test]
    fn l8_only_a_request_with_a_good_ticket_lets_a_session_in() {
        let gate = gate(Limits::default(), &[]);
        let pass = Pass {
            allocation: Allocation { match_id: MatchId(uuid::Uuid::nil()), epoch: Epoch(1) },
            seat: Seat::try_from(0).expect("seat 0 should exist"),
            account: AccountId(uuid::Uuid::nil()),
        };
        let ticket = gate.mint.issue(pass, ([127, 0, 0, 1], 7000).into()).expect("a ticket should be issued");
        let token = BASE64_URL_SAFE_NO_PAD.decode(ticket.token).expect("a ticket should be base64");
        let request = [&[0][..], &token[..21], &token[29..1085]].concat();
        let seal = Seal::of_ticket(token.as_slice().try_into().expect("a ticket has 2,048 bytes"));

        assert!(matches!(gate.knows(&request), Ok(true)));
        assert_eq!(gate.mint.ask(&seal, Entity::PLACEHOLDER), Ok(()));
        assert!(matches!(gate.knows(&request), Ok(false)), "another link asks with it");
        gate.mint.void_all();
        assert!(matches!(gate.knows(&request), Err(Failure::Unasked(Refused::Ticket))));
        assert!(matches!(gate.knows(&[0; 34]), Err(Failure::Unasked(Refused::Shape))));
    }
}
