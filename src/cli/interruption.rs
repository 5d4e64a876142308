//! [`Interruption`]: whether the user wants a command to end early.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::TERM_SIGNALS;
use signal_hook::flag;

use super::INTERRUPTED;

/// How often it is looked whether the user has interrupted.
const LOOK: Duration = Duration::from_millis(20);

/// Whether the user wants the command to end early. The first signal asks it to; the second one ends
/// the process at once.
#[derive(Clone, Debug)]
pub struct Interruption(Arc<AtomicBool>);

impl Interruption {
    /// Takes the signals that end a process from now on.
    ///
    /// # Errors
    ///
    /// When the system does not allow it.
    pub fn listen() -> io::Result<Self> {
        let requested = Arc::new(AtomicBool::new(false));
        for signal in TERM_SIGNALS {
            // In this order: the first signal finds the flag unset.
            let exit_code = i32::from(INTERRUPTED);
            flag::register_conditional_shutdown(*signal, exit_code, Arc::clone(&requested))?;
            flag::register(*signal, Arc::clone(&requested))?;
        }
        Ok(Interruption(requested))
    }

    /// Whether the command is to end early.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Says to a search or the like whether to go on.
    pub fn go_on(&self) -> ControlFlow<()> {
        match self.is_requested() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    /// Returns when the command is to end early.
    pub async fn requested(&self) {
        while !self.is_requested() {
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// The user ended the command before there was anything to tell.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("interrupted before anything was run")]
pub struct Interrupted;
