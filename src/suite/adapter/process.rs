//! [`Process`]: a program that is started by the suite and does not outlive it.
//!
//! The program runs in a process group of its own. Beside it waits a small shell, the guardian,
//! whose standard input is a pipe from the suite. When the pipe is closed, by the suite or because
//! the suite was killed, the guardian kills the whole group. So nothing is left behind, and no
//! code here need be unsafe.

use std::collections::VecDeque;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::watch;

/// How many of the last lines of its log are kept.
const LAST_LINES: usize = 20;
/// The longest line of a log; longer ones are cut.
const LOG_LINE: u64 = 1000;
/// How long the guardian may take to end a group.
const KILLING: Duration = Duration::from_secs(5);

/// A running program.
pub struct Process {
    /// How it ended, once it has.
    exit: watch::Receiver<Option<String>>,
    guardian: Child,
    log: Log,
}

/// The last lines of a program's log. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    /// The last lines, joined; or that there are none.
    pub fn last_words(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() {
            return "its log is empty".to_owned();
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        format!("its log ends with: {}", lines.join(" | "))
    }

    fn add(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LAST_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    async fn follow(self, from: impl AsyncRead + Unpin) {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while (&mut from)
            .take(LOG_LINE)
            .read_until(b'\n', &mut line)
            .await
            .is_ok_and(|read| read > 0)
        {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if !text.is_empty() {
                self.add(text);
            }
            line.clear();
        }
    }
}

impl Process {
    /// Starts a command of the shell. Returns its standard input and output beside it; its standard
    /// error is its log.
    ///
    /// # Errors
    ///
    /// When there is no shell, or the system starts no more processes.
    pub fn start(command: &str) -> std::io::Result<(Process, ChildStdin, ChildStdout)> {
        let mut child = grouped("sh")
            .args(["-c", command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let group = child.id().unwrap_or_default();
        let guardian = grouped("sh")
            .args([
                "-c",
                "read _; kill -s KILL -- \"-$1\" 2>/dev/null",
                "guardian",
            ])
            .arg(group.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let missing = || std::io::Error::other("the process has no pipes");
        let input = child.stdin.take().ok_or_else(missing)?;
        let output = child.stdout.take().ok_or_else(missing)?;
        let errors = child.stderr.take().ok_or_else(missing)?;
        let log = Log::default();
        tokio::spawn(log.clone().follow(errors));
        let (exited, exit) = watch::channel(None);
        tokio::spawn(async move {
            let how = match child.wait().await {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            };
            exited.send_replace(Some(how));
        });
        let process = Process {
            exit,
            guardian,
            log,
        };
        Ok((process, input, output))
    }

    /// The program's log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// How the program ended, once it has.
    pub fn exit(&self) -> watch::Receiver<Option<String>> {
        self.exit.clone()
    }

    /// Waits until the program has ended, for at most so long, then kills it and all that it has
    /// started.
    pub async fn end(mut self, within: Duration) {
        let _ = tokio::time::timeout(within, self.exit.wait_for(Option::is_some)).await;
        drop(self.guardian.stdin.take());
        // What does not end now is the system's to end.
        let _ = tokio::time::timeout(KILLING, self.guardian.wait()).await;
        let _ = tokio::time::timeout(KILLING, self.exit.wait_for(Option::is_some)).await;
    }
}

/// A command in a process group of its own.
fn grouped(program: &str) -> Command {
    let mut command = Command::new(program);
    #[cfg(unix)]
    command.process_group(0);
    command
}
