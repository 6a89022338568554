// SPDX-License-Identifier: Apache-2.0
// A small network with every kind of layer on a small machine, and the means to damage its program on purpose.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "model/compiler/hazard_tracker.h"
#include "model/isa/param_word.h"
#include "tests/system/machine_runs.h"

namespace systoliq::test {

/// 4 × 4 PEs and 1 KiB buffers: tiles, several blocks of channels, and a reduction split over commands.
inline model::AcceleratorConfig faulty_machine() {
  model::AcceleratorConfig config;
  config.array.rows = config.array.cols = 4;
  config.requant.lanes = 3;
  config.buffers.activation_kib = 1;
  config.buffers.weight_kib = 1;
  config.buffers.accumulator_words = 64;
  config.buffers.param_words = 64;
  config.memory = {32, 2, 256, 8};
  return config;
}

/// Convolution (17 → 11 channels, 3 × 3, stride 2, padded), max pooling, 1 × 1 convolution with many rounding ties,
/// residual addition, table, average pooling. Every zero point differs from 0.
class FaultNetwork final {
 public:
  FaultNetwork() {
    net_.name = "faults";
    net_.preset = Preset::kHalfUp;
    const int x = tensor({1, 17, 11, 9}, 1.0F / 16, 3);
    const int a = tensor({1, 11, 6, 5}, 16.0F, -9);
    const int b = tensor({1, 11, 5, 4}, 16.0F, -9);
    const int c = tensor({1, 11, 5, 4}, 8.0F, 5);
    const int d = tensor({1, 11, 5, 4}, 20.0F, -4);
    const int e = tensor({1, 11, 5, 4}, 1.0F, 7);
    const int f = tensor({1, 11, 6, 5}, 0.75F, -2);
    net_.inputs = {x};
    net_.outputs = {f};
    convolution(x, a, {3, 3, 2, 2, 1, 1, 1, 1, 1, 1}, 100, 0.25F, 2, 40000);
    layer(LayerOp::kMaxPool, {a}, b).window = {2, 2, 1, 1, 1, 1, 0, 0, 0, 0};
    convolution(b, c, {}, 7, 1.0F / 16, 0, 200);
    layer(LayerOp::kAdd, {b, c}, d);
    QuantizedLayer& table = layer(LayerOp::kLookup, {d}, e);
    for (int i = -128; i < 128; ++i) table.lookup.push_back((i * 37 + 11) % 120);
    layer(LayerOp::kAveragePool, {e}, f).window = {2, 2, 1, 1, 1, 1, 1, 1, 1, 1};
    input_ = IntTensor(net_.tensors[0].shape);
    for (std::int32_t& value : input_.data) value = uniform(-128, 127);
  }

  const QuantizedNetwork& network() const { return net_; }
  const IntTensor& input() const { return input_; }

 private:
  int uniform(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  int tensor(Shape shape, float scale, std::int32_t zero_point) {
    QuantizedTensor t;
    t.name = "t" + std::to_string(net_.tensors.size());
    t.shape = std::move(shape);
    t.scale = scale;
    t.zero_point = zero_point;
    net_.tensors.push_back(std::move(t));
    return static_cast<int>(net_.tensors.size()) - 1;
  }

  QuantizedLayer& layer(LayerOp op, std::vector<int> inputs, int output) {
    QuantizedLayer made;
    made.name = std::string(to_string(op)) + std::to_string(net_.layers.size());
    made.op = op;
    made.inputs = std::move(inputs);
    made.output = output;
    net_.layers.push_back(std::move(made));
    return net_.layers.back();
  }

  void convolution(int from, int to, const Window& window, int extent, float scale, std::int32_t zero_point, int bias) {
    const std::int64_t outputs = net_.tensors[static_cast<std::size_t>(to)].shape[1];
    const std::int64_t inputs = net_.tensors[static_cast<std::size_t>(from)].shape[1];
    QuantizedLayer& made = layer(LayerOp::kConvolution, {from}, to);
    made.window = window;
    made.weights = IntTensor({outputs, inputs, window.kernel_height, window.kernel_width});
    for (std::int32_t& weight : made.weights.data) weight = uniform(-extent, extent);
    made.weight_scales = {scale};
    made.weight_zero_point = zero_point;
    for (std::int64_t o = 0; o < outputs; ++o) made.bias.push_back(uniform(-bias, bias));
  }

  std::mt19937 random_{2026};
  QuantizedNetwork net_;
  IntTensor input_;
};

/// Writes the commands into the image again, where the machine fetches them.
inline void write_commands(model::Program* program) {
  auto at = static_cast<std::size_t>(program->command_address);
  for (const model::Command& command : program->commands) {
    const model::CommandWords words = model::encode(command);
    std::memcpy(&program->image.at(at), words.data(), model::kCommandBytes);
    at += model::kCommandBytes;
  }
}

/// Decodes every command of the image.
inline void read_commands(model::Program* program) {
  auto at = static_cast<std::size_t>(program->command_address);
  for (model::Command& command : program->commands) {
    model::CommandWords words;
    std::memcpy(words.data(), &program->image.at(at), model::kCommandBytes);
    command = model::decode(words);
    at += model::kCommandBytes;
  }
}

/// Applies `change` to the first command of that kind for which it returns true. Fails the test if there is none.
template <typename Body>
void damage_first(model::Program* program, const std::function<bool(Body*)>& change) {
  read_commands(program);
  for (model::Command& command : program->commands) {
    const Body* body = std::get_if<Body>(&command.body);
    if (body == nullptr) continue;
    Body changed = *body;
    if (!change(&changed)) continue;
    command.body = changed;
    return write_commands(program);
  }
  ADD_FAILURE() << "no command to damage";
}

/// Applies `change` to every command of that kind.
template <typename Body>
void damage_all(model::Program* program, const std::function<void(Body*)>& change) {
  read_commands(program);
  for (model::Command& command : program->commands) {
    if (Body* body = std::get_if<Body>(&command.body)) change(body);
  }
  write_commands(program);
}

/// The param entry of a layer's channel, in the image.
inline std::uint8_t* param_entry(model::Program* program, int layer, int channel) {
  for (const model::Command& command : program->commands) {
    const auto* load = std::get_if<model::Load>(&command.body);
    if (load == nullptr || command.layer != layer) continue;
    if (load->target != static_cast<std::int32_t>(model::LoadTarget::kParam)) continue;
    return &program->image.at(static_cast<std::size_t>(load->memory_address) +
                              static_cast<std::size_t>(channel) * sizeof(model::ParamEntry));
  }
  throw InternalError("the layer has no params");
}

/// Address in the image of the first weight word of a layer.
inline std::uint8_t* weight_words(model::Program* program, int layer) {
  for (const model::Command& command : program->commands) {
    const auto* load = std::get_if<model::Load>(&command.body);
    if (load == nullptr || command.layer != layer) continue;
    if (load->target != static_cast<std::int32_t>(model::LoadTarget::kWeight)) continue;
    return &program->image.at(static_cast<std::size_t>(load->memory_address));
  }
  throw InternalError("the layer has no weights");
}

/// Mismatches of a program's run against a reference result, over all layers and the outputs in memory.
inline std::int64_t mismatches_of(const QuantizedNetwork& network, const model::Program& program,
                                  const IntTensor& input, const sw_ref::ReferenceResult& expected, model::Level level) {
  std::vector<std::uint8_t> memory = program.image;
  std::int64_t mismatches = 0;
  for (const model::TensorPlacement& placement : program.placements) {
    if (placement.tensor == network.inputs.front())
      model::pack_tensor(input, network.tensors[0].zero_point, placement, memory);
  }
  const model::RunResult found = model::run_program(program, faulty_machine(), level, std::move(memory), true);
  for (const QuantizedLayer& layer : network.layers) {
    const auto output = static_cast<std::size_t>(layer.output);
    mismatches += count_differences(expected.tensors.at(output), found.tensors.at(output));
  }
  for (const model::TensorPlacement& placement : program.placements) {
    if (placement.tensor != network.outputs.front()) continue;
    const auto output = static_cast<std::size_t>(placement.tensor);
    mismatches += count_differences(expected.tensors.at(output),
                                    model::unpack_tensor(program.tensor_shapes[output], placement, found.memory));
  }
  return mismatches;
}

inline AccumulationOrder order_of(const model::AcceleratorConfig& config) {
  AccumulationOrder order;
  order.rows = config.array.rows;
  order.accumulator_bits = config.datatypes.accumulator_bits;
  order.overflow = config.datatypes.overflow;
  order.dataflow = config.array.dataflow;
  order.multiplier_bits = config.requant.multiplier_bits;
  return order;
}

/// The sound set-up; every test first shows that it passes.
class FaultInjection : public testing::Test {
 protected:
  FaultInjection()
      : network_(made_.network()),
        program_(model::compile(network_, faulty_machine())),
        expected_(sw_ref::run_reference(network_, {{0, made_.input()}}, order_of(faulty_machine()), program_.packing)) {
  }

  std::int64_t mismatches(const model::Program& program, model::Level level) const {
    return mismatches_of(network_, program, made_.input(), expected_, level);
  }

  FaultNetwork made_;
  QuantizedNetwork network_;
  model::Program program_;
  sw_ref::ReferenceResult expected_;
};

}  // namespace systoliq::test
