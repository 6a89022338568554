// SPDX-License-Identifier: Apache-2.0
// The builds of this program: one line each in a file that CMake writes.
#include "rtl_cosim/accelerator/accelerator_device.h"

#include <functional>
#include <map>

#include "accelerator_headers.inc"
#include "rtl_cosim/accelerator/verilated_accelerator.h"

namespace systoliq::rtl {
namespace {

/// Everything that is a parameter of the RTL.
struct Shape {
  std::vector<std::int64_t> values;
  explicit Shape(const model::AcceleratorConfig& c)
      : values{c.array.rows,
               c.array.cols,
               c.datatypes.activation_bits,
               c.datatypes.weight_bits,
               c.datatypes.accumulator_bits,
               c.datatypes.overflow == Overflow::kSaturate,
               c.requant.lanes,
               c.requant.multiplier_bits,
               c.activation_words(),
               c.weight_words(),
               c.buffers.accumulator_words,
               c.buffers.param_words,
               c.memory.bytes_per_cycle,
               c.memory.burst_bytes,
               c.memory.outstanding,
               c.array.dataflow == Dataflow::kOutputStationary,
               c.weights.codec == model::WeightCodec::kCodebook,
               c.weights.codebook_bits} {}
  explicit Shape(std::vector<std::int64_t> list) : values(std::move(list)) {}
  bool operator==(const Shape& other) const { return values == other.values; }
};

using Maker = std::function<std::unique_ptr<AcceleratorDevice>(const std::string&, const model::AcceleratorConfig&,
                                                               const Stalls&)>;

struct Build {
  std::string name, config;
  Shape shape;
  Maker make;
};

template <typename Model>
std::unique_ptr<AcceleratorDevice> make_build(const std::string& name, const model::AcceleratorConfig& config,
                                              const Stalls& stalls) {
  return std::make_unique<VerilatedAccelerator<Model>>(name, config, stalls);
}

#define SYSTOLIQ_ACCELERATOR_BUILD(name, config, ...) \
  Build{#name, config, Shape({__VA_ARGS__}), make_build<Vaccelerator_##name>},

const std::vector<Build>& builds() {
  static const std::vector<Build> kBuilds = {
#include "accelerator_builds.inc"
  };
  return kBuilds;
}

#define SYSTOLIQ_TRACED_BUILD(name) {#name, make_build<Vtraced_##name>},

/// The same RTL with waveforms, by the name of the build.
const std::map<std::string, Maker>& traced_builds() {
  static const std::map<std::string, Maker> kBuilds = {
#include "accelerator_traced.inc"
  };
  return kBuilds;
}

const Build* find_build(const model::AcceleratorConfig& config) {
  const Shape shape(config);
  for (const Build& build : builds()) {
    if (build.shape == shape) return &build;
  }
  return nullptr;
}

}  // namespace

bool has_accelerator_build(const model::AcceleratorConfig& config) { return find_build(config) != nullptr; }

std::vector<std::string> accelerator_builds() {
  std::vector<std::string> names;
  for (const Build& build : builds()) names.push_back(build.name);
  return names;
}

std::string accelerator_build_config(const std::string& name) {
  for (const Build& build : builds()) {
    if (build.name == name) return build.config;
  }
  throw InputError("no RTL build is called '" + name + "'");
}

std::unique_ptr<AcceleratorDevice> make_accelerator(const model::AcceleratorConfig& config, bool traced,
                                                    const Stalls& stalls) {
  const Build* build = find_build(config);
  if (build == nullptr) {
    std::string list;
    for (const Build& each : builds()) list += (list.empty() ? "" : ", ") + each.config;
    throw InputError("no RTL was built with the parameters of this configuration; accepted: those of " + list +
                     ", or name the file in the CMake variable SYSTOLIQ_ACCELERATOR_CONFIGS and build again");
  }
  if (!traced) return build->make(build->name, config, stalls);
  const auto maker = traced_builds().find(build->name);
  if (maker == traced_builds().end()) {
    throw InputError("the RTL of " + build->config +
                     " was built without waveforms; accepted: a build with the CMake option SYSTOLIQ_COSIM_WAVES");
  }
  return maker->second(build->name, config, stalls);
}

}  // namespace systoliq::rtl
