// SPDX-License-Identifier: Apache-2.0
// The whole accelerator in lock-step: the Verilated RTL and the model run the same commands on the same memory image.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/isa/program.h"
#include "rtl_cosim/accelerator/accelerator_device.h"
#include "rtl_cosim/accelerator/explain.h"

namespace systoliq::rtl {

/// The first place where RTL and model differ.
struct Divergence {
  std::int64_t command = -1;  ///< index into the program; -1: before the first or after the last
  std::int64_t cycle = 0;     ///< of the RTL; 0: before the first
  std::string layer;
  std::string expected, found;
  std::string text;         ///< several lines: where, both values, and the inputs that led to it, long lists cut
  Explanation explanation;  ///< of a value that differs: channel, pixel, and all of those inputs
};

/// What was compared of one layer's commands.
struct LayerChecks {
  std::string name;
  std::int64_t commands = 0, values = 0;
  std::int64_t rtl_end = 0, model_end = 0;  ///< cycle in which its last command ended
};

struct AcceleratorReport {
  std::int64_t checks = 0;            ///< values and cycles compared
  std::int64_t mismatched_bits = 0;   ///< of the first command that differs, or of memory after the last
  std::int64_t cycle_difference = 0;  ///< RTL - model, of the first command that differs, else of the run
  std::int64_t commands = 0;          ///< whose end was compared
  std::int64_t cycles = 0;            ///< of the RTL's run
  std::int64_t bad_command = -1;      ///< that ended the run, of the RTL; -1: it ended by HALT
  std::uint32_t error_code = 0;       ///< register of the RTL, if a bad command ended the run
  double seconds = 0;                 ///< of processor time, for the RTL and the comparison
  std::vector<LayerChecks> layers;
  std::optional<Divergence> first_divergence;
};

struct AcceleratorCosimOptions {
  /// Compare what every command writes. Off for programs in which commands share data without semaphores.
  bool data = true;
};

/// Compares the end cycle of every command, what it wrote when it ends, all of memory after the last command, and the
/// cycles of the run; of a run that a bad command ends also its status and what the registers say of the error. Stops
/// at the first command that differs. Where the RTL breaks the protocol of its ports or one of its assertions, or ends
/// a command that it was not given, the oldest command that has not ended differs; before the first cycle and after
/// HALT, none.
AcceleratorReport run_accelerator_cosim(AcceleratorDevice& device, const model::Program& program,
                                        const model::AcceleratorConfig& config, const std::vector<std::uint8_t>& memory,
                                        const AcceleratorCosimOptions& options = {});

}  // namespace systoliq::rtl
