//! Short logs, written by hand in a few words.

use std::sync::LazyLock;

use blockexc::trace::unexplained::{Stop, Unexplained};
use blockexc::wire::{Address, BlockCid, address};

use super::{Suppose, verdict};

/// Two peers.
pub const PEERS: [&str; 2] = [
    "12D3KooWF9VUeS6jcsxrvt9mtJcdWNUwmXvAyJQs2MbN3aNGhC8n",
    "12D3KooWN278tNp9JDxhN3TAnodE6XwKWn8PNqx4J2m4FaGVyjuZ",
];
/// A block, and a leaf with it.
pub const BLOCK: &str = "zDxWB8ED6Xrmzu2FPXfsXpufcAPP1mdcAq6U6z8jeramiw6yksCG";
pub static LEAF: LazyLock<String> = LazyLock::new(|| {
    let tree = BlockCid::of_tree(&[7; 32]);
    address::show(&Address::Leaf { tree, index: 3 }).to_string()
});

/// A line of a log in a few words: `joined P`, `stored`, `requested`, `received P want`, `sent Q have`,
/// `quiet`. Of P and Q, Q is the other peer; P need not be said. What is said: `ask` is a list with a
/// WantHave of the block, `ask!` one that asks for DontHave, `full-ask` one that is full, `want`,
/// `want!` and `full-want` those of a WantBlock, `cancel` one of a cancel; `have`, `denied` and `block` are
/// presence items and a delivery; what begins with `0x` is bytes. A star after any word means the
/// leaf instead of the block.
fn line(words: &str) -> String {
    if words.starts_with('{') {
        return words.to_owned();
    }
    let (words, address) = match words.strip_suffix('*') {
        Some(words) => (words, LEAF.as_str()),
        None => (words, BLOCK),
    };
    let mut words = words.split(' ');
    let event = words.next().unwrap();
    let mut words: Vec<&str> = words.collect();
    let peer = match words.first() {
        Some(&"Q") => PEERS[1],
        _ => PEERS[0],
    };
    words.retain(|word| !["P", "Q"].contains(word));
    let said = words
        .first()
        .map_or_else(String::new, |said| say(said, address));
    let rest = match event {
        "joined" | "left" | "served" => format!(r#","peer":"{peer}""#),
        "requested" | "cancelled" | "retried" | "obtained" | "failed" => {
            format!(r#","address":"{address}""#)
        }
        "stored" if address != BLOCK => format!(r#","cid":"{BLOCK}","leaves":["{address}"]"#),
        "stored" | "deleted" => format!(r#","cid":"{BLOCK}""#),
        "received" | "refused" => format!(r#","from":"{peer}"{said}"#),
        "sent" => format!(r#","to":"{peer}"{said}"#),
        _ => String::new(),
    };
    format!(r#"{{"event":"{event}"{rest}}}"#)
}

fn say(said: &str, address: &str) -> String {
    if let Some(bytes) = said.strip_prefix("0x") {
        return format!(r#","bytes":"{bytes}""#);
    }
    let list = |full: bool, want_type: &str, rest: &str| {
        let entry = format!(r#"{{"address":"{address}","want_type":"{want_type}"{rest}}}"#);
        format!(r#""want_list":{{"full":{full},"entries":[{entry}]}}"#)
    };
    let item = |kind| format!(r#""presences":[{{"address":"{address}","type":"{kind}"}}]"#);
    let message = match said {
        "ask" => list(false, "WantHave", ""),
        "ask!" => list(false, "WantHave", r#","send_dont_have":true"#),
        "full-ask" => list(true, "WantHave", ""),
        "want" => list(false, "WantBlock", ""),
        "full-want" => list(true, "WantBlock", ""),
        "want!" => list(false, "WantBlock", r#","send_dont_have":true"#),
        "cancel" => list(false, "WantHave", r#","cancel":true"#),
        "have" => item("Have"),
        "denied" => item("DontHave"),
        "block" => format!(r#""deliveries":[{{"address":"{address}","cid":"{BLOCK}"}}]"#),
        other => panic!("{other}"),
    };
    format!(r#","message":{{{message}}}"#)
}

/// A log of these lines, after a header with these fields.
pub fn log(header: &str, lines: &[&str]) -> String {
    let comma = if header.is_empty() { "" } else { "," };
    let mut log = format!(r#"{{"format":"blockexc-trace/1"{comma}{header}}}"#);
    for words in lines {
        log.push('\n');
        log.push_str(&line(words));
    }
    log + "\n"
}

pub const COMPLETE: &str = r#""complete":true"#;
pub const LOOSE: &str = "";

/// How the log is not explained.
pub fn failure(log: &str, suppose: Suppose) -> Unexplained {
    match verdict(log, suppose).stop {
        Some(Stop::Unexplained(it)) => *it,
        other => panic!("{other:?} of\n{log}"),
    }
}

/// These lines are explained.
pub fn accepts(header: &str, lines: &[&str]) {
    let log = log(header, lines);
    let stop = verdict(&log, Suppose::as_logged()).stop;
    assert_eq!(stop, None, "{log}");
}

/// These lines are not explained, from this one on, and break exactly these requirements. Lines are
/// counted from one, and the header is the first.
pub fn rejects(header: &str, lines: &[&str], line: u64, requirements: &[&str]) -> Unexplained {
    let log = log(header, lines);
    let failure = failure(&log, Suppose::as_logged());
    assert_eq!(
        (failure.line, failure.requirements.as_slice()),
        (line, requirements),
        "{failure:?} of\n{log}"
    );
    failure
}
