//! [`Live`]: what is told while an observation goes on, on the standard error.

use std::time::{Duration, Instant};

use crate::observe::observation::Told;
use crate::shortened::shortened;
use crate::suite::describe::OneLine;

/// So many messages are shown in a second, unless all are asked for.
const MOST_A_SECOND: u32 = 10;
/// So many letters of one thing are shown.
const MOST_LETTERS: usize = 300;

/// Tells what happens, but not more than somebody can read.
pub(super) struct Live {
    begun: Instant,
    shows_all: bool,
    second: Instant,
    shown: u32,
    hidden: u64,
}

impl Live {
    /// Begins now. `shows_all`: every message is shown.
    pub(super) fn new(shows_all: bool) -> Self {
        Live {
            begun: Instant::now(),
            shows_all,
            second: Instant::now(),
            shown: 0,
            hidden: 0,
        }
    }

    /// Tells this, or counts it.
    pub(super) fn tell(&mut self, told: &Told<'_>) {
        if self.second.elapsed() >= Duration::from_secs(1) {
            self.tell_hidden();
            self.second = Instant::now();
            self.shown = 0;
        }
        match told {
            Told::Message { from, says } => {
                if self.shown >= MOST_A_SECOND && !self.shows_all {
                    self.hidden += 1;
                    return;
                }
                self.shown += 1;
                self.line(&format!(
                    "{} -> {}: {}",
                    from.name(),
                    from.other().name(),
                    OneLine(says)
                ));
            }
            Told::Note(note) => self.line(note),
            Told::Found(side, finding) => {
                let unexplained = &finding.unexplained;
                let ids = match unexplained.requirements.as_slice() {
                    [] => unexplained.may_break.join(" or "),
                    ids => ids.join(" and "),
                };
                let breaks = match ids.is_empty() {
                    true => "does what nothing explains".to_owned(),
                    false => format!("breaks {ids}"),
                };
                self.line(&format!("WRONG: {side} {breaks}: {}", unexplained.what));
            }
        }
    }

    fn tell_hidden(&mut self) {
        let hidden = std::mem::take(&mut self.hidden);
        if hidden > 0 {
            self.line(&format!("and {hidden} messages more"));
        }
    }

    fn line(&self, text: &str) {
        let seconds = self.begun.elapsed().as_secs_f64();
        let text = shortened(text, MOST_LETTERS);
        anstream::eprintln!("{seconds:>9.3} s  {text}");
    }
}
