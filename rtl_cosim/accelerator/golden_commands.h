// SPDX-License-Identifier: Apache-2.0
// What every command of a program must write, computed by the model's own datapath (model/functional/semantics.h) in
// program order, as far as it is asked for. Valid for programs whose commands are coupled by semaphores where they
// share data.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <vector>

#include "model/accounting/counters.h"
#include "model/functional/staged.h"
#include "model/functional/storage.h"
#include "model/isa/program.h"

namespace systoliq::rtl {

enum class Store { kActivation, kWeight, kParam, kAccumulator, kMemory };

/// Consecutive lanes of a word that a command writes; of memory: bytes. A param entry is two lanes of 64 bits.
struct WrittenLanes {
  std::int64_t address = 0;
  int lane = 0;
  std::vector<std::int64_t> values;
};

struct CommandWrites {
  Store where = Store::kActivation;
  int bits = 8;  ///< of a lane
  std::vector<WrittenLanes> pieces;
};

class GoldenCommands final {
 public:
  GoldenCommands(const model::Program& program, const model::AcceleratorConfig& config,
                 std::vector<std::uint8_t> memory);
  /// Command `index` is never executed; before any later one is asked for.
  void skip(std::size_t index) { skipped_.insert(index); }
  /// The writes of command `index`; each is asked for at most once.
  CommandWrites take(std::size_t index);

 private:
  CommandWrites execute(std::size_t index);
  CommandWrites load(const model::Load& load);
  CommandWrites execute(const model::Execute& execute);
  CommandWrites post(const model::Post& post);
  CommandWrites store(const model::Store& store);
  CommandWrites loaded_lanes(const model::Load& load);

  const model::Program& program_;
  model::Storage state_;
  model::Staged staged_;
  model::LayerCounters counters_;
  std::set<std::size_t> skipped_;
  std::size_t first_ = 0;              ///< command of the first one kept
  std::deque<CommandWrites> results_;  ///< empty once taken
};

/// The lane as the buffers of `state`, or `memory`, hold it.
std::int64_t held_lane(model::Storage& state, const std::vector<std::uint8_t>& memory, Store where,
                       std::int64_t address, int lane);

}  // namespace systoliq::rtl
