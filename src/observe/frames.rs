//! [`Frames`]: cuts what passes on a stream into frames, without holding it up.
//!
//! The bytes go on whatever is found in them. So a frame that is too long to be looked at costs no
//! memory, and one that never ends does not either.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::wire::frame::Prefix;

/// The longest frame that is looked at, in bytes. Deployed nodes put up to 48 blocks of 64 KiB into
/// one message.
pub const LONGEST: u64 = 8 * 1024 * 1024;

/// How many bytes of frames are in memory at most, those of all streams together: those of which not
/// all has come, and those that wait to be judged.
pub const MOST_BYTES: usize = 64 * 1024 * 1024;

/// What was cut from a stream.
#[derive(Debug)]
pub enum Cut {
    /// A whole frame, without its length, and the memory that it takes.
    Frame(Bytes, Option<OwnedSemaphorePermit>),
    /// A frame begins that is not looked at, for this reason.
    Skipped(String),
    /// From here on there are no frames to be found, for this reason.
    Lost(String),
}

#[derive(Debug)]
enum State {
    Length(Prefix),
    Body {
        left: u64,
        kept: Option<Kept>,
    },
    /// The length of a frame could not be read, so that it is not known where the next one begins.
    Lost,
}

/// As much of a frame as has come.
#[derive(Debug, Default)]
struct Kept {
    bytes: BytesMut,
    memory: Option<OwnedSemaphorePermit>,
}

/// One direction of a stream.
#[derive(Debug)]
pub struct Frames {
    memory: Arc<Semaphore>,
    state: State,
}

impl Frames {
    /// The beginning of a stream. `memory` has a permit for each byte of frames that may be kept.
    pub fn new(memory: Arc<Semaphore>) -> Self {
        Frames {
            memory,
            state: State::Length(Prefix::default()),
        }
    }

    /// Whether the stream may end here.
    pub fn is_between_frames(&self) -> bool {
        match &self.state {
            State::Length(prefix) => prefix.is_empty(),
            State::Body { .. } => false,
            State::Lost => true,
        }
    }

    /// Looks at the next bytes.
    pub fn take(&mut self, mut bytes: &[u8]) -> Vec<Cut> {
        let mut cuts = Vec::new();
        loop {
            match &mut self.state {
                State::Lost => return cuts,
                State::Length(prefix) => {
                    let [first, rest @ ..] = bytes else {
                        return cuts;
                    };
                    bytes = rest;
                    match prefix.push(*first, true) {
                        Ok(false) => {}
                        Ok(true) => {
                            let length = prefix.value();
                            let is_seen = length <= LONGEST;
                            if !is_seen {
                                cuts.push(Cut::Skipped(format!(
                                    "a frame of {length} bytes is announced: those of more than \
                                     {LONGEST} are not looked at"
                                )));
                            }
                            self.state = State::Body {
                                left: length,
                                kept: is_seen.then(Kept::default),
                            };
                        }
                        Err(error) => {
                            cuts.push(Cut::Lost(error.to_string()));
                            self.state = State::Lost;
                        }
                    }
                }
                State::Body { left, kept } => {
                    let length =
                        usize::try_from(*left).map_or(bytes.len(), |it| it.min(bytes.len()));
                    let (part, rest) = bytes.split_at(length);
                    bytes = rest;
                    if let Some(frame) = kept
                        && !frame.push(part, *left, &self.memory)
                    {
                        *kept = None;
                        cuts.push(Cut::Skipped(format!(
                            "more than {MOST_BYTES} bytes of frames are on their way"
                        )));
                    }
                    *left -= length as u64;
                    if *left > 0 {
                        return cuts;
                    }
                    if let Some(Kept { bytes, memory }) = kept.take() {
                        cuts.push(Cut::Frame(bytes.freeze(), memory));
                    }
                    self.state = State::Length(Prefix::default());
                }
            }
        }
    }
}

impl Kept {
    /// Keeps more of the frame, of which `left` bytes have not come yet. Returns whether there is
    /// memory for it.
    fn push(&mut self, part: &[u8], left: u64, memory: &Arc<Semaphore>) -> bool {
        if part.is_empty() {
            return true;
        }
        let Ok(length) = u32::try_from(part.len()) else {
            return false;
        };
        let Ok(more) = Arc::clone(memory).try_acquire_many_owned(length) else {
            return false;
        };
        match &mut self.memory {
            Some(memory) => memory.merge(more),
            None => self.memory = Some(more),
        }
        if self.bytes.is_empty() && left <= ROOM {
            self.bytes.reserve(left as usize);
        }
        self.bytes.extend_from_slice(part);
        true
    }
}

/// Room for a frame up to this length is made at once, in bytes: it holds a block and its proof.
const ROOM: u64 = 72 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::encode_frame;

    fn frames(memory: usize) -> Frames {
        Frames::new(Arc::new(Semaphore::new(memory)))
    }

    fn shown(cuts: &[Cut]) -> Vec<String> {
        let one = |cut: &Cut| match cut {
            Cut::Frame(bytes, _) => format!("frame {}", bytes.len()),
            Cut::Skipped(_) => "skipped".to_owned(),
            Cut::Lost(_) => "lost".to_owned(),
        };
        cuts.iter().map(one).collect()
    }

    #[test]
    fn frames_are_found_however_the_bytes_come() {
        let bytes = [
            encode_frame(b""),
            encode_frame(b"one"),
            encode_frame(&[7; 300]),
        ]
        .concat();
        for size in 1..bytes.len() {
            let mut frames = frames(1000);
            let cuts: Vec<Cut> = bytes.chunks(size).flat_map(|it| frames.take(it)).collect();
            assert_eq!(shown(&cuts), ["frame 0", "frame 3", "frame 300"], "{size}");
            assert!(frames.is_between_frames());
        }
    }

    #[test]
    fn a_frame_beyond_the_limit_is_passed_over_and_the_next_one_found() {
        let mut frames = frames(1000);
        let long = encode_frame(&vec![0; LONGEST as usize + 1]);
        assert_eq!(shown(&frames.take(&long[..100])), ["skipped"]);
        assert!(!frames.is_between_frames());
        assert!(frames.take(&long[100..]).is_empty());
        assert_eq!(shown(&frames.take(&encode_frame(b"next"))), ["frame 4"]);
    }

    #[test]
    fn what_there_is_no_memory_for_is_passed_over_until_there_is() {
        let mut frames = frames(10);
        assert!(frames.take(&encode_frame(&[0; 8])[..4]).is_empty());
        assert_eq!(shown(&frames.take(&[0; 5])), ["frame 8"]);
        let held = frames.take(&encode_frame(&[0; 8]));
        assert_eq!(shown(&held), ["frame 8"]);
        assert_eq!(shown(&frames.take(&encode_frame(&[0; 8]))), ["skipped"]);
        drop(held);
        assert_eq!(shown(&frames.take(&encode_frame(&[0; 8]))), ["frame 8"]);
    }

    #[test]
    fn after_a_length_that_is_none_nothing_is_found() {
        let mut frames = frames(10);
        assert_eq!(shown(&frames.take(&[0xff; 12])), ["lost"]);
        assert!(frames.take(&encode_frame(b"one")).is_empty());
    }
}
