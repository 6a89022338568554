// SPDX-License-Identifier: Apache-2.0
// Networks as files have them, as integers, and images for them. Options arrive as words of the command line, so that
// their names, ranges and meanings are those of `systoliq --help`.
#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/arrays.h"
#include "python/background.h"
#include "python/bindings.h"
#include "sw_ref/networks/registry.h"
#include "sw_ref/quantizer/fusion/is_quantized.h"
#include "sw_ref/quantizer/qdq/write_quantized.h"
#include "tb/cli/common/program.h"
#include "tb/cli/common/workload_arguments.h"
#include "types/util/atomic_file.h"
#include "types/util/index.h"

namespace nb = nanobind;

namespace systoliq::python {
namespace {

using Words = std::vector<std::string>;
using Dictionary = nb::typed<nb::dict, nb::str, nb::any>;

/// What these words say after the name of a command that takes a network.
tb::WorkloadRequest parse(Words words) {
  cli::CommandLine line("", "");
  cli::WorkloadArguments arguments;
  cli::add_workload_options(line.root(), arguments);
  try {
    line.parse(std::move(words));
  } catch (const cli::CommandLineError& error) {
    throw InputError(error.what());
  }
  return cli::request_of(arguments);
}

std::shared_ptr<LoadedNetwork> load(const Words& words) {
  const tb::WorkloadRequest request = parse(words);
  return in_background([&] {
    auto network = std::make_shared<LoadedNetwork>();
    network->graph = tb::load_graph(request.network, &network->remarks, request.shapes);
    return network;
  });
}

std::shared_ptr<IntegerNetwork> quantize(const Words& words, const nb::object& npy) {
  tb::WorkloadRequest request = parse(words);
  request.given_images = image_reader(npy);
  return in_background([&] { return std::make_shared<IntegerNetwork>(IntegerNetwork{tb::load_network(request)}); });
}

tb::ImageSet read_images(const IntegerNetwork& network, const Words& words, const nb::object& npy) {
  tb::WorkloadRequest request = parse(words);
  request.given_images = image_reader(npy);
  if (request.given_images && (!request.dataset.empty() || !request.normalization.is_default())) {
    throw InputError("--dataset, --mean, --std: an array gives the images as the network takes them; accepted without");
  }
  return in_background([&] { return tb::read_images(request, network.workload); });
}

std::vector<std::pair<std::string, Shape>> named_shapes(const Graph& graph, const std::vector<std::string>& names) {
  std::vector<std::pair<std::string, Shape>> result;
  for (const std::string& name : names) result.emplace_back(name, graph.values.at(name).shape);
  return result;
}

std::vector<std::pair<std::string, std::string>> operators(const Graph& graph) {
  std::vector<std::pair<std::string, std::string>> result;
  for (const Node& node : graph.nodes) result.emplace_back(node.name, node.op);
  return result;
}

Words built_in_names() {
  Words names;
  for (const sw_ref::BuiltInNetwork& network : sw_ref::built_in_networks()) names.push_back(network.name);
  return names;
}

const QuantizedLayer& layer_of(const QuantizedNetwork& network, const std::string& name) {
  std::string accepted;
  for (const QuantizedLayer& layer : network.layers) {
    if (layer.name == name) return layer;
    accepted += (accepted.empty() ? "" : ", ") + layer.name;
  }
  throw InputError("no layer '" + name + "'; accepted: " + accepted);
}

Dictionary describe(const QuantizedTensor& tensor) {
  Dictionary result;
  result["name"] = tensor.name;
  result["shape"] = nb::tuple(nb::cast(tensor.shape));
  result["scale"] = tensor.scale;
  result["zero_point"] = tensor.zero_point;
  result["bits"] = tensor.bits;
  result["storage_offset"] = tensor.storage_offset;
  return result;
}

Dictionary describe(const QuantizedLayer& layer, const QuantizedNetwork& network) {
  Dictionary result;
  nb::list inputs;
  for (const int input : layer.inputs) inputs.append(nth(network.tensors, input).name);
  result["name"] = layer.name;
  result["op"] = to_string(layer.op);
  result["inputs"] = inputs;
  result["output"] = nth(network.tensors, layer.output).name;
  result["macs"] = mac_count(layer, network);
  if (!has_weights(layer.op)) return result;
  result["weight_bits"] = layer.weight_bits;
  result["weight_zero_point"] = layer.weight_zero_point;
  result["weight_scales"] = layer.weight_scales;
  result["groups"] = layer.groups;
  return result;
}

template <typename Items, typename Describe>
std::vector<Dictionary> list_of(const Items& items, const Describe& describe_item) {
  std::vector<Dictionary> result;
  for (const auto& item : items) result.push_back(describe_item(item));
  return result;
}

void bind_images(nb::module_& module) {
  nb::class_<tb::ImageSet>(module, "Images", "Images as a network takes them, as reals, perhaps with labels.")
      .def("__len__", [](const tb::ImageSet& set) { return set.images.size(); })
      .def_prop_ro(
          "array",
          [](const tb::ImageSet& set) {
            if (set.images.empty()) throw InputError("no images");
            return to_batch(set.images, set.images.front().shape);
          },
          nb::rv_policy::automatic, "A copy as one array of float32, images along axis 0.")
      .def_prop_ro(
          "labels",
          [](const tb::ImageSet& set) { return to_array({static_cast<std::int64_t>(set.labels.size())}, set.labels); },
          nb::rv_policy::automatic, "One integer an image, or none at all.")
      .def_ro("remarks", &tb::ImageSet::remarks);
}

void bind_loaded(nb::module_& module) {
  nb::class_<LoadedNetwork>(module, "LoadedNetwork")
      .def_ro("remarks", &LoadedNetwork::remarks)
      .def_prop_ro("name", [](const LoadedNetwork& self) { return self.graph.name; })
      .def_prop_ro("is_quantized", [](const LoadedNetwork& self) { return sw_ref::is_quantized(self.graph); })
      .def_prop_ro("inputs", [](const LoadedNetwork& self) { return named_shapes(self.graph, self.graph.inputs); })
      .def_prop_ro("outputs", [](const LoadedNetwork& self) { return named_shapes(self.graph, self.graph.outputs); })
      .def_prop_ro("operators", [](const LoadedNetwork& self) { return operators(self.graph); })
      .def_prop_ro("metadata", [](const LoadedNetwork& self) { return self.graph.metadata; });
}

void bind_integers(nb::module_& module) {
  using Self = const IntegerNetwork&;
  nb::class_<IntegerNetwork>(module, "IntegerNetwork")
      .def_prop_ro("name", [](Self self) { return self.workload.network.name; })
      .def_prop_ro("preset", [](Self self) { return std::string(to_string(self.workload.network.preset)); })
      .def_prop_ro("metadata", [](Self self) { return self.workload.network.metadata; })
      .def_prop_ro("remarks", [](Self self) { return self.workload.remarks; })
      .def_prop_ro("layers",
                   [](Self self) {
                     const QuantizedNetwork& network = self.workload.network;
                     return list_of(network.layers, [&](const auto& layer) { return describe(layer, network); });
                   })
      .def_prop_ro("tensors",
                   [](Self self) {
                     return list_of(self.workload.network.tensors, [](const auto& tensor) { return describe(tensor); });
                   })
      .def(
          "weights",
          [](Self self, const std::string& layer) {
            const IntTensor& weights = layer_of(self.workload.network, layer).weights;
            return to_array(weights.shape, weights.data);
          },
          nb::arg("layer"))
      .def(
          "bias",
          [](Self self, const std::string& layer) {
            const std::vector<std::int64_t>& bias = layer_of(self.workload.network, layer).bias;
            return to_array({static_cast<std::int64_t>(bias.size())}, bias);
          },
          nb::arg("layer"))
      .def("to_onnx",
           [](Self self) {
             const std::string bytes = in_background([&] { return sw_ref::to_onnx_qdq(self.workload.network); });
             return nb::bytes(bytes.data(), bytes.size());
           })
      .def(
          "save",
          [](Self self, const std::string& path) { write_file(path, sw_ref::to_onnx_qdq(self.workload.network)); },
          nb::arg("path"));
}

}  // namespace

void bind_networks(nb::module_& module) {
  bind_images(module);
  bind_loaded(module);
  bind_integers(module);
  module.def("built_in_networks", &built_in_names, "Names of the built-in networks.");
  module.def("load", &load, nb::arg("words"));
  module.def("quantize", &quantize, nb::arg("words"), nb::arg("npy").none());
  module.def("read_images", &read_images, nb::arg("network"), nb::arg("words"), nb::arg("npy").none());
}

}  // namespace systoliq::python
