# Sourced by ./test: the steps. Test projects are programs; xunit's own runner is in each of them.

project_limit=1200 # seconds
! $nightly || project_limit=3600
program=           # process ID of what runs, for whoever has to end it

program_of() { echo "tests/$1/bin/$configuration/net10.0/Starling.${1##*/}.dll"; } # project below tests

# A project with tests of the trait Lane: alone runs when the lanes are done, process in a process of its own.
has_lane() { grep -rqF --include='*.cs' --exclude-dir=obj "\"Lane\", \"$2\"" "tests/$1.Tests"; } # name, value

run_tests() { # name, title, more arguments
    local name=$1 title=$2 log="$results/$2.log" xml="$results/$2.xml" code p f s e
    shift 2
    local arguments=(-noColor -noLogo -longRunning 60 -result-xml "$xml" "$@")
    [ -z "$filter" ] || arguments+=(-method "*$filter*")
    $nightly || arguments+=(-trait- Nightly=only)
    begin
    timeout -k 10 $project_limit dotnet "$(program_of "$name.Tests")" "${arguments[@]}" >"$log" 2>&1 </dev/null &
    program=$!
    wait $program
    code=$?
    program=
    took
    if [ ! -s "$xml" ] || [ -z "$(attribute "$xml" total)" ]; then
        { outcome_without_results $code; cat "$log"; } | indent | report "$title" 0 1 0 "$duration"
        return
    fi
    p=$(attribute "$xml" passed) f=$(attribute "$xml" failed) s=$(attribute "$xml" skipped) e=$(attribute "$xml" errors)
    f=$((f + e))
    if [ $((p + f + s)) -eq 0 ] && [ -z "$filter" ]; then
        echo "there is no test in it, which counts as a failure" | indent | report "$title" 0 1 0 "$duration"
    elif [ $f -eq 0 ] && [ $code -ne 0 ]; then
        { echo "all tests passed, but the process ended with code $code"; cat "$log"; } | indent | report "$title" "$p" 1 "$s" "$duration"
    elif [ $f -ne 0 ]; then
        indent <"$log" | report "$title" "$p" "$f" "$s" "$duration"
    else
        report "$title" "$p" 0 "$s" "$duration" </dev/null
    fi
    [ "$s" -eq 0 ] || skip_reasons "$xml" >>"$results/skipped"
}

attribute() { grep -o '<assembly [^>]*' "$1" | head -n 1 | sed -n "s/.* $2=\"\([0-9]*\)\".*/\1/p"; } # file, attribute

outcome_without_results() { # exit code
    case $1 in
        124 | 137) echo "did not end within $project_limit s" ;;
        *) echo "ended with code $1 and no results" ;;
    esac
}

skip_reasons() { # file
    awk 'BEGIN { RS = "<test " } /result="Skip"/ {
        name = $0; sub(/.*name="/, "", name); sub(/".*/, "", name)
        why = $0; sub(/.*<reason><!\[CDATA\[/, "", why); sub(/\]\]>.*/, "", why)
        print name ": " why }' "$1"
}

# --- checks of the house: shell tests, the table of MQTT's statements, white space -------------------------------------
run_checks() {
    local script
    for script in tests/build/*; do [ ! -x "$script" ] || check "${script##*/}" "$script"; done
    check conformance conformance
    check "white space" white_space
}

check() { # title, command, which prints outcome lines: "ok - what" or "not ok - what"
    local output good bad
    begin
    output=$("$2" 2>&1 </dev/null)
    took
    good=$(grep -c '^ok - ' <<<"$output") bad=$(grep -c '^not ok - ' <<<"$output")
    [ $((good + bad)) -gt 0 ] || bad=1
    { [ "$bad" -eq 0 ] || indent <<<"$output"; } | report "$1" "$good" "$bad" 0 "$duration"
}

conformance() { # which tests show which statement: out of the test programs, without running them
    local programs=() name
    for name in "${names[@]}"; do programs+=("$(program_of "$name.Tests")"); done
    dotnet "$(program_of Conformance)" "$@" "${programs[@]}" </dev/null
}

# The rest of the style is checked by the build.
white_space() {
    if dotnet format whitespace Cluster.sln --verify-no-changes --no-restore; then echo "ok - white space"; else echo "not ok - white space"; fi
}
