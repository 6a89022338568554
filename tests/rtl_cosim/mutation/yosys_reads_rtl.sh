#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# yosys reads the accelerator, resolves its hierarchy, turns its processes into cells and finds no driver conflict, for
# both dataflows and both kinds of weights. Argument: folder of the RTL. Ends with 77 where yosys is not installed.
set -euo pipefail
rtl="$1"
command -v yosys >/dev/null || {
  echo "skipped: yosys is not installed (apt-get install yosys)"
  exit 77
}
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

for variant in "0 1'b0" "1 1'b1"; do
  read -r dataflow codebook <<<"$variant"
  cat >"$scratch/small.sv" <<EOF
module small;
  systoliq_accelerator #(
    .Rows(4), .Cols(4), .WeightBits(4), .Dataflow($dataflow), .Codebook($codebook), .ActivationWords(64),
    .WeightWords(64), .AccumulatorWords(16), .ParamWords(64), .Lanes(4), .MemoryBytes(4), .BurstBytes(16),
    .Outstanding(2)
  ) u_accelerator ();
endmodule
EOF
  others=()
  for file in "$rtl"/*/*.sv; do
    [[ "$file" == *_pkg.sv ]] || others+=("$file")
  done
  yosys -q -p "read_verilog -sv -defer -DSYNTHESIS $rtl/common/systoliq_isa_pkg.sv $rtl/common/systoliq_pkg.sv \
${others[*]} $scratch/small.sv; hierarchy -check -top small; proc; check -assert; stat"
  echo "read: dataflow $dataflow, codebook $codebook"
done
