// SPDX-License-Identifier: Apache-2.0
// Machines, networks compiled for them, and runs.
#include <nanobind/ndarray.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include "model/config/config_text.h"
#include "python/arrays.h"
#include "python/background.h"
#include "python/bindings.h"

namespace nb = nanobind;

namespace systoliq::python {
namespace {

std::shared_ptr<MachineProgram> compile(const std::shared_ptr<const IntegerNetwork>& network,
                                        const model::AcceleratorConfig& config) {
  return in_background([&] { return std::make_shared<MachineProgram>(network, config); });
}

/// Images that were made for another network are refused.
void check_images(const MachineProgram& program, const tb::ImageSet& set) {
  const Graph& graph = program.float_graph();
  const Shape shape = sw_ref::image_shape_of(graph);
  for (const FloatTensor& image : set.images) {
    if (image.shape == shape) continue;
    throw InputError("images of shape " + to_string(image.shape) + " do not fit input '" + graph.inputs.front() +
                     "' of shape " + to_string(shape));
  }
}

std::shared_ptr<RunReport> run(const MachineProgram& program, const tb::ImageSet& images, const std::string& level,
                               bool isolated, bool keep_outputs, const nb::object& progress) {
  check_images(program, images);
  tb::BenchOptions options;
  options.level = model::parse_level(level);
  options.isolated = isolated;
  options.keep_outputs = keep_outputs && options.level != model::Level::kTiming;
  auto result = std::make_shared<RunReport>();
  result->network = program.network;
  run_in_background(
      [&](const tb::Progress& told) {
        options.progress = told;
        result->report = tb::run_bench(program.compiled, &program.float_graph(), images.images, options);
      },
      progress);
  result->report.float_source = program.network->workload.float_source;
  return result;
}

std::tuple<std::int64_t, std::int64_t, std::int64_t> accuracy(const MachineProgram& program, const tb::ImageSet& images,
                                                              const std::string& level, const nb::object& progress) {
  check_images(program, images);
  if (images.labels.size() != images.images.size() || images.images.empty()) {
    throw InputError("accuracy: " + std::to_string(images.labels.size()) + " labels for " +
                     std::to_string(images.images.size()) + " images; one each is needed");
  }
  const model::Level parsed = model::parse_level(level);
  tb::Accuracy found;
  run_in_background(
      [&](const tb::Progress& told) {
        found =
            tb::measure_accuracy(program.compiled, &program.float_graph(), images.images, images.labels, parsed, told);
      },
      progress);
  return {found.images, found.float_correct, found.quantized_correct};
}

/// Over all stages.
std::size_t command_count(const MachineProgram& program) {
  std::size_t count = 0;
  for (const tb::MachineStage& stage : program.compiled.stages()) count += stage.program.commands.size();
  return count;
}

std::string listing(const MachineProgram& program) {
  std::string text;
  std::size_t index = 0;
  for (const tb::MachineStage& stage : program.compiled.stages()) {
    for (const model::Command& command : stage.program.commands) {
      text += std::to_string(index++) + ": " + model::disassemble(command) + "\n";
    }
  }
  return text;
}

void bind_configs(nb::module_& module) {
  nb::class_<model::AcceleratorConfig>(module, "MachineConfig")
      .def_prop_ro("toml", [](const model::AcceleratorConfig& self) { return model::canonical_text(self); });
  module.def("read_config", &tb::load_config, nb::arg("path"));
  module.def("parse_config", &model::parse_config, nb::arg("text"), nb::arg("origin"));
}

}  // namespace

void bind_machines(nb::module_& module) {
  using Self = const MachineProgram&;
  bind_configs(module);
  nb::class_<MachineProgram>(module, "MachineProgram")
      .def_prop_ro("command_count", &command_count)
      .def_prop_ro("command_address", [](Self self) { return self.compiled.program().command_address; })
      .def_prop_ro(
          "memory_image",
          [](Self self) {
            const std::vector<std::uint8_t>& image = self.compiled.program().image;
            return to_array({static_cast<std::int64_t>(image.size())}, image);
          },
          nb::rv_policy::automatic)
      .def("listing", &listing);
  module.def("compile", &compile, nb::arg("network"), nb::arg("config"));
  module.def("run", &run, nb::arg("program"), nb::arg("images"), nb::arg("level"), nb::arg("isolated"),
             nb::arg("keep_outputs"), nb::arg("progress").none());
  module.def("accuracy", &accuracy, nb::arg("program"), nb::arg("images"), nb::arg("level"),
             nb::arg("progress").none());
}

}  // namespace systoliq::python
