//! What tests print of themselves.

use crate::test::Tally;

/// Reads `figure NAME VALUE`.
pub fn figure(line: &str) -> Option<(&str, u64)> {
    let (name, value) = line.strip_prefix("figure ")?.split_once(' ')?;
    Some((name, value.trim().parse().ok()?))
}

/// Reads `test result: ok. 3 passed; 1 failed; ...`.
pub fn tally(line: &str) -> Option<Tally> {
    let counts = line.strip_prefix("test result: ")?;
    let count = |word: &str| {
        counts.split([';', '.']).find_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok())
    };
    Some(Tally { passed: count("passed")?, failed: count("failed")? })
}

/// Reads `test PATH::NAME ... ok`: the name.
pub fn passed(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... ok")?.rsplit("::").next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_the_result_line() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(tally(line), Some(Tally { passed: 12, failed: 3 }));
        assert_eq!(tally("running 3 tests"), None);
    }

    #[test]
    fn figures_are_read_with_their_names() {
        assert_eq!(figure("figure forged_tickets_decrypted 3000"), Some(("forged_tickets_decrypted", 3_000)));
        assert_eq!(figure("figure ticks x"), None);
        assert_eq!(figure("25 of 500 pairs"), None);
    }

    #[test]
    fn only_tests_that_passed_are_named() {
        let name = "t2_used_ticket_is_refused";
        assert_eq!(passed(&format!("test guard::tickets::{name} ... ok")), Some(name));
        assert_eq!(passed(&format!("test guard::tickets::{name} ... FAILED")), None);
        assert_eq!(passed("test result: ok. 12 passed; 0 failed"), None);
    }
}
