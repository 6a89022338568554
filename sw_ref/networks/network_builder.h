// SPDX-License-Identifier: Apache-2.0
// Writes the description of a built-in network, layer by layer.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "sw_ref/networks/layers.h"

namespace systoliq::sw_ref {

/// Appends layers, each by default to the one before it.
class NetworkBuilder final {
 public:
  NetworkBuilder(std::string name, Shape input, std::int64_t classes) {
    network_.name = std::move(name);
    network_.input = std::move(input);
    network_.classes = classes;
    channels_ = network_.input[1];
  }

  const std::string& last() const { return last_; }
  NetworkDescription take() { return std::move(network_); }

  void convolution(const std::string& name, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                   std::int64_t padding, bool bias = false) {
    append({NetworkOp::kConvolution, name, {last_}, channels_, out, kernel, stride, padding, bias});
    channels_ = out;
  }
  /// Every channel by itself.
  void depthwise(const std::string& name, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
    convolution(name, channels_, kernel, stride, padding);
    network_.layers.back().groups = channels_;
  }
  /// Windows and padding of the last layer that are wider or narrower than high.
  void set_width(std::int64_t kernel, std::int64_t padding) {
    network_.layers.back().kernel_width = kernel;
    network_.layers.back().padding_width = padding;
  }
  void batch_normalization(const std::string& name) {
    append({NetworkOp::kBatchNormalization, name, {last_}, channels_, channels_, 1, 1, 0, true});
  }
  void relu(const std::string& name) { append({NetworkOp::kRelu, name, {last_}, 0, 0, 1, 1, 0, false}); }
  void relu6(const std::string& name) { append({NetworkOp::kRelu6, name, {last_}, 0, 0, 1, 1, 0, false}); }
  void sigmoid(const std::string& name) { append({NetworkOp::kSigmoid, name, {last_}, 0, 0, 1, 1, 0, false}); }
  void average_pool(const std::string& name, std::int64_t kernel, std::int64_t stride) {
    append({NetworkOp::kAveragePool, name, {last_}, 0, 0, kernel, stride, 0, false});
  }
  void softmax(const std::string& name) { append({NetworkOp::kSoftmax, name, {last_}, 0, 0, 1, 1, 0, false}); }
  void max_pool(const std::string& name, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
    append({NetworkOp::kMaxPool, name, {last_}, 0, 0, kernel, stride, padding, false});
  }
  void global_average_pool(const std::string& name) {
    append({NetworkOp::kGlobalAveragePool, name, {last_}, 0, 0, 1, 1, 0, false});
  }
  void add(const std::string& name, const std::string& other) {
    append({NetworkOp::kAdd, name, {last_, other}, 0, 0, 1, 1, 0, false});
  }
  /// `positions`: height × width of what is flattened.
  void flatten(const std::string& name, std::int64_t positions) {
    append({NetworkOp::kFlatten, name, {last_}, 0, 0, 1, 1, 0, false});
    channels_ *= positions;
  }
  void fully_connected(const std::string& name, std::int64_t out, bool bias) {
    append({NetworkOp::kFullyConnected, name, {last_}, channels_, out, 1, 1, 0, bias});
    channels_ = out;
  }
  /// Continues from an earlier layer with that many channels.
  void resume(const std::string& name, std::int64_t channels) {
    last_ = name;
    channels_ = channels;
  }
  std::int64_t channels() const { return channels_; }

 private:
  void append(NetworkLayer layer) {
    last_ = layer.name;
    network_.layers.push_back(std::move(layer));
  }

  NetworkDescription network_;
  std::string last_ = "input";
  std::int64_t channels_ = 0;
};

}  // namespace systoliq::sw_ref
