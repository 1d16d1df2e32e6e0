# Sourced by ./test: the clients that the end-to-end tests talk with. What can't be installed is named here, and the tests
# that need it are skipped with the reason, except under CI, where .ci/run has to have brought it.

install_clients() {
    if ! command -v mosquitto_pub >/dev/null && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        echo "Installing mosquitto-clients..."
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq mosquitto-clients >/dev/null 2>&1 ||
            { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq mosquitto-clients; } >/dev/null 2>&1
    fi
    command -v mosquitto_pub >/dev/null || echo "mosquitto_pub and mosquitto_sub are missing: install mosquitto-clients"

    local js=tests/EndToEnd.Tests/js
    if ! command -v npm >/dev/null; then
        echo "node and npm are missing: install nodejs and npm"
    elif [ ! -e $js/node_modules/.package-lock.json ] || [ $js/package-lock.json -nt $js/node_modules/.package-lock.json ]; then
        echo "Installing MQTT.js..."
        (cd $js && npm ci --no-audit --no-fund --loglevel=error </dev/null) || echo "MQTT.js could not be installed"
    fi
}
