// SPDX-License-Identifier: Apache-2.0
// Draws a machine, a preset that it can run, a network and its input, in this order.
#include "rtl_cosim/stimuli/random_case.h"

#include <utility>
#include <vector>

#include "rtl_cosim/stimuli/random_draw.h"
#include "rtl_cosim/stimuli/random_network.h"

namespace systoliq::stimuli {
namespace {

model::AcceleratorConfig random_machine(RandomDraw* random) {
  model::AcceleratorConfig c;
  c.array.rows = random->pick({1, 2, 3, 4, 5, 8, 16, 16, 17, 256});
  c.array.cols = random->pick({1, 2, 3, 4, 7, 8, 16, 16, 32});
  c.array.dataflow = random->chance(30) ? Dataflow::kOutputStationary : Dataflow::kWeightStationary;
  c.requant.lanes = random->uniform(1, c.array.cols);
  c.datatypes.activation_bits = random->pick({8, 8, 8, 2, 3, 4, 5, 7});
  c.datatypes.weight_bits = random->pick({8, 8, 8, 2, 4, 5, 6});
  if (random->chance(20)) c.weights.codec = model::WeightCodec::kCodebook;
  c.datatypes.accumulator_bits = random->pick({32, 32, 24, 20, 16, 48});
  if (c.datatypes.accumulator_bits > 32) c.requant.multiplier_bits = 16;
  c.datatypes.overflow = random->chance(50) ? Overflow::kWrap : Overflow::kSaturate;
  c.buffers.activation_kib = random->pick({2, 4, 16, 128});
  c.buffers.weight_kib = random->pick({1, 2, 8, 64});
  c.buffers.accumulator_words = random->pick({1, 3, 16, 100, 1024});
  c.buffers.param_words = random->pick({128, 200, 1024});
  c.memory.bytes_per_cycle = random->pick({1, 4, 8, 16, 32});
  c.memory.latency_cycles = random->pick({1, 10, 64});
  c.memory.burst_bytes = random->pick({32, 64, 256});
  c.memory.outstanding = random->pick({1, 2, 4, 8});
  return c;
}

/// Of those that the RTL has, since most users co-simulate.
Preset random_preset(RandomDraw* random, const model::AcceleratorConfig& config) {
  if (config.datatypes.accumulator_bits > 32) {
    return static_cast<Preset>(random->pick({0, 1, 3, 4, 5, 6, 7, 8}));
  }
  return static_cast<Preset>(random->uniform(0, static_cast<int>(kRtlPresets) - 1));
}

/// Fewer bits for a layer's weights; of a table every so many entries are left.
void narrow(int bits, QuantizedLayer* layer) {
  const int dropped = layer->weight_bits - bits;
  for (std::int32_t& weight : layer->weights.data) weight >>= dropped;
  layer->weight_zero_point >>= dropped;
  layer->weight_bits = bits;
  std::vector<std::int32_t> table;
  for (std::size_t i = 0; i < layer->codebook.size(); i += std::size_t{1} << dropped) {
    table.push_back(layer->codebook[i]);
  }
  layer->codebook = std::move(table);
}

/// Some networks are narrower than their machine: all tensors, single layers' weights.
RandomCase with_network(RandomDraw* random, std::uint64_t seed, const model::AcceleratorConfig& machine,
                        Preset preset) {
  RandomDraw widths(~seed);
  model::AcceleratorConfig config = machine;
  if (widths.chance(30)) config.datatypes.activation_bits = widths.uniform(2, config.datatypes.activation_bits);
  RandomCase made{machine, random_network(random, config, preset), {}};
  for (QuantizedLayer& layer : made.network.layers) {
    if (has_weights(layer.op) && widths.chance(30)) narrow(widths.uniform(2, layer.weight_bits), &layer);
  }
  const auto input = static_cast<std::size_t>(made.network.inputs.front());
  made.input = IntTensor(made.network.tensors[input].shape);
  const int half = 1 << (config.datatypes.activation_bits - 1);
  for (std::int32_t& value : made.input.data) value = random->uniform(-half, half - 1);
  return made;
}

}  // namespace

RandomCase random_case(std::uint64_t seed) {
  RandomDraw random(seed);
  model::AcceleratorConfig config = random_machine(&random);
  const Preset preset = random_preset(&random, config);
  if (preset == Preset::kOrtMlas) config.requant.multiplier_bits = random.pick({25, 32});
  if (is_shift_only(preset)) config.requant.multiplier_bits = random.pick({0, 32});
  return with_network(&random, seed, config, preset);
}

RandomCase random_case(std::uint64_t seed, const model::AcceleratorConfig& machine) {
  RandomDraw random(seed);
  const Preset preset = random_preset(&random, machine);
  return with_network(&random, seed, machine, preset);
}

}  // namespace systoliq::stimuli
