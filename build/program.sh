# Sourced by ./run and ./starling. Sets root, and starts a program of this repository, built first if its sources changed.
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

# PROJECT ASSEMBLY FOLDERS... -- ARGUMENTS...: never returns. FOLDERS are those of the project and of what it refers to.
start_program() {
    local project=$1 assembly=$2 name=${0##*/} folders=() started output
    shift 2
    while [ "$1" != -- ]; do folders+=("$root/$1"); shift; done
    shift
    local program=$root/$project/bin/Release/net10.0/$assembly stamp=$root/$project/bin/Release/built

    if ! command -v dotnet >/dev/null; then
        echo "$name: the .NET 10 SDK is needed and 'dotnet' is not on the PATH; see https://dotnet.microsoft.com/download" >&2
        exit 127
    fi
    if sources_changed "$program" "$stamp" "${folders[@]}"; then
        echo "Building $project..." >&2
        started=$(mktemp)
        if ! output=$(dotnet build "$root/$project/$project.csproj" -c Release -v quiet --nologo 2>&1 </dev/null); then
            rm -f "$started"
            printf '%s\n%s: the build failed\n' "$output" "$name" >&2
            exit 1
        fi
        mv -f "$started" "$stamp"
    fi
    exec dotnet "$program" "$@"
}

# The stamp is as old as the start of the last build. -mindepth 1: a build adds bin and obj, which makes the folder itself new.
sources_changed() {
    local program=$1 stamp=$2 file
    shift 2
    [ -e "$program" ] && [ -e "$stamp" ] || return 0
    for file in "$root"/Directory.* "$root"/global.json; do [ ! "$file" -nt "$stamp" ] || return 0; done
    [ -n "$(find "$@" "$root/build" -mindepth 1 \( -name bin -o -name obj \) -prune -o -newer "$stamp" -print -quit)" ]
}
