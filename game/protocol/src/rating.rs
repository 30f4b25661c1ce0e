//! Ratings as people read them.

use serde::{Deserialize, Serialize};

/// How strong somebody is believed to be; everybody begins at [`Rating::FIRST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Rating(pub i32);

impl Rating {
    pub const FIRST: Rating = Rating(1000);
}

/// What a match did to one player's rating.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RatingChange {
    Rated {
        before: Rating,
        after: Rating,
    },
    /// The match was played to its end and moves no rating, for this reason.
    Unrated {
        reason: String,
    },
}
