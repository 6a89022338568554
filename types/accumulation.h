// SPDX-License-Identifier: Apache-2.0
// The documented order and width in which the machine adds, so that narrow accumulators match bit for bit.
#pragma once

namespace systoliq {

enum class Overflow { kWrap, kSaturate };
enum class Dataflow { kWeightStationary, kOutputStationary };

/// Output stationary: the products are those of the weight stationary order below, in that order, but each is added to
/// the accumulator itself and the policy applied once.
///
/// Weight stationary order. For each output the passes run over kernel row groups, kernel columns and channel blocks of
/// `rows` channels. In a pass the partial sum starts at 0 and takes rows 0..rows-1 in order, the overflow policy
/// applied after each product; then the sum is added once to the accumulator, which started from the folded bias (bias
/// - zero_point_x * sum(w)), the policy applied again. Raw activations are multiplied (padding taps are zero_point_x).
///
/// Kernel-tap packing (KernelTapPacking below): a pass takes G kernel rows × T kernel columns at once, its lanes being
/// (kernel row in group, kernel column in group, channel) in that order; passes run over row groups, then column
/// groups. The last groups may be smaller.
///
/// Grouped convolution: channel blocks are those of the input tensor (channel / rows), not counted anew from the
/// group's first channel, since a block is a word of the activation buffer. The folded bias itself is not narrowed.
struct AccumulationOrder {
  int rows = 16;
  int accumulator_bits = 32;  ///< 12..48
  Overflow overflow = Overflow::kWrap;
  Dataflow dataflow = Dataflow::kWeightStationary;
  int multiplier_bits = 32;  ///< 8..32, counting the sign bit: the multiplier's mantissa keeps multiplier_bits - 1 bits
};

/// G kernel rows and T kernel columns side by side in the lanes; 0, 0: not packed.
struct KernelTapPacking {
  int kernel_rows = 0, kernel_columns = 0;
  bool active() const { return kernel_rows > 0; }
};

}  // namespace systoliq
