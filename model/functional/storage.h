// SPDX-License-Identifier: Apache-2.0
// The machine's storage: activation, weight, accumulator and param buffers, with every access checked against capacity.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/isa/param_word.h"
#include "model/isa/program.h"
#include "types/error.h"

namespace systoliq::model {

/// A buffer of words of equal width; one bank per lane. Throws InternalError on an address outside the capacity.
template <typename T>
class SramBuffer final {
 public:
  void resize(const char* name, std::int64_t words, int lanes) {
    name_ = name;
    words_ = words;
    lanes_ = lanes;
    data_.assign(static_cast<std::size_t>(words * lanes), T{});
  }
  /// `count` consecutive words from `address`.
  T* words(std::int64_t address, std::int64_t count = 1) {
    if (address < 0 || count < 0 || address + count > words_) refuse(address, count);
    return data_.data() + address * lanes_;
  }
  int lanes() const { return lanes_; }

 private:
  [[noreturn]] __attribute__((noinline, cold)) void refuse(std::int64_t address, std::int64_t count) const {
    throw InternalError(std::string(name_) + " buffer: words " + std::to_string(address) + " to " +
                        std::to_string(address + count) + " of " + std::to_string(words_));
  }

  const char* name_ = "";
  std::int64_t words_ = 0;
  int lanes_ = 0;
  std::vector<T> data_;
};

struct Storage {
  AcceleratorConfig config;
  SramBuffer<std::int16_t> activations, weights;
  SramBuffer<std::int64_t> accumulators;
  SramBuffer<ParamEntry> params;
  std::vector<std::uint8_t> memory;

  /// Sizes and clears every buffer.
  void configure(const AcceleratorConfig& new_config);
  /// Bytes [address, address + bytes) of external memory. Throws InternalError outside of it.
  std::uint8_t* memory_at(std::int64_t address, std::int64_t bytes);
};

}  // namespace systoliq::model
