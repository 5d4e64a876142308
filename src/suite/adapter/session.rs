//! [`Session`]: the conversation with one adapter process.
//!
//! One command is under way at a time. Whatever is not in order (garbage, an overlong line, an answer
//! that nobody waits for, silence, the end of the process) breaks the session for good, with the
//! reason and the adapter's last words.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::{oneshot, watch};

use super::message::{Answer, Body, Command, Event, Hello, VERSION};
use crate::suite::control::Outcome;
use crate::suite::process::{Log, Process};

/// The longest line that is read, in bytes: a block of the longest frame, in hexadecimal.
pub const LONGEST_LINE: u64 = 32 * 1024 * 1024;
/// How long an adapter may take to end when it is told to.
const QUITTING: Duration = Duration::from_secs(2);
/// How long after its end what an adapter has said may come.
const LAST_WORDS: Duration = Duration::from_millis(100);
/// How much of a line that is no message is shown.
const SHOWN: usize = 80;

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The adapter says so.
    #[error("{0}")]
    Refused(String),
    /// The adapter does not know the command.
    #[error("the adapter does not support it")]
    Unsupported,
    /// There is no talking to it any more.
    #[error("the adapter is not to be relied on: {0}")]
    Broken(String),
}

/// A conversation.
pub struct Session {
    shared: Arc<Shared>,
    input: tokio::sync::Mutex<Input>,
    process: Mutex<Option<Process>>,
}

struct Input {
    pipe: Option<ChildStdin>,
    next: u64,
}

struct Shared {
    log: Log,
    broken: OnceLock<String>,
    pending: Mutex<Option<(u64, oneshot::Sender<Answer>)>>,
    outcomes: Mutex<HashMap<u64, Outcome>>,
    /// Counts what may interest whoever waits for an outcome.
    changes: watch::Sender<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    /// Starts a program that speaks lines of JSON as adapters do.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start(command: &str) -> Result<Session, CallError> {
        let started = Process::talk(command);
        let (process, input, output) =
            started.map_err(|error| CallError::Broken(format!("it does not start: {error}")))?;
        let shared = Arc::new(Shared {
            log: process.log().clone(),
            broken: OnceLock::new(),
            pending: Mutex::default(),
            outcomes: Mutex::default(),
            changes: watch::Sender::new(0),
        });
        tokio::spawn(read(Arc::clone(&shared), output, process.exit()));
        Ok(Session {
            shared,
            input: tokio::sync::Mutex::new(Input {
                pipe: Some(input),
                next: 1,
            }),
            process: Mutex::new(Some(process)),
        })
    }

    /// Starts an adapter and greets it.
    ///
    /// # Errors
    ///
    /// When it does not start, does not answer, or speaks another version.
    pub async fn open(command: &str, within: Duration) -> Result<(Session, Hello), CallError> {
        let session = Session::start(command)?;
        let greeted = session
            .call::<Hello>(Body::Hello { version: VERSION }, within)
            .await;
        match greeted {
            Ok(hello) if hello.version == VERSION => Ok((session, hello)),
            Ok(hello) => {
                session.close().await;
                Err(CallError::Broken(format!(
                    "it speaks version {} of the protocol, and the suite version {VERSION}",
                    hello.version
                )))
            }
            Err(error) => {
                session.close().await;
                Err(error)
            }
        }
    }

    /// Why there is no talking to the adapter any more, if there is none.
    pub fn broken(&self) -> Option<String> {
        self.shared.broken.get().cloned()
    }

    /// Sends a command, and waits for its answer for at most so long.
    ///
    /// # Errors
    ///
    /// When it is not carried out.
    pub async fn call<T: DeserializeOwned>(
        &self,
        body: Body,
        within: Duration,
    ) -> Result<T, CallError> {
        // The number is given below.
        let command = serde_json::to_value(Command { id: 0, body })
            .map_err(|error| self.shared.break_off(format!("no command: {error}")))?;
        self.call_value(command, within).await
    }

    /// The same with a command that need not be one of the protocol's.
    ///
    /// # Errors
    ///
    /// When it is not carried out.
    pub async fn call_value<T: DeserializeOwned>(
        &self,
        mut command: Value,
        within: Duration,
    ) -> Result<T, CallError> {
        let mut input = self.input.lock().await;
        let id = input.next;
        input.next += 1;
        command["id"] = id.into();
        let name = command["command"].as_str().unwrap_or("?").to_owned();
        let line = command.to_string();
        let (sender, answer) = oneshot::channel();
        *lock(&self.shared.pending) = Some((id, sender));
        if let Some(broken) = self.broken() {
            return Err(CallError::Broken(broken));
        }
        let Some(pipe) = &mut input.pipe else {
            return Err(self.shared.break_off("it was told to end".to_owned()));
        };
        let exchange = async {
            // That it does not read any more shows in the answer, which does not come.
            let _ = pipe.write_all(format!("{line}\n").as_bytes()).await;
            let _ = pipe.flush().await;
            answer.await
        };
        let answer = match tokio::time::timeout(within, exchange).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => return Err(self.shared.break_off(format!("no answer to `{name}`"))),
            Err(_) => {
                let why = format!("no answer to `{name}` within {} s", within.as_secs_f32());
                return Err(self.shared.break_off(why));
            }
        };
        match answer {
            Answer {
                ok: Some(ok),
                unsupported: false,
                error: None,
                ..
            } => serde_json::from_value(ok).map_err(|error| {
                self.shared.break_off(format!(
                    "its answer to `{name}` is not what is expected: {error}"
                ))
            }),
            Answer {
                ok: None,
                unsupported: true,
                error: None,
                ..
            } => Err(CallError::Unsupported),
            Answer {
                ok: None,
                unsupported: false,
                error: Some(error),
                ..
            } => Err(CallError::Refused(error)),
            _ => Err(self.shared.break_off(format!(
                "its answer to `{name}` is not one of `ok`, `unsupported` and `error`"
            ))),
        }
    }

    /// How a request stands, as soon as it has ended, or after `within`.
    ///
    /// # Errors
    ///
    /// When there is no talking to the adapter any more.
    pub async fn outcome(&self, request: u64, within: Duration) -> Result<Outcome, CallError> {
        let deadline = tokio::time::Instant::now() + within;
        let mut changes = self.shared.changes.subscribe();
        loop {
            changes.mark_unchanged();
            if let Some(outcome) = lock(&self.shared.outcomes).get(&request) {
                return Ok(outcome.clone());
            }
            if let Some(broken) = self.broken() {
                return Err(CallError::Broken(broken));
            }
            tokio::select! {
                _ = changes.changed() => {}
                () = tokio::time::sleep_until(deadline) => return Ok(Outcome::Pending),
            }
        }
    }

    /// Tells the adapter to end, and sees to it that it does.
    pub async fn close(&self) {
        if self.broken().is_none() {
            let _ = self.call::<Value>(Body::Quit, QUITTING).await;
        }
        self.input.lock().await.pipe.take();
        let within = match self.broken() {
            Some(_) => Duration::ZERO,
            None => QUITTING,
        };
        let process = lock(&self.process).take();
        if let Some(process) = process {
            process.end(within).await;
        }
    }
}

impl Shared {
    /// Ends the conversation.
    fn break_off(&self, why: String) -> CallError {
        let words = match self.log.lines() {
            lines if lines.is_empty() => "its log is empty".to_owned(),
            lines => format!("its log ends with: {}", lines.join(" | ")),
        };
        let why = self
            .broken
            .get_or_init(|| format!("{why}; {words}"))
            .clone();
        lock(&self.pending).take();
        self.changes.send_modify(|count| *count += 1);
        CallError::Broken(why)
    }

    /// Takes a line of the adapter.
    fn take(&self, line: &[u8]) -> Result<(), String> {
        let shown = || {
            let text = String::from_utf8_lossy(&line[..line.len().min(SHOWN)]);
            text.trim_end().to_owned()
        };
        let value: Value = serde_json::from_slice(line)
            .map_err(|error| format!("it writes what is no JSON: `{}` ({error})", shown()))?;
        if value.get("event").is_some() {
            // Events that are not known are ignored, as fields are.
            if let Ok(Event::RequestDone {
                request,
                data,
                failed,
            }) = serde_json::from_value(value)
            {
                let outcome = match (data, failed) {
                    (Some(data), None) => Outcome::Completed(data.0),
                    (None, Some(failed)) => Outcome::Failed(failed),
                    _ => {
                        return Err(format!(
                            "request {request} is done with neither or both of `data` and `failed`"
                        ));
                    }
                };
                let before = lock(&self.outcomes).insert(request, outcome);
                self.changes.send_modify(|count| *count += 1);
                if before.is_some() {
                    return Err(format!("request {request} is done twice"));
                }
            }
            return Ok(());
        }
        // Serde would take a list for the members in their order.
        if !value.is_object() {
            return Err(format!("it writes what is no answer: `{}`", shown()));
        }
        let answer: Answer = serde_json::from_value(value)
            .map_err(|error| format!("it writes what is no answer: `{}` ({error})", shown()))?;
        let mut pending = lock(&self.pending);
        match pending.take() {
            Some((id, sender)) if id == answer.id => {
                // Whoever asked may have given up.
                let _ = sender.send(answer);
                Ok(())
            }
            other => {
                let waiting = other.as_ref().map(|(id, _)| *id);
                *pending = other;
                Err(match waiting {
                    Some(id) => format!("it answers command {}, and {id} is asked", answer.id),
                    None => format!("it answers command {}, and nothing is asked", answer.id),
                })
            }
        }
    }
}

/// Reads what the adapter writes, until it breaks a rule or ends.
async fn read(shared: Arc<Shared>, output: ChildStdout, mut exit: watch::Receiver<Option<String>>) {
    let mut ended = exit.clone();
    let why = tokio::select! {
        why = read_lines(&shared, output) => why,
        // Something that it has started may keep its output open. What it wrote last comes first.
        () = async {
            // An error says that nobody watches it any more: it was killed.
            let _ = ended.wait_for(Option::is_some).await;
            tokio::time::sleep(LAST_WORDS).await;
        } => None,
    };
    // Its last words, and how it ended, may come a moment after its end.
    let why = match why {
        Some(why) => {
            tokio::time::sleep(LAST_WORDS).await;
            why
        }
        None => match tokio::time::timeout(LAST_WORDS, exit.wait_for(Option::is_some)).await {
            Ok(Ok(how)) => format!("it has ended ({})", how.as_deref().unwrap_or_default()),
            _ => "it has ended, or has closed its output".to_owned(),
        },
    };
    shared.break_off(why);
}

/// Reads to the end of the output. Returns which rule the adapter has broken, if it has.
async fn read_lines(shared: &Shared, output: ChildStdout) -> Option<String> {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut output)
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)
            .await
        {
            Ok(0) => return None,
            Ok(read) if read as u64 == LONGEST_LINE && line.last() != Some(&b'\n') => {
                return Some(format!(
                    "it writes a line of more than {LONGEST_LINE} bytes"
                ));
            }
            Ok(_) => {}
            Err(error) => return Some(format!("its output is not to be read: {error}")),
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if let Err(why) = shared.take(&line) {
            return Some(why);
        }
    }
}
