//! What many measurements come to.

use std::cmp::Ordering;

pub fn median(values: &[f64]) -> f64 {
    share(values, 0.5)
}

/// The value that 99 of 100 do not exceed.
pub fn p99(values: &[f64]) -> f64 {
    share(values, 0.99)
}

pub fn worst(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

/// How well one tells from a value alone which of two groups it came from: 0.5 is by chance, 1 is always.
/// The area under the curve of true against false guesses.
pub fn told_apart(ones: &[f64], others: &[f64]) -> f64 {
    let pairs = (ones.len() * others.len()).max(1) as f64;
    let wins: f64 = ones
        .iter()
        .flat_map(|one| others.iter().map(move |other| one.total_cmp(other)))
        .map(|order| match order {
            Ordering::Greater => 1.0,
            Ordering::Equal => 0.5,
            Ordering::Less => 0.0,
        })
        .sum();
    let area = wins / pairs;
    area.max(1.0 - area)
}

fn share(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_taken_from_the_sorted_values() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!((median(&values), p99(&values), worst(&values)), (100.0, 198.0, 200.0));
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn groups_are_told_apart_by_their_order() {
        assert_eq!(told_apart(&[1.0, 2.0], &[3.0, 4.0]), 1.0);
        assert_eq!(told_apart(&[1.0, 4.0], &[2.0, 3.0]), 0.5);
    }
}
