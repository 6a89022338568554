// SPDX-License-Identifier: Apache-2.0
// Co-simulation of the small registered blocks inside EXECUTE, the PEs and the weight decoder: each against its golden
// arithmetic clock by clock, every output after every clock, on random and corner inputs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rtl_cosim/unit/requantize_vectors.h"

namespace systoliq::rtl {

/// A value that a pin carries, or a lane of one.
struct CellPin {
  std::string name;
  int bits = 1;
  bool is_signed = true;
};
/// One for each pin, in the order of the pins.
using CellValues = std::vector<std::int64_t>;

/// A simulated block.
class Cell {
 public:
  virtual ~Cell() = default;
  virtual void reset() = 0;
  /// One clock with these inputs; `outputs` are those after it. Throws InternalError when an assertion fails.
  virtual void clock(const CellValues& inputs, CellValues* outputs) = 0;
};

/// What a block of these parameters should do, and the inputs that are worth trying.
class CellModel {
 public:
  virtual ~CellModel() = default;
  const std::vector<CellPin>& inputs() const { return inputs_; }
  const std::vector<CellPin>& outputs() const { return outputs_; }
  virtual void reset() = 0;
  /// The next inputs; `values` holds those before.
  virtual void stimulate(Random& random, CellValues* values) const = 0;
  virtual void clock(const CellValues& inputs, CellValues* outputs) = 0;

 protected:
  std::vector<CellPin> inputs_, outputs_;
};

/// A build of a block and its golden model.
struct CellBuild {
  std::string unit, name, what;
  std::unique_ptr<Cell> cell;
  std::unique_ptr<CellModel> model;
};
/// All builds of this library: PEs of both dataflows, weight decoders of both codecs.
std::vector<CellBuild> make_cells();

struct CellReport {
  std::int64_t vectors = 0;          ///< clocks
  std::int64_t mismatched_bits = 0;  ///< of all outputs in the first cycle that differs
  std::string mismatch;              ///< empty: every output was as the model says
};

/// Clocks both `vectors` times, with a reset now and then; stops at the first difference.
CellReport cosim_cell(Cell& cell, CellModel& model, std::int64_t vectors, std::uint64_t seed);

/// A signed value of `bits` bits: often next to an end of the range or to 0, or short.
std::int64_t corner_or_random(Random& random, int bits);

}  // namespace systoliq::rtl
