#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# All that finds faults without running anything, in one go: C++ format, clang-tidy, Verilator's lint and the style of the
# RTL. Every part runs, then the script fails if one of them found something.
#
# usage: lint.sh BUILD [--changed]
#   BUILD      folder with compile_commands.json
#   --changed  clang-tidy only of what differs from the last release's tag, or from the parent of main
set -euo pipefail

ROOT="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)"
BUILD="${1:?usage: lint.sh BUILD [--changed]}"
MODE="${2:-}"
case "$MODE" in
  '' | --changed) ;;
  *)
    echo "lint: unknown argument '$MODE'; accepted: --changed" >&2
    exit 2
    ;;
esac
cd "$ROOT"
failed=()

# The commit that --changed compares with; empty where there is none, and everything counts as changed.
base() {
  local main
  git describe --tags --abbrev=0 --match 'v*' HEAD 2>/dev/null && return
  main="$(git rev-parse --verify --quiet main || git rev-parse --verify --quiet origin/main || true)"
  if [ -n "$main" ] && [ "$main" != "$(git rev-parse HEAD)" ]; then
    git merge-base HEAD "$main" && return
  fi
  git rev-parse --verify --quiet HEAD^1 || true
}

# Sources to check, a line each: those that changed, and for each changed header the first source that includes it.
changed_sources() {
  local from="$1" file
  git diff --name-only --diff-filter=d "$from" -- '*.cpp'
  git ls-files --others --exclude-standard -- '*.cpp'
  git diff --name-only --diff-filter=d "$from" -- '*.h' | while IFS= read -r file; do
    git grep -l -F "#include \"$file\"" -- '*.cpp' | head -n 1 || true
  done
}

# clang-tidy of what the build compiles, of the project's own files.
tidy() {
  local from sources=()
  if [ "$MODE" = --changed ]; then
    from="$(base)"
    if [ -n "$from" ]; then
      mapfile -t sources < <(changed_sources "$from" | sort -u)
      [ ${#sources[@]} -ne 0 ] || return 0
      echo "lint: clang-tidy of ${#sources[@]} sources that differ from ${from:0:12}"
    fi
  fi
  cmake/tidy.py "$BUILD" build/lint "${sources[@]}"
}

# Runs one part; a part that ends with 77 was skipped, which continuous integration does not accept.
part() {
  local name="$1" status=0
  shift
  "$@" || status=$?
  if [ "$status" -eq 77 ] && [ -z "${CI:-}" ]; then return; fi
  if [ "$status" -ne 0 ]; then failed+=("$name"); fi
}

part "C++ format" ./dev format --check
part clang-tidy tidy
part "RTL lint" tests/rtl_cosim/lint/lint_rtl.sh "$ROOT/rtl_cosim/rtl"
part "RTL style" tests/rtl_cosim/lint/style.sh
if [ ${#failed[@]} -ne 0 ]; then
  printf 'lint: found something: %s\n' "${failed[@]}" >&2
  exit 1
fi
echo "lint: nothing found"
