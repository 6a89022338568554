// SPDX-License-Identifier: Apache-2.0
// A buffer used as a ring that remembers what it still holds, so that weights are loaded again only when overwritten.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <tuple>

#include "types/error.h"

namespace systoliq::model {

class RingCache final {
 public:
  /// What a piece of the buffer holds: convolution, block of output channels, part of it.
  using Key = std::tuple<int, int, int>;

  explicit RingCache(std::int64_t words) : words_(words) {}

  /// Address of a piece that is still whole.
  std::optional<std::int64_t> find(const Key& key) const {
    for (const Piece& piece : pieces_) {
      if (piece.key == key) return piece.address;
    }
    return std::nullopt;
  }

  /// Takes the next `words` words, which must not exceed the capacity, and forgets what they held.
  std::int64_t allocate(const Key& key, std::int64_t words) {
    check(words >= 1 && words <= words_, "ring allocation exceeds the buffer");
    if (next_ + words > words_) next_ = 0;
    const std::int64_t address = next_;
    next_ += words;
    pieces_.remove_if([&](const Piece& p) { return p.address < address + words && address < p.address + p.words; });
    pieces_.push_back({key, address, words});
    return address;
  }

  /// Starts at 0 again if `words` words would not fit before the end, so that they stay together.
  void keep_together(std::int64_t words) {
    if (words <= words_ && next_ + words > words_) next_ = 0;
  }

 private:
  struct Piece {
    Key key;
    std::int64_t address = 0, words = 0;
  };
  std::int64_t words_;
  std::int64_t next_ = 0;
  std::list<Piece> pieces_;
};

}  // namespace systoliq::model
