//! [`Pace`]: how long a target takes to answer, learnt from its own answers.
//!
//! What does not come is waited for as long as this asks, and never longer than the deadline. A slow
//! answer makes every later wait longer. Before the target has shown how it answers, the deadline holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// The shortest wait: longer than deployed nodes put anything off, other than by their retries.
const SHORTEST: Duration = Duration::from_secs(1);
/// So many times the slowest answer is waited.
const TIMES: u32 = 10;

/// How long to wait for a target. Clones are the same.
#[derive(Clone, Debug)]
pub struct Pace {
    deadline: Duration,
    learnt: Arc<Learnt>,
}

#[derive(Debug, Default)]
struct Learnt {
    /// Whether each kind of answer that the target can be made to give was seen.
    is_known: AtomicBool,
    /// In microseconds.
    slowest: AtomicU64,
}

impl Pace {
    /// The pace of a target of which nothing was seen.
    pub fn new(deadline: Duration) -> Self {
        Pace {
            deadline,
            learnt: Arc::default(),
        }
    }

    /// The longest wait for one thing.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Notes that something that was waited for came after this time.
    pub fn saw(&self, after: Duration) {
        let micros = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        self.learnt.slowest.fetch_max(micros, Ordering::Relaxed);
    }

    /// Notes that each kind of answer was seen: from now on the pace is relied upon.
    pub fn set_known(&self) {
        self.learnt.is_known.store(true, Ordering::Relaxed);
    }

    /// How long to wait for what a barrier's answer does not rule out.
    pub fn patience(&self) -> Duration {
        if !self.learnt.is_known.load(Ordering::Relaxed) {
            return self.deadline;
        }
        let slowest = Duration::from_micros(self.learnt.slowest.load(Ordering::Relaxed));
        let asked = slowest.saturating_mul(TIMES);
        asked.max(SHORTEST).min(self.deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_as_long_as_the_slowest_answer_asks_for() {
        let deadline = Duration::from_secs(5);
        let pace = Pace::new(deadline);
        pace.saw(Duration::from_millis(2));
        assert_eq!(pace.patience(), deadline, "not every kind was seen");
        pace.set_known();
        assert_eq!(pace.patience(), SHORTEST);
        pace.saw(Duration::from_millis(300));
        pace.saw(Duration::from_millis(2));
        assert_eq!(pace.patience(), Duration::from_secs(3));
        pace.clone().saw(Duration::from_secs(1));
        assert_eq!(pace.patience(), deadline);
        let short = Pace::new(Duration::from_millis(200));
        short.set_known();
        assert_eq!(short.patience(), short.deadline());
    }
}
