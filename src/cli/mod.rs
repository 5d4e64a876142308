//! The command line: a file for each subcommand, each with its arguments and a `run` that writes
//! to the output it is given.

pub mod decode;
pub mod tree;

use std::process::ExitCode;

/// How a command that could run ended. One that could not run returns an error, for exit code 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// What was looked at is as it should be: exit code 0.
    Good,
    /// It is not: exit code 1.
    Bad,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Good => ExitCode::SUCCESS,
            Exit::Bad => ExitCode::from(1),
        }
    }
}
