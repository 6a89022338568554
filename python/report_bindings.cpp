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
#include "tb/report/report.h"
#include "tb/workload/output_batches.h"
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

/// Every layer's stored integers, [images, c, h, w].
Named<Array<std::int32_t>> layer_integers(const RunReport& run) {
  Named<Array<std::int32_t>> result;
  if (run.report.outputs.empty()) return result;
  const QuantizedNetwork& network = network_of(run);
  for (const QuantizedLayer& layer : network.layers) {
    std::vector<IntTensor> images;
    for (const std::vector<IntTensor>& tensors : run.report.outputs) images.push_back(nth(tensors, layer.output));
    result.emplace_back(layer.name, to_batch(images, nth(network.tensors, layer.output).shape));
  }
  return result;
}

template <typename Element>
nb::object to_object(Tensor<Element> tensor) {
  return nb::cast(to_array(tensor.shape, std::move(tensor.data)));
}

/// An output as the graph declares it, as `systoliq run --output` writes it.
nb::object output_array(const RunReport& run, std::size_t output) {
  const QuantizedNetwork& network = network_of(run);
  const tb::NetworkOutput& declared = run.network->workload.outputs.at(output);
  const int tensor = network.outputs[output];
  const Layout& layout = output_layout(network, output);
  const Shape batch = tb::batch_of(declared.shape, run.report.outputs.size());
  if (tensor == kHostValue) {
    const std::string& name = tb::output_name(network, output);
    const Shape own = tb::host_batch_shape(run.report.host_values, name);
    if (declared.type == ElementType::kFloat) return to_object(tb::host_batch(run.report.host_values, name, own));
    return to_object(tb::whole_batch<std::int64_t>(run.report.host_values, name, own));
  }
  if (declared.type == ElementType::kFloat) {
    return to_object(tb::real_batch(network, run.report.outputs, tensor, batch, layout));
  }
  if (nth(network.tensors, tensor).storage_offset != 0) {
    return to_object(tb::stored_batch<std::uint8_t>(network, run.report.outputs, tensor, batch, layout));
  }
  return to_object(tb::stored_batch<std::int8_t>(network, run.report.outputs, tensor, batch, layout));
}

Named<nb::object> outputs_of(const RunReport& run) {
  Named<nb::object> result;
  if (run.report.outputs.empty()) return result;
  for (std::size_t i = 0; i < network_of(run).outputs.size(); ++i) {
    result.emplace_back(tb::output_name(network_of(run), i), output_array(run, i));
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
