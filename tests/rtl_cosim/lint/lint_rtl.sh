#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `verilator --lint-only -Wall` finds nothing in the RTL for any of these parameter sets, its files named from within
# their folder or (the defaults) with their path, nor in a block that is built alone; every waiver matches a warning of one of
# them. Argument: folder of the RTL.
set -euo pipefail
rtl="$1"
sets=(
  ""
  "-GRows=4 -GCols=4 -GLanes=4 -GAccumulatorBits=16"
  "-GRows=5 -GCols=3 -GLanes=3 -GAccumulatorBits=12"
  "-GRows=4 -GCols=4 -GLanes=2 -GActivationBits=16 -GAccumulatorBits=20"
  "-GRows=4 -GCols=4 -GLanes=4 -GActivationBits=16 -GWeightBits=16"
  "-GRows=4 -GCols=4 -GLanes=4 -GAccumulatorBits=16 -GSaturate=1'b1"
  "-GRows=4 -GCols=4 -GLanes=4 -GAccumulatorBits=12 -GDataflow=1"
  "-GRows=4 -GCols=4 -GLanes=4 -GAccumulatorBits=12 -GDataflow=1 -GSaturate=1'b1"
  "-GRows=5 -GCols=3 -GLanes=3 -GWeightBits=4 -GCodebook=1'b1 -GCodebookBits=8"
  "-GRows=4 -GCols=4 -GLanes=4 -GWeightBits=2 -GDataflow=1 -GCodebook=1'b1 -GCodebookBits=4"
  "-GRows=1 -GCols=1 -GLanes=1 -GActivationWords=4096 -GWeightWords=1000 -GAccumulatorWords=1 -GParamWords=7"
  "-GRows=7 -GCols=16 -GLanes=9 -GMemoryBytes=1 -GBurstBytes=4 -GOutstanding=1 -GMultiplierBits=25"
  "-GRows=16 -GCols=1 -GLanes=1 -GMemoryBytes=128 -GBurstBytes=512 -GActivationBits=2 -GWeightBits=2 -GMultiplierBits=0"
)
cd "$rtl"
others=()
for file in */*.sv; do
  [[ "$file" == *_pkg.sv ]] || others+=("$file")
done

top=systoliq_accelerator
# lint PREFIX VLT... -- SET...: warnings of module $top, its files named with this prefix.
lint() {
  local prefix="$1" waivers=()
  shift
  while [ "$1" != -- ]; do
    waivers+=("$1")
    shift
  done
  shift
  verilator --lint-only -Wall --top-module "$top" "$@" "${waivers[@]}" "${prefix}common/systoliq_isa_pkg.sv" \
    "${prefix}common/systoliq_pkg.sv" "${others[@]/#/$prefix}" 2>&1 || true
}

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
failed=0
for set in "${sets[@]}"; do
  read -ra parameters <<<"$set"
  prefix=""
  [ -z "$set" ] && prefix="$rtl/"
  found="$(lint "$prefix" */*.vlt -- "${parameters[@]}")"
  if [ -n "$found" ]; then
    failed=1
    printf 'not clean with %s:\n%s\n' "${set:-the defaults}" "$found"
  fi
  lint "" -- "${parameters[@]}" | grep '^%Warning' >>"$scratch/warnings" || true
done

for top in systoliq_execute systoliq_post; do
  found="$(lint "" */*.vlt --)"
  if [ -n "$found" ]; then
    failed=1
    printf '%s alone is not clean:\n%s\n' "$top" "$found"
  fi
  lint "" -- | grep '^%Warning' >>"$scratch/warnings" || true
done

# Waivers that waive nothing: each is looked for among the warnings that come without any.
while read -r rule file match; do
  grep -F "Warning-$rule:" "$scratch/warnings" | grep -E "$file" | grep -E "$match" >/dev/null && continue
  failed=1
  echo "a waiver that matches no warning: $rule $file $match"
done < <(sed -nE 's/^lint_off -rule ([A-Z]+) -file "\*([^"]*)"( -match "\*([^"]*)\*")?.*/\1 \2 \4/p' */*.vlt |
  sed -E 's/\./\\./g; s/\*/.*/g')
[ "$failed" = 0 ] && echo "clean with ${#sets[@]} parameter sets"
exit "$failed"
