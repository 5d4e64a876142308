//! Faults that are planted in the drivers in Python are found, by the requirement that they break.

use std::fs;
use std::path::Path;

use blockexc::suite::verdict::RunResult;

use super::drivers::{has_python, run_on};

/// A fault: the requirement that it breaks, what is replaced, and by what.
type Fault = (&'static str, &'static str, &'static str);

const IN_CODEC: &[Fault] = &[
    ("WIRE-2", "if length > limit:", "if length >= limit:"),
    ("WIRE-3", "if number == 0:", "if False:"),
    (
        "WIRE-4",
        "        if number in known:\n",
        "        if number not in known:\n            raise Refused(number)\n        else:\n",
    ),
    (
        "WIRE-5",
        "raise Skipped(f\"the want type {want_type}\")",
        "want_type = 1",
    ),
    (
        "WIRE-8",
        "return frames, \"closed\" if len(rest) == 10 else \"cut\"",
        "return frames, \"closed\"",
    ),
    (
        "WIRE-9",
        "raise Skipped(\"a delivery without a CID\")",
        "found[1] = [b\"\\x01\\x55\\0\\0\"]",
    ),
    (
        "WANT-16",
        "raise Skipped(\"no address\")",
        "raise Refused(\"no address\")",
    ),
    (
        "PRES-8",
        "price.lstrip(b\"\\0\").hex()",
        "price[::-1].lstrip(b\"\\0\").hex()",
    ),
    (
        "PRES-11",
        "signed(last(found[2], 0)) == 0",
        "signed(last(found[2], 0)) != 1",
    ),
    ("PAY-1", "if len(account) == 20:", "if account:"),
    (
        "XFER-3",
        "return delivery[\"address\"] == delivery[\"cid\"]",
        "return True",
    ),
    ("XFER-4", " or last(found[2], 0) != index", ""),
    (
        "XFER-4",
        "bytes([key + (0 if right else 2)])",
        "bytes([key])",
    ),
];

const IN_STATE: &[Fault] = &[
    ("JOIN-3", "if peer in self.contexts:  # JOIN-3", "if False:"),
    ("JOIN-4", "\"full\": full and index == 0", "\"full\": False"),
    (
        "JOIN-7",
        "if peer not in self.contexts:  # JOIN-7\n            return",
        "self.contexts.setdefault(peer, {\"presence\": {}, \"wants\": []})",
    ),
    ("JOIN-8", "cuts(entries, 1000)", "cuts(entries, 1024)"),
    (
        "LEFT-2",
        "if drop(want[\"asked\"], peer):\n                self.ask_a_holder(address)",
        "drop(want[\"asked\"], peer)",
    ),
    (
        "PRES-1",
        "elif address in self.wants:  # PRES-1, PRES-2, PRES-4, PRES-5",
        "else:",
    ),
    (
        "PRES-4",
        "records[address] = item.get(\"price\", \"\")",
        "records.setdefault(address, item.get(\"price\", \"\"))",
    ),
    (
        "PRES-6",
        "            context[\"presence\"].pop(address, None)\n\n    # ASK",
        "            pass\n\n    # ASK",
    ),
    (
        "ASK-5",
        "if not want[\"asked\"] and address in",
        "if address in",
    ),
    ("WANT-1", "wants.append(entry)", "pass"),
    (
        "WANT-8",
        "if entry.get(\"cancel\"):  # WANT-8",
        "if entry.get(\"cancel\") and places:",
    ),
    (
        "WANT-9",
        "wants[places[0]] = entry",
        "del wants[places[0]]\n                wants.append(entry)",
    ),
    (
        "WANT-10",
        "if entry[\"want_type\"] == \"WantHave\":  # WANT-3, WANT-6",
        "if entry[\"want_type\"] == \"WantHave\" and not places:",
    ),
    (
        "WANT-11",
        "if want_list.get(\"full\"):  # WANT-11",
        "if False:",
    ),
    (
        "WANT-13",
        "if entry[\"address\"] in self.held:\n                    self.deliver",
        "if entry[\"address\"] in self.held and \"/\" not in entry[\"address\"]:\n                    self.deliver",
    ),
    ("WANT-14", "key=lambda it: -it[0]", "key=lambda it: it[0]"),
    (
        "XFER-6",
        "elif peer in want[\"asked\"]:  # XFER-6",
        "elif False:",
    ),
    (
        "HELD-2",
        "if cid != event[\"cid\"]}",
        "if address != event[\"cid\"]}",
    ),
];

/// Plants each fault in the driver, and runs it. Returns what was not found.
fn hidden(driver: &str, commands: &[&str], faults: &[Fault]) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(driver);
    let text = fs::read_to_string(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let faulty = folder.path().join(driver);
    let mut hidden = Vec::new();
    for (id, before, after) in faults {
        assert_eq!(text.matches(before).count(), 1, "{driver}: `{before}`");
        fs::write(&faulty, text.replace(before, after)).unwrap();
        let run: RunResult = run_on(&format!("python3 {}", faulty.display()), commands);
        let missed = run.results.iter().filter(|it| it.verdict.is_missed());
        let missed: Vec<&str> = missed.map(|it| it.requirement.as_str()).collect();
        if !missed.contains(id) {
            hidden.push(format!("{id} by `{after}`: {missed:?}, {:?}", run.counts));
        }
    }
    hidden
}

#[test]
fn faults_in_the_codec_are_found() {
    if has_python() {
        let hidden = hidden("vectors_codec.py", &["wire", "tree"], IN_CODEC);
        assert!(hidden.is_empty(), "{hidden:#?}");
    }
}

#[test]
fn faults_in_the_state_machine_are_found() {
    if has_python() {
        let hidden = hidden("vectors_state.py", &["state", "sequence"], IN_STATE);
        assert!(hidden.is_empty(), "{hidden:#?}");
    }
}
