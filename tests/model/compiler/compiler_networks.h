// SPDX-License-Identifier: Apache-2.0
// Small networks for the compiler's tests, with seeded weights.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "model/compiler/lowering.h"
#include "model/compiler/plan.h"
#include "model/isa/program.h"
#include "model/run_program.h"
#include "sw_ref/reference/reference.h"

namespace systoliq::model::test {

class NetworkBuilder final {
 public:
  explicit NetworkBuilder(Shape input) { current_ = add_tensor(std::move(input)); }

  NetworkBuilder& convolution(std::int64_t channels, const Window& window) {
    const Shape in = shape();
    QuantizedLayer& made =
        add_layer(LayerOp::kConvolution, {1, channels,
                                          output(in[2], window.kernel_height, window.stride_height,
                                                 window.dilation_height, window.pad_top + window.pad_bottom),
                                          output(in[3], window.kernel_width, window.stride_width, window.dilation_width,
                                                 window.pad_left + window.pad_right)});
    made.window = window;
    made.weights = IntTensor({channels, in[1], window.kernel_height, window.kernel_width});
    for (std::int32_t& weight : made.weights.data) weight = std::uniform_int_distribution<int>(-20, 20)(random_);
    made.weight_scales = {0.01F};
    made.bias.assign(static_cast<std::size_t>(channels), 5);
    return *this;
  }

  NetworkBuilder& max_pool(int kernel, int stride) {
    const Shape in = shape();
    QuantizedLayer& made = add_layer(
        LayerOp::kMaxPool, {1, in[1], output(in[2], kernel, stride, 1, 0), output(in[3], kernel, stride, 1, 0)});
    made.window.kernel_height = made.window.kernel_width = kernel;
    made.window.stride_height = made.window.stride_width = stride;
    return *this;
  }

  QuantizedNetwork build() {
    net_.name = "small";
    net_.inputs = {0};
    net_.outputs = {current_};
    return net_;
  }

 private:
  static std::int64_t output(std::int64_t size, int kernel, int stride, int dilation, int pads) {
    return (size + pads - (kernel - 1) * dilation - 1) / stride + 1;
  }
  const Shape& shape() const { return net_.tensors[static_cast<std::size_t>(current_)].shape; }

  int add_tensor(Shape dimensions) {
    QuantizedTensor tensor;
    tensor.name = "t" + std::to_string(net_.tensors.size());
    tensor.shape = std::move(dimensions);
    tensor.scale = 0.05F;
    tensor.zero_point = 4;
    net_.tensors.push_back(std::move(tensor));
    return static_cast<int>(net_.tensors.size()) - 1;
  }

  QuantizedLayer& add_layer(LayerOp op, Shape dimensions) {
    QuantizedLayer layer;
    layer.op = op;
    layer.name = std::string(to_string(op)) + std::to_string(net_.layers.size());
    layer.inputs = {current_};
    current_ = layer.output = add_tensor(std::move(dimensions));
    net_.layers.push_back(std::move(layer));
    return net_.layers.back();
  }

  QuantizedNetwork net_;
  std::mt19937 random_{7};
  int current_ = 0;
};

inline Window square(int kernel, int stride = 1, int pad = 0) {
  return {kernel, kernel, stride, stride, 1, 1, pad, pad, pad, pad};
}

inline IntTensor random_input(const QuantizedNetwork& network, std::uint32_t seed) {
  std::mt19937 random(seed);
  IntTensor input(network.tensors[0].shape);
  const int half = 1 << (network.tensors[0].bits - 1);
  for (std::int32_t& value : input.data) value = std::uniform_int_distribution<int>(-half, half - 1)(random);
  return input;
}

/// Runs compiled program and reference; every output element must be equal.
inline RunResult expect_runs_like_reference(const QuantizedNetwork& network, const Program& program,
                                            const AcceleratorConfig& config, Level level) {
  const IntTensor input = random_input(network, 3);
  std::vector<std::uint8_t> memory = program.image;
  const TensorPlacement* output = nullptr;
  for (const TensorPlacement& placement : program.placements) {
    if (placement.tensor == network.inputs[0]) pack_tensor(input, network.tensors[0].zero_point, placement, memory);
    if (placement.tensor == network.outputs[0]) output = &placement;
  }
  RunResult result = run_program(program, config, level, std::move(memory));
  AccumulationOrder order;
  order.rows = config.array.rows;
  order.accumulator_bits = config.datatypes.accumulator_bits;
  order.overflow = config.datatypes.overflow;
  order.dataflow = config.array.dataflow;
  order.multiplier_bits = config.requant.multiplier_bits;
  const auto index = static_cast<std::size_t>(network.outputs[0]);
  const IntTensor expected = sw_ref::run_reference(network, {{0, input}}, order, program.packing).tensors[index];
  if (output == nullptr) {
    ADD_FAILURE() << "the output is not placed in memory";
  } else {
    EXPECT_TRUE(expected.data == unpack_tensor(network.tensors[index].shape, *output, result.memory).data);
  }
  return result;
}

}  // namespace systoliq::model::test
