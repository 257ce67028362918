#!/bin/sh
# The agent and the command line for Windows: compiled and linted, unit-tested and run under wine.
#
# One pass does it: clippy-driver stands in for the compiler, so that what is linted is also what is built.
# What wine cannot do (delayed start, Windows Update, volumes) is not shown here; see the sources' own tests.
set -eu

usage() {
    cat <<'UsageEnd'
usage: sh packaging/cross/windows.sh [--lint]

  --lint  compile and lint only; without it, unit tests and the program run under wine as well
UsageEnd
}

lint_only=no
case ${1:-} in
    --lint) lint_only=yes ;;
    --help | -h)
        usage
        exit 0
        ;;
    ?*)
        usage >&2
        exit 2
        ;;
esac

cd -- "$(dirname -- "$0")/../.."
. packaging/cross/std.sh

target=x86_64-pc-windows-gnu
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc
programs=$cross/$target/debug
native=${CARGO_TARGET_DIR:-target}/debug

# --- wine: a prefix of its own, without a screen, a mail client or a browser --------------------------------

WINEPREFIX=$PWD/$cross/wine
WINEDEBUG=-all
# pdh.dll is ours (see wine/pdh.c); mscoree and mshtml would ask to download something.
WINEDLLOVERRIDES='mscoree,mshtml=;pdh=n'
export WINEPREFIX WINEDEBUG WINEDLLOVERRIDES

wine_server() { PATH=$PATH:/usr/lib/wine "$(command -v wineserver || echo /usr/lib/wine/wineserver)" "$@"; }

set_up_wine() {
    system=$WINEPREFIX/drive_c/windows/system32
    if [ ! -d "$system" ]; then
        wine wineboot --init >/dev/null 2>&1 || skip "wine does not start here"
        wine winecfg -v win10 >/dev/null 2>&1 || skip "wine does not start here"
    fi
    library bcryptprimitives -ladvapi32
    library pdh -lntdll
}

# library NAME LINKED: into the prefix, there as a whole or not at all. The linker begins by removing what it makes anew,
# and a program that is started meanwhile ends with 53: the low byte of STATUS_DLL_NOT_FOUND (0xC0000135).
library() {
    x86_64-w64-mingw32-gcc -shared -O1 -o "$system/$1.new" "packaging/cross/wine/$1.c" "$2"
    mv "$system/$1.new" "$system/$1.dll"
}

# One run at a time has the prefix: each installs the service of the same name, and ends the wine server at its end.
take_the_prefix() {
    mkdir -p "$cross"
    exec 9>"$cross/wine.lock"
    flock 9
}

# A collector of this machine, an agent under wine: enrolled, connected, seen in the foreground and as a service, and
# gone with a goodbye.
meet_a_collector() {
    place=$(mktemp -d "$PWD/$cross/meeting.XXXXXX")
    port=$((20000 + $$ % 10000 * 2))
    "$native/dogwatch-collector" init --data-dir "$place/collector" --name wine --host localhost --host 127.0.0.1 \
        --port "$port" --agent-port "$((port + 1))" >"$place/setup"
    "$native/dogwatch-collector" serve --data-dir "$place/collector" >"$place/collector.log" 2>&1 &
    collector=$!
    until_true "the collector starts" grep -q '^ready ' "$place/collector.log"
    export DOGWATCH_CONFIG_DIR="$place/cli"
    "$native/dogwatch" login "$(sed -n 's|.*\(https://[^[:space:]]*/setup#[^[:space:]]*\).*|\1|p' "$place/setup" | head -n 1)" \
        --person wine >/dev/null
    token=$("$native/dogwatch" join-token create --org home --site main -o name)
    # Where administrators put programs, in the prefix; the service's state is in its default place.
    installed=$WINEPREFIX/drive_c/'Program Files'/Dogwatch
    rm -rf "$installed" "$WINEPREFIX/drive_c/ProgramData/Dogwatch"
    mkdir -p "$installed"
    cp "$programs/dogwatch-agent.exe" "$installed"
    agent service install
    if agent service start 2>"$place/unenrolled.log"; then
        echo "a service without an enrolment says that it started"
        return 1
    fi
    grep 'not enrolled' "$place/unenrolled.log"
    refuse_a_bad_configuration
    agent enroll "$token" --name wine-guest
    # Not by the function: that would be a shell, and ending it would leave the agent.
    wine "$installed/dogwatch-agent.exe" run >"$place/agent.log" 2>&1 &
    running=$!
    until_true "the agent is online" fleet_shows '"online": *true'
    kill "$running"
    wait "$running" || true
    until_true "the agent of the foreground is away" fleet_shows '"online": *false'
    agent service start
    agent service status
    until_true "the service is online" fleet_shows '"online": *true'
    agent service stop --reason upgrade
    until_true "the service went with a goodbye" fleet_shows '"planned_offline": *true'
    if [ -e "$(service_state)/goodbye-reason" ]; then
        echo "the service did not take the reason along"
        return 1
    fi
    cat "$(service_state)/agent.log"
    agent service uninstall --purge --yes
    kill "$collector"
    wait "$collector" || true
    collector=
    rm -rf "$place"
}

# A service that cannot read its configuration says so to whoever starts it, and what is wrong in its own log. Wine's
# services have another %ProgramData% than its prompt; Windows has one.
refuse_a_bad_configuration() {
    configured=$WINEPREFIX/drive_c/users/Public/Dogwatch
    mkdir -p "$configured"
    echo 'tset = 1' >"$configured/agent.toml"
    if agent service start 2>"$place/faulty.log"; then
        echo "a service with a bad configuration says that it started"
        return 1
    fi
    grep 'its configuration has a fault' "$place/faulty.log"
    grep 'service failed.*unknown field.*tset' "$(service_state)/agent.log"
    rm -r "$configured"
}

service_state() { echo "$WINEPREFIX/drive_c/ProgramData/Dogwatch/agent"; }

agent() { wine "$installed/dogwatch-agent.exe" "$@"; }

fleet_shows() { "$native/dogwatch" fleet -o json 2>/dev/null | grep -q -e "$1"; }

until_true() {
    what=$1
    shift
    deadline=$(($(date +%s) + 90))
    until "$@"; do
        if [ "$(date +%s)" -ge "$deadline" ]; then
            echo "not within 90 s: $what"
            tail -n 20 "$place"/*.log
            return 1
        fi
        sleep 0.2
    done
}

finish() {
    status=$?
    [ -z "${collector:-}" ] || kill "$collector" 2>/dev/null || true
    [ "$lint_only" = yes ] || wine_server -k 2>/dev/null || true
    exit "$status"
}

# ------------------------------------------------------------------------------------------------------------

install gcc-mingw-w64-x86-64

if [ "$lint_only" = yes ]; then
    build_std cargo check -p dogwatch-agent -p dogwatch
    elapsed "compiled and linted for $target"
    exit
fi

install wine wine64
build_std cargo test --no-run -p dogwatch-agent --lib --bins
build_std cargo build -p dogwatch-agent -p dogwatch
elapsed "compiled and linted for $target"

take_the_prefix
trap finish EXIT
trap 'exit 130' INT TERM HUP
set_up_wine
elapsed "wine is ready"
# Scenes of Linux are left out: its paths, its scripts as stand-ins for tools, its own files, which wine shows.
scenes='on_this_machine config::allow config::file::tests config::repository backup::tests::one_that_hangs backup::tests::ten_thousand
    checks::log::tail health::users patch::doctor patch::reboot::tests patch::tests software::tests'
set --
for scene in $scenes; do
    set -- "$@" --skip "$scene"
done
CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine build_std cargo test --quiet -p dogwatch-agent --lib --bins -- "$@"
elapsed "unit tests ran under wine"
for arguments in --version preview; do
    wine "$programs/dogwatch-agent.exe" $arguments
done
if [ -x "$native/dogwatch-collector" ] && [ -x "$native/dogwatch" ]; then
    meet_a_collector
else
    echo "SKIP the meeting with a collector: $native has none; cargo build makes it"
fi
elapsed "the program ran under wine"
