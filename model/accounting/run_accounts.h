// SPDX-License-Identifier: Apache-2.0
// Accounts of one run: when each command ended, what each engine did in every cycle, and the counters of each layer.
// The timed levels keep them alike; only how they know the time differs.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "model/accounting/activity.h"
#include "model/accounting/run_result.h"
#include "model/config/accelerator_config.h"

namespace systoliq::model {

class RunAccounts final {
 public:
  /// Clears everything for a run of at least one layer.
  void clear(std::size_t layers);

  /// Counters of a layer; the list grows as layers appear. Throws InternalError on a negative or absurd index.
  LayerCounters& layer(std::int32_t index);
  Activity& activity(Engine engine) { return activities_[static_cast<std::size_t>(engine)]; }

  /// A command goes to an engine; returns its index in the command stream.
  int dispatched(std::int32_t layer);
  /// `commands` of them will never start.
  void dropped(int commands) { in_flight_ -= commands; }
  /// Command `index` starts, and has ended, in `cycle`.
  void started(int index, std::int64_t cycle);
  void ended(int index, std::int64_t cycle);
  /// Per command; 0: it has not ended.
  const std::vector<std::int64_t>& command_end_cycle() const { return command_end_cycle_; }
  /// FENCE or HALT takes `cycle` in the decoder.
  void executed_by_decoder(std::int32_t layer, std::int64_t cycle);
  /// Commands that went to an engine and have not ended.
  int in_flight() const { return in_flight_; }

  /// Layers' ends, attribution of every engine's time and the array's possible MACs, for a run of `total` cycles.
  void finish(std::int64_t total, const AcceleratorConfig& config, RunResult* result);

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  std::vector<std::int64_t> layer_ends(std::int64_t total) const;

  std::vector<LayerCounters> layers_;
  std::array<Activity, kEngines> activities_;
  std::vector<std::int64_t> command_end_cycle_, engine_end_of_layer_;
  std::vector<std::int64_t> start_of_layer_;  ///< kNever: none of its commands has started
  std::vector<std::int32_t> command_layer_;
  int in_flight_ = 0;
};

}  // namespace systoliq::model
