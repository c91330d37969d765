# Shared by the scripts beside it; sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools="$root/build/tools"
export PATH="$tools/bin:$PATH"

note() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
die() { note "$*"; exit 1; }

# Configures a preset when it was not, or when its cache is of another source folder; Ninja re-runs CMake by itself afterwards.
configure() {
  local preset=$1 directory="$root/build/$1"
  if [ -f "$directory/build.ninja" ] && grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$directory/CMakeCache.txt"; then return; fi
  (cd "$root" && cmake --preset "$preset" >"$root/build/configure-$preset.log" 2>&1) \
    || { cat "$root/build/configure-$preset.log" >&2; die "CMake could not configure the preset $preset"; }
}

# build PRESET JOBS [TARGET...]
build() {
  local preset=$1 jobs=$2
  shift 2
  mkdir -p "$root/build"
  configure "$preset"
  if [ $# -gt 0 ]; then cmake --build "$root/build/$preset" -j "$jobs" --target "$@" >&2
  else cmake --build "$root/build/$preset" -j "$jobs" >&2; fi || die "the build of the preset $preset failed"
}
