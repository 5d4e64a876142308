#!/usr/bin/env python3
"""A driver for the vectors of the wire and the tree: a codec that uses Python's standard library only.

    blockexc vectors run --kind wire --kind tree -- python3 examples/vectors_codec.py

It reads messages, streams and proofs by itself. vectors/README.md describes the conversation.
"""

import hashlib
import json
import sys

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
MOST_BITS = 64


class Refused(Exception):
    """These bytes are no message."""


class Skipped(Exception):
    """This part of a message cannot be used."""


def sha256(data):
    return hashlib.sha256(data).digest()


# Protobuf.


def varint(data, place):
    """The number at this place, and the place after it."""
    value = shift = 0
    while True:
        if place >= len(data) or shift > 63:
            raise Refused("a number is cut off, or too long")
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            if value >> MOST_BITS:
                raise Refused("a number of more than 64 bits")
            return value, place


def fields(data):
    """The fields of a message: number, wire type, value. Groups are refused."""
    place = 0
    while place < len(data):
        key, place = varint(data, place)
        number, wire_type = key >> 3, key & 7
        if number == 0:
            raise Refused("a field of the number 0")
        if wire_type == 0:
            value, place = varint(data, place)
        elif wire_type in (1, 2, 5):
            if wire_type == 2:
                length, place = varint(data, place)
            else:
                length = 8 if wire_type == 1 else 4
            if length > len(data) - place:
                raise Refused("a field is longer than its message")
            value, place = data[place : place + length], place + length
        else:
            raise Refused(f"the wire type {wire_type}")
        yield number, wire_type, value


def read(data, known):
    """A message as a dictionary. `known` says of each field its wire type, and whether it repeats."""
    found = {number: [] for number in known}
    for number, wire_type, value in fields(data):
        if number in known:
            if wire_type != known[number]:
                raise Refused(f"the field {number} has the wire type {wire_type}")
            found[number].append(value)
    return found


def last(values, default):
    return values[-1] if values else default


def signed(value):
    """A number of 32 bits that may be below zero."""
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value


# CIDs and addresses.


def base58(data):
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def short_varint(data, place):
    """A number in as few bytes as it needs."""
    try:
        value, end = varint(data, place)
    except Refused as error:
        raise Skipped(str(error)) from None
    if end - place > 1 and data[end - 1] == 0:
        raise Skipped("a number takes more bytes than it needs")
    return value, end


def parse_cid(data):
    """A CID as text."""
    if data[:2] == b"\x12\x20" and len(data) == 34:
        return base58(data)
    version, place = short_varint(data, 0)
    if version != 1:
        raise Skipped(f"a CID of version {version}")
    _codec, place = short_varint(data, place)
    _hash, place = short_varint(data, place)
    length, place = short_varint(data, place)
    if length > 64 or length != len(data) - place:
        raise Skipped("a CID whose digest has another length than it says")
    return "z" + base58(data)


def make_cid(codec, digest):
    code = b""
    while codec >= 0x80:
        code += bytes([codec & 0x7F | 0x80])
        codec >>= 7
    return "z" + base58(b"\x01" + code + bytes([codec]) + b"\x12\x20" + digest)


def cid_bytes(text):
    number = 0
    digits = text[1:] if text.startswith("z") else text
    for letter in digits:
        number = number * 58 + BASE58.index(letter)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def digest_of(cid):
    """The SHA-256 digest that a CID holds, if it is one of that hash."""
    data = cid_bytes(cid)
    return data[-32:] if data[-34:-32] == b"\x12\x20" else None


def parse_address(messages):
    """An address as text. A repeated one counts as its parts one after another."""
    if not messages:
        raise Skipped("no address")
    found = read(b"".join(messages), {1: 0, 2: 2, 3: 0, 4: 2})
    if last(found[1], 0):
        if not found[2]:
            raise Skipped("a leaf without its tree")
        return f"{parse_cid(found[2][-1])}/{last(found[3], 0)}"
    if not found[4]:
        raise Skipped("a plain address without a CID")
    return parse_cid(found[4][-1])


# Messages.


def read_entry(data):
    found = read(data, {1: 2, 2: 0, 3: 0, 4: 0, 5: 0})
    address = parse_address(found[1])
    want_type = signed(last(found[4], 0))
    if want_type not in (0, 1):
        raise Skipped(f"the want type {want_type}")
    return {
        "address": address,
        "want_type": ("WantBlock", "WantHave")[want_type],
        "priority": signed(last(found[2], 0)),
        "cancel": bool(last(found[3], 0)),
        "send_dont_have": bool(last(found[5], 0)),
    }


def read_delivery(data):
    found = read(data, {1: 2, 2: 2, 3: 2, 4: 2})
    if not last(found[1], b""):
        raise Skipped("a delivery without a CID")
    delivery = {"cid": parse_cid(found[1][-1]), "address": parse_address(found[3])}
    delivery["data"] = last(found[2], b"").hex()
    if found[4]:
        delivery["proof"] = found[4][-1].hex()
    return delivery


def read_presence(data):
    found = read(data, {1: 2, 2: 0, 3: 2})
    address = parse_address(found[1])
    price = last(found[3], b"")
    if len(price) > 32:
        raise Skipped("a price of more than 32 bytes")
    # A type that is not known counts as DontHave.
    kind = "Have" if signed(last(found[2], 0)) == 0 else "DontHave"
    return {"address": address, "type": kind, "price": price.lstrip(b"\0").hex()}


def read_message(data):
    """What a message says, and what of it is skipped."""
    found = read(data, {1: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2})
    message, skipped = {}, []

    def parts(name, encoded, read_part):
        usable = []
        for index, part in enumerate(encoded):
            try:
                usable.append(read_part(part))
            except Skipped:
                skipped.append({"part": name, "index": index})
        return usable

    # Several lists are one.
    wants = read(b"".join(found[1]), {1: 2, 2: 0})
    full = bool(last(wants[2], 0))
    entries = parts("entry", wants[1], read_entry)
    if full or entries:
        message["want_list"] = {"full": full, "entries": entries}
    message["deliveries"] = parts("delivery", found[3], read_delivery)
    message["presences"] = parts("presence", found[4], read_presence)
    account = last([a for a in (last(read(it, {1: 2})[1], b"") for it in found[6]) if a], b"")
    if len(account) == 20:
        message["account"] = account.hex()
    elif account:
        skipped.append({"part": "account", "index": 0})
    payment = last([u for u in (last(read(it, {1: 2})[1], b"") for it in found[7]) if u], b"")
    if payment:
        message["payment"] = payment.hex()
    return {"message": message, "skipped": skipped}


def read_stream(data, limit):
    """The messages of a stream until its end, and how it ends."""
    frames, place = [], 0
    while place < len(data):
        rest = data[place : place + 10]
        ends = [index for index, byte in enumerate(rest) if byte < 0x80]
        if not ends:
            return frames, "closed" if len(rest) == 10 else "cut"
        try:
            length, after = short_varint(rest, 0)
        except Skipped:
            return frames, "closed"
        if length > limit:
            return frames, "closed"
        frame = data[place + after : place + after + length]
        if len(frame) < length:
            return frames, "cut"
        try:
            read_message(frame)
        except Refused:
            return frames, "closed"
        frames.append(frame.hex())
        place += after + length
    return frames, "ended"


def wire(vector):
    if "stream" in vector:
        frames, end = read_stream(bytes.fromhex(vector["stream"]), vector["limit"])
        return {"frames": frames, "end": end}
    try:
        return read_message(bytes.fromhex(vector["message"]))
    except Refused:
        return {"refused": True}


# The tree.


def parent(left, right, key):
    return sha256(left + (right or bytes(32)) + bytes([key + (0 if right else 2)]))


def layers_of(leaves):
    """The layers of the tree, the leaves first."""
    layers, key = [leaves], 1
    while len(layers[-1]) > 1 or key == 1:
        below = layers[-1] + [None] * (len(layers[-1]) % 2)
        layers.append([parent(below[i], below[i + 1], key) for i in range(0, len(below), 2)])
        key = 0
    return layers


def make_proof(layers, index):
    path, place = [], index
    for layer in layers[:-1]:
        sibling = place ^ 1
        path.append((layer[sibling] if sibling < len(layer) else bytes(32)).hex())
        place //= 2
    return {"index": index, "leaf_count": len(layers[0]), "path": path}


def proof_leads(encoded, index, leaf, root):
    """Whether a proof leads from this leaf, at this index, to the root."""
    try:
        found = read(encoded, {1: 0, 2: 0, 3: 0, 4: 2})
        path = [last(read(node, {1: 2})[1], b"") for node in found[4]]
    except Refused:
        return False
    count, place, key = last(found[3], 0), index, 1
    if last(found[1], 0) != 0x12 or last(found[2], 0) != index or index >= count:
        return False
    if any(len(node) != 32 for node in path):
        return False
    node = leaf
    for sibling in path:
        if count == 1 and key == 0:
            return False
        if place % 2:
            node = parent(sibling, node, key)
        else:
            node = parent(node, None if place == count - 1 else sibling, key)
        place, count, key = place // 2, (count + 1) // 2, 0
    return count == 1 and key == 0 and node == root


def dataset(vector):
    rule = vector["dataset"]
    size, leaves = rule["block_size"], []
    for index in range(rule["blocks"]):
        block = index.to_bytes(8, "big") * (size // 8)
        has = max(0, min(size, rule["length"] - index * size))
        leaves.append(sha256(block[:has] + bytes(size - has)))
    layers = layers_of(leaves)
    root = layers[-1][0]
    return {
        "leaves": [leaf.hex() for leaf in leaves],
        "root": root.hex(),
        "tree": make_cid(0xCD03, root),
        "proofs": [make_proof(layers, index) for index in vector["proofs_of"]],
    }


def counts(delivery):
    data = bytes.fromhex(delivery["data"])
    if not data or digest_of(delivery["cid"]) != sha256(data):
        return False
    tree, slash, index = delivery["address"].partition("/")
    if not slash:
        return delivery["address"] == delivery["cid"]
    proof = bytes.fromhex(delivery.get("proof", ""))
    return proof_leads(proof, int(index), sha256(data), digest_of(tree))


def tree(vector):
    if "dataset" in vector:
        return dataset(vector)
    return {"counts": counts(vector["delivery"])}


def main():
    answers = {"wire": wire, "tree": tree}
    for line in sys.stdin:
        command = json.loads(line)
        name, answer = command["command"], {"id": command["id"]}
        if name == "hello":
            answer["ok"] = {"version": 1, "name": "codec in Python", "kinds": list(answers)}
        elif name == "quit":
            answer["ok"] = {}
        elif name in answers:
            answer["ok"] = answers[name](command["vector"])
        else:
            answer["unsupported"] = True
        print(json.dumps(answer), flush=True)
        if name == "quit":
            break


if __name__ == "__main__":
    main()
