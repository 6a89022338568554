// SPDX-License-Identifier: Apache-2.0
// How one output of a layer came about, told three times: by the integer reference, by the model from what the
// machine's buffers held, and, where it ran too, by the RTL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "types/quantized_network.h"
#include "types/traced_sum.h"

namespace systoliq::tb {

/// A number on the way from the operands to the stored result, under a name that all sides share.
struct Step {
  std::string name;
  std::variant<std::int64_t, double, std::string> value;
};

/// An operand of a layer that the array does not compute.
struct ExplainedOperand {
  int input = 0;  ///< of the layer
  std::int64_t channel = 0, row = 0, column = 0;
  bool padding = false;  ///< outside the input
  std::int64_t value = 0;
};

struct ExplainedSide {
  std::vector<TracedPass> passes;          ///< of what the array computes, in the machine's order
  std::vector<ExplainedOperand> operands;  ///< of all else
  std::vector<Step> steps;
  std::int64_t result = 0;

  template <typename T>
  void step(const std::string& name, const T& value) {
    if constexpr (std::is_integral_v<T>) {
      steps.push_back({name, static_cast<std::int64_t>(value)});
    } else {
      steps.push_back({name, value});
    }
  }
  /// Throws InternalError where there is no such number.
  std::int64_t number(const std::string& name) const;
};

/// An EXECUTE of the output's sum.
struct ExplainedExecute {
  std::int64_t command = -1;
  std::int64_t start = 0, end = 0;  ///< cycles; 0 without a clock
  std::int64_t accumulator = 0;     ///< what the accumulator buffer held after it
  std::int64_t other_lanes = 0;  ///< lanes that met an operand 0 because they are of no tap or channel of this output
};

/// What a machine did: of the model's and, where it ran too, of the RTL.
struct ExplainedRun {
  std::vector<ExplainedExecute> executes;
  std::int64_t post_start = 0, post_end = 0;
  std::int64_t write_cycle = 0;  ///< in which POST wrote the word; 0 where no clock shows it
  std::int64_t result = 0;       ///< what the activation buffer held after the POST
  std::int64_t store_end = 0;
};

struct Explanation {
  const QuantizedNetwork* network = nullptr;  ///< must outlive this
  std::size_t layer = 0;
  std::int64_t channel = 0, row = 0, column = 0;
  std::string level, machine;          ///< of the model's run
  std::vector<std::string> commands;   ///< listing of the EXECUTEs, in the order of `executes`
  std::int64_t post = -1, store = -1;  ///< commands that wrote the word and that copied it to memory; -1: none did
  std::string post_text, store_text;
  std::vector<std::int64_t> also_written_by;  ///< earlier POSTs of overlapping tiles that computed this output too
  std::int64_t buffer_word = 0, memory_address = 0;
  int lane = 0;

  ExplainedSide reference, model;
  ExplainedRun run;
  std::optional<ExplainedSide> rtl;  ///< operands, parameters and result as the RTL's buffers held them
  std::optional<ExplainedRun> rtl_run;

  const QuantizedLayer& layer_of() const { return network->layers[layer]; }
  /// Empty where all sides agree, in every operand, every accumulator and the result; else the first difference.
  std::string first_difference() const;
};

}  // namespace systoliq::tb
