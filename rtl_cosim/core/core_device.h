// SPDX-License-Identifier: Apache-2.0
// The compute core in RTL as the co-simulation sees it: a device that holds buffers and executes EXECUTE commands.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/functional/storage.h"
#include "model/isa/command.h"

namespace systoliq::rtl {

class DeviceTrace;  ///< rtl_cosim/core/device_trace.h

/// One word of the accumulator buffer as it is written, `cycle` counted from the command's start.
struct AccumulatorWrite {
  std::int64_t cycle = 0, address = 0;
  std::vector<std::int64_t> values;  ///< one per column
};

/// Words read of each buffer. Padding is not read.
struct CoreReads {
  std::int64_t activation = 0, weight = 0, accumulator = 0, param = 0;
  bool operator==(const CoreReads& other) const {
    return activation == other.activation && weight == other.weight && accumulator == other.accumulator &&
           param == other.param;
  }
};

/// What a command did.
struct CoreRun {
  std::int64_t cycles = 0;               ///< from the cycle in which it was taken to that of done, both counted
  std::uint16_t signal = 0;              ///< signaled with done
  std::vector<AccumulatorWrite> writes;  ///< in their order
  CoreReads reads;
};

/// One of several commands that follow one another, cycles counted from the first one's offer: it is offered from
/// `visible` on, once the one before is taken, its semaphores are there from `granted` on, and those of its stream are
/// not in [stream_withheld, stream_granted).
struct CoreOffer {
  model::Command command;
  std::int64_t visible = 0, granted = 0, stream_withheld = 0, stream_granted = 0;
};

/// What they did: cycles in which they were taken and after which they ended, and all they wrote and read.
struct CoreSequence {
  std::vector<std::int64_t> starts, ends;
  std::vector<std::uint16_t> signals;
  std::vector<AccumulatorWrite> writes;
  CoreReads reads;
};

class CoreDevice {
 public:
  virtual ~CoreDevice() = default;
  virtual const std::string& name() const = 0;
  virtual const model::AcceleratorConfig& config() const = 0;
  /// Two cycles of reset; buffers keep their words.
  virtual void reset() = 0;
  /// Copies every buffer from `state`, which must have this configuration.
  virtual void load(model::Storage& state) = 0;
  /// Waits `idle` cycles, offers the command, withholds its semaphores for `ungranted` cycles, and runs it to its end;
  /// the next one may be taken in the following cycle. Throws InternalError when an assertion of the RTL fails or the
  /// command does not end within `limit` cycles.
  virtual CoreRun execute(const model::Command& command, int idle, int ungranted, std::int64_t limit) = 0;
  /// Offers commands as they come and runs them to their end. Throws InternalError as execute() does.
  virtual CoreSequence execute(const std::vector<CoreOffer>& offers, std::int64_t limit) = 0;
  /// The accumulator buffer, word by word, one value per column.
  virtual std::vector<std::int64_t> accumulators() const = 0;
  /// Shows the signals of every cycle from now on, until called with nullptr. Throws InputError if this RTL was built
  /// without waveforms.
  virtual void trace(DeviceTrace* trace) = 0;
  /// Cycles since reset.
  virtual std::int64_t cycle() const = 0;
};

/// The parameter sets for which the RTL was built.
std::vector<std::string> core_builds();
/// Throws InputError for a name that is not in core_builds().
std::unique_ptr<CoreDevice> make_core(const std::string& build);

}  // namespace systoliq::rtl
