// SPDX-License-Identifier: Apache-2.0
// Runs every RTL build of this program against the model, on random networks of every preset and on the networks of
// models/ at the build's widths, and prints one Markdown table: docs/timing.md, "RTL against model".
#include <array>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "model/isa/program.h"
#include "rtl_cosim/accelerator/accelerator_cosim.h"
#include "rtl_cosim/stimuli/random_case.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/options.h"
#include "types/error.h"

namespace systoliq::rtl {
namespace {

constexpr std::uint64_t kLastSeed = 400;
constexpr int kNetworksPerPreset = 3;

struct Row {
  int networks = 0;
  std::string named;  ///< the real networks that ran
  std::int64_t checks = 0, bits = 0, cycle_difference = 0, cycles = 0;
  double seconds = 0;
};

/// The program's memory with this input in its place.
std::vector<std::uint8_t> memory_with(const model::Program& program, const QuantizedNetwork& network,
                                      const IntTensor& input) {
  std::vector<std::uint8_t> memory = program.image;
  const int tensor = network.inputs.front();
  for (const model::TensorPlacement& placement : program.placements) {
    if (placement.tensor != tensor) continue;
    model::pack_tensor(input, network.tensors[static_cast<std::size_t>(tensor)].zero_point, placement, memory);
    return memory;
  }
  throw InternalError("network '" + network.name + "': its input is nowhere in memory");
}

/// Runs one network; false when it does not fit this machine.
bool run_network(const QuantizedNetwork& network, const IntTensor& input, const model::AcceleratorConfig& config,
                 const std::string& what, Row* row) {
  model::Program program;
  try {
    program = model::compile(network, config);
  } catch (const InputError& error) {
    std::cerr << what << ": refused: " << error.what() << "\n";
    return false;
  }
  const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config);
  const AcceleratorReport report =
      run_accelerator_cosim(*device, program, config, memory_with(program, network, input));
  if (report.first_divergence) std::cerr << what << ": first divergence: " << report.first_divergence->text << "\n";
  row->networks += 1;
  row->checks += report.checks;
  row->bits += report.mismatched_bits;
  row->cycle_difference += std::abs(report.cycle_difference);
  row->cycles += report.cycles;
  row->seconds += report.seconds;
  return true;
}

/// Random networks until every preset has had its share. Throws InternalError when one had none.
void run_random(const std::string& build, model::AcceleratorConfig config, Row* row) {
  std::array<int, kRtlPresets> runs{};
  std::size_t full = 0;
  for (std::uint64_t seed = 1; seed <= kLastSeed && full < runs.size(); ++seed) {
    config.memory.latency_cycles = 1 + static_cast<int>(seed * 7 % 65);
    const stimuli::RandomCase random = stimuli::random_case(seed, config);
    int& count = runs[static_cast<std::size_t>(random.network.preset)];
    if (count == kNetworksPerPreset) continue;
    const std::string what = build + ", seed " + std::to_string(seed);
    if (run_network(random.network, random.input, config, what, row) && ++count == kNetworksPerPreset) ++full;
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    check(runs[i] > 0, build + ": no random network of preset " + std::string(kPresetNames[i]) + " ran");
  }
}

/// A network of models/ as it ships, quantized to the build's widths, on an image of noise.
void run_named(const std::string& name, const std::string& file, const std::string& build,
               const model::AcceleratorConfig& config, Row* row) {
  const Graph graph = sw_ref::read_onnx(SYSTOLIQ_SOURCE_DIR "/models/" + file);
  FloatTensor image(graph.values.at(graph.inputs.front()).shape);
  std::mt19937 random(1);
  for (float& value : image.data) value = static_cast<float>(random() >> 8) / 16777216.0F;
  sw_ref::QuantizeOptions options;
  options.weight_bits = config.datatypes.weight_bits;
  options.activation_bits = config.datatypes.activation_bits;
  const QuantizedNetwork network = sw_ref::quantize(graph, {image}, options);
  const QuantizedTensor& as = network.tensors[static_cast<std::size_t>(network.inputs.front())];
  IntTensor input = sw_ref::quantize_tensor(image, as);
  input.shape = as.shape;
  if (run_network(network, input, config, build + ", " + name, row))
    row->named += (row->named.empty() ? "" : ", ") + name;
}

/// True if RTL and model agree.
bool run_build(const std::string& build) {
  const model::AcceleratorConfig config = model::read_config(SYSTOLIQ_SOURCE_DIR "/" + accelerator_build_config(build));
  Row row;
  run_random(build, config, &row);
  run_named("LeNet-5", "lenet5.onnx", build, config, &row);
  run_named("Fashion-MNIST MLP", "fashion_mlp.onnx", build, config, &row);
  const model::DatatypeConfig& types = config.datatypes;
  std::cout << "| " << config.array.rows << " × " << config.array.cols << " | "
            << (config.array.dataflow == Dataflow::kOutputStationary ? "os" : "ws") << " | " << types.weight_bits
            << (config.weights.codec == model::WeightCodec::kCodebook ? " codebook" : "") << " | "
            << types.activation_bits << " | " << types.accumulator_bits << ' '
            << (types.overflow == Overflow::kSaturate ? "saturate" : "wrap") << " | " << row.networks << " | "
            << (row.named.empty() ? "-" : row.named) << " | " << row.checks << " | " << row.bits << " | "
            << row.cycle_difference << " | " << std::fixed << std::setprecision(0)
            << static_cast<double>(row.cycles) / row.seconds << " |" << std::endl;
  return row.bits == 0 && row.cycle_difference == 0;
}

}  // namespace
}  // namespace systoliq::rtl

int main() {
  try {
    std::cout << "| array | dataflow | weight bits | activation bits | accumulator | networks | of them | checks "
                 "| differing bits | cycle difference | RTL cycles/s |\n"
                 "| --- | --- | ---: | ---: | --- | ---: | --- | ---: | ---: | ---: | ---: |"
              << std::endl;
    bool same = true;
    for (const std::string& build : systoliq::rtl::accelerator_builds()) same = systoliq::rtl::run_build(build) && same;
    return same ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "systoliq_cosim_matrix: " << error.what() << "\n";
    return 2;
  }
}
