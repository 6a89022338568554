// SPDX-License-Identifier: Apache-2.0
// Which buffer words were written lately. A command's data are computed from what its buffers hold when it starts; if
// somebody writes there before it ends, a semaphore is missing, and the hardware would have read new words among old.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace systoliq::model {

/// Words [first, first + count) of one buffer.
struct BufferInterval {
  enum class Buffer : std::uint8_t { kActivations, kWeights, kAccumulators, kParams } buffer = Buffer::kActivations;
  std::int64_t first = 0, count = 0;
};

class WriteLog final {
 public:
  void note(const BufferInterval& written) { entries_[serial_++ % kEntries] = written; }
  /// A moment to ask about.
  std::uint64_t now() const { return serial_; }
  /// True if a word of one of the intervals was written since that moment; also where the log does not reach back so
  /// far.
  bool written_since(std::uint64_t moment, const BufferInterval* intervals, std::size_t count) const {
    if (serial_ - moment > kEntries) return true;
    for (std::uint64_t serial = moment; serial < serial_; ++serial) {
      const BufferInterval& written = entries_[serial % kEntries];
      for (std::size_t i = 0; i < count; ++i) {
        const BufferInterval& read = intervals[i];
        if (read.buffer == written.buffer && read.first < written.first + written.count &&
            written.first < read.first + read.count) {
          return true;
        }
      }
    }
    return false;
  }

 private:
  static constexpr std::uint64_t kEntries = 64;
  std::array<BufferInterval, kEntries> entries_{};
  std::uint64_t serial_ = 0;
};

/// Every second of the results keeps its value from before.
template <typename Results>
void mix_with(const Results& before, Results* results) {
  for (std::size_t i = 0; i < results->size(); i += 2) (*results)[i] = before[i];
}

}  // namespace systoliq::model
