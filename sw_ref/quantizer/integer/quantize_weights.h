// SPDX-License-Identifier: Apache-2.0
// Weights and biases of one layer to integers.
#pragma once

#include "sw_ref/quantizer/calibration/ranges.h"
#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/options.h"

namespace systoliq::sw_ref {

Grid weight_grid(const QuantizeOptions& options);

/// A scale for every range, or filter; those without extent (zeros only) take the largest other scale, so that a bias
/// keeps its precision.
std::vector<ScaleAndZero> fit_runs(const std::vector<Range>& ranges, const Grid& grid);

/// The smallest scale, not below `scale`, at which `bias` is no more than 2^30 steps of it and the input's.
float scale_for_bias(float scale, double bias, float input_scale, bool power_of_two);

/// Sets weights, weight_scales, weight_zero_point, weight_bits and bias of a convolution whose input has scale
/// `input_scale`. w = round half away(real / scale), symmetric weights within +-(2^(bits-1) - 1); b = round half
/// away(real / (Sx * Sw)). Where |b| would exceed 2^30, the weight scale is raised until it does not, so that a 32-bit
/// accumulator keeps room for the products. A filter of zeros takes the largest scale of its neighbors. With a
/// codebook the weights are indices of the nearest entry (codebook.h), and the report gains a line.
void quantize_weights(const FusedLayer& fused, float input_scale, const QuantizeOptions& options, QuantizedLayer* layer,
                      QuantizeReport* report);

}  // namespace systoliq::sw_ref
