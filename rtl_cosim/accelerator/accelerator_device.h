// SPDX-License-Identifier: Apache-2.0
// A Verilated accelerator of one parameter set, as the lock-step sees it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/functional/storage.h"
#include "rtl_cosim/accelerator/bus_stalls.h"

namespace systoliq::rtl {

class DeviceTrace;  ///< rtl_cosim/core/device_trace.h

/// What happened in one cycle.
struct AcceleratorEvents {
  std::array<bool, 4> done{};  ///< the engine's oldest command ends: LOAD, EXECUTE, POST, STORE
  bool retired = false;        ///< FENCE or HALT is executed
  bool interrupt = false;
};

class AcceleratorDevice {
 public:
  virtual ~AcceleratorDevice() = default;
  virtual const std::string& name() const = 0;
  /// Resets the machine, fills the memory, and starts it through its registers: the next cycle is cycle 1.
  virtual void start(std::int64_t command_address, std::uint32_t command_count, std::vector<std::uint8_t> memory) = 0;
  /// Starts it once more as it is, without a reset, on a new content of its memory; after HALT.
  virtual void restart(std::int64_t command_address, std::uint32_t command_count, std::vector<std::uint8_t> memory) = 0;
  /// Number of the cycle that the next step() simulates.
  virtual std::int64_t cycle() const = 0;
  virtual AcceleratorEvents step() = 0;
  /// Shows the signals of every cycle from now on, until called with nullptr. Throws InputError if this RTL was built
  /// without waveforms.
  virtual void trace(DeviceTrace* trace) = 0;
  /// What the RTL has written so far into its buffers (not Storage::memory), and into memory.
  virtual model::Storage& state() = 0;
  virtual std::vector<std::uint8_t>& memory() = 0;
  /// A control and status register, read through AXI4-Lite (it takes cycles). Throws InternalError if it is refused.
  virtual std::uint32_t read_register(std::uint32_t offset) = 0;
  /// False if it is refused.
  virtual bool write_register(std::uint32_t offset, std::uint32_t value) = 0;
};

/// True if some build has these shapes and widths. Latency, clock and preset are no parameters of the RTL.
bool has_accelerator_build(const model::AcceleratorConfig& config);
/// Names of the builds in this program.
std::vector<std::string> accelerator_builds();
/// The configuration file, relative to the project, that a build was made from. Throws InputError for an unknown name.
std::string accelerator_build_config(const std::string& name);
/// Throws InputError when no build has these parameters, naming `origin`, where they come from, the builds there are,
/// and the keys in which the nearest one differs. With `traced` the one that can show its signals, several times
/// slower; throws InputError if there is none. Cycles are the model's only on a bus that does not stall.
std::unique_ptr<AcceleratorDevice> make_accelerator(const model::AcceleratorConfig& config, bool traced = false,
                                                    const Stalls& stalls = {},
                                                    const std::string& origin = "this configuration");

}  // namespace systoliq::rtl
