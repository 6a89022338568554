// SPDX-License-Identifier: Apache-2.0
// Does more hardware ever cost cycles? Compiles networks for drawn machines and for the same machines with one key
// doubled, and prints every step that makes a network slower, or that refuses what the smaller machine runs.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "model/isa/program.h"
#include "model/run_program.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/networks/layers.h"
#include "sw_ref/networks/networks.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "types/error.h"

namespace systoliq {
namespace {

struct Axis {
  const char* name;
  void (*enlarge)(model::AcceleratorConfig* config);
};

const Axis kAxes[] = {
    {"array.rows", [](model::AcceleratorConfig* c) { c->array.rows *= 2; }},
    {"array.cols", [](model::AcceleratorConfig* c) { c->array.cols *= 2; }},
    {"buffers.activation_kib", [](model::AcceleratorConfig* c) { c->buffers.activation_kib *= 2; }},
    {"buffers.weight_kib", [](model::AcceleratorConfig* c) { c->buffers.weight_kib *= 2; }},
    {"buffers.accumulator_kib", [](model::AcceleratorConfig* c) { c->buffers.accumulator_kib *= 2; }},
    {"memory.bytes_per_cycle", [](model::AcceleratorConfig* c) { c->memory.bytes_per_cycle *= 2; }},
    {"memory.outstanding", [](model::AcceleratorConfig* c) { c->memory.outstanding *= 2; }},
};

template <typename Value>
Value one_of(const std::vector<Value>& values, std::mt19937_64* random) {
  return values[static_cast<std::size_t>((*random)() % values.size())];
}

/// Between 4 and 256 rows and columns, 8 and 1,024 KiB, 1 and 128 bytes a cycle.
model::AcceleratorConfig drawn_machine(std::mt19937_64* random) {
  const std::vector<int> sizes = {4, 8, 16, 32, 64, 128, 256}, kib = {8, 32, 128, 512, 1024};
  model::AcceleratorConfig config;
  config.array.rows = one_of(sizes, random);
  config.array.cols = one_of<int>({config.array.rows, config.array.rows, one_of(sizes, random)}, random);
  config.array.dataflow = one_of<Dataflow>({Dataflow::kWeightStationary, Dataflow::kOutputStationary}, random);
  config.buffers.activation_kib = one_of(kib, random);
  config.buffers.weight_kib = one_of(kib, random);
  config.buffers.accumulator_kib = std::max(one_of(kib, random), config.array.cols / 8);
  config.buffers.parameter_kib = std::max(64, config.array.cols / 2);
  config.memory.bytes_per_cycle = one_of<int>({1, 4, 16, 64, 128}, random);
  config.memory.burst_bytes = 256;
  config.memory.outstanding = 1 + config.memory.latency_cycles * config.memory.bytes_per_cycle / 256;
  return config;
}

/// So many lanes as columns; what else depends on the array stays.
std::optional<std::int64_t> cycles_of(const QuantizedNetwork& network, model::AcceleratorConfig config) {
  config.requant.lanes = config.array.cols;
  config.buffers.accumulator_kib = std::max(config.buffers.accumulator_kib, config.array.cols / 8);
  try {
    const model::Program program = model::compile(network, config);
    return model::run_program(program, config, model::Level::kTiming, {}, false).cycles;
  } catch (const InputError&) {
    return std::nullopt;
  }
}

struct Tally {
  std::int64_t steps = 0, slower = 0, beyond = 0, refused = 0;
  double worst = 1.0, sum = 0.0;
};

void print_machine(const model::AcceleratorConfig& c) {
  std::printf("%dx%d %s, %d/%d/%d KiB, %d bytes a cycle", c.array.rows, c.array.cols,
              c.array.dataflow == Dataflow::kWeightStationary ? "ws" : "os", c.buffers.activation_kib,
              c.buffers.weight_kib, c.buffers.accumulator_kib, c.memory.bytes_per_cycle);
}

void step(const std::string& name, const QuantizedNetwork& network, const model::AcceleratorConfig& base,
          const Axis& axis, std::int64_t before, Tally* tally) {
  model::AcceleratorConfig larger = base;
  axis.enlarge(&larger);
  if (larger.array.rows > 256 || larger.array.cols > 256 || larger.memory.bytes_per_cycle > 128 ||
      larger.memory.outstanding > 256) {
    return;
  }
  ++tally->steps;
  const std::optional<std::int64_t> after = cycles_of(network, larger);
  const double ratio = after ? static_cast<double>(*after) / static_cast<double>(before) : 0.0;
  if (!after) ++tally->refused;
  if (ratio > 1.0) {
    ++tally->slower;
    tally->sum += ratio - 1.0;
    tally->worst = std::max(tally->worst, ratio);
  }
  tally->beyond += ratio > 1.02 ? 1 : 0;
  if (after && ratio <= 1.02) return;
  std::printf("%s, ", name.c_str());
  print_machine(base);
  std::printf(", %s doubled: %lld -> %s\n", axis.name, static_cast<long long>(before),
              after ? std::to_string(*after).c_str() : "refused");
}

int scan(int machines, std::uint64_t seed, const std::vector<std::string>& names) {
  Tally all;
  for (const std::string& name : names) {
    const std::string model = sw_ref::network_to_onnx(name, sw_ref::random_parameters(name, 1));
    const Graph graph = sw_ref::parse_onnx(model, name);
    const QuantizedNetwork network = sw_ref::quantize(graph, {FloatTensor(sw_ref::describe_network(name).input)}, {});
    std::mt19937_64 random(seed);
    Tally tally;
    for (int i = 0; i < machines; ++i) {
      const model::AcceleratorConfig base = drawn_machine(&random);
      const std::optional<std::int64_t> before = cycles_of(network, base);
      if (!before) continue;
      for (const Axis& axis : kAxes) step(name, network, base, axis, *before, &tally);
    }
    std::printf("%s: %lld steps, %lld slower, %lld by more than 2 %%, worst %.3f, %lld refused\n", name.c_str(),
                static_cast<long long>(tally.steps), static_cast<long long>(tally.slower),
                static_cast<long long>(tally.beyond), tally.worst, static_cast<long long>(tally.refused));
    std::fflush(stdout);
    all.steps += tally.steps;
    all.slower += tally.slower;
    all.beyond += tally.beyond;
    all.refused += tally.refused;
    all.sum += tally.sum;
    all.worst = std::max(all.worst, tally.worst);
  }
  std::printf(
      "all: %lld steps, %lld slower (by %.2f %% on average), %lld by more than 2 %%, worst %.3f, %lld refused\n",
      static_cast<long long>(all.steps), static_cast<long long>(all.slower),
      all.slower == 0 ? 0.0 : 100.0 * all.sum / static_cast<double>(all.slower), static_cast<long long>(all.beyond),
      all.worst, static_cast<long long>(all.refused));
  return 0;
}

}  // namespace
}  // namespace systoliq

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: systoliq_mapping_scan MACHINES SEED [NETWORK...]\n");
    return 2;
  }
  std::vector<std::string> networks(argv + 3, argv + argc);
  if (networks.empty()) {
    networks = {"lenet5", "resnet8", "vgg_cifar", "resnet18", "mobilenet_v1_025", "ds_cnn", "mobilenet_v2"};
  }
  return systoliq::scan(std::atoi(argv[1]), std::strtoull(argv[2], nullptr, 10), networks);
}
