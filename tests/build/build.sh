# Sourced by ./test: the one restore and the one build of all that is tested. Style is checked here too: analyzers are part of
# the compiler's run, and warnings are errors.

# Tests start programs some two hundred times: machine code that is compiled once saves more than it costs.
source build/ahead.sh

build() { # the solution, or the projects that were asked for; its time
    local targets=(Cluster.sln) target output code started project
    started=$(mktemp)
    $everything || { targets=("${names[@]/#/tests/}"); targets=("${targets[@]/%/.Tests}"); }
    for target in "${targets[@]}"; do
        # One compiler for all projects: it is loaded and warmed up once instead of for each of them.
        output=$(build_ahead "$target" -nodeReuse:false -p:UseSharedCompilation=true)
        code=$?
        grep -E ': (warning|error) ' <<<"$output" | awk '!seen[$0]++'
        [ $code -eq 0 ] || { stop_compiler; rm -f "$started"; echo "test: the build failed"; return 1; }
    done
    # ./run and ./starling take what was built here; building again would change programs that tests have started.
    if $everything; then for project in Edge Cli; do cp -p "$started" $project/bin/$configuration/built; done; fi
    rm -f "$started"
    line build "$SECONDS s"
}

# It would wait ten minutes for the next build: welcome at a desk, in the way of a machine that is to end.
stop_compiler() {
    [ -z "${CI:-}" ] || dotnet build-server shutdown --vbcscompiler >/dev/null 2>&1 </dev/null
}
