// SPDX-License-Identifier: Apache-2.0
// Co-simulation of a requantization unit, the project's or another's, against model::requantize(): results are compared
// in order, however many cycles a unit takes (docs/cosim_your_block.md).
#pragma once

#include <cstdint>
#include <string>

#include "rtl_cosim/unit/requantize_vectors.h"

namespace systoliq::rtl {

/// A simulated unit. Inputs are driven, then accepts() tells whether the coming edge takes them, then clock(); what
/// has_result() and result() tell belongs to the cycle after that edge.
class RequantizeUnit {
 public:
  virtual ~RequantizeUnit() = default;
  virtual int accumulator_bits() const = 0;
  /// 0: shifts only.
  virtual int multiplier_bits() const = 0;
  /// Results beyond these bits saturate.
  virtual int result_bits() const = 0;
  virtual void reset() = 0;
  /// nullptr: nothing in this cycle.
  virtual void drive(const RequantizeVector* vector) = 0;
  virtual bool accepts() = 0;
  virtual void clock() = 0;
  virtual bool has_result() const = 0;
  virtual std::int64_t result() const = 0;
  /// Begins to write a waveform; throws InputError where the unit cannot.
  virtual void open_trace(const std::string& path);
  virtual void close_trace() {}
};

/// Cycles of a run whose waveform is written.
struct RequantizeTrace {
  std::string path;
  std::int64_t first_cycle = 0, last_cycle = 0;  ///< the run ends after the last one
};

struct RequantizeReport {
  std::int64_t vectors = 0, cycles = 0;
  std::int64_t shortest_latency = 0, longest_latency = 0;  ///< cycles from the edge that takes a vector to its result
  std::int64_t mismatched_bits = 0;                        ///< of the first result that differs
  std::string mismatch;                                    ///< empty: every result was as the model says
};

/// Sends `vectors` of one preset, a cycle in eight left out, and stops at the first mismatch. Corners come
/// first, in an order that spreads any number of them over all.
RequantizeReport cosim_requantize(RequantizeUnit& unit, Preset preset, std::int64_t vectors, std::uint64_t seed,
                                  const RequantizeTrace* trace = nullptr);

/// Random vectors whose preset changes from one to the next: no stage may look at the preset of another stage's vector.
RequantizeReport cosim_mixed_requantize(RequantizeUnit& unit, std::int64_t vectors, std::uint64_t seed);

/// True where the unit can run the preset: ort_mlas needs 25 multiplier bits, all but the pot presets a multiplier.
bool supports(const RequantizeUnit& unit, Preset preset);

/// What the unit should answer.
std::int64_t expected_result(const RequantizeVector& vector, int result_bits);

}  // namespace systoliq::rtl
