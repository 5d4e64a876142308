//! [`shrink`]: makes a trace small against the target itself: each smaller trace is played, and taken if
//! it fails in the same way.

use super::play::Played;
use super::stimulus::{Step, Trace};

/// A trace that fails like another.
pub struct Shrunk {
    /// The trace.
    pub trace: Trace,
    /// How many were played.
    pub tries: usize,
}

/// Shortens a trace whose failure came after so many of its steps, by `most` plays at most. `play` gives
/// what came of a trace if it fails in the same way.
pub async fn shrink(
    trace: &Trace,
    steps: usize,
    most: usize,
    mut play: impl AsyncFnMut(&Trace) -> Option<Played>,
) -> Shrunk {
    let mut shrinking = Shrinking {
        trace: trace.clone(),
        tries: 0,
        most,
    };
    shrinking.trace.steps.truncate(steps);
    loop {
        let before = shrinking.trace.clone();
        shrinking.drop_steps(&mut play).await;
        shrinking.simplify_steps(&mut play).await;
        if shrinking.trace == before || shrinking.tries >= most {
            return Shrunk {
                trace: shrinking.trace,
                tries: shrinking.tries,
            };
        }
    }
}

struct Shrinking {
    trace: Trace,
    tries: usize,
    most: usize,
}

impl Shrinking {
    /// Takes the trace with these steps instead, if it fails in the same way.
    async fn try_steps(
        &mut self,
        steps: Vec<Step>,
        play: &mut impl AsyncFnMut(&Trace) -> Option<Played>,
    ) -> bool {
        if self.tries >= self.most {
            return false;
        }
        self.tries += 1;
        let mut trace = Trace {
            steps,
            ..self.trace.clone()
        };
        let Some(played) = play(&trace).await else {
            return false;
        };
        // The failure may come earlier now.
        trace.steps.truncate(played.steps);
        self.trace = trace;
        true
    }

    /// Leaves out runs of steps, long runs first.
    async fn drop_steps(&mut self, play: &mut impl AsyncFnMut(&Trace) -> Option<Played>) {
        let mut length = self.trace.steps.len().next_power_of_two() / 2;
        while length > 0 {
            let mut start = 0;
            while start < self.trace.steps.len() {
                let end = (start + length).min(self.trace.steps.len());
                let mut steps = self.trace.steps.clone();
                steps.drain(start..end);
                if !self.try_steps(steps, play).await {
                    start += length;
                }
            }
            length /= 2;
        }
    }

    /// Leaves out parts of messages.
    async fn simplify_steps(&mut self, play: &mut impl AsyncFnMut(&Trace) -> Option<Played>) {
        let mut place = 0;
        while place < self.trace.steps.len() {
            let mut number = 0;
            while let Some(step) = self.trace.steps.get(place) {
                let Some(simpler) = step.simpler().into_iter().nth(number) else {
                    break;
                };
                let mut steps = self.trace.steps.clone();
                steps[place] = simpler;
                if !self.try_steps(steps, play).await {
                    number += 1;
                }
            }
            place += 1;
        }
    }
}
