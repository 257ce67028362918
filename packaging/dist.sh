#!/bin/sh
# Builds the agent as packages ship it. What a manifest can say about its size stands in Cargo.toml under
# `profile.dist`; here is what only the compiler and the linker can be told.
set -eu

usage() {
    cat <<'USAGE'
usage: sh packaging/dist.sh [TARGET]

  TARGET  as rustc names it (default: this machine's)

The agent is then in target/dist, where the benchmark looks for it, or in target/TARGET/dist.
USAGE
}

case ${1:-} in
    --help | -h)
        usage
        exit 0
        ;;
esac

cd -- "$(dirname -- "$0")/.."
target=${1:-}

# What code is repeated becomes a function of its own, as LLVM does by itself where it shrinks code for ARM.
set -- --locked --profile dist -p dogwatch-agent --bin dogwatch-agent ${target:+--target "$target"} -- \
    -Cllvm-args=-enable-machine-outliner=always
case ${target:-$(rustc -vV | sed -n 's/^host: //p')} in
    *-linux-*) set -- "$@" "-Clink-arg=-Wl,-T,$PWD/packaging/no-unwinding.ld" ;;
esac
exec cargo rustc "$@"
