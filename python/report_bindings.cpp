// SPDX-License-Identifier: Apache-2.0
// What a run found: the text that `systoliq run --json` prints, and the tensors as arrays.
#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>

#include "python/arrays.h"
#include "python/bindings.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "tb/report/report.h"
#include "tb/workload/shipped_files.h"
#include "types/util/index.h"

namespace nb = nanobind;

namespace systoliq::python {
namespace {

/// By name, in the order of execution.
template <typename Item>
using Named = std::vector<std::pair<std::string, Item>>;

std::string json_of(const RunReport& run, const std::string& energy) {
  const tb::EnergyTable table =
      tb::read_energy_table(energy.empty() ? tb::shipped("configs/energy/horowitz_45nm.toml") : energy);
  return tb::to_json(run.report, table);
}

const QuantizedNetwork& network_of(const RunReport& run) { return run.network->workload.network; }

std::vector<IntTensor> of_all_images(const RunReport& run, int tensor) {
  std::vector<IntTensor> found;
  for (const std::vector<IntTensor>& outputs : run.report.outputs) found.push_back(nth(outputs, tensor));
  return found;
}

/// Layer name -> stored integers [images, c, h, w].
Named<Array<std::int32_t>> layer_integers(const RunReport& run) {
  Named<Array<std::int32_t>> result;
  if (run.report.outputs.empty()) return result;
  const QuantizedNetwork& network = network_of(run);
  for (const QuantizedLayer& layer : network.layers) {
    result.emplace_back(layer.name,
                        to_batch(of_all_images(run, layer.output), nth(network.tensors, layer.output).shape));
  }
  return result;
}

/// The graph's name of an output: another one than its tensor's behind a Softmax of the host.
const std::string& output_name(const QuantizedNetwork& network, std::size_t output) {
  return network.output_names.empty() ? nth(network.tensors, network.outputs[output]).name
                                      : network.output_names[output];
}

/// The graph's shape of an output where it has as many elements, else the tensor's.
Shape output_shape(const Graph& graph, const std::string& name, const QuantizedTensor& tensor) {
  const auto value = graph.values.find(name);
  const bool fits = value != graph.values.end() && !value->second.shape.empty() && value->second.shape[0] == 1 &&
                    element_count(value->second.shape) == element_count(tensor.shape);
  return fits ? value->second.shape : tensor.shape;
}

/// Name of an output of the network -> reals, images along axis 0.
Named<Array<float>> outputs_of(const RunReport& run) {
  Named<Array<float>> result;
  if (run.report.outputs.empty()) return result;
  const QuantizedNetwork& network = network_of(run);
  for (std::size_t i = 0; i < network.outputs.size(); ++i) {
    const QuantizedTensor& tensor = nth(network.tensors, network.outputs[i]);
    std::vector<FloatTensor> reals;
    for (const IntTensor& stored : of_all_images(run, network.outputs[i])) {
      reals.push_back(sw_ref::dequantize_tensor(stored, tensor));
    }
    const std::string& name = output_name(network, i);
    result.emplace_back(name, to_batch(reals, output_shape(*run.network->workload.float_graph, name, tensor)));
  }
  return result;
}

/// Layer name -> figure -> value, of what only compare measures.
Named<std::map<std::string, double>> isolated_errors(const RunReport& run) {
  Named<std::map<std::string, double>> result;
  for (const tb::LayerReport& layer : run.report.layers) {
    if (!layer.isolated) continue;
    const tb::ErrorStatistics& errors = *layer.isolated;
    result.push_back({layer.name,
                      {{"mse", errors.mse()},
                       {"sqnr_db", errors.sqnr_db()},
                       {"max_abs_error", errors.max_abs_error()},
                       {"cosine", errors.cosine()}}});
  }
  return result;
}

Named<std::string> first_mismatches(const RunReport& run) {
  Named<std::string> found;
  for (const tb::LayerReport& layer : run.report.layers) {
    if (!layer.first_mismatch.empty()) found.emplace_back(layer.name, layer.first_mismatch);
  }
  return found;
}

}  // namespace

void bind_reports(nb::module_& module) {
  nb::class_<RunReport>(module, "RunReport")
      .def("json", &json_of, nb::arg("energy"))
      .def("layer_integers", &layer_integers)
      .def("outputs", &outputs_of)
      .def("isolated_errors", &isolated_errors)
      .def("first_mismatches", &first_mismatches);
}

}  // namespace systoliq::python
