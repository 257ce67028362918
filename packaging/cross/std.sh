#!/bin/sh
# What the cross builds share: Debian's compiler with the source of std, from which std is built for the target.
# To be read with `.`, not run; the caller is at the root of the repository.
#
# What lacks is asked of apt, and only as root. What cannot be had ends the caller with a line that starts with
# SKIP and with success: a machine without a cross compiler is no fault of the change. A compile error is.

started=$(date +%s)
# Apart from `target/debug`: another compiler would build all of that anew.
cross=target/cross

skip() {
    echo "SKIP $*"
    exit 0
}

elapsed() { echo "--- $1: $(($(date +%s) - started)) s since the start"; }

# Debian's compiler is the one whose std source apt has; the project's own may come from anywhere.
has_std_source() { [ -x /usr/bin/rustc ] && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library" ]; }

# install PACKAGE…: nothing is asked of apt when all are there.
install() {
    # shellcheck disable=SC2046 # one argument a package
    lacking=$(for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || echo "$package"
    done)
    [ -n "$lacking" ] || return 0
    lacking=$(echo "$lacking" | tr '\n' ' ')
    command -v apt-get >/dev/null 2>&1 || skip "no apt here; this needs, by Debian's names: $lacking"
    [ "$(id -u)" = 0 ] || skip "not root; first: sudo apt-get install --no-install-recommends $lacking"
    echo "installing $lacking"
    # shellcheck disable=SC2086 # one argument a package
    { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends $lacking; } \
        >/dev/null || skip "apt could not install $lacking"
    elapsed "installed"
}

# build_std CARGO SUBCOMMAND ARGUMENT… for $target: std is built along, from Debian's source with Debian's compiler. Its
# clippy stands in for the compiler, so that what is built is linted in the same pass. A parser of one system's tool is
# dead code on another, and tested there all the same, so only the project's own system is asked for dead code.
build_std() {
    program=$1
    subcommand=$2
    shift 2
    # shellcheck disable=SC2154 # the caller names the target
    RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc CARGO_INCREMENTAL=0 RUSTC_WORKSPACE_WRAPPER=/usr/bin/clippy-driver \
        CLIPPY_ARGS=-Dwarnings__CLIPPY_HACKERY__-Adead_code__CLIPPY_HACKERY__ \
        "$program" "$subcommand" --locked -Z build-std=std,panic_unwind --target "$target" --target-dir "$cross" "$@"
}

install rustc-web rust-web-src libstd-rust-web-dev rust-web-clippy
has_std_source || skip "Debian's rustc is here without the source of std (package rust-web-src)"
