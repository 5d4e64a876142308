//! [`Process`]: a program that the suite starts, and that never outlives the run.
//!
//! It is started by a shell, in a process group of its own. The whole group is killed when the
//! process is stopped or forgotten, and when the suite itself is killed: a second shell, the guard,
//! then reads the end of its input, and kills the group.

use std::collections::VecDeque;
use std::io;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// How long a process that is told to end may take, before it is killed.
const ENDING: Duration = Duration::from_secs(2);
/// How many lines of the log are kept, the last ones.
const KEPT_LINES: usize = 20;
/// How much of a kept line is kept, in characters.
const KEPT_OF_LINE: usize = 1000;
/// How much of a line of the log is read, in bytes.
const LONGEST_LINE: usize = 16 * 1024;
/// The signal that asks a process to end.
const TERMINATE: i32 = 15;
/// What the guard runs, with the process group as its argument: a line says that all is over.
const GUARD: &str = r#"read -r line || kill -KILL "-$1""#;

/// Is shown each line of a program's log.
type OnLine = Arc<dyn Fn(&str) + Send + Sync>;

/// A running program. It is killed when this is dropped.
pub struct Process {
    stop: mpsc::Sender<()>,
    exit: watch::Receiver<Option<String>>,
    log: Log,
}

impl Process {
    /// Starts a command, as a shell reads it. Its input is empty, and all that it writes is its log.
    /// Each line of that is shown to `on_line`.
    ///
    /// # Errors
    ///
    /// When there is no shell. A command that does not exist ends at once.
    pub fn start(
        command: &str,
        on_line: impl Fn(&str) + Send + Sync + 'static,
    ) -> io::Result<Process> {
        let (mut child, guard) = spawn(command, Stdio::null())?;
        let (output, errors) = (child.stdout().take(), child.stderr().take());
        let (log, on_line): (Log, OnLine) = (Log::default(), Arc::new(on_line));
        let readers = vec![
            tokio::spawn(keep_lines(output, log.clone(), Arc::clone(&on_line))),
            tokio::spawn(keep_lines(errors, log.clone(), on_line)),
        ];
        Ok(Process::watched(child, guard, log, readers))
    }

    /// Starts a command, as a shell reads it, to talk with. Returns its standard input and output
    /// beside it; its standard error is its log.
    ///
    /// # Errors
    ///
    /// When there is no shell. A command that does not exist ends at once.
    pub fn talk(command: &str) -> io::Result<(Process, ChildStdin, ChildStdout)> {
        let (mut child, guard) = spawn(command, Stdio::piped())?;
        let missing = || io::Error::other("the process has no pipes");
        let input = child.stdin().take().ok_or_else(missing)?;
        let output = child.stdout().take().ok_or_else(missing)?;
        let errors = child.stderr().take();
        let log = Log::default();
        let readers = vec![tokio::spawn(keep_lines(
            errors,
            log.clone(),
            Arc::new(|_| {}),
        ))];
        let process = Process::watched(child, guard, log, readers);
        Ok((process, input, output))
    }

    fn watched(
        child: Box<dyn ChildWrapper>,
        guard: Child,
        log: Log,
        readers: Vec<JoinHandle<()>>,
    ) -> Process {
        let (stop, stopped) = mpsc::channel(1);
        let (exited, exit) = watch::channel(None);
        tokio::spawn(async move {
            let how = watch_over(child, guard, stopped).await;
            for reader in readers {
                // What it wrote last is there already; somebody else may hold the other end open.
                let _ = tokio::time::timeout(ENDING / 20, reader).await;
            }
            exited.send_replace(Some(how));
        });
        Process { stop, exit, log }
    }

    /// How it has ended, once it has.
    pub fn exit(&self) -> watch::Receiver<Option<String>> {
        self.exit.clone()
    }

    /// How it has ended, with the last lines of its log, if it has.
    pub fn ended(&self) -> Option<String> {
        let how = self.exit.borrow().clone()?;
        Some(format!("{how}; {}", self.log.in_words()))
    }

    /// How it has ended, as soon as it has, or after `within` at the latest.
    pub async fn ended_within(&self, within: Duration) -> Option<String> {
        let mut exit = self.exit();
        // Neither result matters: a process that is not watched any more was killed.
        let _ = tokio::time::timeout(within, exit.wait_for(Option::is_some)).await;
        self.ended()
    }

    /// Its log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Asks it to end, and kills it when it does not; returns when it is gone.
    pub async fn stop(&self) {
        // An error says that it is told already, or has ended.
        let _ = self.stop.try_send(());
        self.ended_within(2 * ENDING).await;
    }

    /// Waits until it has ended, for at most so long, and kills it then; returns when it is gone.
    pub async fn end(self, within: Duration) {
        self.ended_within(within).await;
        let Process { stop, mut exit, .. } = self;
        drop(stop);
        // What does not end now is the system's to end.
        let _ = tokio::time::timeout(2 * ENDING, exit.wait_for(Option::is_some)).await;
    }
}

/// Starts a command of the shell in a process group of its own, and the guard beside it.
fn spawn(command: &str, input: Stdio) -> io::Result<(Box<dyn ChildWrapper>, Child)> {
    let mut wrapped = CommandWrap::with_new("sh", |shell| {
        shell.args(["-c", command]).stdin(input);
        shell.stdout(Stdio::piped()).stderr(Stdio::piped());
    });
    let mut child = wrapped.wrap(ProcessGroup::leader()).spawn()?;
    match child.id().map(guard) {
        Some(Ok(guard)) => Ok((child, guard)),
        Some(Err(error)) => {
            child.start_kill()?;
            Err(error)
        }
        None => Err(io::Error::other("the process has no number")),
    }
}

fn guard(group: u32) -> io::Result<Child> {
    Command::new("sh")
        .args(["-c", GUARD, "sh", &group.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // What interrupts the suite must not interrupt the guard.
        .process_group(0)
        .spawn()
}

/// Waits until the process has ended, or is to be stopped. No member of its group is left then.
async fn watch_over(
    mut child: Box<dyn ChildWrapper>,
    mut guard: Child,
    mut stopped: mpsc::Receiver<()>,
) -> String {
    let status = tokio::select! {
        status = child.wait() => Some(status),
        told = stopped.recv() => {
            // An error says that it has ended.
            if told.is_some() && child.signal(TERMINATE).is_ok() {
                tokio::time::timeout(ENDING, child.wait()).await.ok()
            } else {
                None
            }
        }
    };
    // What is left of the group. An error says that nothing is.
    let _ = child.start_kill();
    let status = match status {
        Some(status) => status,
        None => child.wait().await,
    };
    if let Some(input) = &mut guard.stdin {
        // The guard may be gone, as everything may.
        let _ = input.write_all(b"over\n").await;
    }
    let _ = guard.wait().await;
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}

/// The last lines that a process wrote. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    /// The last lines, the oldest first.
    pub fn lines(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }

    /// The last lines, in words.
    pub fn in_words(&self) -> String {
        let lines = self.lines();
        if lines.is_empty() {
            return "it wrote no log".to_owned();
        }
        format!("the last lines of its log:\n{}", lines.join("\n"))
    }

    fn add(&self, line: &str) {
        let line = line.trim_end().chars().take(KEPT_OF_LINE).collect();
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

/// Reads an output to its end, so that the process never waits for a reader.
async fn keep_lines(output: Option<impl AsyncRead + Unpin>, log: Log, on_line: OnLine) {
    let Some(output) = output else { return };
    let mut output = BufReader::new(output);
    while let Ok(Some(line)) = next_line(&mut output, LONGEST_LINE).await {
        let line = String::from_utf8_lossy(&line);
        on_line(&line);
        log.add(&line);
    }
}

/// The next line, without its end, and cut to so many bytes; nothing at the end.
async fn next_line(
    output: &mut (impl AsyncBufRead + Unpin),
    longest: usize,
) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut any = false;
    loop {
        let bytes = output.fill_buf().await?;
        if bytes.is_empty() {
            return Ok(any.then_some(line));
        }
        any = true;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let part = &bytes[..end.unwrap_or(bytes.len())];
        line.extend_from_slice(&part[..part.len().min(longest - line.len())]);
        let used = end.map_or(bytes.len(), |end| end + 1);
        output.consume(used);
        if end.is_some() {
            return Ok(Some(line));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    fn is_running(group: &str) -> bool {
        let kill = std::process::Command::new("sh")
            .args(["-c", &format!("kill -0 -{group} 2>/dev/null")])
            .status();
        kill.unwrap().success()
    }

    /// A process that says its group, and has a child that would outlive it.
    async fn parent(then: &str) -> (Process, String) {
        let (says, mut said) = mpsc::unbounded_channel();
        let command = format!("sleep 1000 & echo $$; {then}");
        let process = Process::start(&command, move |line| {
            // Only the first line is waited for.
            let _ = says.send(line.to_owned());
        });
        let group = tokio::time::timeout(LONG, said.recv()).await.unwrap();
        (process.unwrap(), group.unwrap())
    }

    async fn gone(group: &str) -> bool {
        for _ in 0..400 {
            if !is_running(group) {
                return true;
            }
            tokio::time::sleep(LONG / 400).await;
        }
        false
    }

    #[tokio::test]
    async fn what_ended_by_itself_is_told_with_its_last_words() {
        let (process, group) = parent("echo a reason >&2; exit 7").await;
        let end = process.ended_within(LONG).await.unwrap();
        assert!(end.contains("7") && end.contains("a reason"), "{end}");
        assert!(gone(&group).await, "its child is left");
    }

    #[tokio::test]
    async fn all_of_its_group_ends_when_it_is_stopped_or_dropped() {
        let (process, group) = parent("wait").await;
        assert!(is_running(&group));
        assert_eq!(process.ended(), None);
        process.stop().await;
        assert!(gone(&group).await, "stopped, and still there");

        let (process, group) = parent("trap '' TERM; wait").await;
        assert!(is_running(&group));
        drop(process);
        assert!(gone(&group).await, "dropped, and still there");
    }

    #[tokio::test]
    async fn long_lines_are_cut() {
        let mut output: &[u8] = b"0123456789\n\nabc";
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut output, 4).await.unwrap() {
            lines.push(line);
        }
        assert_eq!(lines, [&b"0123"[..], b"", b"abc"]);
    }
}
