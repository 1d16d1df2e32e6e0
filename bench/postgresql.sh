# For bench/run: a PostgreSQL server of its own in $folder, on loopback, with default settings (fsync on, too).
# As root it runs as the user postgres, because it refuses root.
postgresql_pid= postgresql_connection=

find_postgresql() { # where its programs are, newest version first
    local candidate
    for candidate in "$(dirname "$(command -v initdb)" 2>/dev/null)" $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -Vr); do
        [ -x "$candidate/initdb" ] && [ -x "$candidate/pg_ctl" ] && [ -x "$candidate/psql" ] && { echo "$candidate"; return; }
    done
    return 1
}

as_postgresql() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && setpriv --reuid=postgres --regid=postgres --init-groups -- "$@")
    else
        "$@"
    fi
}

psql_once() { # SQL...: each as a statement of its own, as superuser
    local statements=()
    for statement in "$@"; do statements+=(-c "$statement"); done
    PGPASSFILE=$folder/pgpass "$postgresql_programs/psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$postgresql_port" -U postgres "${statements[@]}"
}

start_postgresql() {
    local data=$folder/postgresql/data password
    postgresql_programs=$(find_postgresql) || die "PostgreSQL is missing: initdb, pg_ctl and psql are neither on the PATH nor in /usr/lib/postgresql/*/bin"
    postgresql_port=$(free_port)
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    chmod 711 "$folder"
    mkdir "$folder/postgresql"
    (umask 077; printf '127.0.0.1:%s:*:%s\n' "$postgresql_port" "postgres:$password" "$postgresql_port" "starling:$password" >"$folder/pgpass"
        echo "$password" >"$folder/postgresql/password")
    [ "$(id -u)" != 0 ] || chown -R postgres "$folder/postgresql"
    as_postgresql "$postgresql_programs/initdb" -D "$data" -U postgres --pwfile="$folder/postgresql/password" -A scram-sha-256 -E UTF8 --locale=C \
        --no-sync >/dev/null || die "initdb failed"
    printf "listen_addresses = '127.0.0.1'\nport = %s\nunix_socket_directories = ''\n" "$postgresql_port" >>"$data/postgresql.conf"
    as_postgresql "$postgresql_programs/pg_ctl" start -D "$data" -l "$folder/postgresql/log" -w -t 60 >/dev/null || {
        tail -n 5 "$folder/postgresql/log" >&2
        die "PostgreSQL did not start"
    }
    postgresql_pid=$(head -n 1 "$data/postmaster.pid")
    postgresql_connection="Host=127.0.0.1;Port=$postgresql_port;Database=starling;Username=starling;Passfile=$folder/pgpass"
    psql_once "create role starling login password '$password'"
}

# Each scenario starts with an empty database, and with nothing left to write of the one before.
empty_database() {
    psql_once "set client_min_messages = error" "drop database if exists starling with (force)" "create database starling owner starling" "checkpoint"
}

stop_postgresql() {
    [ -n "$postgresql_pid" ] || return 0
    kill -INT "$postgresql_pid" 2>/dev/null
    for _ in {1..300}; do [ -e "$folder/postgresql/data/postmaster.pid" ] || break; sleep 0.1; done
    [ ! -e "$folder/postgresql/data/postmaster.pid" ] || kill -QUIT "$postgresql_pid" 2>/dev/null
    postgresql_pid=
}
