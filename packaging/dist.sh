#!/bin/sh
# Builds the agent as packages ship it. What a manifest can say about its size stands in Cargo.toml under
# `profile.dist`; here is what only the linker can be told.
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

set -- --locked --profile dist -p dogwatch-agent --bin dogwatch-agent
case ${target:-$(rustc -vV | sed -n 's/^host: //p')} in
    *-linux-*) linking=-Clink-arg=-Wl,-T,$PWD/packaging/no-unwinding.ld ;;
    *) linking= ;;
esac
cargo rustc "$@" ${target:+--target "$target"} -- ${linking:+"$linking"}
