//! Names of things. Each is a type of its own, so that one cannot be passed for another.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits::MOST_SEATS;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = Uuid))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

uuid_id!(
    /// An account, registered or guest. Uuid v7.
    AccountId
);
uuid_id!(
    /// One game played in a room. Uuid v7.
    MatchId
);
uuid_id!(
    /// One registration of a room process at the hub. Uuid v7.
    RoomId
);
uuid_id!(
    /// Players who queue as one. Uuid v7.
    PartyId
);
uuid_id!(
    /// One question whether everybody is ready. Uuid v7.
    ProposalId
);

/// Which allocation of a room a message belongs to. The hub counts up; a room that answers with an
/// old epoch is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// One of the two sides of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Team {
    Amber,
    Azure,
}

impl Team {
    pub const BOTH: [Team; 2] = [Team::Amber, Team::Azure];

    /// 0 for Amber, 1 for Azure.
    pub fn index(self) -> usize {
        self as usize
    }

    pub fn other(self) -> Team {
        match self {
            Team::Amber => Team::Azure,
            Team::Azure => Team::Amber,
        }
    }
}

/// A place in a match, held by a player or a bot: 0 to 15. Even seats are Amber, odd ones Azure, so
/// a match of two teams of three has the seats 0 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = u8))]
#[serde(try_from = "u8", into = "u8")]
pub struct Seat(u8);

impl Seat {
    /// The seats of a match with `count` of them, in order.
    pub fn first(count: u8) -> impl Iterator<Item = Seat> {
        (0..count.min(MOST_SEATS)).map(Seat)
    }

    /// The seats of one team in a match with `count` of them, in order.
    pub fn of_team(team: Team, count: u8) -> impl Iterator<Item = Seat> {
        Self::first(count).filter(move |seat| seat.team() == team)
    }

    pub fn index(self) -> u8 {
        self.0
    }

    pub fn team(self) -> Team {
        Team::BOTH[usize::from(self.0 % 2)]
    }
}

impl TryFrom<u8> for Seat {
    type Error = String;

    fn try_from(index: u8) -> Result<Self, String> {
        if index < MOST_SEATS {
            Ok(Seat(index))
        } else {
            Err(format!("seat {index} does not exist, a match has at most {MOST_SEATS}"))
        }
    }
}

impl From<Seat> for u8 {
    fn from(seat: Seat) -> u8 {
        seat.0
    }
}
