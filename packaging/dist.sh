#!/bin/sh
# Builds the agent as packages ship it: as small as it gets with a stable compiler. What a manifest can say stands in
# Cargo.toml under `profile.dist`; here is what it cannot.
set -eu

usage() {
    cat <<'USAGE'
usage: sh packaging/dist.sh [TARGET]

  TARGET  as rustc names it (default: this machine's)

The agent is then at target/dist/dogwatch-agent, where the benchmark looks for it.
USAGE
}

case ${1:-} in
    --help | -h)
        usage
        exit 0
        ;;
esac

cd -- "$(dirname -- "$0")/.."
target=${1:-$(rustc -vV | sed -n 's/^host: //p')}
out=${CARGO_TARGET_DIR:-target}

# Nothing unwinds here: a panic ends the process. The tables for it are a fifteenth of the program. A target is named
# below so that build scripts and macros, which do unwind, are built without this.
RUSTFLAGS='-Cforce-unwind-tables=no'
export RUSTFLAGS

# The small form of the cryptography: no tables for speed, none of the AVX-512 code, no unwind tables.
# The same algorithms. An agent makes one handshake per connection.
AWS_LC_SYS_CFLAGS='-DOPENSSL_SMALL -fno-asynchronous-unwind-tables -fno-unwind-tables'
export AWS_LC_SYS_CFLAGS

cargo build --locked --profile dist --target "$target" -p dogwatch-agent --bin dogwatch-agent
mkdir -p "$out/dist"
cp -f "$out/$target/dist/dogwatch-agent" "$out/dist/dogwatch-agent"
ls -l "$out/dist/dogwatch-agent"
