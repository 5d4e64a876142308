//! `blockexc decode`: shows a message's bytes as JSON.

use std::fs::File;
use std::io::{BufReader, Chain, Cursor, Read, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use clap::Args;
use futures::io::AllowStdIo;
use serde_json::{Value, json};

use super::Exit;
use crate::wire::{frame, json};

/// Show messages as JSON, and name the parts that cannot be used, with the requirement
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Without --framed and --bare, input that is exactly one length prefix \
    and the message it announces is taken as framed, anything else as one bare message.\n\
    Fields that nobody knows are named, and do no harm (WIRE-4).\n\
    Exit code: 0 all is usable, 1 something is not, or a delivery counts for nobody, 2 the input \
    could not be read."
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
    let input = Input::open(&args.input)?;
    if args.framed {
        return show_frames(input, out);
    }
    let bytes = input.read_to_end()?;
    let stripped = match args.bare {
        true => None,
        false => frame::strip_length(&bytes).filter(|message| json::describe(message).is_ok()),
    };
    match stripped {
        Some(message) => show_message(true, &message, out),
        None => show_message(false, &bytes, out),
    }
}

/// One message. What is unusable in it, and a delivery that counts for nobody, is not good.
fn show_message(framed: bool, message: &Bytes, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let mut description = match json::describe(message) {
        Ok(description) => description,
        Err(error) => json!({
            "length": message.len(),
            "error": error.to_string(),
            "requirement": "WIRE-3",
        }),
    };
    let is_useless = |delivery: &Value| !delivery["never_counts"].is_null();
    let is_good = description["unusable_count"] == 0
        && !description["deliveries"]
            .as_array()
            .is_some_and(|deliveries| deliveries.iter().any(is_useless));
    description["framed"] = Value::Bool(framed);
    show(&description, out)?;
    Ok(if is_good { Exit::Good } else { Exit::Bad })
}

fn show(value: &Value, out: &mut dyn Write) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)?;
    Ok(())
}

/// Each frame of a stream as it comes, and what ends them other than the stream's end.
fn show_frames(input: Input, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let options = frame::FrameOptions::default();
    let mut reader = frame::FrameReader::new(AllowStdIo::new(input.into_reader()), options);
    let mut exit = Exit::Good;
    loop {
        // Reading from a file or the standard input blocks, and never waits for another task.
        let error = match futures::executor::block_on(reader.next()) {
            Ok(Some(message)) => {
                if show_message(true, &message, out)? != Exit::Good {
                    exit = Exit::Bad;
                }
                continue;
            }
            Ok(None) => return Ok(exit),
            Err(frame::FrameError::Io(error)) => return Err(error).context("reading the input"),
            Err(error) => error,
        };
        let requirement = match error {
            frame::FrameError::TooLong { .. } => "WIRE-2",
            _ => "WIRE-8",
        };
        let error = error.to_string();
        show(&json!({ "error": error, "requirement": requirement }), out)?;
        return Ok(Exit::Bad);
    }
}

/// What is to be decoded.
enum Input {
    /// Bytes that were written in hexadecimal.
    Whole(Bytes),
    /// Raw bytes that are read as they are needed: what was read to tell them from hexadecimal
    /// digits, then the rest.
    Raw(Chain<Cursor<Vec<u8>>, Box<dyn Read>>),
}

/// So many bytes tell raw bytes from hexadecimal digits.
const HEAD: u64 = 64 * 1024;

impl Input {
    fn open(input: &str) -> anyhow::Result<Self> {
        if input == "-" {
            return Input::read(Box::new(std::io::stdin()), "the standard input");
        }
        if let Some(bytes) = from_hexadecimal(input.as_bytes()) {
            return Ok(Input::Whole(bytes));
        }
        if !Path::new(input).exists() {
            let shown: String = input.chars().take(80).collect();
            bail!("`{shown}` is neither an even number of hexadecimal digits nor a file");
        }
        let file = File::open(input).with_context(|| format!("reading {input}"))?;
        Input::read(Box::new(BufReader::new(file)), input)
    }

    /// Takes input that begins with hexadecimal digits for a text of them, if all of it is one.
    fn read(mut reader: Box<dyn Read>, name: &str) -> anyhow::Result<Self> {
        let reading = || format!("reading {name}");
        let mut head = Vec::new();
        (&mut reader)
            .take(HEAD)
            .read_to_end(&mut head)
            .with_context(reading)?;
        let is_digit = |byte: &u8| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace();
        if head.iter().all(is_digit) {
            reader.read_to_end(&mut head).with_context(reading)?;
            if let Some(bytes) = from_hexadecimal(&head) {
                return Ok(Input::Whole(bytes));
            }
            reader = Box::new(std::io::empty());
        }
        Ok(Input::Raw(Cursor::new(head).chain(reader)))
    }

    fn read_to_end(self) -> anyhow::Result<Bytes> {
        match self {
            Input::Whole(bytes) => Ok(bytes),
            Input::Raw(mut reader) => {
                let mut bytes = Vec::new();
                reader
                    .read_to_end(&mut bytes)
                    .context("reading the input")?;
                Ok(bytes.into())
            }
        }
    }

    fn into_reader(self) -> Box<dyn Read> {
        match self {
            Input::Whole(bytes) => Box::new(Cursor::new(bytes)),
            Input::Raw(reader) => Box::new(reader),
        }
    }
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

    /// A delivery for a plain address, of data "a", whose CID is of data "b".
    #[test]
    fn a_delivery_that_counts_for_nobody_is_said_so() {
        use crate::wire::{BlockCid, address, protobuf};
        use prost::Message as _;
        let sent = |cid: BlockCid, named: BlockCid, data: &'static [u8]| {
            let delivery = protobuf::BlockDelivery {
                cid: Bytes::copy_from_slice(cid.as_bytes()),
                data: Bytes::from_static(data),
                address: Some(address::to_protobuf(&crate::wire::Address::Plain(named))),
                proof: None,
            };
            let message = protobuf::Message {
                payload: vec![delivery],
                ..Default::default()
            };
            shown(&arguments(
                &hex::encode(message.encode_to_vec()),
                false,
                true,
            ))
        };
        let (a, b) = (BlockCid::of_block(b"a"), BlockCid::of_block(b"b"));
        let odd = BlockCid::parse(&[1, 0x55, 0x13, 1, 7]).unwrap();
        for (cid, named, data, reason) in [
            (&b, &b, "a", "does not hash to its CID"),
            (&a, &b, "a", "its CID is not the address"),
            (&a, &a, "", "it has no data"),
            (&odd, &odd, "a", "is not SHA-256"),
        ] {
            let (exit, values) = sent(cid.clone(), named.clone(), data.as_bytes());
            assert_eq!(exit, Exit::Bad);
            let why = &values[0]["deliveries"][0]["never_counts"];
            assert_eq!(why["requirement"], "XFER-3");
            assert!(why["reason"].as_str().unwrap().contains(reason), "{why}");
        }
        let (exit, values) = sent(a.clone(), a, b"a");
        assert_eq!(exit, Exit::Good);
        assert_eq!(values[0]["deliveries"][0]["never_counts"], Value::Null);
    }

    #[test]
    fn fields_that_nobody_knows_are_named_and_do_no_harm() {
        // Field 9 of the message, and field 15 of an entry's address: each a varint.
        let message = WANT_HAVE.replace("0a380a340a2a", "0a3a0a360a2c7801") + "4807";
        let (exit, values) = shown(&arguments(&message, false, true));
        assert_eq!(exit, Exit::Good);
        assert_eq!(values[0]["unknown_field_count"], 2);
        assert_eq!(
            values[0]["unknown_fields"],
            json!([
                { "message": "BlockAddress", "path": "1[0].1[0].1[0]", "field": 15, "bytes": 2 },
                { "message": "Message", "path": "", "field": 9, "bytes": 2 },
            ])
        );
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
