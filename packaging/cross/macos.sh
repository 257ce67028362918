#!/bin/sh
# The agent and the command line for macOS: they type-check. Nothing of a Mac is here to link against or run on.
#
# zig brings the C compiler and headers that the cryptography's build asks for; both come from Python's packages
# into a virtual environment below `target/`.
set -eu

cd -- "$(dirname -- "$0")/../.."
. packaging/cross/std.sh

target=aarch64-apple-darwin
tools=$cross/venv

install python3-venv
if ! "$tools/bin/cargo-zigbuild" --version >/dev/null 2>&1; then
    mkdir -p "$cross"
    { python3 -m venv "$tools" && "$tools/bin/pip" install --quiet ziglang==0.17.1 cargo-zigbuild==0.24.0; } ||
        skip "cargo-zigbuild and zig cannot be installed from Python's packages"
    elapsed "installed cargo-zigbuild"
fi
PATH=$PWD/$tools/bin:$PATH
export PATH

build_std cargo-zigbuild check -p dogwatch-agent -p dogwatch
elapsed "type-checked for $target"
