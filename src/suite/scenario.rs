//! [`Scenario`]: a test of one requirement, as data.

use std::fmt;

use blockexc_model::Requirement;
use futures::future::BoxFuture;

use super::harness::Harness;
use super::needs::Needs;
use super::stop::Stop;
use super::target::TargetOptions;

/// One test of one requirement.
///
/// It accuses the target of missing this requirement only. If something else that it builds upon is
/// missing, it is inconclusive; that has a scenario of its own.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// The requirement's ID, or the ID, a slash, and a word: `WANT-10/held`.
    pub id: &'static str,
    /// What is done.
    pub summary: &'static str,
    /// What is expected, and which outcomes are allowed.
    pub expects: &'static str,
    /// What it needs, beside a target that can be dialled.
    pub needs: Needs,
    /// How the target must be set up. A target that cannot be is skipped, unless this is
    /// [`TargetOptions::DEFAULT`].
    pub options: TargetOptions,
    /// Runs it.
    pub run: for<'a> fn(&'a Harness) -> BoxFuture<'a, Result<(), Stop>>,
}

impl Scenario {
    /// The ID of the requirement that it tests.
    pub fn requirement_id(&self) -> &'static str {
        self.id.split_once('/').map_or(self.id, |(id, _)| id)
    }

    /// The requirement that it tests, unless its ID names none.
    pub fn requirement(&self) -> Option<&'static Requirement> {
        Requirement::find(self.requirement_id())
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}
