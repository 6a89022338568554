// SPDX-License-Identifier: Apache-2.0
// The order of things: train what is missing, quantize, measure, keep.
#include "tb/experiment/experiment.h"

#include <filesystem>
#include <map>
#include <type_traits>

#include "model/config/config_text.h"
#include "sw_ref/quantizer/calibration/equalization.h"
#include "sw_ref/quantizer/integer/rounded_weights.h"
#include "tb/experiment/measurement_json.h"
#include "types/error.h"
#include "types/util/atomic_file.h"
#include "types/util/hash.h"
#include "types/util/toml_table.h"

namespace systoliq::tb {
namespace {

/// FNV-1a of what decides a result.
class Fingerprint final {
 public:
  /// A number or a character.
  template <typename Value>
  void add(const Value& value) {
    static_assert(std::is_arithmetic_v<Value>, "bytes without padding");
    hash_.add_bytes(&value, sizeof value);
  }
  void add(const std::string& text) { add_all(text); }
  /// Its type, and its value or values.
  void add(const Attribute& attribute) {
    add(attribute.index());
    std::visit([this](const auto& value) { add_either(value); }, attribute);
  }
  template <typename Key, typename Value>
  void add(const std::pair<const Key, Value>& entry) {
    add(entry.first);
    add(entry.second);
  }
  /// How many there are, and each.
  template <typename Values>
  void add_all(const Values& values) {
    add(values.size());
    for (const auto& value : values) add(value);
  }
  template <typename Value>
  void add_either(const Value& value) {
    if constexpr (std::is_arithmetic_v<Value>) {
      add(value);
    } else {
      add_all(value);
    }
  }
  std::string text() const { return hash_.hex(); }

 private:
  Fnv1a hash_;
};

std::string fingerprint(const QuantizedNetwork& network) {
  Fingerprint hash;
  hash.add(static_cast<int>(network.preset));
  for (const QuantizedTensor& tensor : network.tensors) {
    hash.add(tensor.name);
    hash.add_all(tensor.shape);
    for (const int value : {tensor.zero_point, tensor.bits, tensor.storage_offset}) hash.add(value);
    hash.add(tensor.scale);
  }
  for (const QuantizedLayer& layer : network.layers) {
    const Window& w = layer.window;
    hash.add(layer.name);
    for (const int value :
         {static_cast<int>(layer.op), layer.output, w.kernel_height, w.kernel_width, w.stride_height, w.stride_width,
          w.dilation_height, w.dilation_width, w.pad_top, w.pad_left, w.pad_bottom, w.pad_right, layer.groups,
          layer.fully_connected ? 1 : 0, layer.weight_bits, layer.weight_zero_point, layer.clamp_min, layer.clamp_max,
          layer.count_include_pad ? 1 : 0}) {
      hash.add(value);
    }
    hash.add_all(layer.inputs);
    hash.add_all(layer.weights.shape);
    hash.add_all(layer.weights.data);
    hash.add_all(layer.codebook);
    hash.add_all(layer.weight_scales);
    hash.add_all(layer.bias);
    hash.add_all(layer.lookup);
  }
  return hash.text();
}

/// The float network that errors and accuracies are compared with.
std::string fingerprint(const Graph& graph) {
  Fingerprint hash;
  for (const Node& node : graph.nodes) {
    hash.add(node.domain);
    hash.add(node.op);
    hash.add_all(node.inputs);
    hash.add_all(node.outputs);
    hash.add_all(node.attributes);
  }
  hash.add_all(graph.inputs);
  hash.add_all(graph.outputs);
  for (const auto& [name, value] : graph.values) {
    hash.add(name);
    hash.add(static_cast<int>(value.type));
    hash.add_all(value.shape);
    hash.add_all(value.floats.data);
    hash.add_all(value.integers.data);
  }
  return hash.text();
}

std::string fingerprint(const TestImages& test) {
  Fingerprint hash;
  for (const FloatTensor& image : test.images) hash.add_all(image.data);
  hash.add_all(test.labels);
  return hash.text();
}

std::string fingerprint(const model::AcceleratorConfig& config) {
  Fingerprint hash;
  hash.add(model::canonical_text(config));
  return hash.text();
}

/// A file's content; nothing for an empty path.
std::string fingerprint_of_file(const std::string& path) { return path.empty() ? "none" : content_hash(path); }

/// All that decides a result; the calibration shows in the integers.
std::string identity_of(const Variant& variant, const QuantizedNetwork& network, const Graph& graph,
                        const TestImages& test, const Extent& extent, const model::AcceleratorConfig& config) {
  const auto count = [](std::int64_t value) { return std::to_string(value) + " "; };
  return "integers=" + fingerprint(network) + " float=" + fingerprint(graph) + " data=" + fingerprint(test) +
         " machine=" + fingerprint(config) + " images=" + count(extent.accuracy_images) +
         count(extent.reference_images) + count(extent.transaction_images) +
         "distributions=" + (variant.histograms ? "yes" : "no") + (variant.float_activations ? " float" : "");
}

class Experiment final {
 public:
  Experiment(const ExperimentRecipe& recipe, const model::AcceleratorConfig& base, std::string folder,
             const ExperimentServices& services)
      : recipe_(recipe), base_(base), folder_(std::move(folder)), services_(services) {}

  std::vector<VariantResult> run() {
    networks_["float"] = recipe_.network.empty() ? trained("float", recipe_.train, "") : located(recipe_.network);
    std::vector<VariantResult> results;
    for (const Variant& variant : recipe_.variants) {
      const std::string start = networks_.at(variant.start.empty() ? "float" : variant.start);
      networks_[variant.id] = variant.train.empty() ? start : trained(variant.id, variant.train, start);
      results.push_back(measured(variant));
    }
    return results;
  }

 private:
  /// An ONNX file; any other name is a built-in network's.
  std::string located(const std::string& network) const {
    const std::string suffix = ".onnx";
    const bool file =
        network.size() > suffix.size() && network.compare(network.size() - suffix.size(), suffix.size(), suffix) == 0;
    return file ? services_.locate(network) : network;
  }

  /// Trains unless an earlier run did, by the same recipe from the same start. A network without a note of its origin
  /// was put there by hand and is taken as it is.
  std::string trained(const std::string& id, const std::string& recipe, const std::string& start) {
    const std::string output = folder_ + "/" + id + ".onnx", note = output + ".origin";
    const std::string path = services_.locate(recipe);
    const std::string origin = "recipe=" + fingerprint_of_file(path) + " start=" + fingerprint_of_file(start) + "\n";
    if (!std::filesystem::exists(output)) {
      if (services_.progress) services_.progress(id + ": training by " + recipe, 0.0);
      write_file(note, origin);  // first: a network that is there has its note, whenever this is interrupted
      services_.train(path, start, output);
    } else if (std::filesystem::exists(note) && read_input(note, "the note of a training") != origin) {
      throw InputError(output + ": was trained by another recipe than " + path +
                       ", or from another network; remove it to train anew");
    }
    return output;
  }

  VariantResult measured(const Variant& variant) {
    const ExperimentProgress progress = [&](const std::string& what, double done) {
      if (services_.progress) services_.progress(variant.id + ": " + what, done);
    };
    progress("quantizing", 0.0);
    const Graph graph = services_.load(networks_.at(variant.id));
    if (test_.images.empty()) test_ = services_.images(graph.values.at(graph.inputs.at(0)).shape);
    const QuantizedNetwork network = services_.quantize(graph, variant.options);
    Graph counterpart = sw_ref::float_counterpart(graph, network);
    if (variant.float_activations) counterpart = sw_ref::with_rounded_weights(counterpart, network);
    const model::AcceleratorConfig config = machine_for(base_, network, variant.shifts_only);
    const std::string identity = identity_of(variant, network, counterpart, test_, recipe_.extent, config);
    const std::string path = folder_ + "/" + variant.id + ".json";
    if (std::optional<Measurement> earlier = read_measurement(path, identity)) return {variant, *earlier, true};
    const Measurement found = variant.float_activations ? measure_float(counterpart, test_, recipe_.extent, progress)
                                                        : measure(network, counterpart, test_, config, recipe_.extent,
                                                                  variant.histograms, progress);
    write_file(path, to_json(found, identity));
    return {variant, found, false};
  }

  const ExperimentRecipe& recipe_;
  TestImages test_;
  model::AcceleratorConfig base_;
  std::string folder_;
  const ExperimentServices& services_;
  std::map<std::string, std::string> networks_;  ///< of "float" and every variant so far: file or built-in name
};

}  // namespace

std::vector<VariantResult> run_experiment(const ExperimentRecipe& recipe, const model::AcceleratorConfig& base,
                                          const std::string& folder, const ExperimentServices& services) {
  std::filesystem::create_directories(folder);
  return Experiment(recipe, base, folder, services).run();
}

}  // namespace systoliq::tb
