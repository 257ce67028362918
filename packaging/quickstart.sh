#!/bin/sh
# From a checkout to this machine's real state in the shared queue, with one command.
#
# Builds the three programs, sets up a collector under the user's state folder, enrols an agent on this
# machine, logs the CLI in and shows what there is. Everything lies in one folder, listens as configured by
# `init`, runs as whoever calls it and needs no root. A second start goes on where the first one was; each
# step is recorded in `quickstart.state` once it is done.
#
# What it deliberately does not do: install anything, or touch files outside the folder and `target/`.
set -eu

usage() {
    cat <<'END'
usage: sh packaging/quickstart.sh [OPTION…]

  --dir D         where everything lies (default: ${XDG_STATE_HOME:-~/.local/state}/dogwatch)
  --port P        where people and the CLI connect (default: 7443)
  --agent-port Q  where agents connect (default: 7444)
  --detach        leave collector and agent running and return
  --stop          stop what runs in D
  --help          this text

Ctrl-C stops both cleanly; a second start resumes. DOGWATCH_BIN_DIR names a folder with programs that are
built already.

Example: sh packaging/quickstart.sh --dir /tmp/dogwatch --detach
END
}

# Where the agent of this machine belongs; `init` makes both.
ORG=home
SITE=main
# Longer than a cold start on a busy machine takes; past it something is wrong and the log says what.
READY_SECONDS=60
# Opening a session, the first inventory and the first patch scan; apt's simulation alone can take some seconds.
FIRST_REPORT_SECONDS=45
# A drain ends within 10 s by its own limit.
STOP_SECONDS=20
LOG_TAIL_LINES=20

repository=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
users_umask=$(umask)
# What this run started, and so stops when it fails or is interrupted.
started=

say() { printf '%s\n' "$*"; }
step() { printf '\n==> %s\n' "$*"; }
complain() { printf 'quickstart: %s\n' "$*" >&2; }

die() {
    complain "$*"
    stop_started
    exit 1
}

# The same with the end of a program's log, which knows more than this script does.
die_with_log() {
    program=$1
    shift
    complain "$*"
    complain "the last lines of $dir/log/$program.log:"
    tail -n "$LOG_TAIL_LINES" "$dir/log/$program.log" >&2 || true
    stop_started
    exit 1
}

# --- the record of what is done -------------------------------------------------------------------------

recall() { sed -n "s/^$1=//p" "$dir/quickstart.state" 2>/dev/null | tail -n 1; }
record() { printf '%s=%s\n' "$1" "$2" >>"$dir/quickstart.state"; }
is_recorded() { [ -n "$(recall "$1")" ]; }

# --- processes, by their pid files ----------------------------------------------------------------------

# Whether the process is there and is the program it should be: a pid file outlives a crash, and the number
# may be somebody else's by now.
is_program() {
    kill -0 "$1" 2>/dev/null || return 1
    if [ -r "/proc/$1/cmdline" ]; then
        tr '\0' ' ' <"/proc/$1/cmdline" | grep -q -e "$2"
    else
        ps -p "$1" -o args= 2>/dev/null | grep -q -e "$2"
    fi
}

pid_of() { cat "$dir/run/$1.pid" 2>/dev/null || true; }

is_running() {
    pid=$(pid_of "$1")
    [ -n "$pid" ] && is_program "$pid" "dogwatch-$1"
}

# Starts a program in a session of its own, so that Ctrl-C reaches this script alone and it can stop both in
# order. Its output goes to the log; the previous run's is kept beside it.
start() {
    program=$1
    shift
    log=$dir/log/$program.log
    [ ! -f "$log" ] || mv -f "$log" "$log.old"
    : >"$log"
    if command -v setsid >/dev/null 2>&1; then
        setsid "$bin/dogwatch-$program" "$@" </dev/null >"$log" 2>&1 &
    else
        nohup "$bin/dogwatch-$program" "$@" </dev/null >"$log" 2>&1 &
    fi
    printf '%s\n' "$!" >"$dir/run/$program.pid"
    started="$program $started"
}

stop() {
    pid=$(pid_of "$1")
    if is_running "$1"; then
        kill -TERM "$pid" 2>/dev/null || true
        deadline=$(($(date +%s) + STOP_SECONDS))
        while is_running "$1"; do
            if [ "$(date +%s)" -ge "$deadline" ]; then
                complain "dogwatch-$1 (pid $pid) has not ended $STOP_SECONDS s after SIGTERM; see $dir/log/$1.log"
                return 1
            fi
            pause
        done
        say "stopped dogwatch-$1 (pid $pid)"
    fi
    rm -f "$dir/run/$1.pid"
}

stop_started() {
    programs=$started
    started=
    for program in $programs; do
        stop "$program" || true
    done
}

# The agent first: its goodbye has to reach the collector.
stop_both() {
    status=0
    stop agent || status=1
    stop collector || status=1
    return "$status"
}

# A fraction of a second where sleep knows fractions.
pause() { sleep 0.2 2>/dev/null || sleep 1; }

# wait_for SECONDS PROGRAM COMMAND…: until COMMAND succeeds; fails when the time is up or PROGRAM has ended.
# Between fork and exec a process is not yet the program it will be, so one miss does not mean that it ended.
wait_for() {
    deadline=$(($(date +%s) + $1))
    watched=$2
    misses=0
    shift 2
    until "$@"; do
        if is_running "$watched"; then misses=0; else misses=$((misses + 1)); fi
        [ "$misses" -lt 5 ] || return 1
        [ "$(date +%s)" -lt "$deadline" ] || return 1
        pause
    done
}

# --- ports ----------------------------------------------------------------------------------------------

check_port_number() {
    case $2 in
        '' | *[!0-9]*) die "$1 $2: not a port number" ;;
    esac
    { [ "$2" -ge 1 ] && [ "$2" -le 65535 ]; } || die "$1 $2: a port is from 1 to 65535"
}

# Where the kernel shows its sockets. Elsewhere the collector itself says that a port is taken, a little later.
is_port_taken() {
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$(printf ':%04X' "$1")" '
        $4 == "0A" && substr($2, length($2) - 4) == port { taken = 1 }
        END { exit !taken }'
}

choose_ports() {
    known_port=$(recall port)
    known_agent_port=$(recall agent_port)
    port=${port:-${known_port:-7443}}
    agent_port=${agent_port:-${known_agent_port:-7444}}
    check_port_number --port "$port"
    check_port_number --agent-port "$agent_port"
    [ "$port" != "$agent_port" ] || die "people and agents need a port each; both are $port"
    if [ -n "$known_port" ] && [ "$port/$agent_port" != "$known_port/$known_agent_port" ]; then
        die "$dir was set up with ports $known_port and $known_agent_port, and its certificates and tokens name" \
            "them; leave --port and --agent-port out, or choose another --dir"
    fi
    is_running collector && return
    for number in "$port" "$agent_port"; do
        ! is_port_taken "$number" ||
            die "port $number is in use by another program; choose others with --port and --agent-port"
    done
}

# --- the steps ------------------------------------------------------------------------------------------

prepare_folder() {
    # Keys and tokens lie here.
    umask 077
    mkdir -p "$dir/log" "$dir/run" "$dir/cli" 2>/dev/null || die "cannot make $dir; choose another with --dir"
    dir=$(CDPATH='' cd -- "$dir" && pwd)
    [ -w "$dir" ] || die "cannot write in $dir; choose another with --dir"
    # Never the user's own: this collector is one to try things on.
    DOGWATCH_CONFIG_DIR=$dir/cli
    export DOGWATCH_CONFIG_DIR
}

build() {
    if [ -n "${DOGWATCH_BIN_DIR:-}" ]; then
        bin=$DOGWATCH_BIN_DIR
    else
        command -v cargo >/dev/null 2>&1 || die "cargo is not installed; https://rustup.rs installs it for one user"
        command -v cc >/dev/null 2>&1 || die "no C compiler; install one (Debian: gcc and libc6-dev)"
        step "building release binaries; the first time takes some minutes"
        (umask "$users_umask" && cd "$repository" && cargo build --release --locked) || die "the build failed; what cargo says stands above"
        target=${CARGO_TARGET_DIR:-target}
        bin=$(CDPATH='' cd -- "$repository" && cd -- "$target/release" && pwd)
    fi
    for program in dogwatch dogwatch-agent dogwatch-collector; do
        [ -x "$bin/$program" ] || die "no program $bin/$program"
    done
}

set_up_collector() {
    ! is_recorded collector || return 0
    step "setting up a collector in $dir/collector"
    if [ -e "$dir/collector" ]; then
        die "$dir/collector exists, but its set-up was not finished; move it away, or choose another --dir"
    fi
    "$bin/dogwatch-collector" init --data-dir "$dir/collector" --name "$(uname -n) quick start" \
        --host localhost --host 127.0.0.1 --port "$port" --agent-port "$agent_port" >"$dir/setup.out" ||
        die "dogwatch-collector init failed; remove $dir/collector before the next try"
    # Opens the collector to its first person, once; it is gone from here as soon as the CLI has used it.
    sed -n 's|.*\(https://[^[:space:]]*/setup#[^[:space:]]*\).*|\1|p' "$dir/setup.out" | head -n 1 >"$dir/setup-link"
    [ -s "$dir/setup-link" ] || die "dogwatch-collector init printed no setup link; see $dir/setup.out"
    rm -f "$dir/setup.out"
    record port "$port"
    record agent_port "$agent_port"
    record collector set-up
    say "made a certificate authority, rules and ownership matrix; ports $port (people) and $agent_port (agents)"
}

start_collector() {
    if is_running collector; then
        say "dogwatch-collector runs already (pid $(pid_of collector))"
        return
    fi
    step "starting the collector"
    start collector serve --data-dir "$dir/collector"
    wait_for "$READY_SECONDS" collector grep -q '^ready ' "$dir/log/collector.log" ||
        die_with_log collector "the collector ended, or was not ready within $READY_SECONDS s"
    say "dogwatch-collector runs (pid $(pid_of collector), log $dir/log/collector.log)"
}

# Who the first administrator is: the user of this machine, in the letters that a person's name may have.
person() {
    name=$(id -un | tr '[:upper:]' '[:lower:]' | tr -cd 'a-z0-9._-')
    echo "${name:-admin}"
}

log_in() {
    ! is_recorded login || return 0
    # Killed after the login and before it was recorded: the link is used up, and the login is there.
    if ! "$bin/dogwatch" whoami >/dev/null 2>&1; then
        "$bin/dogwatch" login "$(cat "$dir/setup-link")" --person "$(person)" >/dev/null || die "dogwatch login failed"
    fi
    rm -f "$dir/setup-link"
    record login used
    say "logged the CLI in; its context is in $dir/cli"
}

enrol_agent() {
    ! is_recorded agent || return 0
    step "enrolling an agent on this machine"
    token=$("$bin/dogwatch" join-token create --org "$ORG" --site "$SITE" -o name) || die "no join token was made"
    "$bin/dogwatch-agent" enroll "$token" --state-dir "$dir/agent" || die "enrolling the agent failed"
    record agent enrolled
}

start_agent() {
    if is_running agent; then
        say "dogwatch-agent runs already (pid $(pid_of agent))"
        return
    fi
    step "starting the agent"
    start agent run --state-dir "$dir/agent"
    wait_for "$FIRST_REPORT_SECONDS" agent fleet_shows '"online": *true' ||
        die_with_log agent "the agent ended, or was not online within $FIRST_REPORT_SECONDS s"
    say "dogwatch-agent runs (pid $(pid_of agent), log $dir/log/agent.log)"
    wait_for "$FIRST_REPORT_SECONDS" agent fleet_shows '"patch"' ||
        say "its first patch scan is not in yet; \`dogwatch fleet\` shows it when it is"
}

fleet_shows() { "$bin/dogwatch" fleet -o json 2>/dev/null | grep -q -e "$1"; }

show() {
    printf '\n$ dogwatch %s\n' "$*"
    "$bin/dogwatch" "$@" || complain "\`dogwatch $*\` failed"
}

show_summary() {
    show fleet
    show queue
    show who patching --org "$ORG"
}

show_next() {
    cat <<END

Everything lies in $dir. In another terminal:

  export DOGWATCH_CONFIG_DIR='$dir/cli' PATH='$bin':"\$PATH"
  dogwatch fleet --watch
  dogwatch-agent backup run --state-dir '$dir/agent' --job nightly -- false    # a backup that fails …
  dogwatch queue                                                              # … is here, with its owner
  dogwatch alert show 2
  dogwatch who backup --org $ORG
END
}

# Until Ctrl-C, or until one of the two ends by itself.
attend() {
    printf '\nCollector and agent run until Ctrl-C.\n'
    while is_running collector && is_running agent; do
        sleep 1
    done
    for program in collector agent; do
        is_running "$program" || die_with_log "$program" "dogwatch-$program has ended by itself"
    done
}

# --- what was asked for ---------------------------------------------------------------------------------

dir=
port=
agent_port=
detach=no
action=start

while [ $# -gt 0 ]; do
    case $1 in
        --dir | --port | --agent-port)
            [ $# -ge 2 ] || die "$1 needs a value"
            case $1 in
                --dir) dir=$2 ;;
                --port) port=$2 ;;
                --agent-port) agent_port=$2 ;;
            esac
            shift
            ;;
        --detach) detach=yes ;;
        --stop) action=stop ;;
        --help | -h)
            usage
            exit 0
            ;;
        *)
            usage >&2
            exit 2
            ;;
    esac
    shift
done

if [ -z "$dir" ]; then
    [ -n "${XDG_STATE_HOME:-}${HOME:-}" ] || die "neither XDG_STATE_HOME nor HOME is set; name a folder with --dir"
    dir=${XDG_STATE_HOME:-$HOME/.local/state}/dogwatch
fi

if [ "$action" = stop ]; then
    if is_running collector || is_running agent; then
        stop_both
    else
        say "nothing runs in $dir"
    fi
    exit
fi

trap 'printf "\n"; stop_started; exit 130' INT TERM HUP
prepare_folder
choose_ports
build
set_up_collector
start_collector
log_in
enrol_agent
start_agent
show_summary
show_next

if [ "$detach" = yes ] || [ -z "$started" ]; then
    printf '\nCollector and agent run on. To stop them: sh packaging/quickstart.sh --dir %s --stop\n' "'$dir'"
    exit 0
fi
trap 'printf "\n"; stop_both && exit 0; exit 1' INT TERM HUP
attend
