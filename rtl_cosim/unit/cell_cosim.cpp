// SPDX-License-Identifier: Apache-2.0
// The lock-step of a block and its model.
#include "rtl_cosim/unit/cell_cosim.h"

#include <cstddef>

#include "rtl_cosim/core/differing_bits.h"
#include "types/error.h"

namespace systoliq::rtl {
namespace {

constexpr unsigned kClocksPerReset = 20000;  ///< on average

/// The lowest `bits` bits as the pin means them.
std::string shown(const CellPin& pin, std::int64_t value) {
  const int above = 64 - pin.bits;
  const std::uint64_t raised = static_cast<std::uint64_t>(value) << above;
  return pin.is_signed ? std::to_string(static_cast<std::int64_t>(raised) >> above) : std::to_string(raised >> above);
}

std::string list(const std::vector<CellPin>& pins, const CellValues& values) {
  std::string text;
  for (std::size_t i = 0; i < pins.size(); ++i) {
    text += (i == 0 ? "" : ", ") + pins[i].name + " " + shown(pins[i], values[i]);
  }
  return text;
}

class CellCosim final {
 public:
  CellCosim(Cell& cell, CellModel& model, std::uint64_t seed)
      : cell_(cell),
        model_(model),
        random_(seed),
        inputs_(model.inputs().size()),
        expected_(model.outputs().size()),
        found_(model.outputs().size()) {}

  CellReport run(std::int64_t vectors) {
    reset();
    for (; report_.vectors < vectors && report_.mismatch.empty(); ++report_.vectors) {
      if (random_.one_in(kClocksPerReset)) reset();
      one();
    }
    return report_;
  }

 private:
  void reset() {
    cell_.reset();
    model_.reset();
    cycle_ = 0;
  }

  void one() {
    model_.stimulate(random_, &inputs_);
    ++cycle_;
    model_.clock(inputs_, &expected_);
    try {
      cell_.clock(inputs_, &found_);
    } catch (const InternalError& error) {
      return fail(error.what());
    }
    compare();
  }

  void compare() {
    std::string first;
    for (std::size_t i = 0; i < expected_.size(); ++i) {
      const CellPin& pin = model_.outputs()[i];
      const std::int64_t bits = differing_bits(expected_[i], found_[i], pin.bits);
      report_.mismatched_bits += bits;
      if (bits == 0 || !first.empty()) continue;
      first = pin.name + ": expected " + shown(pin, expected_[i]) + ", found " + shown(pin, found_[i]);
    }
    if (!first.empty()) fail(first);
  }

  void fail(const std::string& what) {
    report_.mismatch = "vector " + std::to_string(report_.vectors) + ", cycle " + std::to_string(cycle_) +
                       " after reset: " + what + "\n  inputs: " + list(model_.inputs(), inputs_);
  }

  Cell& cell_;
  CellModel& model_;
  Random random_;
  CellValues inputs_, expected_, found_;
  std::int64_t cycle_ = 0;
  CellReport report_;
};

}  // namespace

CellReport cosim_cell(Cell& cell, CellModel& model, std::int64_t vectors, std::uint64_t seed) {
  return CellCosim(cell, model, seed).run(vectors);
}

std::int64_t corner_or_random(Random& random, int bits) {
  const std::int64_t largest = (std::int64_t{1} << (bits - 1)) - 1;
  const std::uint64_t choice = random.next();
  if (choice % 4 == 0) {
    const std::int64_t corners[] = {-largest - 1, -largest, -1, 0, 1, largest};
    return corners[(choice >> 8) % 6];
  }
  const int above =
      choice % 4 == 1 ? 64 - bits + static_cast<int>((choice >> 8) % static_cast<unsigned>(bits)) : 64 - bits;
  return static_cast<std::int64_t>(random.next()) >> above;
}

}  // namespace systoliq::rtl
