//! [`Random`]: a random number generator with a seed.

use std::time::Duration;

use blockexc_model::node::Choose;
use libp2p::PeerId;
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::wire::{Address, Network};

/// A random number generator that repeats itself for the same seed.
pub struct Random(ChaCha8Rng);

impl Random {
    /// A generator with this seed.
    pub fn new(seed: u64) -> Self {
        Random(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number from zero up to, but not including, `count`; zero if `count` is zero.
    pub fn below(&mut self, count: usize) -> usize {
        if count == 0 {
            return 0;
        }
        self.0.random_range(0..count)
    }

    /// One of these items, if there are any.
    pub fn one_of<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// True with a probability of `times` out of 1000.
    pub fn per_thousand(&mut self, times: u32) -> bool {
        self.0.random_range(0..1000) < times
    }

    /// A duration between these two.
    pub fn between(&mut self, min: Duration, max: Duration) -> Duration {
        self.0.random_range(min..=max)
    }

    /// The time to the next event of a Poisson process with this average interval.
    pub fn exponential(&mut self, average: Duration) -> Duration {
        let share: f64 = self.0.random_range(f64::MIN_POSITIVE..1.0);
        average.mul_f64(-share.ln())
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// A seed for another generator.
    pub fn seed(&mut self) -> u64 {
        self.0.next_u64()
    }
}

impl Choose<Network> for Random {
    fn holder(&mut self, _: &Address, holders: &[PeerId]) -> usize {
        self.below(holders.len())
    }
}
