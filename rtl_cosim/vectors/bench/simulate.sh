#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a test bench of this folder on the project's RTL: simulate.sh RTL SCOPE [SIMULATOR], RTL being the folder of
# systoliq_pkg.sv, SCOPE unit, core or accelerator, SIMULATOR iverilog (default) or verilator. Icarus Verilog 11 does not
# read all of SystemVerilog; yosys writes the design in plain Verilog for it. SYSTOLIQ_NETLISTS names a folder that keeps what
# yosys wrote, by the contents of the RTL and the parameters.
set -euo pipefail

VECTORS="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
usage="usage: $0 RTL unit|core|accelerator [iverilog|verilator]"
RTL="${1:?$usage}"
SCOPE="${2:?$usage}"
SIMULATOR="${3:-iverilog}"

case "$SCOPE" in
  unit) top=systoliq_requantize bench=requantize_bench parameters="AccumulatorBits MultiplierBits" ;;
  core)
    top=systoliq_execute bench=core_bench
    parameters="Rows Cols ActivationBits WeightBits AccumulatorBits Saturate ActivationWords WeightWords
      AccumulatorWords ParamWords Dataflow Codebook CodebookBits"
    ;;
  accelerator)
    top=systoliq_accelerator bench=accelerator_bench
    parameters="Rows Cols ActivationBits WeightBits AccumulatorBits Saturate Lanes MultiplierBits ActivationWords
      WeightWords AccumulatorWords ParamWords MemoryBytes BurstBytes Outstanding Dataflow
      Codebook CodebookBits"
    ;;
  *)
    echo "$usage" >&2
    exit 2
    ;;
esac

# The file of a module, in any folder of the RTL.
file_of() {
  find "$RTL" -maxdepth 2 -name "$1.sv" -print -quit 2>/dev/null
}

# The files of a module and of all it holds.
declare -A wanted
collect() {
  local module
  [ -n "${wanted[$1]:-}" ] && return
  wanted[$1]=1
  while read -r module; do
    if [ -n "$(file_of "$module")" ]; then collect "$module"; fi
  done < <(grep -oE '^ *systoliq_[a-z_]+ ' "$(file_of "$1")" | tr -d ' ' | sort -u)
}
refuse() {
  echo "$0: $1" >&2
  exit 2
}
[ -n "$(file_of systoliq_isa_pkg)" ] && [ -n "$(file_of systoliq_pkg)" ] && [ -n "$(file_of "$top")" ] ||
  refuse "RTL folder '$RTL' has no systoliq_pkg.sv and $top.sv; accepted: the project's rtl_cosim/rtl, or one like it"
[ -e "$VECTORS/index.json" ] && [ -e "$VECTORS/parameters.svh" ] ||
  refuse "'$VECTORS' has no index.json and parameters.svh: not a whole folder of vectors; run systoliq vectors -o again"
case "$SIMULATOR" in
  iverilog) tools="iverilog yosys" ;;
  verilator) tools="verilator" ;;
  *) refuse "simulator '$SIMULATOR'; $usage" ;;
esac
for tool in $tools; do
  command -v "$tool" >/dev/null || refuse "$tool is not installed; simulator $SIMULATOR needs it"
done

# Runs the simulation, which fails too where $readmemh does not find all that it reads: simulators with two states cannot
# tell what was not loaded. (Sparse files of scope core are read without a range, of which no simulator complains.)
simulate() {
  "$@" 2>&1 | tee "$BUILD/output"
  if grep -qiE 'readmem.*(unable to open|not enough words|not found|ended before)' "$BUILD/output"; then
    refuse "FAIL: a file of the vectors is missing or too short"
  fi
}

collect "$top"
files=("$(file_of systoliq_isa_pkg)" "$(file_of systoliq_pkg)")
for module in $(printf '%s\n' "${!wanted[@]}" | sort); do files+=("$(file_of "$module")"); done

BUILD="$(mktemp -d)"
trap 'rm -rf "$BUILD"' EXIT

case "$SIMULATOR" in
  iverilog)
    settings=""
    for name in $parameters; do
      value="$(sed -n "s/^localparam integer $name = \(.*\);/\1/p" "$VECTORS/parameters.svh")"
      settings+=" -set $name $value"
    done
    netlists="${SYSTOLIQ_NETLISTS:-$BUILD}"
    netlist="$netlists/$top-$({ echo "$settings" && cat "${files[@]}"; } | sha256sum | cut -c1-16).v"
    if [ ! -e "$netlist" ]; then
      yosys -q -p "read_verilog -sv -noassert ${files[*]}; chparam$settings $top; hierarchy -check -top $top;
        rename -top $top; proc; opt_clean; write_verilog -noattr $BUILD/$top.v" 2>"$BUILD/log" || {
        cat "$BUILD/log" >&2
        exit 2
      }
      mv "$BUILD/$top.v" "$netlist"
    fi
    iverilog -g2012 -DSYSTOLIQ_PLAIN_VERILOG -DSYSTOLIQ_INSIDE -I "$VECTORS" -s "$bench" -o "$BUILD/$bench" \
      "$VECTORS/$bench.sv" "$netlist"
    simulate vvp -n "$BUILD/$bench" "+vectors=$VECTORS"
    ;;
  verilator)
    verilator --binary --timing --assert -Wno-fatal -Wno-lint -Wno-style -Wno-TIMESCALEMOD -O3 --x-assign unique -DSYSTOLIQ_INSIDE -CFLAGS -O1 -I"$VECTORS" \
      --top-module "$bench" --Mdir "$BUILD" -o "$bench" "${files[@]}" "$VECTORS/$bench.sv" >"$BUILD/log" 2>&1 || {
      cat "$BUILD/log" >&2
      exit 2
    }
    simulate "$BUILD/$bench" "+vectors=$VECTORS"
    ;;
esac
