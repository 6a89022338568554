// SPDX-License-Identifier: Apache-2.0
// The order of weight words: kernel row, kernel column, input block, lane.
#include "tb/explain/lane_meaning.h"

#include "types/util/index.h"

namespace systoliq::tb {
namespace {

/// Lanes (kernel row in group, kernel column in group, channel), all channels in one block.
std::vector<LaneMeaning> packed_lanes(const Window& window, KernelTapPacking packing, std::int64_t channels) {
  std::vector<LaneMeaning> lanes;
  for (int top = 0; top < window.kernel_height; top += packing.kernel_rows) {
    for (int left = 0; left < window.kernel_width; left += packing.kernel_columns) {
      for (int ky = top; ky < top + packing.kernel_rows; ++ky) {
        for (int kx = left; kx < left + packing.kernel_columns; ++kx) {
          const bool exists = ky < window.kernel_height && kx < window.kernel_width;
          for (std::int64_t c = 0; c < channels; ++c) lanes.push_back({ky, kx, c, exists});
        }
      }
    }
  }
  return lanes;
}

struct Range {
  std::int64_t first = 0, end = 0;
};

/// The input channels that one output channel uses.
Range channels_of(const QuantizedLayer& layer, std::int64_t output, std::int64_t input_channels) {
  if (layer.op != LayerOp::kConvolution) return {output, output + 1};  // moved as it is
  const std::int64_t group_outputs = layer.weights.shape[0] / layer.groups;
  const std::int64_t group_inputs = input_channels / layer.groups;
  const std::int64_t first = output / group_outputs * group_inputs;
  return {first, first + group_inputs};
}

}  // namespace

SourceInput source_input(const QuantizedNetwork& network, const OutputPlace& place) {
  const QuantizedLayer& layer = network.layers[place.layer];
  SourceInput source;
  if (layer.op != LayerOp::kConcat) return source;
  for (const int input : layer.inputs) {
    const std::int64_t channels = nth(network.tensors, input).shape[1];
    if (place.channel < source.first_channel + channels) return source;
    source.first_channel += channels;
    ++source.input;
  }
  throw InternalError("concatenation '" + layer.name + "': no input has the channel");
}

std::vector<LaneMeaning> lane_meanings(const QuantizedNetwork& network, const CompiledNetwork& compiled,
                                       const OutputPlace& place) {
  const QuantizedLayer& layer = network.layers[place.layer];
  const SourceInput source = source_input(network, place);
  const std::int64_t input_channels = nth(network.tensors, nth(layer.inputs, source.input)).shape[1];
  const KernelTapPacking packing = compiled.program().packing[place.layer];
  if (packing.active()) return packed_lanes(layer.window, packing, input_channels);
  const auto& post = std::get<model::Post>(nth(compiled.program().commands, place.post).body);
  const std::int64_t block_first = place.channel - place.array_column - source.first_channel;  // of the array's columns
  const Range own = channels_of(layer, place.channel - source.first_channel, input_channels);
  const Range first = channels_of(layer, block_first, input_channels);
  const Range last = channels_of(layer, block_first + post.channels - 1, input_channels);
  const std::int64_t rows = compiled.config().array.rows;
  const bool convolution = layer.op == LayerOp::kConvolution;
  std::vector<LaneMeaning> lanes;
  for (int ky = 0; ky < (convolution ? layer.window.kernel_height : 1); ++ky) {
    for (int kx = 0; kx < (convolution ? layer.window.kernel_width : 1); ++kx) {
      for (std::int64_t c = first.first / rows * rows; c < last.end; ++c) {
        lanes.push_back({ky, kx, c, c >= own.first && c < own.end});
      }
    }
  }
  return lanes;
}

}  // namespace systoliq::tb
