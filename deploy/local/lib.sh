# Sourced by up and down.
source "$root/build/ahead.sh"
place=${STARLING_LOCAL:-$root/.starling/local}
postgresql_port=${STARLING_POSTGRESQL_PORT:-15432}
silo_port=${STARLING_SILO_PORT:-21110}
gateway_port=${STARLING_GATEWAY_PORT:-23000}
silo_management_port=${STARLING_SILO_MANAGEMENT_PORT:-18180}
edge_management_port=${STARLING_EDGE_MANAGEMENT_PORT:-18080}
mqtt_port=${STARLING_MQTT_PORT:-11883}
tenants=${STARLING_TENANTS:-$place/tenants.json}

die() { echo "${0##*/}: $*" >&2; exit 1; }

build() {
    local project output
    echo "Building..." >&2
    for project in Silo Edge Cli; do
        output=$(build_ahead "$root/$project/$project.csproj") ||
            die "the build of $project failed"$'\n'"$output"
    done
}

# PostgreSQL does not run as root.
as_postgres() {
    if [ "$(id -u)" -eq 0 ]; then (cd / && exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"); else "$@"; fi
}

postgresql_bin() {
    local bin
    for bin in ${STARLING_POSTGRESQL_BIN:+"$STARLING_POSTGRESQL_BIN"} /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do
        [ -x "$bin/initdb" ] && { echo "$bin"; return; }
    done
    bin=$(command -v initdb) || die "PostgreSQL 15 or newer is needed (initdb is neither on the PATH nor in /usr/lib/postgresql)"
    dirname "$bin"
}

start_postgresql() {
    local bin
    bin=$(postgresql_bin)
    if [ ! -e "$place/postgresql/PG_VERSION" ]; then
        mkdir -p "$place/postgresql"
        if [ "$(id -u)" -eq 0 ]; then chown postgres "$place/postgresql"; open_way "$place/postgresql"; fi
        as_postgres "$bin/initdb" -D "$place/postgresql" -U starling -A trust -E UTF8 --locale=C >"$place/log/initdb.log" 2>&1 ||
            die "initdb failed, see $place/log/initdb.log"
    fi
    : >>"$place/log/postgresql.log"
    [ "$(id -u)" -ne 0 ] || chown postgres "$place/log/postgresql.log"
    as_postgres "$bin/pg_ctl" -D "$place/postgresql" -w -l "$place/log/postgresql.log" \
        -o "-p $postgresql_port -c listen_addresses=127.0.0.1 -c unix_socket_directories=" start >/dev/null ||
        die "PostgreSQL did not start, see $place/log/postgresql.log"
    as_postgres "$bin/psql" -h 127.0.0.1 -p "$postgresql_port" -U starling -d postgres -Atc "select 1 from pg_database where datname = 'starling'" |
        grep -q 1 || as_postgres "$bin/createdb" -h 127.0.0.1 -p "$postgresql_port" -U starling starling
}

# The user postgres must be able to go down to its folder.
open_way() {
    local folder=$1
    while [ "$folder" != / ]; do
        folder=$(dirname "$folder")
        setpriv --reuid=postgres --regid=postgres --init-groups test -x "$folder" || die "the user postgres may not enter $folder; set STARLING_LOCAL to another folder"
    done
}

write_tenants() {
    local hash
    [ ! -e "$tenants" ] || return 0
    hash=$(echo demo | dotnet "$root/Cli/bin/Release/net10.0/starling.dll" passwd demo --password-stdin)
    cat >"$tenants" <<JSON
{
  "tenants": {
    "demo": {
      "shards": 3,
      "users": { "demo": { "passwordHash": "$hash" } },
      "acl": [{ "allow": "all", "filter": "#" }, { "allow": "subscribe", "filter": "\$SYS/#" }]
    }
  }
}
JSON
}

# A pid with the time at which it began is a process; a pid alone may be another's by now.
started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }
is_ours() { [ -n "$2" ] && [ "$(started_at "$1")" = "$2" ]; }

start() { # name, assembly, arguments
    local name=$1 assembly=$2
    shift 2
    setsid dotnet "$assembly" "$@" >"$place/log/$name.log" 2>&1 </dev/null &
    echo "$name $! $(started_at $!)" >>"$place/pids"
}

await_ready() { # name, management port
    local waited name pid started
    read -r name pid started < <(grep "^$1 " "$place/pids")
    for ((waited = 0; waited < 600; waited++)); do
        ! curl -sf -o /dev/null "http://127.0.0.1:$2/readyz" || return 0
        is_ours "$pid" "$started" || die "$1 ended: $(tail -n 1 "$place/log/$1.log")"
        sleep 0.1
    done
    die "$1 is not ready after a minute, see $place/log/$1.log"
}
