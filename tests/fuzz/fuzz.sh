#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets with clang's sanitizers in build/fuzz and runs one, or all, each for a number of seconds.
#
# usage: fuzz.sh [TARGET] [SECONDS]
#
# A target begins with its own small files, with the networks of the data folder that fit, and with what former runs
# found (build/fuzz/corpus/TARGET). Inputs that show a fault are left in build/fuzz/faults/TARGET; give one to
# build/fuzz/bin/fuzz_TARGET to see it again. Limits: 64 KiB of input, 5 seconds, 1 GiB in all, 160 MiB at once, which
# no such file can justify.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

BUILD=build/fuzz
LARGEST=65536
LARGEST_SEED=8192  # larger networks make every run slow
mkdir -p build
options=()
if command -v ccache >/dev/null; then options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
if [ ! -e "$BUILD/build.ninja" ]; then
  cmake --preset fuzz "${options[@]}" >build/fuzz.log 2>&1 || {
    cat build/fuzz.log >&2
    exit 2
  }
fi
cmake --build --preset fuzz >&2

mapfile -t targets < <(cd "$BUILD/bin" && ls -d fuzz_* | sed 's/^fuzz_//')
case "${1:-}" in
  '' | [0-9]*) seconds="${1:-60}" ;;
  *)
    [ -x "$BUILD/bin/fuzz_$1" ] || {
      echo "fuzz: no target '$1'; accepted: ${targets[*]}" >&2
      exit 2
    }
    targets=("$1")
    seconds="${2:-60}"
    ;;
esac

# Networks of the data folder that are of the target's kind, each named by its content.
add_networks() {
  local target="$1" folder="$2" data="${SYSTOLIQ_DATA:-../shared/data}" file
  if [ ! -d "$data/networks" ]; then return; fi
  while IFS= read -r file; do
    cp -u "$file" "$folder/$(sha256sum "$file" | cut -c1-40)"
  done < <(find "$data/networks" -name "*.$target" -size -"$LARGEST_SEED"c)
}

status=0
for target in "${targets[@]}"; do
  program="$BUILD/bin/fuzz_$target"
  seeds="$BUILD/seeds/$target" corpus="$BUILD/corpus/$target" faults="$BUILD/faults/$target"
  mkdir -p "$seeds" "$corpus" "$faults"
  "$program" --write="$seeds"
  add_networks "$target" "$seeds"
  dictionary=()
  if [ -s "$seeds.dict" ]; then dictionary=(-dict="$seeds.dict"); fi
  echo "fuzz: $target for $seconds s" >&2
  ASAN_OPTIONS=quarantine_size_mb=64 UBSAN_OPTIONS=print_stacktrace=1 "$program" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 \
    -malloc_limit_mb=160 -max_len="$LARGEST" -print_final_stats=1 -artifact_prefix="$faults/" "${dictionary[@]}" \
    ${SYSTOLIQ_FUZZ_OPTIONS:-} "$corpus" "$seeds" 2>"$BUILD/$target.log" || status=1
  grep -E '^(SUMMARY|Test unit written|stat::|fault:|artifact_prefix)|ERROR:|runtime error' "$BUILD/$target.log" || true
done
exit "$status"
