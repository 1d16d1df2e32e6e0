# Sourced by ./test: what is printed, and the counts. Lanes run side by side, so each step prints in one piece and leaves its
# counts in a file.

line() { printf '%-26s %s\n' "$1" "$2"; } # name, outcome

indent() { sed 's/^/    /'; }

report() { # title, passed, failed, skipped, seconds; what else is to be seen on standard input
    (
        flock 9
        line "$1" "$2 passed, $3 failed, $4 skipped ($5)"
        cat
    ) 9>>"$results/lock"
    echo "$2 $3 $4" >"$results/$1.counts"
}

# Two figures for a step: seconds that passed, and seconds of the processors that it used, which other work on the machine changes less.
begin() { began=$SECONDS; processor_seconds; began_processor=$processor; }

took() { # sets duration
    processor_seconds
    duration="$((SECONDS - began)) s, $((processor - began_processor)) s of processor"
}

processor_seconds() { # sets processor: what this shell's ended children have used
    local file=$results/$BASHPID.times
    times >"$file"
    processor=$(awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); sum += 60 * t[1] + t[2] } print int(sum) }' "$file")
    rm -f "$file"
}

summary() { # the last lines; the outcome of the whole
    local passed=0 failed=0 skipped=0 file p f s name
    for file in "$results"/*.counts; do
        [ -e "$file" ] || continue
        read -r p f s <"$file"
        passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    done
    for name in "${names[@]}"; do
        compgen -G "$results/$name.Tests*.counts" >/dev/null || { line "$name.Tests" "FAILED: did not run"; failed=$((failed + 1)); }
    done
    [ -n "$filter" ] && [ $((passed + failed + skipped)) -eq 0 ] && { echo "test: no test's name contains '$filter'"; failed=1; }
    [ ! -s "$results/skipped" ] || { echo "Skipped:"; indent <"$results/skipped"; }
    echo "in $SECONDS s"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}
