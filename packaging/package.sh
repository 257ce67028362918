#!/bin/sh
# Packages of the three programs for Debian and for the family of Red Hat: the program, its units, manual pages,
# completions, examples. Made of plain tools (dpkg-deb, rpmbuild); the same programs give the same bytes.
#
# What installing deliberately does not do: start anything. An agent wants a join token first, a collector `init`. An
# upgrade restarts what runs. Removing leaves state and settings, as both systems have it; `apt purge` takes them.
set -eu

usage() {
    cat <<'END'
usage: sh packaging/package.sh deb|rpm|all [OPTION…]

  --bin-dir D  where the programs are (default: target/release; the agent from target/dist, where dist.sh puts it)
  --out D      where the packages go (default: target/packages)
  --fast       packed in haste, for a look at what is inside

Build first: cargo build --release && sh packaging/dist.sh
Example: sh packaging/package.sh all && ls target/packages
END
}

fail() {
    echo "package: $*" >&2
    exit 1
}

cd -- "$(dirname -- "$0")/.."
bin=
out=target/packages
fast=
kinds=
while [ $# -gt 0 ]; do
    case $1 in
        deb | rpm) kinds="$kinds $1" ;;
        all) kinds="deb rpm" ;;
        --bin-dir | --out)
            [ $# -gt 1 ] || fail "$1 wants a folder"
            case $1 in --out) out=$2 ;; *) bin=$2 ;; esac
            shift
            ;;
        --fast) fast=yes ;;
        --help | -h)
            usage
            exit 0
            ;;
        *) fail "what is \`$1\`? See --help" ;;
    esac
    shift
done
[ -n "$kinds" ] || fail "say which: deb, rpm or all"

version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
# What a package says about its age is that of the sources, not that of its making.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir -p "$out"

program() {
    place=${bin:-target/release}/$1
    [ -n "$bin" ] || [ ! -x "target/dist/$1" ] || place=target/dist/$1
    [ -x "$place" ] || fail "$place is not there; build first: cargo build --release && sh packaging/dist.sh"
    echo "$place"
}

summary() {
    case $1 in
        dogwatch-agent) echo "agent that tells a Dogwatch collector how this machine is" ;;
        dogwatch-collector) echo "collector of Dogwatch: one queue for two crews over one fleet" ;;
        dogwatch) echo "command line of Dogwatch: the fleet, the shared queue, who owns what" ;;
    esac
}

description() {
    case $1 in
        dogwatch-agent) echo "It reads this machine's health, updates and backups and changes nothing on it. It runs as a user of its own." ;;
        dogwatch-collector) echo "A managed service provider and a customer's own IT stand watch over one fleet; each finding goes to who owns it." ;;
        dogwatch) echo "It asks a collector over its pinned root. Matrices and rules are checked without one." ;;
    esac
}

# put MODE FROM TO: one file, with the mode that it has for everybody.
put() {
    mkdir -p "$(dirname -- "$3")"
    cp -- "$2" "$3"
    chmod "$1" "$3"
}

packed() {
    mkdir -p "$(dirname -- "$2")"
    gzip -9nc -- "$1" >"$2"
    chmod 644 "$2"
}

# The manual pages of one program: its own and those of its commands.
pages() {
    for page in packaging/man/"$1".1 packaging/man/"$1"-*.1; do
        name=$(basename -- "$page")
        case $1:$name in
            dogwatch:dogwatch-agent* | dogwatch:dogwatch-collector*) ;;
            *) packed "$page" "$2/usr/share/man/man1/$name.gz" ;;
        esac
    done
}

# Shells look for completions below names of their own.
completions() {
    for place in bash:bash-completion/completions/dogwatch zsh:zsh/vendor-completions/_dogwatch \
        fish:fish/vendor_completions.d/dogwatch.fish powershell:dogwatch/completions/dogwatch.ps1; do
        "$1" completions "${place%%:*}" >"$work/completion"
        put 644 "$work/completion" "$2/usr/share/${place#*:}"
    done
}

# stage NAME ROOT: what the package puts where.
stage() {
    put 755 "$(program "$1")" "$2/usr/bin/$1"
    strip --strip-unneeded "$2/usr/bin/$1"
    pages "$1" "$2"
    doc=$2/usr/share/doc/$1
    packed CHANGELOG.md "$doc/changelog.gz"
    { cat packaging/packages/copyright; echo; cat LICENSE-MIT; } >"$work/copyright"
    put 644 "$work/copyright" "$doc/copyright"
    units=$2/usr/lib/systemd/system
    case $1 in
        dogwatch-agent)
            put 644 packaging/systemd/dogwatch-agent.service "$units/dogwatch-agent.service"
            put 644 packaging/systemd/dogwatch-agent-sleep.service "$units/dogwatch-agent-sleep.service"
            put 644 packaging/systemd/dogwatch-agent-full-sight.conf "$doc/examples/full-sight.conf"
            put 644 agent/agent.toml.example "$doc/examples/agent.toml"
            put 644 agent/agent.schema.json "$doc/examples/agent.schema.json"
            ;;
        dogwatch-collector)
            put 644 packaging/systemd/dogwatch-collector.service "$units/dogwatch-collector.service"
            for example in notify identity; do
                put 644 "collector/$example.example.toml" "$doc/examples/$example.toml"
            done
            for file in collector notify identity rules watch matrix; do
                "$(program dogwatch-collector)" schema "$file" >"$work/schema"
                put 644 "$work/schema" "$doc/examples/$file.schema.json"
            done
            ;;
        dogwatch) completions "$(program dogwatch)" "$2" ;;
    esac
    find "$2" -type d -exec chmod 755 {} +
    find "$2" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

# The packages that hold the libraries which a program wants; of the C library the version whose symbols it uses.
libraries() {
    glibc=$(objdump -T "$1" | sed -n 's/.*GLIBC_\([0-9][0-9.]*\).*/\1/p' | sort -Vu | tail -n 1)
    readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' | while read -r library; do
        case $library in
            libc.so.* | libm.so.* | libdl.so.* | libpthread.so.* | librt.so.* | ld-linux*) echo "libc6 (>= $glibc)" ;;
            libgcc_s.so.1) echo libgcc-s1 ;;
            *) fail "$1 wants $library, and no package is known here that has it" ;;
        esac
    done | sort -u | paste -sd, | sed 's/,/, /g'
}

# The maintainer's scripts of what has a service: one text for both, with its name put in.
scripts() {
    case $1 in
        dogwatch) return ;;
    esac
    for script in postinst prerm postrm; do
        sed "s/@NAME@/$1/g" "packaging/packages/$script" >"$2/$script"
        chmod 755 "$2/$script"
    done
}

deb() {
    root=$work/deb-$1
    stage "$1" "$root"
    mkdir "$root/DEBIAN"
    (cd "$root" && find usr -type f -exec md5sum {} + | sort -k 2) >"$work/md5sums"
    put 644 "$work/md5sums" "$root/DEBIAN/md5sums"
    scripts "$1" "$root/DEBIAN"
    cat >"$root/DEBIAN/control" <<END
Package: $1
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: The Dogwatch contributors <dogwatch@localhost>
Installed-Size: $(du -sk "$root/usr" | cut -f 1)
Depends: $(libraries "$root/usr/bin/$1")
Section: admin
Priority: optional
Description: $(summary "$1")
 $(description "$1")
END
    chmod 644 "$root/DEBIAN/control"
    chmod 755 "$root/DEBIAN"
    find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    dpkg-deb --root-owner-group ${fast:+-Zgzip -z1} --build "$root" "$out" >/dev/null
}

rpm() {
    root=$work/rpm-$1
    stage "$1" "$root"
    # There, zsh looks elsewhere.
    if [ -d "$root/usr/share/zsh/vendor-completions" ]; then
        mv "$root/usr/share/zsh/vendor-completions" "$root/usr/share/zsh/site-functions"
    fi
    spec=$work/$1.spec
    sed -e "s/@NAME@/$1/g" -e "s/@VERSION@/$version/g" -e "s|@ROOT@|$root|g" \
        -e "s|@SUMMARY@|$(summary "$1")|g" -e "s|@DESCRIPTION@|$(description "$1")|g" \
        packaging/packages/package.spec >"$spec"
    case $1 in
        dogwatch) ;;
        *) sed "s/@NAME@/$1/g" packaging/packages/service.spec >>"$spec" ;;
    esac
    (cd "$root" && find usr -type f | sed 's|^|/|' | sort) >"$work/files"
    { echo; echo "%files"; echo "%defattr(-,root,root,-)"; cat "$work/files"; } >>"$spec"
    rpmbuild -bb --quiet --define "_topdir $work/rpmbuild" --define "_rpmdir $work/rpms" \
        --define "source_date_epoch_from_changelog 0" --define "use_source_date_epoch_as_buildtime 1" \
        --define "clamp_mtime_to_source_date_epoch 1" --define "_buildhost localhost" \
        ${fast:+--define "_binary_payload w1.gzdio"} "$spec"
    find "$work/rpms" -name '*.rpm' -exec mv {} "$out/" \;
}

for kind in $kinds; do
    case $kind in
        deb) tools="dpkg-deb objdump readelf strip" ;;
        rpm) tools="rpmbuild strip" ;;
    esac
    for tool in $tools; do
        command -v "$tool" >/dev/null 2>&1 || fail "$tool is missing (packages dpkg, binutils and rpm have these tools)"
    done
    for name in dogwatch-agent dogwatch-collector dogwatch; do
        "$kind" "$name"
    done
done
find "$out" -maxdepth 1 -name "dogwatch*$version*" | sort
