#!/usr/bin/env python3
"""Converts the log of a node into a trace that `blockexc trace validate` judges (docs/traces.md).

This log is invented. A converter of another one is much the same: keep what is known of each
event, name it as the table in docs/traces.md does, and leave out all other lines.

    convert_log.py NODE.log > trace.jsonl
"""
import json
import re
import sys

# What a line says, with named parts; what it is in a trace; and what it was sent or received with.
LINES = [
    (r"peer (?P<peer>\S+) connected", "joined"),
    (r"peer (?P<peer>\S+) disconnected", "left"),
    (r"fetch (?P<address>\S+)", "requested"),
    (r"abort (?P<address>\S+)", "cancelled"),
    (r"fetched (?P<address>\S+)", "obtained"),
    (r"gave up (?P<address>\S+)", "failed"),
    (r"retry (?P<address>\S+)", "retried"),
    (r"put (?P<cid>\S+)", "stored"),
    (r"expired (?P<cid>\S+)", "deleted"),
    (r"recv (?P<from>\S+) hex (?P<bytes>\S*)", "received"),
    (r"send (?P<to>\S+) hex (?P<bytes>\S*)", "sent"),
    (r"recv (?P<from>\S+) (?P<words>.+)", "received"),
    (r"send (?P<to>\S+) (?P<words>.+)", "sent"),
    (r"idle", "quiet"),
]


def message(words):
    """`full want-have A; have B; block C` as a message. The block of an address is its own CID."""
    result = {}
    for part in words.split("; "):
        full = part.startswith("full ")
        verb, address = part.removeprefix("full ").split(" ")
        if verb in ("want-have", "want-have!", "want-block", "cancel"):
            entries = result.setdefault("want_list", {"full": full, "entries": []})["entries"]
            entries.append({
                "address": address,
                "want_type": "WantBlock" if verb == "want-block" else "WantHave",
                "cancel": verb == "cancel",
                "send_dont_have": verb.endswith("!"),
            })
        elif verb in ("have", "dont-have"):
            kind = {"have": "Have", "dont-have": "DontHave"}[verb]
            result.setdefault("presences", []).append({"address": address, "type": kind})
        elif verb == "block":
            result.setdefault("deliveries", []).append({"address": address, "cid": address})
        else:
            sys.exit(f"what is {part!r}?")
    return result


def main():
    # This node's log has every event but its retries.
    print(json.dumps({"format": "blockexc-trace/1", "node": "Alice", "omits": ["retried"]}))
    for line in open(sys.argv[1], encoding="utf-8"):
        time, _, text = line.rstrip("\n").partition(" ")
        for pattern, event in LINES:
            if found := re.fullmatch(pattern, text):
                fields = found.groupdict()
                if words := fields.pop("words", None):
                    fields["message"] = message(words)
                print(json.dumps({"time": time, "event": event, **fields}))
                break


if __name__ == "__main__":
    main()
