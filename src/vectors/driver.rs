//! [`Driver`]: an implementation's own program, which answers vectors in lines of JSON.
//!
//! `vectors/README.md` describes the conversation. It is carried on as the one with an adapter.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::vector::Vector;
use crate::suite::adapter::session::{CallError, Session};

/// The version of the conversation.
pub const VERSION: u32 = 1;

/// How a driver is started.
#[derive(Clone, Debug)]
pub struct DriverSettings {
    /// The command of the shell that starts it.
    pub command: String,
    /// How long it may take for an answer.
    pub within: Duration,
}

/// What a driver says of itself.
#[derive(Clone, Debug, Deserialize)]
pub struct Greeting {
    version: u32,
    /// What it drives.
    pub name: String,
    /// The commands that it knows: `wire`, `tree`, `state`, `sequence`.
    pub kinds: Vec<String>,
}

/// What a driver says to a vector.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// Its answer.
    Answer(Value),
    /// It cannot be asked this.
    Unsupported,
    /// It says what is wrong with itself.
    Error(String),
    /// There is no talking to it any more.
    Broken(String),
}

/// A driver that has been greeted.
pub struct Driver {
    session: Session,
    within: Duration,
}

impl Driver {
    /// Starts a driver.
    ///
    /// # Errors
    ///
    /// When it does not start, does not answer, or speaks another version.
    pub async fn start(settings: &DriverSettings) -> Result<(Driver, Greeting), String> {
        let session = Session::start(&settings.command).map_err(|error| in_words(&error))?;
        let within = settings.within;
        let driver = Driver { session, within };
        let hello = json!({ "command": "hello", "version": VERSION });
        let greeted = driver.session.call_value::<Greeting>(hello, within).await;
        let wrong = match greeted {
            Ok(greeting) if greeting.version == VERSION => return Ok((driver, greeting)),
            Ok(greeting) => format!(
                "it speaks version {} of the conversation, and this program version {VERSION}",
                greeting.version
            ),
            Err(error) => in_words(&error),
        };
        driver.end().await;
        Err(wrong)
    }

    /// Asks it one vector.
    pub async fn ask(&self, vector: &Vector) -> Said {
        let asked = json!({ "command": vector.command, "vector": vector.question });
        match self.session.call_value::<Value>(asked, self.within).await {
            Ok(answer) => Said::Answer(answer),
            Err(CallError::Unsupported) => Said::Unsupported,
            Err(CallError::Refused(error)) => Said::Error(error),
            Err(CallError::Broken(why)) => Said::Broken(why),
        }
    }

    /// Ends it.
    pub async fn end(self) {
        self.session.close().await;
    }
}

/// What is wrong, without the word adapter.
fn in_words(error: &CallError) -> String {
    match error {
        CallError::Refused(why) | CallError::Broken(why) => why.clone(),
        CallError::Unsupported => "it does not support `hello`".to_owned(),
    }
}
