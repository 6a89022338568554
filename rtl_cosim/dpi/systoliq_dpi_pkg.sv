// SPDX-License-Identifier: Apache-2.0
// The functions of systoliq_dpi.h for SystemVerilog; link libsystoliq_dpi into the simulation.

package systoliq_dpi_pkg;

  import "DPI-C" function longint sq_requantize(
    input int preset,
    input longint accumulator,
    input int multiplier,
    input int shift
  );
  import "DPI-C" function longint sq_mac(
    input longint sum,
    input int activation,
    input int operand,
    input int accumulator_bits,
    input int saturate
  );
  import "DPI-C" function int sq_decode_weight(
    input int stored,
    input int zero_point
  );
  /// `entries` has room for 8-bit indices; fewer bits use its beginning.
  import "DPI-C" function int sq_decode_codebook_weight(
    input int stored,
    input int weight_bits,
    input shortint entries[256]
  );
  import "DPI-C" function longint sq_average(
    input int preset,
    input longint sum,
    input int multiplier,
    input int shift,
    input longint divisor
  );
  import "DPI-C" function longint sq_add(
    input int preset,
    input int a,
    input int b,
    input int multiplier_a,
    input int shift_a,
    input int multiplier_b,
    input int shift_b,
    input int multiplier_sum,
    input int shift_sum
  );
  import "DPI-C" function string sq_error();

endpackage : systoliq_dpi_pkg
