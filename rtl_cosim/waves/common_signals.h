// SPDX-License-Identifier: Apache-2.0
// The signals that RTL and model both have, found by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/config/accelerator_config.h"
#include "model/cycle/trace_sink.h"
#include "traces/vcd_reader.h"

namespace systoliq::rtl {

/// A variable of the model with the blocks it lies in, outermost first.
struct ModelVariable {
  std::vector<std::string> blocks;
  model::TraceSink::Variable variable;
};

struct CommonSignal {
  std::vector<std::string> blocks;
  std::string name;
  int bits = 1;              ///< of the narrower side
  std::size_t variable = 0;  ///< index of the model's
  /// Where the RTL's value comes from: a wire, or what its engine's handshake says of the command under way.
  enum class Source { kWire, kCommand, kLayer } source = Source::kWire;
  std::size_t wire = 0;  ///< index of the wire, from bit first_bit on
  int first_bit = 0;
  /// Index of the signal that says when this one means something, -1: always.
  int strobe = -1;
  /// Whether its values are compared. PEs that work on nothing may hold different remains: output stationary only PE
  /// (0, 0) is never without work, weight stationary sums differ where they can overflow (docs/traces.md). Nor is what
  /// scope unit drives at random.
  bool compared = true;

  std::string path() const;
};

/// The model's name of the RTL's wire, blocks separated by dots, or "" where the model has no such block:
///   TOP.systoliq_cosim_top.u_accelerator  systoliq_accelerator (scope accelerator)
///   TOP.systoliq_execute                  systoliq_accelerator.u_execute (scope core)
///   TOP.systoliq_post                     systoliq_accelerator.u_post (scope unit)
///   gen_column[C].gen_row[R].u_pe         pe_R_C
///   other generate blocks, gen_NAME       nothing
///   u_dataflow.accumulator_write_o         u_dataflow.u_accumulators.accumulator_write_o (output stationary: its
///                                         ports are what the model calls u_accumulators; …_write_data_o: write_data_q)
///   gen_semaphore[S].count_q              count_q_S
///   array[3]                              array_3
std::string model_path(const traces::VcdReader::Wire& wire);

/// In the model's order. command_index and layer_index of the engines are told by the RTL's handshakes. The model's
/// NAME_0 to NAME_n-1 are also the n equal parts of an RTL signal NAME.
std::vector<CommonSignal> common_signals(const std::vector<ModelVariable>& variables,
                                         const std::vector<traces::VcdReader::Wire>& wires,
                                         const model::AcceleratorConfig& config);

}  // namespace systoliq::rtl
