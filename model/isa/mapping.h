// SPDX-License-Identifier: Apache-2.0
// How a network is mapped onto a machine: which layers run together, in which pieces, in which order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace systoliq::model {

/// Which loop over the pieces of a group's output is the outer one. Pixels outer: an input tile is loaded once and
/// serves all slices of channels. Channels outer: the weights of a slice are loaded once and serve all tiles of pixels.
enum class LoopOrder { kPixelsOuter, kChannelsOuter };
inline constexpr const char* kLoopOrderNames[] = {"pixels", "channels"};

/// Layers that run piece by piece: one, and those that post-process what it hands on.
struct MappedGroup {
  std::vector<std::string> layers;
  bool on_chip = false;  ///< the last layer's output stays in the activation buffer until it was read; else in memory
  std::int64_t tile_height = 0, tile_width = 0;  ///< pixels of the output in one piece
  std::int64_t channels = 0;                     ///< of the output in one piece
  LoopOrder outer = LoopOrder::kPixelsOuter;
  int copies = 2;             ///< of what a piece needs in the activation buffer; 2: double buffered
  int accumulator_parts = 2;  ///< of the accumulator buffer: one is post-processed while the next is computed

  friend bool operator==(const MappedGroup& a, const MappedGroup& b) {
    return a.layers == b.layers && a.on_chip == b.on_chip && a.tile_height == b.tile_height &&
           a.tile_width == b.tile_width && a.channels == b.channels && a.outer == b.outer && a.copies == b.copies &&
           a.accumulator_parts == b.accumulator_parts;
  }
};

/// In the order of the layers, every layer once.
struct Mapping {
  std::vector<MappedGroup> groups;
};

}  // namespace systoliq::model
