//! Frames: an unsigned-varint length, then that many bytes (WIRE-1).
//!
//! The reader checks the announced length before it takes any memory for it (WIRE-2), and takes
//! memory only as bytes arrive: never more than twice what has come, and one chunk. It keeps its
//! state in itself, so a read that is given up half-way is taken up again by the next.

use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use futures::{AsyncRead, AsyncReadExt};

/// The length that no deployed node's message exceeds: 100 MiB.
pub const DEFAULT_LIMIT: u64 = 100 * 1024 * 1024;

/// How many bytes are read ahead of what is asked for.
const READ_AHEAD: usize = 4 * 1024;

/// The memory taken at first for a frame that is longer: room for a block of 64 KiB with its proof.
const CHUNK: usize = 72 * 1024;

/// What a reader lets pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameOptions {
    /// The longest frame, in bytes without its length prefix.
    pub limit: u64,
    /// Whether a length in more bytes than it needs is taken for what it says: the deviation
    /// `accept-overlong-varints`.
    pub accept_overlong: bool,
}

impl Default for FrameOptions {
    fn default() -> Self {
        FrameOptions {
            limit: DEFAULT_LIMIT,
            accept_overlong: false,
        }
    }
}

/// Why no frame comes from a stream.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The announced length is beyond the limit (WIRE-2). The only error after which reading may
    /// go on: the next read skips the frame.
    #[error("a frame of {announced} bytes is announced, the limit is {limit} (WIRE-2)")]
    TooLong {
        /// The length that the prefix announces.
        announced: u64,
        /// The limit that the reader was given.
        limit: u64,
    },
    /// The length takes more bytes than it needs (WIRE-8).
    #[error("the frame's length {value} is an overlong varint of {bytes} bytes (WIRE-8)")]
    OverlongVarint {
        /// What the varint says.
        value: u64,
        /// The bytes that it takes.
        bytes: usize,
    },
    /// The length is no number of 64 bits (WIRE-8).
    #[error("the frame's length is a varint of more than 64 bits (WIRE-8)")]
    VarintBeyond64Bits,
    /// The stream ended within a frame or its length (WIRE-8): to be dropped quietly.
    #[error("the stream ended {received} bytes into a frame of {} (WIRE-8)", announced(*.expected))]
    Truncated {
        /// How many bytes of the length, or of the frame when `expected` is known, had come.
        received: u64,
        /// The announced length, or `None` when the length itself was cut.
        expected: Option<u64>,
    },
    /// The stream failed.
    #[error("reading a frame: {0}")]
    Io(#[from] io::Error),
}

fn announced(expected: Option<u64>) -> String {
    expected.map_or_else(
        || "unknown length".to_owned(),
        |length| format!("{length} bytes"),
    )
}

/// A length prefix, as far as it has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prefix {
    value: u64,
    bytes: usize,
}

impl Prefix {
    /// What it says so far; the length of the frame after its last byte.
    pub fn value(&self) -> u64 {
        self.value
    }

    /// Whether nothing of it has come.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Takes one more byte. `Ok(true)` says that it was the last. WIRE-8: an overlong varint is
    /// refused.
    ///
    /// # Errors
    ///
    /// When it is no length (WIRE-8).
    pub fn push(&mut self, byte: u8, accept_overlong: bool) -> Result<bool, FrameError> {
        let digit = u64::from(byte & 0x7f);
        let shift = 7 * self.bytes as u32;
        if self.bytes >= 10 || (self.bytes == 9 && digit > 1) {
            return Err(FrameError::VarintBeyond64Bits);
        }
        self.value |= digit << shift;
        self.bytes += 1;
        if byte & 0x80 != 0 {
            // A tenth byte holds the last bit.
            return if self.bytes == 10 {
                Err(FrameError::VarintBeyond64Bits)
            } else {
                Ok(false)
            };
        }
        if digit == 0 && self.bytes > 1 && !accept_overlong {
            return Err(FrameError::OverlongVarint {
                value: self.value,
                bytes: self.bytes,
            });
        }
        Ok(true)
    }
}

#[derive(Debug)]
enum State {
    /// Between frames, or within a length.
    Length(Prefix),
    /// Within a frame: `body` is filled up to `filled`, its length is memory taken so far.
    Body {
        body: Vec<u8>,
        filled: usize,
        length: usize,
    },
    /// Within a frame that was too long.
    Skip(u64),
    /// Nothing more comes.
    Over,
}

/// Reads frames from a stream.
#[derive(Debug)]
pub struct FrameReader<R> {
    stream: R,
    options: FrameOptions,
    state: State,
    ahead: Box<[u8]>,
    /// What of `ahead` is read and not yet used.
    unused: std::ops::Range<usize>,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// A reader at the start of a stream.
    pub fn new(stream: R, options: FrameOptions) -> Self {
        FrameReader {
            stream,
            options,
            state: State::Length(Prefix::default()),
            ahead: vec![0; READ_AHEAD].into_boxed_slice(),
            unused: 0..0,
        }
    }

    /// The next frame, or `None` when the stream ended after the last one.
    ///
    /// Dropping the future loses nothing: the next call goes on where it was. After
    /// [`FrameError::TooLong`] the next call skips that frame, without taking memory for it;
    /// after any other error there are no more frames.
    pub async fn next(&mut self) -> Result<Option<Bytes>, FrameError> {
        let result = self.advance().await;
        if !matches!(result, Ok(Some(_)) | Err(FrameError::TooLong { .. })) {
            self.state = State::Over;
        }
        result
    }

    async fn advance(&mut self) -> Result<Option<Bytes>, FrameError> {
        loop {
            match &mut self.state {
                State::Over => return Ok(None),
                State::Length(prefix) => {
                    if self.unused.is_empty() {
                        let read = self.stream.read(&mut self.ahead).await?;
                        self.unused = 0..read;
                        if read == 0 {
                            return match prefix.bytes {
                                0 => Ok(None),
                                received => Err(FrameError::Truncated {
                                    received: received as u64,
                                    expected: None,
                                }),
                            };
                        }
                    }
                    let byte = self.ahead[self.unused.start];
                    self.unused.start += 1;
                    if prefix.push(byte, self.options.accept_overlong)? {
                        // WIRE-2: no memory is taken for a frame that is too long.
                        let announced = prefix.value;
                        let limit = self.options.limit;
                        match usize::try_from(announced) {
                            Ok(length) if announced <= limit => {
                                self.state = State::Body {
                                    body: Vec::new(),
                                    filled: 0,
                                    length,
                                }
                            }
                            _ => {
                                self.state = State::Skip(announced);
                                return Err(FrameError::TooLong { announced, limit });
                            }
                        }
                    }
                }
                State::Body {
                    body,
                    filled,
                    length,
                } => {
                    if *filled == *length {
                        let frame = Bytes::from(std::mem::take(body));
                        self.state = State::Length(Prefix::default());
                        return Ok(Some(frame));
                    }
                    if *filled == body.len() {
                        // What has come is a measure of what may be taken.
                        let more = (*length - *filled).min((*filled).max(CHUNK));
                        body.reserve_exact(more);
                        body.resize(*filled + more, 0);
                    }
                    let read = if self.unused.is_empty() {
                        self.stream.read(&mut body[*filled..]).await?
                    } else {
                        let read = self.unused.len().min(body.len() - *filled);
                        let end = self.unused.start + read;
                        body[*filled..*filled + read]
                            .copy_from_slice(&self.ahead[self.unused.start..end]);
                        self.unused.start = end;
                        read
                    };
                    if read == 0 {
                        return Err(FrameError::Truncated {
                            received: *filled as u64,
                            expected: Some(*length as u64),
                        });
                    }
                    *filled += read;
                }
                State::Skip(0) => self.state = State::Length(Prefix::default()),
                State::Skip(rest) => {
                    if self.unused.is_empty() {
                        let read = self.stream.read(&mut self.ahead).await?;
                        self.unused = 0..read;
                        if read == 0 {
                            return Err(FrameError::Truncated {
                                received: 0,
                                expected: Some(*rest),
                            });
                        }
                    }
                    let skipped = usize::try_from(*rest)
                        .map_or(self.unused.len(), |rest| rest.min(self.unused.len()));
                    self.unused.start += skipped;
                    *rest -= skipped as u64;
                }
            }
        }
    }

    /// The stream, for writing to it or closing it. Reading from it would lose the place.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.stream
    }
}

/// A message with its length before it (WIRE-1).
pub fn encode_frame(message: &[u8]) -> Bytes {
    let mut buffer = unsigned_varint::encode::u64_buffer();
    let length = unsigned_varint::encode::u64(message.len() as u64, &mut buffer);
    let mut frame = BytesMut::with_capacity(length.len() + message.len());
    frame.put_slice(length);
    frame.put_slice(message);
    frame.freeze()
}

/// How many bytes the frame takes that these bytes begin with, its length included; none when they begin
/// with no length.
pub fn frame_length(bytes: &[u8]) -> Option<usize> {
    let (length, rest) = unsigned_varint::decode::u64(bytes).ok()?;
    let prefix = bytes.len() - rest.len();
    usize::try_from(length).ok()?.checked_add(prefix)
}

/// A message's bytes without the length before it, when the bytes are exactly one frame.
pub fn strip_length(bytes: &Bytes) -> Option<Bytes> {
    let (length, rest) = unsigned_varint::decode::u64(bytes).ok()?;
    (length == rest.len() as u64).then(|| bytes.slice_ref(rest))
}
