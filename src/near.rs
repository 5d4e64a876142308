//! [`Unknown`]: the answer to a name that there is not, with the names that come near it.

use strsim::osa_distance;

/// So many names are suggested at most.
const MOST_SUGGESTED: usize = 5;

/// There is nothing of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no {kind} is named `{name}`; {}", hint(near, lists_all))]
pub struct Unknown {
    /// What was looked for.
    pub kind: &'static str,
    /// The name that was given.
    pub name: String,
    /// The names that come near it, the nearest first.
    pub near: Vec<String>,
    /// How to see all names, or all names.
    pub lists_all: String,
}

impl Unknown {
    /// Looks for names that come near.
    ///
    /// `lists_all` is a sentence that is used when none does: it tells all names, or how to see
    /// them.
    pub fn new<'a>(
        kind: &'static str,
        name: &str,
        names: impl IntoIterator<Item = &'a str>,
        lists_all: impl Into<String>,
    ) -> Self {
        Unknown {
            kind,
            name: name.to_owned(),
            near: near(name, names),
            lists_all: lists_all.into(),
        }
    }
}

fn hint(near: &[String], lists_all: &str) -> String {
    match near {
        [] => lists_all.to_owned(),
        [one] => format!("did you mean {one}?"),
        [first @ .., last] => format!("did you mean {} or {last}?", first.join(", ")),
    }
}

/// Of these names those that were probably meant, the nearest first. Letters of either case are
/// the same.
///
/// A name comes near when few letters differ (two, or a quarter of what was typed), or when it
/// contains what was typed.
fn near<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let typed = typed.to_lowercase();
    let most = 2.max(typed.chars().count() / 4);
    let mut ranked: Vec<(usize, &str)> = Vec::new();
    for name in names {
        let lower = name.to_lowercase();
        let distance = osa_distance(&typed, &lower);
        let contains = typed.len() > 2 && lower.contains(&typed);
        let is_new = ranked.iter().all(|(_, known)| *known != name);
        if is_new && (distance <= most || contains) {
            ranked.push((distance, name));
        }
    }
    // The sort is stable: names as near as each other keep their order.
    ranked.sort_by_key(|(distance, _)| *distance);
    ranked.truncate(MOST_SUGGESTED);
    ranked
        .into_iter()
        .map(|(_, name)| name.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 5] = [
        "WANT-1",
        "WANT-10",
        "JOIN-1",
        "silent-have",
        "silent-dont-have",
    ];

    fn said(name: &str) -> String {
        Unknown::new("thing", name, NAMES, "there are five").to_string()
    }

    #[test]
    fn names_with_few_other_letters_come_near() {
        assert_eq!(
            said("wnat-10"),
            "no thing is named `wnat-10`; did you mean WANT-10 or WANT-1?"
        );
        assert_eq!(
            said("silent-heva"),
            "no thing is named `silent-heva`; did you mean silent-have?"
        );
    }

    #[test]
    fn names_that_contain_what_was_typed_come_near() {
        assert_eq!(
            said("silent"),
            "no thing is named `silent`; did you mean silent-have or silent-dont-have?"
        );
    }

    #[test]
    fn when_none_comes_near_all_are_told() {
        assert_eq!(
            said("elephants"),
            "no thing is named `elephants`; there are five"
        );
    }
}
