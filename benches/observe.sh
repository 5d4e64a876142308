#!/bin/sh
# How fast blocks move through `blockexc observe`, beside a direct transfer, and what memory it takes.
#
#   benches/observe.sh [MIB]
#
# BLOCKEXC names the program; without it the release build is made and measured. Transfers are from one
# process to another over loopback, direct and through the relay in turns.
set -eu
mib=${1:-1024}
if [ -z "${BLOCKEXC:-}" ]; then
    cargo build --release --locked
    BLOCKEXC=target/release/blockexc
fi
folder=$(mktemp -d)
trap 'kill $node $observer 2>/dev/null || true; rm -rf "$folder"' EXIT
node=
observer=

head -c $((mib * 1024 * 1024)) /dev/urandom > "$folder/file"
"$BLOCKEXC" node --muxer mplex --put-dataset "$folder/file" > "$folder/node" 2>/dev/null &
node=$!
# The first lines of a node name what it holds, and come before its addresses.
while ! grep -q '^/ip4/' "$folder/node"; do sleep 0.1; done
direct=$(grep '^/ip4/' "$folder/node" | head -n 1)
manifest=$(awk '$1 == "manifest" { print $2 }' "$folder/node")
"$BLOCKEXC" observe --to "$direct" --json "$folder/result.json" > "$folder/observer" 2>/dev/null &
observer=$!
while ! grep -q '^/ip4/' "$folder/observer"; do sleep 0.1; done
relayed=$(grep '^/ip4/' "$folder/observer" | head -n 1)

# Prints the name and the speed of a transfer.
get() {
    begun=$(date +%s.%N)
    "$BLOCKEXC" get "$manifest" --from "$2" --muxer "$3" --output "$folder/copy" --timeout 120 2>/dev/null
    ended=$(date +%s.%N)
    cmp "$folder/file" "$folder/copy"
    echo "$1 $mib $begun $ended" | awk '{ printf "%s: %d MiB in %.2f s, %.0f MiB/s\n", $1, $2, $4 - $3, $2 / ($4 - $3) }'
}
for run in 1 2 3; do
    get "direct" "$direct" mplex
    get "relayed" "$relayed" yamux
done
awk '/VmHWM/ { printf "at most %d MiB resident in the relay\n", $2 / 1024 }' "/proc/$observer/status"
kill -INT $observer
wait $observer || true
tail -n 12 "$folder/observer"
