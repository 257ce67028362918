#!/bin/sh
# Fuzzes the agent's parsers with libFuzzer, each for a while; ends at the first that fails and leaves its input behind.
set -eu

usage() {
    cat <<'USAGE'
usage: sh packaging/fuzz.sh [--seconds N] [PARSER…]

  --seconds N  time for each parser (default 30)
  PARSER       by name, as in agent/src/sources/parsers.rs; all without any

Needs a C++ compiler. Seeds are the recorded outputs that the tests use; what was found stays in target/fuzz.
USAGE
}

seconds=30
case ${1:-} in
    --seconds)
        seconds=$2
        shift 2
        ;;
    --help | -h)
        usage
        exit 0
        ;;
esac

cd -- "$(dirname -- "$0")/.."
work=$PWD/target/fuzz
mkdir -p "$work/artifacts"
host=$(rustc -vV | sed -n 's/^host: //p')

# libFuzzer's coverage, on a compiler that is not a nightly. A target is named so that build scripts stay plain.
RUSTFLAGS='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
 -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1'
RUSTFLAGS=$(printf '%s' "$RUSTFLAGS" | tr -d '\n')
export RUSTFLAGS
cargo build --quiet --release --manifest-path agent/fuzz/Cargo.toml --target "$host" --target-dir "$work/build"
unset RUSTFLAGS
fuzzer=$work/build/$host/release/dogwatch-agent-fuzz

[ $# -gt 0 ] || set -- $(sed -n 's/^    ("\([a-z0-9._]*\)", .*/\1/p' agent/src/sources/parsers.rs)
for parser in "$@"; do
    corpus=$work/corpus/$parser
    mkdir -p "$corpus"
    find agent/src/sources \( -path '*/fixtures/*' -o -path '*/recorded/*' \) -type f -size -64k -exec cp -n {} "$corpus/" \;
    printf '%s: ' "$parser"
    if ! DOGWATCH_PARSER=$parser "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=512 -max_len=65536 \
        -artifact_prefix="$work/artifacts/$parser-" "$corpus" >"$work/$parser.log" 2>&1; then
        echo "FAILED"
        tail -n 30 "$work/$parser.log"
        exit 1
    fi
    sed -n 's/^Done \([0-9]*\) runs in \([0-9]*\) second.*/\1 inputs in \2 s/p' "$work/$parser.log"
done
