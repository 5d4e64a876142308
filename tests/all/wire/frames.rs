//! Frames: limits, varints, cut streams, and readers that are interrupted.

use std::pin::Pin;
use std::task::{Context, Poll};

use blockexc::wire::{FrameError, FrameOptions, FrameReader, encode_frame};
use bytes::Bytes;
use futures::executor::block_on;
use futures::io::{AsyncRead, Cursor};
use futures::{AsyncReadExt, FutureExt};

fn reader(bytes: &[u8], options: FrameOptions) -> FrameReader<Cursor<Vec<u8>>> {
    FrameReader::new(Cursor::new(bytes.to_vec()), options)
}

fn first(bytes: &[u8]) -> Result<Option<Bytes>, FrameError> {
    block_on(reader(bytes, FrameOptions::default()).next())
}

#[test]
fn frames_come_in_order_and_the_end_is_quiet() {
    let mut bytes = Vec::new();
    let frames = [&b""[..], b"a", &[7; 127], &[8; 128], &[9; 300_000]];
    for frame in frames {
        bytes.extend_from_slice(&encode_frame(frame));
    }
    let mut reader = reader(&bytes, FrameOptions::default());
    for frame in frames {
        assert_eq!(&block_on(reader.next()).unwrap().unwrap()[..], frame);
    }
    assert!(matches!(block_on(reader.next()), Ok(None)));
    assert!(matches!(block_on(reader.next()), Ok(None)));
}

#[test]
fn a_length_beyond_the_limit_is_refused_at_once() {
    // 2^40.
    let result = first(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x20]);
    assert!(matches!(
        result,
        Err(FrameError::TooLong { announced, limit: 104_857_600 }) if announced == 1 << 40
    ));
    // 2^64 - 1.
    let mut most = [0xff; 10];
    most[9] = 1;
    assert!(matches!(
        first(&most),
        Err(FrameError::TooLong {
            announced: u64::MAX,
            ..
        })
    ));
    let options = FrameOptions {
        limit: 4,
        ..FrameOptions::default()
    };
    assert!(block_on(reader(b"\x04abcd", options).next()).is_ok());
    assert!(matches!(
        block_on(reader(b"\x05abcde", options).next()),
        Err(FrameError::TooLong {
            announced: 5,
            limit: 4
        })
    ));
}

#[test]
fn a_frame_that_was_too_long_can_be_skipped() {
    let options = FrameOptions {
        limit: 1000,
        ..FrameOptions::default()
    };
    let mut bytes = encode_frame(&vec![1; 100_000]).to_vec();
    bytes.extend_from_slice(&encode_frame(b"next"));
    let mut reader = reader(&bytes, options);
    assert!(matches!(
        block_on(reader.next()),
        Err(FrameError::TooLong {
            announced: 100_000,
            ..
        })
    ));
    assert_eq!(&block_on(reader.next()).unwrap().unwrap()[..], b"next");
    assert!(matches!(block_on(reader.next()), Ok(None)));
}

#[test]
fn a_skipped_frame_that_is_cut_ends_the_stream() {
    let mut reader = reader(
        &[0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 1, 2],
        FrameOptions::default(),
    );
    assert!(matches!(
        block_on(reader.next()),
        Err(FrameError::TooLong { .. })
    ));
    assert!(matches!(
        block_on(reader.next()),
        Err(FrameError::Truncated { .. })
    ));
    assert!(matches!(block_on(reader.next()), Ok(None)));
}

#[test]
fn overlong_varints_are_refused_unless_asked_for() {
    for (bytes, value) in [
        (&[0x81, 0x00][..], 1),
        (&[0x80, 0x00], 0),
        (&[0x81, 0x80, 0x80, 0x00], 1),
        (
            &[0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
            1,
        ),
    ] {
        let mut stream = bytes.to_vec();
        stream.push(b'x');
        assert!(
            matches!(first(&stream), Err(FrameError::OverlongVarint { value: v, bytes: n })
                if v == value && n == bytes.len()),
            "{bytes:02x?}"
        );
        let lenient = FrameOptions {
            accept_overlong: true,
            ..FrameOptions::default()
        };
        let frame = block_on(reader(&stream, lenient).next()).unwrap().unwrap();
        assert_eq!(frame.len() as u64, value);
    }
}

#[test]
fn varints_beyond_64_bits_are_refused() {
    let mut beyond = [0xff; 10];
    beyond[9] = 2;
    for bytes in [&beyond[..], &[0xff; 10], &[0xff; 11], &[0x80; 20]] {
        for accept_overlong in [false, true] {
            let options = FrameOptions {
                accept_overlong,
                ..FrameOptions::default()
            };
            let mut reader = reader(bytes, options);
            assert!(
                matches!(block_on(reader.next()), Err(FrameError::VarintBeyond64Bits)),
                "{bytes:02x?}"
            );
            assert!(matches!(block_on(reader.next()), Ok(None)));
        }
    }
}

#[test]
fn cut_frames_and_varints_end_quietly() {
    let whole = encode_frame(&[3; 200]);
    for cut in 1..whole.len() {
        let error = first(&whole[..cut]).unwrap_err();
        let FrameError::Truncated { received, expected } = error else {
            panic!("{cut}: {error}");
        };
        if cut < 2 {
            assert_eq!((received, expected), (1, None));
        } else {
            assert_eq!((received, expected), (cut as u64 - 2, Some(200)));
        }
    }
}

/// Gives one byte each time it is read from, and says "not yet" before each; it records the
/// longest buffer that it was offered.
struct Dripping {
    bytes: Vec<u8>,
    ready: bool,
    longest: usize,
}

impl AsyncRead for Dripping {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<std::io::Result<usize>> {
        self.longest = self.longest.max(buffer.len());
        self.ready = !self.ready;
        if self.ready {
            return Poll::Pending;
        }
        if self.bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        buffer[0] = self.bytes.remove(0);
        Poll::Ready(Ok(1))
    }
}

#[test]
fn a_read_that_is_given_up_loses_nothing() {
    let mut bytes = encode_frame(&[1; 300]).to_vec();
    bytes.extend_from_slice(&encode_frame(&[2; 10]));
    let stream = Dripping {
        bytes,
        ready: false,
        longest: 0,
    };
    let mut reader = FrameReader::new(stream, FrameOptions::default());
    let mut frames = Vec::new();
    // Every future is polled once and dropped.
    for _ in 0..10_000 {
        match reader.next().now_or_never() {
            None => {}
            Some(Ok(Some(frame))) => frames.push(frame),
            Some(Ok(None)) => break,
            Some(Err(error)) => panic!("{error}"),
        }
    }
    assert_eq!(
        frames,
        [Bytes::from(vec![1; 300]), Bytes::from(vec![2; 10])]
    );
}

#[test]
fn memory_is_taken_as_bytes_arrive() {
    // 100 MiB are announced, and 10 bytes come.
    let mut bytes = vec![0x80, 0x80, 0x80, 0x32];
    bytes.extend_from_slice(&[0; 10]);
    let stream = Dripping {
        bytes,
        ready: false,
        longest: 0,
    };
    let mut reader = FrameReader::new(stream, FrameOptions::default());
    let result = loop {
        if let Some(result) = reader.next().now_or_never() {
            break result;
        }
    };
    assert!(matches!(
        result,
        Err(FrameError::Truncated {
            received: 10,
            expected: Some(104_857_600)
        })
    ));
    let longest = reader.get_mut().longest;
    assert!(longest <= 72 * 1024, "{longest}");
}

#[test]
fn a_failing_stream_is_an_error() {
    struct Failing;
    impl AsyncRead for Failing {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut [u8],
        ) -> Poll<std::io::Result<usize>> {
            Poll::Ready(Err(std::io::ErrorKind::ConnectionReset.into()))
        }
    }
    let mut reader = FrameReader::new(
        Cursor::new(vec![2, 1]).chain(Failing),
        FrameOptions::default(),
    );
    assert!(matches!(block_on(reader.next()), Err(FrameError::Io(_))));
    assert!(matches!(block_on(reader.next()), Ok(None)));
}
