//! [`Predictions`]: what the model checker says about which dialects obtain blocks from which.

use std::collections::HashMap;

use blockexc_checker::analysis::interop::{Held, Obtained, Table};
use blockexc_checker::network::interned::Unfit;
use blockexc_model::dialect::{DIALECTS, Dialect};

/// The results of `check interop` for nodes that retry their wants. What is not listed is always
/// obtained.
#[derive(Default)]
pub struct Predictions {
    pairs: HashMap<(&'static str, &'static str, bool), Obtained>,
    let_down: HashMap<&'static str, Obtained>,
}

impl Predictions {
    /// The predictions for nodes of these dialects.
    ///
    /// # Errors
    ///
    /// When the model checker cannot compute them.
    pub fn new(dialects: &[&'static Dialect]) -> Result<Self, Unfit> {
        // The reference always obtains blocks from itself: the model checker has proved it, and
        // the default says so.
        if dialects
            .iter()
            .all(|dialect| dialect.name == DIALECTS[0].name)
        {
            return Ok(Predictions::default());
        }
        let table = Table::new()?;
        Ok(Predictions {
            pairs: table
                .progress
                .iter()
                .filter(|cell| cell.retries)
                .map(|cell| {
                    let before = cell.held == Held::Before;
                    ((cell.asker, cell.holder, before), cell.obtained)
                })
                .collect(),
            let_down: table
                .let_down
                .iter()
                .map(|row| (row.asker, row.obtained))
                .collect(),
        })
    }

    /// Whether the asker obtains a block from the holder. `before`: the holder held the block
    /// before the two were connected.
    pub fn from_holder(&self, asker: &Dialect, holder: &Dialect, before: bool) -> Obtained {
        let cell = self.pairs.get(&(asker.name, holder.name, before));
        cell.copied().unwrap_or(Obtained::Always)
    }

    /// Whether the asker obtains a block from one peer when another peer has announced it and does
    /// not deliver it.
    pub fn despite_broken_promise(&self, asker: &Dialect) -> Obtained {
        let row = self.let_down.get(asker.name);
        row.copied().unwrap_or(Obtained::Always)
    }
}
