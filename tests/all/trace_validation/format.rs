//! What the lines of a log may be, and what is said of those that are wrong.

use blockexc::trace::unexplained::Stop;
use blockexc::trace::validate::validate;
use blockexc::wire::{Address, BlockCid, EncodeOptions, Message, encode, json};
use blockexc_model::Deviation;
use blockexc_model::message::WantEntry;
use bytes::Bytes;
use serde_json::json;

use super::short::{BLOCK, COMPLETE, LOOSE, PEERS, accepts, failure, log, rejects};
use super::{Suppose, verdict};

/// Why a log is not read.
fn refusal(log: &str) -> String {
    let verdicts = validate(|| Ok(log.as_bytes()), Suppose::as_logged());
    verdicts.unwrap_err().to_string()
}

#[test]
fn a_field_that_there_is_not_is_named_wherever_it_stands() {
    let peer = PEERS[0];
    let received = |message: &str| {
        format!(r#"{{"event":"received","from":"{peer}","message":{{{message}}}}}"#)
    };
    let dumped = |rest: &str| format!(r#"{{"event":"dump",{rest}}}"#);
    let entry = |rest: &str| format!(r#"{{"address":"{BLOCK}","want_type":"WantHave"{rest}}}"#);
    for (line, field) in [
        (received(r#""wantlist":{}"#), "wantlist"),
        (received(r#""want_list":{"entry":[]}"#), "entry"),
        (
            received(&format!(
                r#""want_list":{{"entries":[{}]}}"#,
                entry(r#","prio":1"#)
            )),
            "prio",
        ),
        (
            received(&format!(
                r#""deliveries":[{{"address":"{BLOCK}","cid":"{BLOCK}","evidence":{{"has_data":true,"data_matches_cid":true,"cid_matches_address":true,"proof":"Missing","prof":1}}}}]"#
            )),
            "prof",
        ),
        (
            received(&format!(
                r#""presences":[{{"address":"{BLOCK}","type":"Have","cost":"1"}}]"#
            )),
            "cost",
        ),
        (dumped(r#""context":{}"#), "context"),
        (
            dumped(&format!(r#""contexts":{{"{peer}":{{"want":[]}}}}"#)),
            "want",
        ),
        (
            dumped(&format!(
                r#""contexts":{{"{peer}":{{"wants":[{}]}}}}"#,
                entry(r#","full":true"#)
            )),
            "full",
        ),
        (
            format!(r#"{{"event":"joined","peer":"{peer}","address":"{BLOCK}"}}"#),
            "address",
        ),
        (
            format!(r#"{{"event":"stored","cid":"{BLOCK}","peer":"{peer}"}}"#),
            "peer",
        ),
        (
            r#"{"event":"quiet","complete":true}"#.to_owned(),
            "complete",
        ),
    ] {
        let error = refusal(&log(LOOSE, &["joined", &line]));
        assert!(error.starts_with("line 3: "), "{error}");
        assert!(error.contains(&format!("`{field}`")), "{field}: {error}");
        // The position is the log's; that of the text of one line would be another.
        assert!(!error.contains("line 1"), "{error}");
    }
    let header = refusal("{\"format\":\"blockexc-trace/1\",\"omit\":[]}\n");
    assert!(header.contains("unknown field `omit`"), "{header}");
    let omits = refusal(&log(r#""omits":["sent"]"#, &[]));
    assert!(
        omits.contains("retried, served or obtained, not `sent`"),
        "{omits}"
    );
}

/// What `blockexc decode` prints can be pasted.
#[test]
fn what_decode_prints_is_a_message() {
    let address = Address::Plain(BlockCid::of_block(&[1]));
    let message = Message::want_list(vec![WantEntry::want_have(address)], false);
    let bytes = Bytes::from(encode_one(&message));
    let mut described = json::describe(&bytes).unwrap();
    described["framed"] = json!(true);
    let line = json!({"event": "received", "from": PEERS[0], "message": described}).to_string();
    accepts(COMPLETE, &["joined", &line, "quiet"]);
}

fn encode_one(message: &Message) -> Vec<u8> {
    encode(message, &mut |_| None, &EncodeOptions::default()).to_vec()
}

#[test]
fn marks_and_other_line_ends_are_read() {
    let log = log(
        LOOSE,
        &["stored", "joined", "received ask", "sent have", "quiet"],
    );
    let windows = format!("\u{feff}{}", log.replace('\n', "\r\n"));
    assert_eq!(verdict(&windows, Suppose::as_logged()).stop, None);
    assert_eq!(verdict(&windows, Suppose::as_logged()).explained, 5);
}

#[test]
fn a_log_without_events_or_anything_to_judge_says_nothing() {
    let vacuous = |header: &str, lines: &[&str]| match verdict(
        &log(header, lines),
        Suppose::as_logged(),
    )
    .stop
    {
        Some(Stop::Vacuous { events }) => events,
        other => panic!("{other:?}"),
    };
    for header in [COMPLETE, LOOSE] {
        assert_eq!(vacuous(header, &[]), 0);
        assert_eq!(vacuous(header, &["joined"]), 1);
    }
    assert_eq!(vacuous(LOOSE, &["joined", "received ask"]), 2);
    // A complete log shows that nothing was sent, and so does a quiet one.
    accepts(COMPLETE, &["joined", "received ask"]);
    accepts(LOOSE, &["joined", "received ask", "quiet"]);
}

#[test]
fn a_frame_that_is_no_message_is_an_event() {
    for header in [COMPLETE, LOOSE] {
        for garbage in ["received 0xffff", "refused 0xffff", "refused"] {
            let lines = [
                "stored",
                "joined",
                garbage,
                "received ask",
                "sent have",
                "quiet",
            ];
            accepts(header, &lines);
        }
        let touched = verdict(
            &log(header, &["joined", "received 0xffff", "quiet"]),
            Suppose::as_logged(),
        );
        assert!(touched.coverage.touched().any(|it| it.id == "WIRE-3"));
        rejects(header, &["joined", "sent 0xffff"], 3, &["WIRE-1"]);
    }
    // It is not acted upon.
    rejects(
        COMPLETE,
        &["joined", "received 0xffff", "sent denied"],
        4,
        &["WIRE-3"],
    );
}

#[test]
fn a_message_that_is_refused_is_held_against_a_node() {
    // A field of the number 31.
    let unknown = ["joined", "refused 0xf80101", "quiet"];
    for header in [COMPLETE, LOOSE] {
        rejects(header, &unknown, 3, &["WIRE-4"]);
        let log = log(header, &unknown);
        let refuses = [Deviation::RefuseUnknownFields].into_iter().collect();
        assert_eq!(verdict(&log, Suppose::so(refuses)).stop, None);
        // An empty message.
        rejects(header, &["joined", "refused 0x", "quiet"], 3, &[]);
    }
}

/// Libraries merge a field that comes twice, or keep the last one. Either is right.
#[test]
fn a_repeated_field_has_two_meanings() {
    let block = |number| BlockCid::of_block(&[number]);
    let list = |number| {
        let entry = WantEntry {
            send_dont_have: true,
            ..WantEntry::want_have(Address::Plain(block(number)))
        };
        encode_one(&Message::want_list(vec![entry], false))
    };
    let twice = hex::encode([list(1), list(2)].concat());
    let received = format!("received 0x{twice}");
    let denied = |numbers: &[u8]| {
        let items = numbers
            .iter()
            .map(|number| json!({"address": block(*number).to_string(), "type": "DontHave"}));
        let message = json!({"presences": items.collect::<Vec<_>>()});
        json!({"event": "sent", "to": PEERS[0], "message": message}).to_string()
    };
    for header in [COMPLETE, LOOSE] {
        for right in [&[1, 2][..], &[2]] {
            accepts(header, &["joined", &received, &denied(right), "quiet"]);
        }
        let wrong = log(header, &["joined", &received, &denied(&[1]), "quiet"]);
        let failure = failure(&wrong, Suppose::as_logged());
        assert!(failure.line >= 4, "{failure:?}");
    }
}
