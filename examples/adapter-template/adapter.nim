## A template of an adapter in Nim, with chronos: fill in what is marked with TODO, and announce it.
##
##     nim c examples/adapter-template/adapter.nim
##     blockexc adapter check examples/adapter-template/adapter
##
## docs/adapter.md has the protocol. Write nothing but answers and events to the standard output: the
## log goes to the standard error.

import std/[json, strutils, tables]
import chronos, chronos/threadsync

const capabilities: seq[string] = @[] # TODO: "request", "cancel", "put", "delete", "connect"

type
  Unsupported = object of CatchableError
  Node = ref object # TODO: the node under test

var
  pending: Table[int, Future[seq[byte]]]
  lastRequest = 0
  lines: Channel[string]
  news: ThreadSignalPtr

proc unsupported(what: string) {.noreturn.} =
  raise newException(Unsupported, what)

# What the adapter makes the node do.

proc addresses(node: Node): seq[string] =
  @["/ip4/127.0.0.1/tcp/8070"] # TODO

proc peerId(node: Node): string =
  "12D3KooWHpQZvgF9AJ1ZUdNNM6AfmCzV2TJvCAvbVyTxTSZtYGRd" # TODO

proc put(node: Node, data: seq[byte]): Future[string] {.async.} =
  ## Stores a block as a user does, and gives its CID.
  unsupported("put") # TODO

proc delete(node: Node, cid: string): Future[void] {.async.} =
  unsupported("delete") # TODO

proc fetch(node: Node, cid: string): Future[seq[byte]] {.async.} =
  ## Requests a block, and waits for it. It ends early when it is cancelled.
  unsupported("request") # TODO

proc connect(node: Node, address: string): Future[void] {.async.} =
  ## Returns when a connection with this peer stands.
  unsupported("connect") # TODO

# The conversation.

proc say(line: JsonNode) =
  stdout.writeLine($line)
  stdout.flushFile()

proc toHex(data: seq[byte]): string =
  for value in data:
    result.add(strutils.toHex(value.int, 2).toLowerAscii)

proc fromHex(text: string): seq[byte] =
  for character in parseHexStr(text):
    result.add(byte(character))

proc follow(number: int, request: Future[seq[byte]]): Future[void] {.async.} =
  ## Tells how a request ends.
  let done = %*{"event": "request_done", "request": number}
  try:
    done["data"] = %toHex(await request)
  except CatchableError as error:
    done["failed"] = %error.msg
  pending.del(number)
  say(done)

proc handle(node: Node, command: JsonNode): Future[JsonNode] {.async.} =
  case command["command"].getStr
  of "hello":
    return %*{
      "version": 1, "adapter": "adapter.nim", "node": "TODO", "node_version": "",
      "capabilities": capabilities, "start_options": newSeq[string](),
      "running": {"addresses": node.addresses, "peer": node.peerId}
    }
  of "put":
    return %*{"cid": await node.put(fromHex(command["data"].getStr))}
  of "delete":
    await node.delete(command["cid"].getStr)
    return newJObject()
  of "request":
    inc lastRequest
    pending[lastRequest] = node.fetch(command["cid"].getStr)
    return %*{"request": lastRequest}
  of "cancel":
    let number = command["request"].getInt
    let isPending = number in pending
    if isPending:
      pending[number].cancelSoon()
    return %*{"pending": isPending}
  of "connect":
    await node.connect(command["address"].getStr)
    return newJObject()
  of "quit":
    return newJObject()
  else:
    unsupported("the command")

proc read() {.thread.} =
  ## Reading blocks, so it is done by a thread of its own. An empty line says that all is over.
  var line = ""
  while stdin.readLine(line):
    lines.send(line)
    discard news.fireSync()
  lines.send("")
  discard news.fireSync()

proc main() {.async.} =
  let node = Node()
  while true:
    let (has, line) = lines.tryRecv()
    if not has:
      await news.wait()
      continue
    # The end of the input is the end of the adapter.
    if line.len == 0:
      return
    let command = parseJson(line)
    let answer = %*{"id": command["id"]}
    try:
      answer["ok"] = await node.handle(command)
    except Unsupported:
      answer["unsupported"] = %true
    except CatchableError as error:
      answer["error"] = %error.msg
    say(answer)
    # The end of a request must not come before its number.
    if command["command"].getStr == "request":
      asyncSpawn follow(lastRequest, pending[lastRequest])
    if command["command"].getStr == "quit":
      return

lines.open()
news = ThreadSignalPtr.new().expect("the system has a signal to spare")
var reader: Thread[void]
createThread(reader, read)
waitFor main()
quit(0)
