//! Numbers with their nouns.

use indicatif::HumanCount;

/// The number with the noun that agrees with it: "1 property", "28,496 properties".
pub fn counted(number: u64, one: &str, several: &str) -> String {
    let noun = if number == 1 { one } else { several };
    format!("{} {noun}", HumanCount(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noun_agrees_with_the_number() {
        assert_eq!(counted(0, "property", "properties"), "0 properties");
        assert_eq!(counted(1, "property", "properties"), "1 property");
        assert_eq!(counted(28_496, "state", "states"), "28,496 states");
    }
}
