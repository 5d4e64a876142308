//! `blockexc decode`: shows a message's bytes as JSON.

use std::io::{Read as _, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use clap::Args;
use serde_json::{Value, json};

use super::Exit;
use crate::wire::{frame, json};

/// Show messages as JSON, and name the parts that cannot be used, with the requirement
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Without --framed and --bare, input that is exactly one length prefix \
    and the message it announces is taken as framed, anything else as one bare message.\n\
    Exit code: 0 all is usable, 1 something is not, 2 the input could not be read."
)]
pub struct DecodeArgs {
    /// Bytes in hexadecimal, the path of a file, or - for the standard input
    ///
    /// Write a path that looks like hexadecimal with a slash: ./abcd.
    /// Files and the standard input hold either raw bytes or hexadecimal digits.
    #[arg(value_name = "HEX|FILE|-")]
    input: String,
    /// The input is a stream: frames, each with its length before it
    #[arg(long, conflicts_with = "bare")]
    framed: bool,
    /// The input is one message without its length
    #[arg(long)]
    bare: bool,
}

/// Decodes, and writes one JSON object for each message.
///
/// # Errors
///
/// When there is no such input, or writing fails.
pub fn run(args: &DecodeArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let bytes = read_input(&args.input)?;
    let (messages, rest) = if args.framed {
        frames(bytes)
    } else if args.bare {
        (vec![(false, bytes)], None)
    } else {
        match frame::strip_length(&bytes).filter(|message| json::describe(message).is_ok()) {
            Some(message) => (vec![(true, message)], None),
            None => (vec![(false, bytes)], None),
        }
    };
    let mut exit = Exit::Good;
    for (framed, message) in messages {
        let description = match json::describe(&message) {
            Ok(mut description) => {
                if description["unusable_count"] != 0 {
                    exit = Exit::Bad;
                }
                description["framed"] = Value::Bool(framed);
                description
            }
            Err(error) => {
                exit = Exit::Bad;
                json!({
                    "framed": framed,
                    "length": message.len(),
                    "error": error.to_string(),
                    "requirement": "WIRE-3",
                })
            }
        };
        show(&description, out)?;
    }
    if let Some((error, requirement)) = rest {
        exit = Exit::Bad;
        show(&json!({ "error": error, "requirement": requirement }), out)?;
    }
    Ok(exit)
}

fn show(value: &Value, out: &mut dyn Write) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)?;
    Ok(())
}

type Frames = (Vec<(bool, Bytes)>, Option<(String, &'static str)>);

/// The frames of a stream, and what ends them other than the stream's end.
fn frames(bytes: Bytes) -> Frames {
    let mut reader = frame::FrameReader::new(
        futures::io::Cursor::new(bytes),
        frame::FrameOptions::default(),
    );
    let mut frames = Vec::new();
    loop {
        // Reading from memory never waits.
        match futures::executor::block_on(reader.next()) {
            Ok(Some(message)) => frames.push((true, message)),
            Ok(None) => return (frames, None),
            Err(error) => {
                let requirement = match error {
                    frame::FrameError::TooLong { .. } => "WIRE-2",
                    _ => "WIRE-8",
                };
                return (frames, Some((error.to_string(), requirement)));
            }
        }
    }
}

fn read_input(input: &str) -> anyhow::Result<Bytes> {
    if input == "-" {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .context("reading the standard input")?;
        return Ok(from_hexadecimal(&bytes).unwrap_or_else(|| bytes.into()));
    }
    if let Some(bytes) = from_hexadecimal(input.as_bytes()) {
        return Ok(bytes);
    }
    if !Path::new(input).exists() {
        let shown: String = input.chars().take(80).collect();
        bail!("`{shown}` is neither an even number of hexadecimal digits nor a file");
    }
    let bytes = std::fs::read(input).with_context(|| format!("reading {input}"))?;
    Ok(from_hexadecimal(&bytes).unwrap_or_else(|| bytes.into()))
}

/// The bytes that a text of hexadecimal digits and white space means, if it is one.
fn from_hexadecimal(text: &[u8]) -> Option<Bytes> {
    let digits: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    hex::decode(digits).ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const WANT_HAVE: &str = "0a380a340a2a0800222601829a031220b94d27b9934d3e08a52e52d7da7dabfac4\
        84efe37a5380ee9088f7ace2efcde910001800200128001000280032020a003a020a00";

    fn arguments(input: &str, framed: bool, bare: bool) -> DecodeArgs {
        DecodeArgs {
            input: input.to_owned(),
            framed,
            bare,
        }
    }

    fn shown(args: &DecodeArgs) -> (Exit, Vec<Value>) {
        let mut out = Vec::new();
        let exit = run(args, &mut out).unwrap();
        let values = serde_json::Deserializer::from_slice(&out)
            .into_iter()
            .collect::<Result<_, _>>()
            .unwrap();
        (exit, values)
    }

    #[test]
    fn a_message_is_shown_with_and_without_its_length() {
        for (input, framed) in [
            (WANT_HAVE.to_owned(), false),
            (format!("44{WANT_HAVE}"), true),
        ] {
            let (exit, values) = shown(&arguments(&input, false, false));
            assert_eq!(exit, Exit::Good);
            assert_eq!(values.len(), 1);
            assert_eq!(values[0]["framed"], framed);
            assert_eq!(
                values[0]["want_list"]["entries"][0],
                json!({
                    "address": "zDxWB8EDB2LXg6kdQfFTX4y3biwJbjc8q4JM1kaziEBHzTH7BmN8",
                    "want_type": "WantHave",
                    "priority": 0,
                    "cancel": false,
                    "send_dont_have": false,
                })
            );
        }
    }

    #[test]
    fn a_stream_is_shown_frame_by_frame() {
        // An empty message, one with a want type of 2, and a cut one.
        let stream = "00 06 0a040a022002 05 0a";
        let (exit, values) = shown(&arguments(stream, true, false));
        assert_eq!(exit, Exit::Bad);
        assert_eq!(values.len(), 3);
        assert_eq!(values[0]["unusable_count"], 0);
        assert_eq!(
            values[1]["unusable"][0],
            json!({
                "part": "entry",
                "index": 0,
                "reason": "it has no address",
                "requirement": "WANT-16",
            })
        );
        assert_eq!(values[2]["requirement"], "WIRE-8");
    }

    #[test]
    fn what_is_no_message_is_said_so() {
        for bare in [false, true] {
            let (exit, values) = shown(&arguments("ffff", false, bare));
            assert_eq!(exit, Exit::Bad);
            assert_eq!(values[0]["requirement"], "WIRE-3");
        }
    }

    #[test]
    fn files_hold_bytes_or_hexadecimal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("message");
        let input = path.to_str().unwrap();
        for content in [WANT_HAVE.as_bytes(), &hex::decode(WANT_HAVE).unwrap()] {
            std::fs::write(&path, content).unwrap();
            let (exit, values) = shown(&arguments(input, false, false));
            assert_eq!(exit, Exit::Good);
            assert_eq!(values[0]["length"], 68);
        }
    }

    #[test]
    fn input_that_is_neither_is_an_error() {
        for input in ["abc", "no such file"] {
            let error = run(&arguments(input, false, false), &mut Vec::new()).unwrap_err();
            assert!(error.to_string().contains(input), "{error}");
        }
    }
}
