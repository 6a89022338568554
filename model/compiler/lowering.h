// SPDX-License-Identifier: Apache-2.0
// From network layers to what the machine can do: convolutions on the array, and post-processing on activations.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/compiler/lattice.h"
#include "model/config/accelerator_config.h"
#include "model/isa/command.h"
#include "model/isa/param_word.h"
#include "types/quantized_network.h"

namespace systoliq::model {

/// Geometry of a kernel-tap-packed convolution in packed words: kernel, stride and dilation count words of the packed
/// tile, whose word (v, u) begins at input pixel (v * row_step - pad_top, u * column_step - pad_left). Lanes: `lanes` =
/// G * T
/// * channels.
struct PackedGeometry {
  KernelTapPacking packing;
  int row_step = 1, column_step = 1, lanes = 0;
  Window window;  ///< without padding
};

/// No weight of the channel has the operand 0.
inline constexpr std::int16_t kNoZero = INT16_MIN;

/// One pass of the array over one tensor, writing output channels [channel_offset, channel_offset + channels).
struct Convolution {
  int input = -1;   ///< tensor
  Lattice lattice;  ///< output pixels that it writes; its own outputs, and its window, count those
  Window window;    ///< pads may be negative
  int groups = 1;
  std::vector<int> source_channels;  ///< of the identity: input channel of each output channel; empty: the same
  std::shared_ptr<const IntTensor> own_weights;  ///< those of `weights`, where the layer has others
  const IntTensor* weights = nullptr;            ///< [o, i / groups, kh, kw]; null: the 1 × 1 identity
  int weight_bits = 2;                           ///< of a weight in memory; the identity's 0 and 1 take 2
  std::int32_t weight_zero_point = 0;
  std::vector<std::int16_t> codebooks;  ///< of a codebook machine: 2^weight_bits entries per output channel, else empty
  std::vector<std::int16_t> zeros;      ///< per output channel: the stored weight whose operand is 0, its sign extended
                                        ///< from weight_bits, or kNoZero
  int channels = 0, channel_offset = 0;
  std::vector<ParamEntry> params;  ///< per output channel: folded bias, multiplier, shift
  PackedGeometry packed;           ///< packed.packing.active() only for a network input
};

/// One layer as the machine executes it: convolutions (Concat and Pad are identities, since the array can move any
/// channel anywhere), or one POST operation.
struct LoweredLayer {
  int layer = -1;
  std::vector<int> inputs;
  int output = -1;
  std::vector<Convolution> convolutions;  ///< empty for a POST operation
  Window window;                          ///< of pooling
  Post post;                              ///< operation, preset, zero points, clamps and scales; no addresses
  std::vector<std::int16_t> table;        ///< look-up: one entry per stored value of the machine's activations
};

/// Throws InputError naming the layer, the value and what is accepted.
std::vector<LoweredLayer> lower(const QuantizedNetwork& network, const AcceleratorConfig& config);

/// The part of input `tensor` that output region `out` reads, clipped to the tensor; empty where all is padding.
Region input_region(const LoweredLayer& lowered, int tensor, const Region& out, const QuantizedNetwork& network);

/// The part of a convolution's input of that shape that its outputs `part` read, likewise.
Region window_region(const Convolution& convolution, const Region& part, const Shape& input);

/// Words of `rows` lanes per pixel of a tensor.
int blocks_of(const QuantizedTensor& tensor, const AcceleratorConfig& config);

}  // namespace systoliq::model
