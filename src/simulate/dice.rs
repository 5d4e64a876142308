//! [`Dice`]: everything that is left to chance, decided by a seed.

use std::time::Duration;

use blockexc_model::node::Choose;
use libp2p::PeerId;
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::wire::{Address, Network};

/// A source of chance that repeats itself.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The same for the same seed.
    pub fn new(seed: u64) -> Self {
        Dice(ChaCha8Rng::seed_from_u64(seed))
    }

    /// One of so many, counted from zero; zero if there are none.
    pub fn below(&mut self, count: usize) -> usize {
        if count == 0 {
            return 0;
        }
        self.0.random_range(0..count)
    }

    /// One of these; none of none.
    pub fn one_of<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }

    /// True so many times out of a thousand.
    pub fn per_thousand(&mut self, times: u32) -> bool {
        self.0.random_range(0..1000) < times
    }

    /// A time between these two.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        self.0.random_range(least..=most)
    }

    /// When the next of many independent things happens that come so far apart on average.
    pub fn after(&mut self, average: Duration) -> Duration {
        let share: f64 = self.0.random_range(f64::MIN_POSITIVE..1.0);
        average.mul_f64(-share.ln())
    }

    /// Bytes for a key.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// A seed for other dice.
    pub fn seed(&mut self) -> u64 {
        self.0.next_u64()
    }
}

impl Choose<Network> for Dice {
    fn holder(&mut self, _: &Address, holders: &[PeerId]) -> usize {
        self.below(holders.len())
    }
}
