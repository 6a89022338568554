// SPDX-License-Identifier: Apache-2.0
// What the quantizer would make of a network's weights, biases and values, in the forward pass of training: the same
// places, ranges and scales. Internal to training.
#pragma once

#include <torch/torch.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sw_ref/networks/layers.h"
#include "sw_ref/quantizer/calibration/ranges.h"
#include "sw_ref/training/fake_quantize.h"
#include "sw_ref/training/quantization_settings.h"

namespace systoliq::sw_ref {

/// A value that the machine stores as integers: the network's input, or the output of a convolution or fully connected
/// layer with its batch normalization and ReLU, an average pool, or an addition with its ReLU.
struct StoredValue {
  std::string layer;   ///< whose output it is; "input"
  std::string tensor;  ///< its name in the ONNX file
  Rounding rounding = Rounding::kHalfEven;
};

std::vector<StoredValue> stored_values(const NetworkDescription& network, Preset preset);

class QuantizationSimulator final {
 public:
  QuantizationSimulator(const QuantizationSettings& settings, const NetworkDescription& network);

  /// Ranges learn from values while this is set.
  void observe(bool observing) { observing_ = observing; }

  /// The output of `layer` on its grid; as it is where nothing is stored.
  torch::Tensor value(const std::string& layer, const torch::Tensor& x);

  /// Weight and bias of `layer` on their grids, by the scales that the quantizer would give them; a bias that is not
  /// there stays so.
  std::pair<torch::Tensor, torch::Tensor> operands(const NetworkLayer& layer, const torch::Tensor& weight,
                                                   const torch::Tensor& bias) const;

  /// By ONNX name, those that values were seen for.
  std::vector<std::pair<std::string, Range>> ranges() const;

  /// The reverse. Throws InputError for a tensor that stores no integers.
  void restore(const std::vector<std::pair<std::string, Range>>& ranges);

  /// [values, 3] in double: low, high, and whether anything was seen. Changed in place.
  const torch::Tensor& state() const { return state_; }

 private:
  ScaleAndZero scale_of(std::size_t stored) const;
  std::vector<double> weight_scales(const NetworkLayer& layer, const torch::Tensor& weight, const torch::Tensor& bias,
                                    std::int64_t* zero_point) const;
  void see(std::size_t stored, const torch::Tensor& x);

  QuantizationSettings settings_;
  std::vector<StoredValue> values_;
  std::map<std::string, std::size_t> index_;   ///< layer -> its stored value
  std::map<std::string, std::size_t> source_;  ///< layer -> the stored value that its first input stands for
  torch::Tensor state_;
  bool observing_ = false;
};

}  // namespace systoliq::sw_ref
