//! The few styles that terminal output uses. Whoever writes to a pipe strips them.

use anstyle::{AnsiColor, Style};

use crate::suite::verdict::Verdict;

/// A headline.
pub const HEADLINE: Style = Style::new().bold();
/// What is there for completeness.
pub const FAINT: Style = Style::new().dimmed();
/// Good.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// To be looked at.
pub const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
/// Bad.
pub const BAD: Style = AnsiColor::Red.on_default().bold();

/// The style of a verdict.
pub const fn of(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Pass => GOOD,
        Verdict::Warning | Verdict::Inconclusive => DOUBTFUL,
        Verdict::Fail => BAD,
        Verdict::Skipped => FAINT,
    }
}
