#!/bin/sh
# Takes pictures of a report in headless Chromium, to be looked at: at three widths, and in the dark.
#
#   tests/browser/screenshots.sh report.html FOLDER
#
# CHROMIUM names the browser [chromium]. Fails when the page has an error in its console, as a request
# that its own policy refuses would be.
set -eu
page=$(realpath "$1")
folder=$(realpath "$2")
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
shot() {
    name=$1
    size=$2
    shift 2
    "${CHROMIUM:-chromium}" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync --hide-scrollbars \
        --user-data-dir="$profile/$name" --enable-logging=stderr --window-size="$size" "$@" \
        --screenshot="$folder/$name.png" "file://$page" 2>"$profile/log" || { cat "$profile/log"; exit 1; }
    if grep 'CONSOLE' "$profile/log"; then
        exit 1
    fi
    echo "$folder/$name.png"
}
shot narrow 500,1400
shot middle 800,1400
shot wide 1280,1400
shot dark 1280,1400 --blink-settings=preferredColorScheme=0
