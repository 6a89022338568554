// SPDX-License-Identifier: Apache-2.0
// Random networks that end in products and sums of two tensors, of a tensor and one pixel, and of a tensor and a
// constant, on random machines: every layer as the reference at the levels that have them; level cycle refuses them.
#include <cmath>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "rtl_cosim/stimuli/random_case.h"
#include "tests/system/machine_runs.h"

namespace systoliq::test {
namespace {

/// Appends layers to a random network.
class Ending final {
 public:
  Ending(QuantizedNetwork* network, std::uint32_t seed)
      : network_(*network), random_(seed), last_(network->outputs.at(0)) {}

  void append() {
    for (int layers = 1 + draw(3); layers > 0; --layers) append_one();
    network_.outputs = {last_};
  }

 private:
  int draw(int below) { return static_cast<int>(random_() % static_cast<std::uint32_t>(below)); }
  const QuantizedTensor& tensor(int index) const { return network_.tensors.at(static_cast<std::size_t>(index)); }
  int half() const { return 1 << (tensor(last_).bits - 1); }

  int add_tensor(const Shape& shape, double scale) {
    QuantizedTensor made = tensor(last_);
    made.name = "end" + std::to_string(network_.tensors.size());
    made.shape = shape;
    const bool shifts = is_shift_only(network_.preset);
    made.scale = static_cast<float>(shifts ? std::exp2(std::round(std::log2(scale))) : scale);
    made.zero_point = draw(2 * half()) - half();
    made.storage_offset = draw(2) == 0 ? 0 : 128;
    network_.tensors.push_back(std::move(made));
    return static_cast<int>(network_.tensors.size()) - 1;
  }

  QuantizedLayer& add_layer(LayerOp op, std::vector<int> inputs, int output) {
    QuantizedLayer layer;
    layer.op = op;
    layer.name = std::string(to_string(op)) + ".end" + std::to_string(output);
    layer.inputs = std::move(inputs);
    layer.output = output;
    layer.clamp_min = draw(3) == 0 ? tensor(output).zero_point : -half();
    layer.clamp_max = half() - 1;
    network_.layers.push_back(std::move(layer));
    return network_.layers.back();
  }

  int constant(const Shape& shape) {
    const int index = add_tensor(shape, 0.02);
    IntTensor values(shape);
    for (std::int32_t& value : values.data) value = draw(2 * half()) - half();
    network_.constants[index] = std::move(values);
    return index;
  }

  /// The pixel that averages the last tensor, or its table.
  int pixel() {
    const Shape shape = tensor(last_).shape;
    const int average = add_tensor({1, shape[1], 1, 1}, double{tensor(last_).scale});
    QuantizedLayer& pool = add_layer(LayerOp::kAveragePool, {last_}, average);
    pool.window.kernel_height = static_cast<int>(shape[2]);
    pool.window.kernel_width = static_cast<int>(shape[3]);
    if (draw(2) == 0) return average;
    const int gate = add_tensor({1, shape[1], 1, 1}, 0.01);
    QuantizedLayer& table = add_layer(LayerOp::kLookup, {average}, gate);
    for (int i = 0; i < 2 * half(); ++i) table.lookup.push_back(draw(2 * half()) - half());
    return gate;
  }

  int other() {
    const Shape shape = tensor(last_).shape;
    switch (draw(4)) {
      case 0:
        return constant(shape);
      case 1:
        return constant({1, shape[1], 1, 1});
      case 2:
        return pixel();
      default:
        return last_;
    }
  }

  void append_one() {
    const LayerOp op = draw(3) == 0 ? LayerOp::kAdd : LayerOp::kMultiply;
    const int a = last_;
    const int b = other();
    const double scale_a = double{tensor(a).scale};
    const double scale_b = double{tensor(b).scale};
    const double scale = op == LayerOp::kAdd ? scale_a + scale_b : scale_a * scale_b * half() * (1.0 + draw(3));
    const int out = add_tensor(tensor(a).shape, scale);
    add_layer(op, {a, b}, out);
    last_ = out;
  }

  QuantizedNetwork& network_;
  std::mt19937 random_;
  int last_;
};

TEST(RandomProducts, AgreeAtEveryLevelThatHasThem) {
  int run = 0;
  int refused = 0;
  int refused_by_cycle = 0;
  constexpr int kSeeds = 300;
  for (int seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    stimuli::RandomCase made = stimuli::random_case(static_cast<std::uint64_t>(seed));
    model::RequantConfig& requant = made.config.requant;
    if (made.config.datatypes.accumulator_bits > 32 && requant.multiplier_bits > 16) requant.multiplier_bits = 16;
    if (made.network.preset == Preset::kOrtMlas) {
      constexpr Preset kOfFloats[] = {Preset::kOrtMlas, Preset::kXnnFp32, Preset::kOrtX86};
      made.network.preset = kOfFloats[seed % 3];
    }
    Ending(&made.network, static_cast<std::uint32_t>(seed)).append();
    std::optional<tb::CompiledNetwork> compiled;
    try {
      compiled.emplace(made.network, made.config);
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("layer '"), std::string::npos) << error.what();
      ++refused;
      continue;
    }
    ++run;
    expect_all_levels_agree(made.network, *compiled, made.input);
    try {
      compiled->run(made.input, model::Level::kCycle, false);
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("level cycle does not have yet"), std::string::npos) << error.what();
      ++refused_by_cycle;
    }
    if (HasFailure()) break;
  }
  std::cout << run << " run, " << refused << " refused, " << refused_by_cycle << " refused by level cycle\n";
  EXPECT_GE(run, kSeeds * 8 / 10);
  EXPECT_GE(refused_by_cycle, kSeeds / 2);
}

}  // namespace
}  // namespace systoliq::test
