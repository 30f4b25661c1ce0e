//! Which groups stand on which side.
//!
//! An exact search: six players alone have ten divisions into full sides, sixteen have 6,435.

/// What a group brings to a side: how many players, and the sum of their ratings.
pub(super) type Weight = (u8, f64);

/// Whether each group stands on the amber side; the first always does. The sides differ as little as
/// possible in players, then in rating; no side has more than `team_size` players.
///
/// `None` when the groups do not fit on two sides.
pub(super) fn divide(groups: &[Weight], team_size: u8) -> Option<Vec<bool>> {
    let (first, _) = groups.split_first()?;
    let mut search = Search { groups, team_size, best: None };
    search.place(1, *first, (0, 0.0), 1);
    let best = search.best?;
    Some((0..groups.len()).map(|index| best.amber & (1 << index) != 0).collect())
}

struct Search<'a> {
    groups: &'a [Weight],
    team_size: u8,
    best: Option<Division>,
}

struct Division {
    players: u8,
    rating: f64,
    /// One bit a group.
    amber: u32,
}

impl Search<'_> {
    fn place(&mut self, index: usize, amber: Weight, azure: Weight, bits: u32) {
        if amber.0 > self.team_size || azure.0 > self.team_size {
            return;
        }
        match self.groups.get(index) {
            Some(&(players, rating)) => {
                self.place(index + 1, (amber.0 + players, amber.1 + rating), azure, bits | (1 << index));
                self.place(index + 1, amber, (azure.0 + players, azure.1 + rating), bits);
            }
            None => self.keep(Division {
                players: amber.0.abs_diff(azure.0),
                rating: (amber.1 - azure.1).abs(),
                amber: bits,
            }),
        }
    }

    fn keep(&mut self, found: Division) {
        let better = self.best.as_ref().is_none_or(|best| {
            found.players < best.players || (found.players == best.players && found.rating < best.rating)
        });
        if better {
            self.best = Some(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sides(groups: &[Weight], team_size: u8) -> [Weight; 2] {
        let amber = divide(groups, team_size).expect("the groups should fit");
        let mut sides: [Weight; 2] = [(0, 0.0); 2];
        for ((players, rating), amber) in groups.iter().zip(amber) {
            let side = &mut sides[usize::from(!amber)];
            side.0 += players;
            side.1 += rating;
        }
        sides
    }

    #[test]
    fn ratings_are_as_even_as_can_be() {
        let [amber, azure] = sides(&[(1, 1500.0), (1, 1400.0), (1, 1000.0), (1, 900.0)], 2);
        assert_eq!((amber, azure), ((2, 2400.0), (2, 2400.0)));
    }

    #[test]
    fn players_count_before_rating() {
        let [amber, azure] = sides(&[(1, 3000.0), (1, 1000.0), (1, 1000.0), (1, 1000.0)], 3);
        assert_eq!((amber.0, azure.0), (2, 2));
    }

    #[test]
    fn a_party_stands_on_one_side() {
        let amber = divide(&[(1, 1000.0), (3, 3000.0), (1, 1000.0), (1, 1000.0)], 3);
        assert_eq!(amber, Some(vec![true, false, true, true]));
    }

    #[test]
    fn somebody_alone_stands_against_bots() {
        assert_eq!(divide(&[(1, 1000.0)], 3), Some(vec![true]));
    }

    #[test]
    fn what_does_not_fit_is_not_divided() {
        assert_eq!(divide(&[(2, 0.0), (2, 0.0), (2, 0.0)], 3), None);
        assert_eq!(divide(&[], 3), None);
    }

    #[test]
    fn sixteen_alone_are_divided() {
        let groups = (0_u8..16).map(|number| (1, f64::from(number) * 10.0)).collect::<Vec<Weight>>();
        let [amber, azure] = sides(&groups, 8);
        assert_eq!((amber.0, azure.0, amber.1), (8, 8, azure.1));
    }
}
