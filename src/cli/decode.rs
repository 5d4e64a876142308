//! `blockexc decode`: shows a message's bytes as JSON.

use std::io::{Read as _, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use clap::Args;
use serde_json::{Value, json};

use super::Exit;
use crate::wire::{frame, json};

/// Show the bytes of messages as JSON, naming what is unusable in them and by which requirement
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Without --framed and --bare, input that is exactly one length prefix \
    and the message it announces is taken as framed, anything else as one bare message.\n\
    Exit code: 0 all is usable, 1 something is not, 2 the input could not be read."
)]
pub struct DecodeArgs {
    /// Bytes in hexadecimal, the path of a file, or - for the standard input
    ///
    /// A path that could be read as hexadecimal is told apart by writing it with a slash: ./abcd.
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
