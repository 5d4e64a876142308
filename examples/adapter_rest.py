#!/usr/bin/env python3
"""An adapter for a node that has the REST interface of Codex, Archivist or Logos Storage.

    blockexc conform --control exec:'python3 examples/adapter_rest.py http://127.0.0.1:8080'

It needs the standard library only. `conform --control rest:URL` does more for such a node; this is
the smallest adapter that is of use, to begin one of your own with. docs/adapter.md has the protocol.
"""

import json
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

PREFIXES = ["", "/api/codex/v1", "/api/archivist/v1", "/api/storage/v1"]
TIMEOUT = 5  # seconds, for all but downloads

output = threading.Lock()
last_request = 0


def say(line):
    """Writes one answer or event."""
    with output:
        print(json.dumps(line), flush=True)


def call(url, timeout=TIMEOUT):
    """The body of a GET's answer."""
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return answer.read()


def find(root):
    """The interface's address with its prefix, and what the node says about itself."""
    said = []
    for prefix in PREFIXES:
        base = root.rstrip("/") + prefix
        try:
            info = json.loads(call(base + "/debug/info"))
            return base, info["id"], info["addrs"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            said.append(f"{base}: {error}")
    sys.exit("no node's REST interface: " + "; ".join(said))


def reachable(address, root):
    """An address that names all interfaces, as one that can be dialled."""
    host = urllib.parse.urlparse(root).hostname
    host = "127.0.0.1" if host in (None, "localhost") else host
    return address.replace("/ip4/0.0.0.0/", f"/ip4/{host}/")


def hello(_):
    return {
        "version": 1,
        "adapter": "adapter_rest.py",
        "node": "a node with a REST interface",
        "node_version": "",
        "capabilities": ["request", "connect"],
        "start_options": [],
        "running": {
            "addresses": [reachable(address, root) for address in addresses],
            "peer": peer_id,
        },
    }


def download(number, cid):
    """A download is a request: the end of the answer is its outcome."""
    done = {"event": "request_done", "request": number}
    try:
        done["data"] = call(f"{base}/data/{cid}/network/stream", timeout=None).hex()
    except (OSError, ValueError) as error:
        done["failed"] = str(error)
    say(done)


def request(command):
    global last_request
    last_request += 1
    # A daemon: a request that never ends does not keep the adapter from ending.
    arguments = (last_request, command["cid"])
    threading.Thread(target=download, args=arguments, daemon=True).start()
    return {"request": last_request}


def connect(command):
    address, _, peer = command["address"].rpartition("/p2p/")
    query = urllib.parse.urlencode({"addrs": address})
    call(f"{base}/connect/{peer}?{query}")
    return {}


COMMANDS = {"hello": hello, "request": request, "connect": connect, "quit": lambda _: {}}

if len(sys.argv) != 2:
    sys.exit("usage: adapter_rest.py http://HOST:PORT")
root = sys.argv[1]
base, peer_id, addresses = find(root)

for line in sys.stdin:
    command = json.loads(line)
    answer = {"id": command["id"]}
    known = COMMANDS.get(command["command"])
    if known is None:
        answer["unsupported"] = True
    else:
        try:
            answer["ok"] = known(command)
        except urllib.error.HTTPError as error:
            answer["error"] = f"{error}: {error.read(200).decode(errors='replace')}"
        except (OSError, ValueError, KeyError) as error:
            answer["error"] = str(error)
    say(answer)
    if command["command"] == "quit":
        break
