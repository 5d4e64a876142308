//! How the suite starts the target's process.

use std::time::Duration;

use clap::Args;
use regex::Regex;

use crate::cli::seconds;
use crate::suite::launcher::{Launch, Place};

const DEFAULT_WITHIN: &str = "30";

/// The arguments that say how a target is started.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct StartArgs {
    /// A command that starts the node to validate, and stays in the foreground. It is run by a shell,
    /// and again after the node has ended. The address is --target's, or what --control rest:URL says, or
    /// the first multiaddress with /p2p/ in its output
    #[arg(long, value_name = "COMMAND")]
    pub(in crate::cli) start: Option<String>,
    /// A regular expression for the line of its output that names the address; its first group is
    /// the multiaddress
    #[arg(
        long,
        value_name = "REGEX",
        requires = "start",
        conflicts_with_all = ["target", "control"]
    )]
    address_pattern: Option<Regex>,
    /// How many seconds it may take until the node accepts connections
    #[arg(long, value_name = "SECONDS", requires = "start", default_value = DEFAULT_WITHIN,
        value_parser = seconds)]
    start_within: Duration,
}

impl StartArgs {
    /// How the target is started, if it is; its output says where it is, unless there is another way
    /// to learn that. Adds the arguments that say the same again.
    pub(in crate::cli) fn launch(
        &self,
        place: Option<Place>,
        arguments: &mut Vec<String>,
    ) -> Option<Launch> {
        let command = self.start.clone()?;
        arguments.push(format!("--start {}", quoted(&command)));
        if let Some(pattern) = &self.address_pattern {
            arguments.push(format!("--address-pattern {}", quoted(pattern.as_str())));
        }
        if DEFAULT_WITHIN.parse() != Ok(self.start_within.as_secs_f64()) {
            arguments.push(format!(
                "--start-within {}",
                self.start_within.as_secs_f64()
            ));
        }
        Some(Launch {
            command,
            place: place.unwrap_or_else(|| Place::InOutput(self.address_pattern.clone())),
            within: self.start_within,
        })
    }
}

/// The text as one word for a shell.
pub(in crate::cli) fn quoted(text: &str) -> String {
    // No argument of a command has a zero byte in it.
    shlex::try_quote(text).map_or_else(|_| text.to_owned(), |quoted| quoted.into_owned())
}
