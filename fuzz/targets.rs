//! What is fuzzed: a function for each kind of input that a peer or a user hands to this program.
//!
//! A function says whether it could use the input. It panics when the program does, and when a property
//! does not hold that has to hold whatever comes.

#![allow(clippy::unwrap_used, dead_code)]

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use blockexc::observe::frames::{Cut, Frames};
use blockexc::report;
use blockexc::suite::adapter::control::dump;
use blockexc::suite::adapter::message::{Answer, Command, DumpAnswer, Event, Hello};
use blockexc::suite::baseline::Baseline;
use blockexc::suite::random::file::Saved;
use blockexc::suite::verdict::RunResult;
use blockexc::trace::draw::draw;
use blockexc::trace::judge::Suppose;
use blockexc::trace::read::LogReader;
use blockexc::trace::validate::validate;
use blockexc::vectors::vector::{self, Vector};
use blockexc::wire::frame::strip_length;
use blockexc::wire::tree::split_into_blocks;
use blockexc::wire::{
    BlockCid, DecodeOptions, Decoded, EncodeOptions, FrameOptions, FrameReader, OutgoingBlock,
    Proof, Tree, address, decode as read_message, decode_examining, encode, encode_frame,
    encode_split, json,
};
use blockexc_checker::show::replay::Replay;
use blockexc_model::deviation::{Deviation, Deviations};
use bytes::Bytes;
use chrono::NaiveDate;
use futures::AsyncRead;
use serde_json::Value;
use tokio::sync::Semaphore;

/// A stream of frames. However it is cut into pieces, the same frames come, and the same error; a relay
/// that looks on finds the same.
pub fn frame(data: &[u8]) -> bool {
    let (frames, error) = frames_of(data, data.len().max(1));
    for size in [1, 7] {
        let (again, again_error) = frames_of(data, size);
        assert!(
            frames == again && error == again_error,
            "cut into pieces of {size}"
        );
    }
    let mut relay = Frames::new(Arc::new(Semaphore::new(1024 * 1024)));
    let (first, second) = data.split_at(data.len() / 2);
    let mut seen = relay.take(first);
    seen.extend(relay.take(second));
    let seen: Vec<&Bytes> = seen
        .iter()
        .filter_map(|cut| match cut {
            Cut::Frame(frame, _) => Some(frame),
            Cut::Skipped(_) | Cut::Lost(_) => None,
        })
        .collect();
    // It goes on where the reader does not.
    assert!(seen.iter().zip(&frames).all(|(seen, read)| *seen == read));
    assert!(seen.len() >= frames.len());
    // A frame has one encoding.
    let encoded: Vec<u8> = frames.iter().flat_map(|it| encode_frame(it)).collect();
    assert!(data.starts_with(&encoded));
    if let [one] = &frames[..]
        && error.is_none()
    {
        assert_eq!(
            strip_length(&Bytes::copy_from_slice(data)).as_ref(),
            Some(one)
        );
    }
    !frames.is_empty()
}

/// The frames of a stream that comes in pieces of this size, and what ends them.
fn frames_of(data: &[u8], size: usize) -> (Vec<Bytes>, Option<String>) {
    // As the limit of the vectors: a longer frame is soon found.
    let options = FrameOptions {
        limit: 64 * 1024,
        ..FrameOptions::default()
    };
    let mut reader = FrameReader::new(Pieces { data, size }, options);
    let mut frames = Vec::new();
    loop {
        match futures::executor::block_on(reader.next()) {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => return (frames, None),
            Err(error) => return (frames, Some(error.to_string())),
        }
    }
}

/// Bytes that are read in pieces.
struct Pieces<'a> {
    data: &'a [u8],
    size: usize,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let length = self.size.min(buffer.len()).min(self.data.len());
        let (now, later) = self.data.split_at(length);
        buffer[..length].copy_from_slice(now);
        self.data = later;
        Poll::Ready(Ok(length))
    }
}

/// A message. What is usable of it means the same when it is written and read again, whole and in pieces;
/// no deviation makes reading panic.
pub fn decode(data: &[u8]) -> bool {
    let bytes = Bytes::copy_from_slice(data);
    let options = DecodeOptions::default();
    for deviation in Deviation::ALL.iter().copied() {
        let options = DecodeOptions::from_deviations(Deviations::of(&[deviation]));
        if options != DecodeOptions::default() {
            let _ = read_message(bytes.clone(), &options);
        }
    }
    let described = json::describe(&bytes);
    let decoded = match read_message(bytes.clone(), &options) {
        Ok(decoded) => decoded,
        Err(error) => {
            assert_eq!(described, Err(error));
            return false;
        }
    };
    let described = described.unwrap();
    assert_eq!(described["unusable_count"], decoded.unusable_count);
    let unexamined = decode_examining(bytes, &options, |_| false).unwrap();
    assert_eq!(unexamined.message.want_list, decoded.message.want_list);
    assert_eq!(unexamined.message.presences, decoded.message.presences);
    assert_eq!(unexamined.blocks, decoded.blocks);
    written_and_read(&decoded, &options);
    in_pieces(&decoded, &options);
    decoded.unusable_count == 0
}

fn written_and_read(decoded: &Decoded, options: &DecodeOptions) {
    let again = encode(
        &decoded.message,
        &mut blocks_of(decoded),
        &EncodeOptions::default(),
    );
    let again = read_message(again, options).unwrap();
    // Of a list nothing of which is usable, nothing is left to be written.
    let mut written = decoded.message.clone();
    written
        .want_list
        .take_if(|list| list.entries.is_empty() && !list.full);
    assert_eq!(again.message, written);
    assert_eq!(again.unusable_count, 0);
}

/// XFER-9: no message is longer than the limit, and nothing but what is too long is missing.
fn in_pieces(decoded: &Decoded, options: &DecodeOptions) {
    let limit = 200;
    let encoded = encode_split(
        &decoded.message,
        &mut blocks_of(decoded),
        &EncodeOptions::default().with_limit(limit),
    );
    let (mut entries, mut deliveries, mut presences) = (0, 0, 0);
    let mut lists = 0;
    for message in encoded.messages {
        assert!(message.len() as u64 <= limit);
        let piece = read_message(message, options).unwrap();
        assert_eq!(piece.unusable_count, 0);
        let list = piece.message.want_list;
        if let Some(list) = &list {
            let full = decoded.message.want_list.as_ref().unwrap().full;
            assert_eq!(list.full, full && lists == 0, "only the first is full");
            lists += 1;
        }
        entries += list.map_or(0, |list| list.entries.len());
        deliveries += piece.message.deliveries.len();
        presences += piece.message.presences.len();
    }
    let whole = &decoded.message;
    let all = whole.want_list.as_ref().map_or(0, |it| it.entries.len())
        + whole.deliveries.len()
        + whole.presences.len();
    assert_eq!(
        entries + deliveries + presences + encoded.unsendable.len(),
        all
    );
}

/// The blocks of a message, in the order of its deliveries.
fn blocks_of(
    decoded: &Decoded,
) -> impl FnMut(&blockexc::wire::Delivery) -> Option<OutgoingBlock> + '_ {
    let mut blocks = decoded.blocks.iter();
    move |_| {
        let block = blocks.next()?;
        Some(OutgoingBlock {
            data: block.data.clone(),
            proof: block.proof.clone(),
        })
    }
}

/// An encoded proof, and a tree's proof with changes: only the tree's own proof proves anything (XFER-4).
pub fn proof(data: &[u8]) -> bool {
    let mut is_read = false;
    if let Ok(proof) = Proof::decode(data) {
        is_read = true;
        assert_eq!(Proof::decode(&proof.encode()), Ok(proof.clone()));
        let _ = json::describe_proof(&proof);
        assert!(
            proof.verify(&[1; 32], &[2; 32]).is_err(),
            "nothing hashes to it"
        );
    }
    // The number of leaves, which of them, and what is written where.
    let [leaves, index, changes @ ..] = data else {
        return is_read;
    };
    let leaves = u64::from(*leaves % 40) + 1;
    let tree = Tree::from_blocks((0..leaves).map(|leaf| leaf.to_be_bytes())).unwrap();
    let (index, root) = (u64::from(*index) % leaves, tree.root());
    let own = tree.proof(index).unwrap();
    let leaf = tree.leaves()[index as usize];
    assert_eq!(own.verify(&root, &leaf), Ok(()));
    let mut changed = own.clone();
    for change in changes.chunks_exact(3) {
        let [what, place, value] = change else {
            continue;
        };
        match what % 6 {
            0 => {
                changed.index = changed
                    .index
                    .wrapping_add(u64::from(*value) << (place % 64))
            }
            1 => {
                changed.leaf_count = changed
                    .leaf_count
                    .wrapping_add(u64::from(*value) << (place % 64))
            }
            2 => drop(changed.path.pop()),
            3 => changed.path.push([*value; 32]),
            4 => changed.path.reverse(),
            _ => {
                let length = changed.path.len().max(1);
                if let Some(digest) = changed.path.get_mut(usize::from(*place) % length) {
                    digest[usize::from(*value) % 32] ^= 1 << (value % 8);
                }
            }
        }
    }
    if changed.verify(&root, &leaf).is_ok() {
        assert_eq!(changed.index, own.index);
        assert_eq!(changed.path, own.path);
    }
    let cut = split_into_blocks(Bytes::copy_from_slice(data), 7.try_into().unwrap());
    assert_eq!(cut.count(), data.len().div_ceil(7));
    true
}

/// A log: it is judged the same each time, and drawn.
pub fn log(data: &[u8]) -> bool {
    let judged = || validate(|| Ok(data), Suppose::as_logged());
    let verdicts = match (judged(), judged()) {
        (Ok(verdicts), Ok(again)) => {
            assert_eq!(verdicts, again);
            verdicts
        }
        (Err(error), Err(again)) => {
            assert_eq!(error.to_string(), again.to_string());
            return false;
        }
        _ => panic!("it is read once, and not once more"),
    };
    for verdict in &verdicts {
        draw(LogReader::new(data), verdict, 30).unwrap();
    }
    !verdicts.is_empty()
}

/// A text that may be a file of any kind: a baseline, a counterexample, a saved random trace, a result.
/// What is read of it is the same when it is written and read again.
pub fn file(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else {
        return false;
    };
    let mut is_read = false;
    let today = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    if let Ok(baseline) = Baseline::parse(text, today) {
        is_read |= !baseline.entries.is_empty();
        let again = Baseline::parse(&baseline.to_toml().unwrap(), today).unwrap();
        assert_eq!(again, baseline);
    }
    if let Ok(replay) = Replay::from_json(text) {
        is_read = true;
        assert_eq!(Replay::from_json(&replay.to_json()).unwrap(), replay);
        if let Ok(replayed) = replay.run() {
            let _ = replayed.chart.svg();
            let _ = replayed.chart.text();
        }
    }
    if let Ok(saved) = Saved::read(text) {
        is_read = true;
        assert_eq!(Saved::read(&saved.text().unwrap()).unwrap(), saved);
    }
    if let Ok(result) = serde_json::from_str::<RunResult>(text) {
        is_read = true;
        reports_of(&result);
    }
    is_read
}

fn reports_of(result: &RunResult) {
    let mut text = Vec::new();
    report::json::write(result, &mut text).unwrap();
    let detail = report::console::Detail {
        verbose: true,
        bytes: true,
        brief: false,
    };
    report::console::write(result, detail, &mut Vec::new()).unwrap();
    report::junit::report(result).unwrap();
    report::html::report(result).unwrap();
    let _ = report::markdown::report(result);
    let again: RunResult = serde_json::from_slice(&text).unwrap();
    let mut again_text = Vec::new();
    report::json::write(&again, &mut again_text).unwrap();
    assert_eq!(text, again_text);
}

/// A line of JSON that an adapter says, or what a driver answers to a vector: an object with the vector's
/// ID and the answer. Each text in it is read as an address, too.
pub fn line(data: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<Value>(data) else {
        return false;
    };
    texts(&value);
    let mut is_read = false;
    if let Ok(command) = serde_json::from_value::<Command>(value.clone()) {
        is_read = true;
        let again = serde_json::to_value(&command).unwrap();
        assert_eq!(serde_json::from_value::<Command>(again).unwrap(), command);
    }
    is_read |= serde_json::from_value::<Event>(value.clone()).is_ok();
    if let Ok(answer) = serde_json::from_value::<Answer>(value.clone()) {
        is_read = true;
        let ok = answer.ok.unwrap_or_default();
        let _ = serde_json::from_value::<Hello>(ok.clone());
        if let Ok(answer) = serde_json::from_value::<DumpAnswer>(ok) {
            let _ = dump(answer);
        }
    }
    let named = value["vector"].as_str();
    if let Some(vector) = named.and_then(|id| vectors().iter().find(|it| it.id == id)) {
        is_read = true;
        let _ = vector.judge(&value["answer"]);
    }
    is_read
}

fn vectors() -> &'static [Vector] {
    static VECTORS: OnceLock<Vec<Vector>> = OnceLock::new();
    VECTORS.get_or_init(|| vector::all().unwrap())
}

/// Reads each text as an address and as a CID. What is shown of them is read again.
fn texts(value: &Value) {
    match value {
        Value::String(text) => {
            if let Ok(read) = address::parse(text) {
                let shown = address::show(&read).to_string();
                assert_eq!(address::parse(&shown), Ok(read));
            }
            if let Ok(cid) = text.parse::<BlockCid>() {
                assert_eq!(BlockCid::parse(cid.as_bytes()).as_ref(), Ok(&cid));
            }
        }
        Value::Array(values) => values.iter().for_each(texts),
        Value::Object(members) => members.values().for_each(texts),
        _ => {}
    }
}
