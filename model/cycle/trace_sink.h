// SPDX-License-Identifier: Apache-2.0
// What a waveform writer offers to the machine at level cycle: the machine names its registers and wires once, and
// calls sample() every clock. No sink, no cost.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

namespace systoliq::model {

struct Program;

class TraceSink {
 public:
  virtual ~TraceSink() = default;

  /// A value that lives at `address` for the whole run: `bytes` (1, 2, 4 or 8) in memory, `bits` of it shown.
  struct Variable {
    std::string name;
    const void* address = nullptr;
    int bytes = 0, bits = 0;
  };

  /// Blocks nest: what is added between enter() and leave() belongs to that block. Returns false if none of its own
  /// variables is wanted, so that a block may save itself the work of showing them.
  virtual bool enter(const std::string& block) = 0;
  virtual void leave() = 0;
  virtual void add_variable(const Variable& variable) = 0;
  /// All variables are known; cycle 0 of this program follows.
  virtual void begin(const Program& program) = 0;
  virtual void command_started(int command, std::int32_t layer, std::int64_t cycle) = 0;
  virtual void command_ended(int command, std::int32_t layer, std::int64_t cycle) = 0;
  /// Registers, whose names have _q, hold what the rising edge of this cycle has put into them.
  virtual void latch() = 0;
  /// Wires, all others, hold what they are in this cycle.
  virtual void sample(std::int64_t cycle) = 0;

  template <typename T>
  void add(const std::string& name, const T* value, int bits = static_cast<int>(sizeof(T) * 8)) {
    static_assert(std::is_integral_v<T>, "registers are integers");
    add_variable({name, value, static_cast<int>(sizeof(T)), std::is_same_v<T, bool> ? 1 : bits});
  }
};

}  // namespace systoliq::model
