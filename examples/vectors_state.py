#!/usr/bin/env python3
"""A driver for the vectors of the state machine: a node's contexts in Python's standard library.

    blockexc vectors run --kind state -- python3 examples/vectors_state.py

It was written from vectors/README.md and the texts of `blockexc spec` alone.
"""

import json
import sys


class Node:
    """A node's state, in the form of the vectors, and what one event makes it do."""

    def __init__(self, config, state):
        self.config = config
        self.contexts = state["contexts"]
        self.wants = {want["address"]: want for want in state["own_wants"]}
        self.held = state["held"]
        for want in self.wants.values():
            for field, usual in (("asked", []), ("unanswered", []), ("retries", 0), ("others", 0)):
                want.setdefault(field, usual)
        self.effects, self.owed = [], {}

    def step(self, event):
        """Handles an event. Returns the outcome."""
        self.effects, self.owed = [], {}
        getattr(self, event["event"])(event)
        for peer, owed in self.owed.items():
            self.flush(peer, owed)
        for context in self.contexts.values():
            context["peer_have_cids"] = sorted({a.split("/")[0] for a in context["presence"]})
        state = {"contexts": self.contexts, "own_wants": list(self.wants.values()), "held": self.held}
        return json.loads(json.dumps({"effects": self.effects, "after": state}))

    # What is owed to peers.

    def owe(self, peer, kind, part):
        self.owed.setdefault(peer, {}).setdefault(kind, []).append(part)

    def owe_entry(self, peer, address, **fields):
        self.owe(peer, "entries", {"address": address, "want_type": "WantHave", **fields})

    def flush(self, peer, owed):
        entries, full = owed.get("entries", []), "full" in owed
        blocks = [part for _, part in sorted(owed.get("blocks", []), key=lambda it: -it[0])]
        messages = [{"account": account} for account in owed.get("account", [])]
        messages += [{"presences": cut} for cut in cuts(owed.get("presences", []), 1024)]
        for index, cut in enumerate(cuts(entries, 1000)):
            messages.append({"want_list": {"full": full and index == 0, "entries": cut}})
        messages += [{"deliveries": cut} for cut in cuts(blocks, 20)]
        for message in messages:
            self.effects.append({"effect": "sent", "to": peer, "message": message})

    # JOIN, LEFT

    def joined(self, event):
        peer = event["peer"]
        if peer in self.contexts:  # JOIN-3
            return
        self.contexts[peer] = {"presence": {}, "wants": []}  # JOIN-1, JOIN-2
        if "account" in self.config:  # JOIN-6
            self.owe(peer, "account", self.config["account"])
        for address in self.wants:  # JOIN-4, JOIN-5
            self.owe(peer, "full", True)
            self.owe_entry(peer, address)

    def left(self, event):
        peer = event["peer"]
        if self.contexts.pop(peer, None) is None:  # LEFT-1
            return
        for address, want in self.wants.items():  # LEFT-2
            drop(want["unanswered"], peer)
            if drop(want["asked"], peer):
                self.ask_a_holder(address)

    # Messages: want list, deliveries, presences, account, payment (WIRE-6)

    def received(self, event):
        peer, message = event["from"], event["message"]
        if peer not in self.contexts:  # JOIN-7
            return
        want_list = message.get("want_list", {"entries": []})
        if want_list.get("full"):  # WANT-11
            named = {entry["address"] for entry in want_list["entries"]}
            wants = self.contexts[peer]["wants"]
            wants[:] = [entry for entry in wants if entry["address"] in named]
        for entry in want_list["entries"]:  # WANT-15
            self.entry(peer, entry)
        self.deliveries(peer, message.get("deliveries", []))
        for item in message.get("presences", []):  # PRES-9
            self.presence(peer, item)
        if message.get("presences"):  # ASK-6
            for address, want in self.wants.items():
                if not want["asked"] and address in self.contexts[peer]["presence"]:
                    self.ask(peer, address)
        for field in ("account", "payment"):  # PAY-1, PAY-2
            if field in message:
                self.contexts[peer][field] = message[field]

    def entry(self, peer, entry):
        address, wants = entry["address"], self.contexts[peer]["wants"]
        places = [i for i, recorded in enumerate(wants) if recorded["address"] == address]
        if entry.get("cancel"):  # WANT-8
            for place in places:
                del wants[place]
        elif address in self.held:
            if entry["want_type"] == "WantBlock":  # WANT-2
                self.deliver(peer, entry)
            else:  # WANT-4
                self.answer(peer, address, "Have")
        else:
            if entry.get("send_dont_have"):  # WANT-5, WANT-7, WANT-10
                self.answer(peer, address, "DontHave")
            if entry["want_type"] == "WantHave":  # WANT-3, WANT-6
                return
            if places:  # WANT-9
                wants[places[0]] = entry
            elif len(wants) < self.config.get("wants_per_peer", len(wants) + 1):  # WANT-1, WANT-19
                wants.append(entry)

    def answer(self, peer, address, kind):
        item = {"address": address, "type": kind, "price": self.config.get("price", "")}
        self.owe(peer, "presences", item)

    def deliver(self, peer, entry):  # XFER-1, WANT-14
        part = {"address": entry["address"], "cid": self.held[entry["address"]]}
        self.owe(peer, "blocks", (entry.get("priority", 0), part))

    def presence(self, peer, item):
        address, records = item["address"], self.contexts[peer]["presence"]
        if item["type"] == "DontHave":  # PRES-3
            self.lose_holder(peer, address)
        elif address in self.wants:  # PRES-1, PRES-2, PRES-4, PRES-5
            records[address] = item.get("price", "")

    def lose_holder(self, peer, address):
        self.contexts[peer]["presence"].pop(address, None)
        if address in self.wants and drop(self.wants[address]["asked"], peer):
            self.ask_a_holder(address)

    def deliveries(self, peer, deliveries):
        arrived = False
        for delivery in deliveries:
            want = self.wants.get(delivery["address"])
            if want is None:  # XFER-2
                continue
            drop(want["unanswered"], peer)
            if counts(delivery):  # XFER-7
                self.hold(delivery["cid"], {delivery["address"], delivery["cid"]})
                arrived = True
            elif peer in want["asked"]:  # XFER-6
                self.lose_holder(peer, delivery["address"])
        if arrived:
            self.wake()

    def hold(self, cid, addresses):
        for address in addresses:
            self.held[address] = cid
            if address in self.wants:
                self.effects.append({"effect": "obtained", "address": address})
                self.end(address)

    def wake(self):  # WANT-13
        for peer, context in self.contexts.items():
            for entry in context["wants"]:
                if entry["address"] in self.held:
                    self.deliver(peer, entry)
            context["wants"] = [e for e in context["wants"] if e["address"] not in self.held]

    def end(self, address):  # PRES-6, ASK-7, XFER-7
        for peer in self.wants.pop(address)["unanswered"]:
            self.owe_entry(peer, address, cancel=True)
        for context in self.contexts.values():
            context["presence"].pop(address, None)

    # ASK, HELD

    def ask(self, peer, address):  # ASK-4, ASK-5
        want = self.wants[address]
        want["asked"].append(peer)
        if peer not in want["unanswered"]:
            want["unanswered"].append(peer)
        self.owe_entry(peer, address, want_type="WantBlock")

    def ask_a_holder(self, address):
        holders = [peer for peer, it in self.contexts.items() if address in it["presence"]]
        if holders:
            self.ask(holders[0], address)
        return bool(holders)

    def announce(self, address):
        for peer in self.contexts:
            self.owe_entry(peer, address)
        self.effects.append({"effect": "discover", "cid": address.split("/")[0]})

    def requested(self, event):
        address = event["address"]
        if address in self.held:  # ASK-3
            self.effects.append({"effect": "obtained", "address": address})
        elif address in self.wants:  # ASK-2, ASK-10
            self.wants[address]["others"] += 1
        else:  # ASK-1
            self.wants[address] = {"address": address, "asked": [], "unanswered": [], "retries": 0, "others": 0}
            self.announce(address)

    def cancelled(self, event):  # ASK-7
        address = event["address"]
        want = self.wants.get(address)
        if want and want["others"]:  # ASK-10
            want["others"] -= 1
        elif want:
            self.end(address)
        self.effects.append({"effect": "cancelled", "address": address, "was_wanted": want is not None})

    def retried(self, event):
        address = event["address"]
        want = self.wants.get(address)
        if want is None:
            return
        if want["retries"] >= self.config.get("retries", 1 << 32):  # ASK-9
            self.end(address)
            self.effects.append({"effect": "failed", "address": address})
            return
        want["retries"] += 1
        for peer in list(want["asked"]):  # ASK-8
            self.lose_holder(peer, address)
        if not want["asked"] and not self.ask_a_holder(address):
            self.announce(address)

    def stored(self, event):  # HELD-1
        self.hold(event["cid"], [event["cid"], *event["leaves"]])
        self.wake()

    def deleted(self, event):  # HELD-2
        self.held = {address: cid for address, cid in self.held.items() if cid != event["cid"]}


def drop(peers, peer):
    """Removes a peer from a list. Returns whether it was there."""
    there = peer in peers
    if there:
        peers.remove(peer)
    return there


def cuts(parts, most):
    return [parts[i : i + most] for i in range(0, len(parts), most)]


def counts(delivery):  # XFER-3, XFER-4
    evidence = delivery.get("evidence")
    if evidence is None:
        return True
    good = evidence["has_data"] and evidence["data_matches_cid"]
    if "/" in delivery["address"]:
        return good and evidence["proof"] == "Verified"
    return good and evidence["cid_matches_address"]


def main():
    for line in sys.stdin:
        command = json.loads(line)
        name, answer = command["command"], {"id": command["id"]}
        vector = command.get("vector", {})
        config = vector.get("config", {})
        if name == "hello":
            kinds = ["state", "sequence"]
            answer["ok"] = {"version": 1, "name": "state machine in Python", "kinds": kinds}
        elif name == "state":
            answer["ok"] = Node(config, vector["before"]).step(vector["event"])
        elif name == "sequence":
            node = Node(config, {"contexts": {}, "own_wants": [], "held": {}})
            answer["ok"] = {"steps": [node.step(event) for event in vector["events"]]}
        elif name == "quit":
            answer["ok"] = {}
        else:
            answer["unsupported"] = True
        print(json.dumps(answer), flush=True)
        if name == "quit":
            break


if __name__ == "__main__":
    main()
