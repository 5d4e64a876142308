//! [`with_causes`]: an error in words.

use std::error::Error;

/// An error with its causes, each named once: errors from elsewhere may name theirs themselves,
/// or say nothing of their own.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if text.is_empty() {
            text = cause_text;
        } else if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{words}")]
    struct Failed {
        words: &'static str,
        source: Option<Box<Failed>>,
    }

    fn failed(causes: &[&'static str]) -> Option<Box<Failed>> {
        let (&words, others) = causes.split_first()?;
        let source = failed(others);
        Some(Box::new(Failed { words, source }))
    }

    #[test]
    fn each_cause_is_named_once() {
        for (causes, text) in [
            (&["no log"][..], "no log"),
            (&["no log", "no file"], "no log: no file"),
            (
                &["no log: no file", "no file", "denied"],
                "no log: no file: denied",
            ),
            (&["", "no file"], "no file"),
        ] {
            assert_eq!(with_causes(&failed(causes).unwrap()), text);
        }
    }
}
