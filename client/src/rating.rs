//! Ratings in words.

use game::protocol::rating::{Rating, RatingChange};

/// Thousands apart: `1,012`.
pub(crate) fn points(rating: Rating) -> String {
    let digits = rating.0.unsigned_abs().to_string();
    let mut text = String::from(if rating.0 < 0 { "-" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What a match did to a rating: `Rating 1,012 (+12)`, or the hub's sentence on why it did nothing.
pub(crate) fn change(change: &RatingChange) -> String {
    match change {
        RatingChange::Rated { before, after } => {
            format!("Rating {} ({:+})", points(*after), after.0.saturating_sub(before.0))
        }
        RatingChange::Unrated { reason } => reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let texts = [7, 999, 1000, 1_234_567, -1000].map(|points| super::points(Rating(points)));
        assert_eq!(texts, ["7", "999", "1,000", "1,234,567", "-1,000"]);
    }

    #[test]
    fn change_is_told_with_its_sign_or_its_reason() {
        let rated = |after| change(&RatingChange::Rated { before: Rating(1000), after: Rating(after) });
        assert_eq!(rated(1012), "Rating 1,012 (+12)");
        assert_eq!(rated(991), "Rating 991 (-9)");
        assert_eq!(rated(1000), "Rating 1,000 (+0)");
        let unrated = RatingChange::Unrated { reason: "Not rated: bots filled one side.".into() };
        assert_eq!(change(&unrated), "Not rated: bots filled one side.");
    }
}
