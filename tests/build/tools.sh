# Sourced by ./test: the clients that the end-to-end tests talk with, and PostgreSQL. What can't be installed is named here.
# Tests that need a client are skipped with the reason, except under CI, where .ci/run has to have brought it; tests that need
# PostgreSQL fail.

install_tools() { # what the projects that were asked for need
    case " ${names[*]} " in *" EndToEnd "*) install_clients ;; esac
    case " ${names[*]} " in *" Cli "* | *" Cluster "* | *" Durability "* | *" EndToEnd "* | *" Silo "* | *" Storage "*) install_postgresql ;; esac
    case " ${names[*]} " in *" Storage "*) install_pgbouncer ;; esac
    case " ${names[*]} " in *" Samples "*) install_paho ;; esac
}

install_package() { # as root, where there is apt
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || return
    echo "Installing $1..."
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1" >/dev/null 2>&1 ||
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1"; } >/dev/null 2>&1
}

has_postgresql() { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }

install_postgresql() {
    has_postgresql || install_package postgresql
    has_postgresql || echo "PostgreSQL is missing: install postgresql (15 or newer)"
}

install_pgbouncer() { # for the test that one in transaction mode is refused
    [ -x /usr/sbin/pgbouncer ] || install_package pgbouncer
    [ -x /usr/sbin/pgbouncer ] || echo "PgBouncer is missing: install pgbouncer"
}

install_clients() {
    command -v mosquitto_pub >/dev/null || install_package mosquitto-clients
    command -v mosquitto_pub >/dev/null || echo "mosquitto_pub and mosquitto_sub are missing: install mosquitto-clients"

    local js=tests/EndToEnd.Tests/js
    if ! command -v npm >/dev/null; then
        echo "node and npm are missing: install nodejs and npm"
    elif [ ! -e $js/node_modules/.package-lock.json ] || [ $js/package-lock.json -nt $js/node_modules/.package-lock.json ]; then
        echo "Installing MQTT.js..."
        (cd $js && npm ci --no-audit --no-fund --loglevel=error </dev/null) || echo "MQTT.js could not be installed"
    fi
}

install_paho() { # for the sample in Python
    has_paho || install_package python3-paho-mqtt
    has_paho || echo "Paho for Python is missing: install python3-paho-mqtt"
}

has_paho() { python3 -c 'import paho.mqtt.client' 2>/dev/null || /usr/bin/python3 -c 'import paho.mqtt.client' 2>/dev/null; }
