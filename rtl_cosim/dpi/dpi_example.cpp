// SPDX-License-Identifier: Apache-2.0
// The clock of the example; stimuli and checks are in SystemVerilog.
#include "rtl_cosim/dpi/dpi_example.h"

#include <verilated.h>

#include "Vdpi_example.h"

namespace systoliq::rtl {

DpiExampleReport run_dpi_example(int cycles, int fault) {
  VerilatedContext context;
  Vdpi_example example(&context);
  example.clk_i = 0;
  example.rst_ni = 0;
  example.fault_i = static_cast<CData>(fault);
  example.eval();
  const auto clock = [&example] {
    example.clk_i = 1;
    example.eval();
    example.clk_i = 0;
    example.eval();
  };
  clock();
  example.rst_ni = 1;
  for (int cycle = 0; cycle < cycles; ++cycle) clock();
  DpiExampleReport report;
  report.requantize_checks = example.requantize_checks_o;
  report.requantize_mismatches = example.requantize_mismatches_o;
  report.decode_checks = example.decode_checks_o;
  report.decode_mismatches = example.decode_mismatches_o;
  report.mac_checks = example.mac_checks_o;
  report.mac_mismatches = example.mac_mismatches_o;
  example.final();
  return report;
}

}  // namespace systoliq::rtl
