#!/bin/sh
# Builds the agent as packages ship it. What a manifest can say about its size stands in Cargo.toml under
# `profile.dist`; here is what only the compiler and the linker can be told.
set -eu

usage() {
    cat <<'USAGE'
usage: sh packaging/dist.sh [TARGET]

  TARGET  as rustc names it (default: this machine's)

The agent is then in target/dist, where the benchmark looks for it, or in target/TARGET/dist; manual pages and
completions of all three programs are in share/ beside it.
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

# What code is repeated becomes a function of its own, as LLVM does by itself where it shrinks code for ARM; looked for
# twice, since what was taken out repeats, too.
set -- --locked --profile dist -p dogwatch-agent --bin dogwatch-agent ${target:+--target "$target"} -- \
    "-Cllvm-args=-enable-machine-outliner=always -machine-outliner-reruns=1"
case ${target:-$(rustc -vV | sed -n 's/^host: //p')} in
    *-linux-*) set -- "$@" "-Clink-arg=-Wl,-T,$PWD/packaging/no-unwinding.ld" ;;
esac
# Functions that came out the same are kept once. Only here is LLD, which can do that, what rustc links with by itself.
case ${target:-$(rustc -vV | sed -n 's/^host: //p')} in
    x86_64-unknown-linux-gnu) set -- "$@" -Clink-arg=-Wl,--icf=all ;;
esac
cargo rustc "$@"

# What packages put beside the programs: manual pages, and completions for shells.
share=target/${target:+$target/}dist/share
mkdir -p "$share/man/man1" "$share/completions"
cp packaging/man/*.1 "$share/man/man1/"
for shell in bash zsh fish powershell; do
    cargo run --quiet --locked -p dogwatch -- completions "$shell" >"$share/completions/dogwatch.$shell"
done
