//! [`Judged`]: what an answer to a vector comes to.

use blockexc_model::Deviation;

/// What an answer comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Judged {
    /// It is allowed.
    Allowed,
    /// It is not.
    Wrong {
        /// What is expected, where the answer parts from it.
        expected: String,
        /// What came there.
        actual: String,
        /// The deviations that do exactly this.
        as_by: Vec<Deviation>,
    },
    /// It is no answer: what is wrong with its form.
    NoAnswer(String),
}

/// A value at its place. Of several allowed ones the first is shown.
pub fn at(path: &str, value: &str, of: usize) -> String {
    let place = match path.is_empty() {
        true => String::new(),
        false => format!("{path}: "),
    };
    match of {
        0 | 1 => format!("{place}{value}"),
        _ => format!(
            "{place}{value} (or one of the {} others that the vector allows)",
            of - 1
        ),
    }
}
