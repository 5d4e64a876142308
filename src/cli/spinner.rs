//! [`spinner`]: that something goes on of which nobody knows how long it takes.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Shows on a terminal that what has this name goes on.
pub(super) fn spinner(name: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}: {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.set_prefix(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
