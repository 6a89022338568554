// SPDX-License-Identifier: Apache-2.0
// The builds of this program: one line each in a file that CMake writes, and the text of each configuration.
#include "rtl_cosim/accelerator/accelerator_device.h"

#include <functional>
#include <map>
#include <utility>

#include "accelerator_headers.inc"
#include "model/config/rtl_parameters.h"
#include "rtl_cosim/accelerator/verilated_accelerator.h"

namespace systoliq::rtl {
namespace {

using Maker = std::function<std::unique_ptr<AcceleratorDevice>(const std::string&, const model::AcceleratorConfig&,
                                                               const Stalls&)>;

struct Build {
  std::string name, file;
  model::AcceleratorConfig config;
  Maker make;
};

template <typename Model>
std::unique_ptr<AcceleratorDevice> make_build(const std::string& name, const model::AcceleratorConfig& config,
                                              const Stalls& stalls) {
  return std::make_unique<VerilatedAccelerator<Model>>(name, config, stalls);
}

#define SYSTOLIQ_ACCELERATOR_BUILD(name, file) \
  Build{#name, file, model::parse_config(machine_text_accelerator_##name(), file), make_build<Vaccelerator_##name>},

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
  for (const Build& build : builds()) {
    if (model::rtl_differences(config, build.config).empty()) return &build;
  }
  return nullptr;
}

/// With what keeps the configuration from the build that is most like it.
[[noreturn]] void refuse(const model::AcceleratorConfig& config, const std::string& origin) {
  std::string list;
  std::string nearest;
  std::vector<std::string> least;
  for (const Build& each : builds()) {
    list += (list.empty() ? "" : ", ") + each.file;
    std::vector<std::string> differences = model::rtl_differences(config, each.config);
    if (!nearest.empty() && differences.size() >= least.size()) continue;
    nearest = each.file;
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
    if (build.name == name) return build.file;
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
    throw InputError("the RTL of " + build->file +
                     " was built without waveforms; accepted: a build with the CMake option SYSTOLIQ_COSIM_WAVES");
  }
  return maker->second(build->name, config, stalls);
}

}  // namespace systoliq::rtl
