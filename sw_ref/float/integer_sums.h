// SPDX-License-Identifier: Apache-2.0
// Sums of integer products as int32 hardware computes them: of convolutions and of matrix products. Internal to the
// importer.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sw_ref/float/kernels.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// int32 accumulators, kept unsigned because they wrap as int32 hardware does.
using Accumulators = std::vector<std::uint32_t>;

/// A convolution of centered integers: weights minus their zero point, and a bias or none.
struct IntegerConvolution {
  Shape x, w, y;  ///< [n, c, h, w], [o, c / groups, kh, kw], [n, o, oh, ow]
  Window window;
  std::int64_t groups = 1;
  std::vector<std::int32_t> weights, bias;

  /// Calls `finish(channel, sums, target)` for every plane of the output.
  using Finish = std::function<void(std::size_t channel, const Accumulators& sums, float* target)>;
  FloatTensor run(const std::vector<std::int32_t>& centered, const Finish& finish) const;
};

/// The convolution of a node with weights as input `weights`, without weights and bias.
IntegerConvolution integer_convolution(const KernelRequest& request, std::size_t weights);

/// A product of two stacks of matrices of centered integers, [..., m, k] × [..., k, n], the leading axes broadcast.
struct IntegerProduct {
  Shape a_steps, b_steps, output;
  std::int64_t inner = 0;

  /// Calls `finish(column, sum)` for every element of the output.
  using Finish = std::function<float(std::size_t column, std::uint32_t sum)>;
  FloatTensor run(const std::vector<std::int32_t>& a, const std::vector<std::int32_t>& b, const Finish& finish) const;
};

IntegerProduct integer_product(const Shape& a, const Shape& b, const Shape& output);

/// The accumulator as the signed integer that it stands for.
inline std::int32_t signed_sum(std::uint32_t accumulator) { return static_cast<std::int32_t>(accumulator); }

}  // namespace systoliq::sw_ref
