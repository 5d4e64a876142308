#!/bin/sh
# Runs the suite and collects its reports: what the GitHub action does, for any CI.
#
# From the environment, each may be empty:
#   BLOCKEXC           the program [blockexc]
#   BLOCKEXC_TARGET    the multiaddress of the node; without it, the built-in node is tested
#   BLOCKEXC_PROTOCOL  the protocol's ID
#   BLOCKEXC_BASELINE  a file of what is known to fail
#   BLOCKEXC_EXPECT    the dialect whose deviations are expected
#   BLOCKEXC_ARGUMENTS more arguments, separated by spaces
#   BLOCKEXC_REPORTS   the folder for the reports [blockexc-reports]
#   GITHUB_OUTPUT, GITHUB_STEP_SUMMARY  as GitHub sets them
set -u

reports=${BLOCKEXC_REPORTS:-blockexc-reports}
mkdir -p "$reports" || exit 2
rm -f "$reports/result.json" "$reports/junit.xml" "$reports/report.html" "$reports/summary.md"

set -- conform
[ -n "${BLOCKEXC_TARGET:-}" ] && set -- "$@" --target "$BLOCKEXC_TARGET"
[ -n "${BLOCKEXC_PROTOCOL:-}" ] && set -- "$@" --protocol "$BLOCKEXC_PROTOCOL"
[ -n "${BLOCKEXC_BASELINE:-}" ] && set -- "$@" --baseline "$BLOCKEXC_BASELINE"
[ -n "${BLOCKEXC_EXPECT:-}" ] && set -- "$@" --expect "$BLOCKEXC_EXPECT"
# shellcheck disable=SC2086 # They are to be split.
"${BLOCKEXC:-blockexc}" "$@" ${BLOCKEXC_ARGUMENTS:-} \
    --json "$reports/result.json" --junit "$reports/junit.xml" \
    --html "$reports/report.html" --markdown "$reports/summary.md"
code=$?

if [ -f "$reports/result.json" ]; then
    value() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$reports/result.json" | head -n 1; }
    conclusion=$(value conclusion)
    outputs() {
        echo "conclusion=$conclusion"
        for verdict in pass warning fail inconclusive skipped; do
            echo "$verdict=$(value "$verdict")"
        done
        echo "reports=$reports"
    }
    if [ -n "${GITHUB_OUTPUT:-}" ]; then outputs >>"$GITHUB_OUTPUT"; else outputs; fi
    [ -n "${GITHUB_STEP_SUMMARY:-}" ] && cat "$reports/summary.md" >>"$GITHUB_STEP_SUMMARY"
fi
exit "$code"
