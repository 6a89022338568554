// SPDX-License-Identifier: Apache-2.0
// Runs systoliq_dpi_example.sv under Verilator.
#pragma once

namespace systoliq::rtl {

struct DpiExampleReport {
  unsigned requantize_checks = 0, requantize_mismatches = 0;
  unsigned decode_checks = 0, decode_mismatches = 0;
  unsigned mac_checks = 0, mac_mismatches = 0;
};

/// fault: 0 none, else the block whose result is disturbed (systoliq_dpi_example.sv).
DpiExampleReport run_dpi_example(int cycles, int fault);

}  // namespace systoliq::rtl
