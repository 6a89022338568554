// SPDX-License-Identifier: Apache-2.0
// The builds of this program: one line each in a file that CMake writes.
#include "rtl_cosim/accelerator/accelerator_device.h"

#include <functional>
#include <iterator>
#include <map>
#include <utility>

#include "accelerator_headers.inc"
#include "rtl_cosim/accelerator/verilated_accelerator.h"

namespace systoliq::rtl {
namespace {

/// Keys of the configuration in the order of Shape::values.
constexpr const char* kKeys[] = {"array.rows",
                                 "array.cols",
                                 "datatypes.activation_bits",
                                 "datatypes.weight_bits",
                                 "datatypes.accumulator_bits",
                                 "datatypes.overflow (1: saturate)",
                                 "requant.lanes",
                                 "requant.multiplier_bits",
                                 "buffers.activation_kib (in words)",
                                 "buffers.weight_kib (in words)",
                                 "buffers.accumulator_words",
                                 "buffers.param_words",
                                 "memory.bytes_per_cycle",
                                 "memory.burst_bytes",
                                 "memory.outstanding",
                                 "array.dataflow (1: os)",
                                 "weights.codec (1: codebook)",
                                 "weights.codebook_bits"};

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
  /// A text per key that differs: its name, the value here and there.
  std::vector<std::string> differences(const Shape& built) const {
    check(values.size() == std::size(kKeys) && built.values.size() == values.size(), "a shape lacks keys");
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] == built.values[i]) continue;
      texts.push_back(std::string(kKeys[i]) + " = " + std::to_string(values[i]) + " instead of " +
                      std::to_string(built.values[i]));
    }
    return texts;
  }
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

/// With what keeps the configuration from the build that is most like it.
[[noreturn]] void refuse(const model::AcceleratorConfig& config, const std::string& origin) {
  const Shape shape(config);
  std::string list;
  std::string nearest;
  std::vector<std::string> least;
  for (const Build& each : builds()) {
    list += (list.empty() ? "" : ", ") + each.config;
    std::vector<std::string> differences = shape.differences(each.shape);
    if (!nearest.empty() && differences.size() >= least.size()) continue;
    nearest = each.config;
    least = std::move(differences);
  }
  std::string text = origin + ": no RTL was built with these parameters";
  for (std::size_t i = 0; i < least.size(); ++i) {
    text += (i == 0 ? "; the nearest build, " + nearest + ", differs: " : ", ") + least[i];
  }
  throw InputError(text + "; accepted: the parameters of " + list +
                   ", or name the file in the CMake variable SYSTOLIQ_ACCELERATOR_CONFIGS and build again");
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
                                                    const Stalls& stalls, const std::string& origin) {
  const Build* build = find_build(config);
  if (build == nullptr) refuse(config, origin);
  if (!traced) return build->make(build->name, config, stalls);
  const auto maker = traced_builds().find(build->name);
  if (maker == traced_builds().end()) {
    throw InputError("the RTL of " + build->config +
                     " was built without waveforms; accepted: a build with the CMake option SYSTOLIQ_COSIM_WAVES");
  }
  return maker->second(build->name, config, stalls);
}

}  // namespace systoliq::rtl
