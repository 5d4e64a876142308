//! [`RecordingCore`]: a core that writes a log of its events and effects.
//!
//! Only a node with [`NodeOptions::record`](super::NodeOptions) has one, so other nodes pay nothing.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use blockexc_model::deviating::{Effect, Event};
use blockexc_model::price::Price;

use super::core::Core;
use crate::trace::header::Header;
use crate::trace::record::Recorder;
use crate::wire::{Address, Dump, Network};

/// The log of a node that records. Clones write to the same log.
#[derive(Clone)]
pub struct Recording(Arc<Mutex<Recorder<Box<dyn Write + Send>>>>);

impl Recording {
    /// Begins a log.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn new(out: Box<dyn Write + Send>, header: &Header) -> io::Result<Self> {
        let recorder = Recorder::new(out, header)?;
        Ok(Recording(Arc::new(Mutex::new(recorder))))
    }

    fn write(&self, write: impl FnOnce(&mut Recorder<Box<dyn Write + Send>>) -> io::Result<()>) {
        let mut recorder = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The node goes on without its log, for example when the disk is full.
        if let Err(error) = write(&mut recorder) {
            tracing::error!("the log is not written: {error}");
        }
    }

    /// Flushes the log.
    pub fn flush(&self) {
        self.write(Recorder::flush);
    }
}

/// A core that records its events and effects.
pub struct RecordingCore {
    core: Box<dyn Core>,
    recording: Recording,
}

impl RecordingCore {
    /// The same core, with a recording.
    pub fn new(core: Box<dyn Core>, recording: Recording) -> Self {
        RecordingCore { core, recording }
    }
}

impl Core for RecordingCore {
    fn handle(&mut self, event: Event<Network>) -> Vec<Effect<Network>> {
        let effects = self.core.handle(event.clone());
        self.recording
            .write(|recorder| recorder.step(&event, &effects));
        effects
    }

    fn wants(&self, address: &Address) -> bool {
        self.core.wants(address)
    }

    fn holds(&self, address: &Address) -> bool {
        self.core.holds(address)
    }

    fn set_price(&mut self, price: Price) {
        self.core.set_price(price);
    }

    fn dump(&self) -> Dump {
        let dump = self.core.dump();
        self.recording.write(|recorder| recorder.dumped(&dump));
        dump
    }
}

impl Drop for RecordingCore {
    fn drop(&mut self) {
        self.recording.flush();
    }
}
