//! The command line: a file for each subcommand, each with its arguments and a `run` that writes
//! to the output it is given.

pub mod adapter;
pub mod baseline;
pub mod check;
mod check_counterexample;
mod check_custom;
pub mod check_induction;
pub mod check_interop;
mod check_report;
mod check_walks;
pub mod completions;
pub mod conform;
pub mod decode;
pub mod get;
pub mod interruption;
mod known;
pub mod node;
pub mod observe;
mod output;
pub mod probe;
pub mod put;
pub mod report;
mod reporting;
mod results;
pub mod simulate;
pub mod spec;
mod spinner;
pub mod trace;
pub mod tree;
pub mod vectors;

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use blockexc_model::dialect::DIALECTS;
use blockexc_model::requirement::REQUIREMENTS;
use blockexc_model::{Deviation, Dialect, Requirement};
use tokio::runtime::Runtime;

use crate::near::Unknown;

/// How a command that could run ended. One that could not run returns an error, for exit code 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// What was looked at is as it should be: exit code 0.
    Good,
    /// It is not: exit code 1.
    Bad,
    /// It could not be told: exit code 2, as for a command that could not run.
    CouldNotTell,
    /// The user ended it early: exit code [`INTERRUPTED`].
    Interrupted,
}

/// The exit code of a command that was interrupted.
pub const INTERRUPTED: u8 = 130;

/// The exit code of a command whose output nobody reads any more, as `head` has it end: what the
/// system gives a process that it ends for this.
pub const CLOSED_PIPE: u8 = 141;

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Good => ExitCode::SUCCESS,
            Exit::Bad => ExitCode::from(1),
            Exit::CouldNotTell => ExitCode::from(2),
            Exit::Interrupted => ExitCode::from(INTERRUPTED),
        }
    }
}

/// The seed that was given, or a random one, which is said before anything can go wrong.
fn seed(given: Option<u64>) -> u64 {
    given.unwrap_or_else(|| {
        let seed = rand::random();
        anstream::eprintln!("--seed {seed} repeats this run");
        seed
    })
}

/// What asynchronous commands run on.
/// How many threads work when so many are asked for: one for each core when nothing is said.
fn threads(given: Option<NonZeroUsize>) -> usize {
    let given = given.map_or_else(std::thread::available_parallelism, Ok);
    given.map_or(1, NonZeroUsize::get)
}

fn runtime() -> anyhow::Result<Runtime> {
    Runtime::new().context("the asynchronous runtime does not start")
}

/// A runtime on this thread alone, for a node with one thing to do: what one connection brings is
/// worked off faster when it need not be passed from thread to thread.
fn runtime_of_one_thread() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime does not start")
}

/// Reads the name of a dialect.
fn dialect(name: &str) -> Result<&'static Dialect, Unknown> {
    let names = || DIALECTS.iter().map(|dialect| dialect.name);
    Dialect::find(name).ok_or_else(|| {
        let all = names().collect::<Vec<_>>().join(", ");
        Unknown::new("dialect", name, names(), format!("there are {all}"))
    })
}

/// Reads the name of a deviation.
fn deviation(name: &str) -> Result<Deviation, Unknown> {
    let names = Deviation::ALL.iter().map(|deviation| deviation.name());
    name.parse().map_err(|_| {
        let all = "`blockexc spec --deviations` lists all";
        Unknown::new("deviation", name, names, all)
    })
}

/// Reads a time.
fn seconds(text: &str) -> Result<Duration, String> {
    let wrong = || "a number of seconds from 0.1 to 3600 is expected".to_owned();
    let seconds: f64 = text.parse().map_err(|_| wrong())?;
    if !(0.1..=3600.0).contains(&seconds) {
        return Err(wrong());
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// Reads the ID of a requirement, in letters of either case.
fn requirement(id: &str) -> Result<&'static Requirement, Unknown> {
    let mut requirements = REQUIREMENTS.iter();
    let found = requirements.find(|known| known.id.eq_ignore_ascii_case(id));
    found.ok_or_else(|| {
        let ids = REQUIREMENTS.iter().map(|known| known.id);
        Unknown::new("requirement", id, ids, "`blockexc spec` lists all")
    })
}
