#!/usr/bin/env bash
# COMPILER REFERENCES LIST: compiles each assembly to machine code, ahead of its first run. Called by Directory.Build.targets.
# REFERENCES is a response file with what the compiler is told besides; LIST has lines INPUT|OUTPUT. An output that is newer
# than its input is kept. Projects that are built side by side share outputs: a lock lets one of them make it.
set -euo pipefail
compiler=$1 references=$2 list=$3
chmod +x "$compiler" # packages lose it
while IFS='|' read -r input output; do
    [ -n "$input" ] || continue
    mkdir -p "$(dirname -- "$output")"
    (
        flock 9
        if [ -e "$output" ] && ! [ "$input" -nt "$output" ]; then exit 0; fi
        if ! said=$("$compiler" "$input" "-o:$output.new" "@$references" 2>&1); then
            printf '%s\n' "$said" >&2
            echo "ready-to-run: error : $input was not compiled" >&2
            exit 1
        fi
        mv -f "$output.new" "$output"
    ) 9>"$output.lock"
done <"$list"
