# Sourced. build_ahead TARGET OPTIONS...: builds for release and compiles to machine code ahead of the first run (-p:ReadyToRun=true in
# Directory.Build.targets), as what is deployed or measured has to be. Where the compiler for that is not to be had, without it.
build_ahead() {
    local output
    case $(uname -sm) in
        "Linux x86_64" | "Linux aarch64")
            if output=$(dotnet build "$@" -c Release -v quiet --nologo -p:ReadyToRun=true 2>&1 </dev/null); then
                printf '%s\n' "$output"
                return
            fi
            # NuGet's error for a package that no source has.
            grep -qi 'NU110[0-9].*crossgen2' <<<"$output" || { printf '%s\n' "$output"; return 1; }
            echo "note: no source of NuGet has crossgen2, so programs are compiled while they run" >&2
            ;;
    esac
    dotnet build "$@" -c Release -v quiet --nologo 2>&1 </dev/null
}
