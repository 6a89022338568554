// SPDX-License-Identifier: Apache-2.0
// Memory and host that keep the accelerator waiting, each channel of the bus by chance and on its own; and a memory
// that answers with errors.
#pragma once

#include <array>
#include <cstdint>
#include <random>

namespace systoliq::rtl {

/// How the bus stalls and fails; by default not at all, as the model's memory does not.
struct Stalls {
  std::uint32_t seed = 0;
  int percent = 0;                ///< how likely a channel begins to wait in a cycle in which it does not
  int longest = 8;                ///< cycles of a wait
  std::int64_t read_error = -1;   ///< this beat of read data, from 0, comes with an error response
  std::int64_t write_error = -1;  ///< this response to a write is an error
  std::int64_t wrong_last = -1;   ///< this beat of read data says wrongly whether it is the last, against AXI4
};

enum class BusChannel : std::uint8_t {
  kReadAddress,
  kReadData,
  kWriteAddress,
  kWriteData,
  kWriteResponse,
  kHostAddress,
  kHostData,
  kHostResponse,
  kHostReadAddress,
  kHostReadData,
  kCount
};

class BusStalls final {
 public:
  explicit BusStalls(const Stalls& stalls) : stalls_(stalls), random_(stalls.seed) {}

  /// Draws what each channel does in the next cycle.
  void next_cycle() {
    if (stalls_.percent == 0) return;
    for (int& left : left_) {
      if (left > 0) {
        --left;
      } else if (pick(1, 100) <= stalls_.percent) {
        left = pick(1, stalls_.longest);
      }
    }
  }
  const Stalls& kind() const { return stalls_; }
  bool stalled(BusChannel channel) const { return left_[static_cast<std::size_t>(channel)] > 0; }

 private:
  int pick(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }

  Stalls stalls_;
  std::mt19937 random_;
  std::array<int, static_cast<std::size_t>(BusChannel::kCount)> left_{};
};

}  // namespace systoliq::rtl
