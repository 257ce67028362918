#!/bin/sh
# Runs every test of the workspace, and first installs what some of them need.
#
# What is needed is checked by name before anything is installed; only what lacks is asked of apt, and only
# as root. What cannot be had is left out: the tests read DOGWATCH_TESTS_WITHOUT and print `SKIP name: reason`.
set -eu

usage() {
    cat <<'END'
usage: sh tests/run.sh [--no-install | --complete] [ARGUMENT…]

  --no-install  install nothing; leave out the tests that need what is missing, and say which
  --complete    leave out nothing: what cannot be installed is an error
  ARGUMENT…     handed to the test runner, such as the name of a test; documentation examples are left out then

Uses cargo-nextest where it is installed, `cargo test` elsewhere.
END
}

# tool, Debian package, and what is tested with it. One line a tool; a tool without a test goes.
NEEDS='
borg  borgbackup  backups of a real BorgBackup repository are seen
restic  restic  backups of a real restic repository are seen, and told by the wrapper
rsnapshot  rsnapshot  the folders and the log of a real rsnapshot are read
strace  strace  the collector syncs its journal before it acknowledges
dnf  dnf  updates with advisories, locks and exclusions, from a repository made for the test
zypper  zypper  updates with patches and locks, from the same repository
rpmbuild  rpm  the packages of that repository, and ours
dpkg-deb  dpkg  our packages for Debian
fakeroot  fakeroot  they are installed into a folder by whoever runs the tests
objdump  binutils  they name the libraries that they want
createrepo_c  createrepo-c  that repository
pacman  pacman-package-manager  updates and what is ignored, from databases made for the test
python3  python3  calendars and rotas agree with zoneinfo around every change of the clocks
smartctl  smartmontools  what smartctl says where there is no drive to ask
aiosmtpd  python3-aiosmtpd  mail is taken by a real server, by STARTTLS and by implicit TLS
prometheus-alertmanager  prometheus-alertmanager  a real Alertmanager feeds its alerts into the queue, and ends them
jsonschema  python3-jsonschema  what pagers and chats get is as their schemas say
node  nodejs  people come in by a real OpenID Connect provider
zsh  zsh  it completes commands and names
fish  fish  it does, too
npm  npm  that provider, which Debian does not have
pip3  python3-pip  the library that verifies webhooks, which Debian does not have
'

install=yes
complete=no
case ${1:-} in
    --complete)
        complete=yes
        shift
        ;;
    --no-install)
        install=no
        shift
        ;;
    --help | -h)
        usage
        exit 0
        ;;
esac

cd -- "$(dirname -- "$0")/.."

# The lines of NEEDS whose tool is not on this machine.
missing() {
    printf '%s\n' "$NEEDS" | while read -r tool package purpose; do
        [ -z "$tool" ] || command -v "$tool" >/dev/null 2>&1 || printf '%s %s %s\n' "$tool" "$package" "$purpose"
    done
}

column() { missing | cut -d ' ' -f "$1" | tr '\n' ' ' | sed 's/ $//'; }

install_missing() {
    packages=$(column 2)
    if [ "$install" = no ] || [ -z "$packages" ]; then
        return
    elif ! command -v apt-get >/dev/null 2>&1; then
        echo "tests: no apt here; to run every test, install: $packages"
    elif [ "$(id -u)" != 0 ]; then
        echo "tests: not root; to run every test: sudo apt-get install --no-install-recommends $packages"
    else
        echo "tests: installing $packages"
        # shellcheck disable=SC2086 # one argument a package
        { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends $packages; } \
            >/dev/null || echo "tests: apt could not install them; what it said stands above"
    fi
}

# Libraries for Python that Debian does not have, at fixed versions, for the tests alone: the webhook standard's own, the
# vendor's client of the Events API, a reader of OpenMetrics, and what drives the API by its own description.
LIBRARIES='standardwebhooks==1.1.0 pagerduty==7.2.0 prometheus-client==0.26.0 schemathesis==4.32.5'

install_libraries() {
    [ "$install" = yes ] && [ -x /usr/bin/pip3 ] || return 0
    for library in $LIBRARIES; do
        mark=target/tests/python/.$library
        # The first is one file that needs nothing of what it names.
        case $library in standardwebhooks*) deps=--no-deps ;; *) deps= ;; esac
        # shellcheck disable=SC2086 # an option or nothing
        if [ ! -e "$mark" ] && /usr/bin/pip3 install --quiet $deps --upgrade --target target/tests/python "$library" 2>/dev/null; then
            : >"$mark"
        fi
        [ -e "$mark" ] || echo "tests: pip could not fetch $library"
    done
}

# A real OpenID Connect provider, at a fixed version, for the tests alone.
PROVIDER=oidc-provider@9.13.3

install_provider() {
    [ "$install" = yes ] && command -v npm >/dev/null 2>&1 || return 0
    mark=target/tests/node/.$PROVIDER
    [ ! -e "$mark" ] || return 0
    mkdir -p target/tests/node
    if npm install --prefix target/tests/node --no-save --ignore-scripts --no-audit --no-fund "$PROVIDER" >/dev/null 2>&1; then
        : >"$mark"
    else
        echo "tests: npm could not fetch $PROVIDER"
    fi
}

# What is not here, a line each, with what is not tested then.
left_out() {
    missing | while read -r tool package purpose; do
        echo "SKIP tests with $tool (package $package): $purpose"
    done
    for library in $LIBRARIES; do
        [ -e "target/tests/python/.$library" ] || echo "SKIP tests with $library, a library for Python"
    done
    [ -e "target/tests/node/.$PROVIDER" ] || echo "SKIP tests with $PROVIDER, a program for Node"
}

install_missing
install_libraries
install_provider
DOGWATCH_TESTS_WITHOUT=$(column 1)
export DOGWATCH_TESTS_WITHOUT
left_out=$(left_out)
if [ -n "$left_out" ]; then
    printf '%s\n' "$left_out"
    [ "$complete" = no ] || { echo "tests: --complete leaves out nothing, and this is missing" >&2; exit 1; }
fi

# The programs that the acceptance tests start. The same features as the tests, so nothing is built twice.
cargo build --workspace --locked

if ! command -v cargo-nextest >/dev/null 2>&1; then
    exec cargo test --workspace --locked --no-fail-fast "$@"
fi

status=0
if [ $# -eq 0 ]; then
    cargo test --doc --workspace --locked --no-fail-fast --quiet || status=$?
fi
cargo nextest run --workspace --locked --no-fail-fast "$@" || status=$?
# Again, below what passed.
[ -z "$left_out" ] || printf '%s\n' "$left_out"
exit "$status"
