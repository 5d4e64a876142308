// A template of an adapter in Go: fill in what is marked with TODO, and announce it in hello.
//
//	blockexc adapter check 'go run examples/adapter-template/adapter.go'
//
// docs/adapter.md has the protocol. Write nothing but answers and events to the standard output: the
// log goes to the standard error.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
)

// What this adapter can do. Announce only what is filled in below.
var capabilities = []string{ /* TODO: "request", "cancel", "put", "delete", "connect" */ }

// command has the members of all commands that are handled here.
type command struct {
	ID      uint64 `json:"id"`
	Command string `json:"command"`
	Data    string `json:"data"`
	CID     string `json:"cid"`
	Address string `json:"address"`
	Request uint64 `json:"request"`
}

type object = map[string]any

var (
	errUnsupported = errors.New("unsupported")
	output         sync.Mutex
	requests       sync.Mutex
	pending        = map[uint64]context.CancelFunc{}
	lastRequest    uint64
)

// node is the node under test. TODO: start it, or connect to it.
type node struct{}

// Addresses is where the node listens.
func (n *node) Addresses() []string {
	return []string{"/ip4/127.0.0.1/tcp/8070"} // TODO
}

// PeerID is the node's identity, in base 58.
func (n *node) PeerID() string {
	return "12D3KooWHpQZvgF9AJ1ZUdNNM6AfmCzV2TJvCAvbVyTxTSZtYGRd" // TODO
}

// Put stores a block as a user does, and gives its CID.
func (n *node) Put(data []byte) (string, error) {
	return "", errUnsupported // TODO
}

// Delete removes a block.
func (n *node) Delete(cid string) error {
	return errUnsupported // TODO
}

// Fetch requests a block, and waits for it. It ends early when the context is cancelled.
func (n *node) Fetch(ctx context.Context, cid string) ([]byte, error) {
	return nil, errUnsupported // TODO
}

// Connect returns when a connection with this peer stands.
func (n *node) Connect(address string) error {
	return errUnsupported // TODO
}

// say writes one line: an answer or an event.
func say(line object) {
	text, err := json.Marshal(line)
	if err != nil {
		fmt.Fprintln(os.Stderr, "an answer is no JSON:", err)
		os.Exit(1)
	}
	output.Lock()
	defer output.Unlock()
	fmt.Println(string(text))
}

// startRequest begins a request. Call the function that it returns once the answer is written: the
// end of a request must not come before its number.
func startRequest(n *node, cid string) (uint64, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	requests.Lock()
	lastRequest++
	number := lastRequest
	pending[number] = cancel
	requests.Unlock()
	return number, func() {
		go func() {
			data, err := n.Fetch(ctx, cid)
			requests.Lock()
			delete(pending, number)
			requests.Unlock()
			cancel()
			done := object{"event": "request_done", "request": number}
			if err != nil {
				done["failed"] = err.Error()
			} else {
				done["data"] = hex.EncodeToString(data)
			}
			say(done)
		}()
	}
}

// handle carries out one command. What it returns third runs behind the answer.
func handle(n *node, c command) (object, error, func()) {
	switch c.Command {
	case "hello":
		return object{
			"version": 1, "adapter": "adapter.go", "node": "TODO", "node_version": "",
			"capabilities": capabilities, "start_options": []string{},
			"running": object{"addresses": n.Addresses(), "peer": n.PeerID()},
		}, nil, nil
	case "put":
		data, err := hex.DecodeString(c.Data)
		if err != nil {
			return nil, err, nil
		}
		cid, err := n.Put(data)
		return object{"cid": cid}, err, nil
	case "delete":
		return object{}, n.Delete(c.CID), nil
	case "request":
		number, begin := startRequest(n, c.CID)
		return object{"request": number}, nil, begin
	case "cancel":
		requests.Lock()
		cancel, isPending := pending[c.Request]
		requests.Unlock()
		if isPending {
			cancel()
		}
		return object{"pending": isPending}, nil, nil
	case "connect":
		return object{}, n.Connect(c.Address), nil
	case "quit":
		return object{}, nil, func() { os.Exit(0) }
	default:
		return nil, errUnsupported, nil
	}
}

func main() {
	n := &node{}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	// The end of the input is the end of the adapter.
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			fmt.Fprintln(os.Stderr, "no JSON:", err)
			os.Exit(1)
		}
		ok, err, then := handle(n, c)
		answer := object{"id": c.ID}
		switch {
		case errors.Is(err, errUnsupported):
			answer["unsupported"] = true
		case err != nil:
			answer["error"] = err.Error()
		default:
			answer["ok"] = ok
		}
		say(answer)
		if then != nil {
			then()
		}
	}
}
