//! [`SupposeArgs`]: the arguments that say how the nodes of a log are assumed to deviate.

use blockexc_model::deviation::Deviations;
use blockexc_model::{Deviation, Dialect};
use clap::Args;

use crate::cli::{deviation, dialect};
use crate::trace::judge::Suppose;

/// How the nodes of a log are assumed to deviate.
#[derive(Args, Clone, Debug)]
pub(super) struct SupposeArgs {
    /// Explain the log by this dialect, not by the one that the log names
    #[arg(long, value_name = "DIALECT", value_parser = dialect)]
    dialect: Option<&'static Dialect>,
    /// Explain the log by this deviation too
    #[arg(long, value_name = "DEVIATION", value_parser = deviation)]
    deviation: Vec<Deviation>,
}

impl SupposeArgs {
    /// What they say.
    pub(super) fn suppose(&self) -> Suppose {
        self.deviations()
            .map_or_else(Suppose::as_logged, Suppose::so)
    }

    /// The names of the deviations; `None`: those that each log names.
    pub(super) fn names(&self) -> Option<Vec<String>> {
        let name = |it: Deviation| it.name().to_owned();
        Some(self.deviations()?.iter().map(name).collect())
    }

    fn deviations(&self) -> Option<Deviations> {
        if self.dialect.is_none() && self.deviation.is_empty() {
            return None;
        }
        let mut deviations = self
            .dialect
            .map_or_else(Deviations::none, |dialect| dialect.deviations);
        for deviation in &self.deviation {
            deviations.insert(*deviation);
        }
        Some(deviations)
    }
}
