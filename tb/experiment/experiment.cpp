// SPDX-License-Identifier: Apache-2.0
// The order of things: train what is missing, quantise, measure, keep.
#include "tb/experiment/experiment.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include "sw_ref/quantize/quantizer.h"
#include "tb/experiment/measurement_json.h"
#include "tb/report/report.h"
#include "types/error.h"

namespace systoliq::tb {
namespace {

/// FNV-1a of what decides a result.
class Fingerprint final {
 public:
  void add(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < size; ++i) hash_ = (hash_ ^ bytes[i]) * 1099511628211ULL;
  }
  std::string text() const {
    char text[20];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash_));
    return text;
  }

 private:
  std::uint64_t hash_ = 14695981039346656037ULL;
};

std::string fingerprint(const Graph& graph) {
  Fingerprint hash;
  for (const auto& [name, value] : graph.values) {
    hash.add(name.data(), name.size());
    hash.add(value.floats.data.data(), value.floats.data.size() * sizeof(float));
  }
  for (const auto& [key, value] : graph.metadata) hash.add(value.data(), value.size());
  return hash.text();
}

std::string fingerprint(const TestImages& test) {
  Fingerprint hash;
  for (const FloatTensor& image : test.images) hash.add(image.data.data(), image.data.size() * sizeof(float));
  hash.add(test.labels.data(), test.labels.size() * sizeof(int));
  return hash.text();
}

std::string identity_of(const Variant& variant, const Graph& graph, const TestImages& test, const Extent& extent,
                        const model::AcceleratorConfig& config) {
  const auto count = [](std::int64_t value) { return std::to_string(value) + " "; };
  return "options=" + variant.options + " network=" + fingerprint(graph) + " data=" + fingerprint(test) +
         " images=" + count(extent.accuracy_images) + count(extent.reference_images) +
         count(extent.transaction_images) + "distributions=" + (variant.histograms ? "yes" : "no") +
         " machine=" + std::to_string(config.array.rows) + "x" + std::to_string(config.array.cols) + " w" +
         std::to_string(config.datatypes.weight_bits) + " a" + std::to_string(config.datatypes.activation_bits) +
         " multiplier=" + std::to_string(config.requant.multiplier_bits);
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

  /// Trains unless an earlier run did.
  std::string trained(const std::string& id, const std::string& recipe, const std::string& start) {
    const std::string output = folder_ + "/" + id + ".onnx";
    if (!std::filesystem::exists(output)) {
      if (services_.progress) services_.progress(id + ": training by " + recipe, 0.0);
      services_.train(services_.locate(recipe), start, output);
    }
    return output;
  }

  VariantResult measured(const Variant& variant) {
    const ExperimentProgress progress = [&](const std::string& what, double done) {
      if (services_.progress) services_.progress(variant.id + ": " + what, done);
    };
    progress("quantising", 0.0);
    const Graph graph = services_.load(networks_.at(variant.id));
    if (test_.images.empty()) test_ = services_.images(graph.values.at(graph.inputs.at(0)).shape);
    const QuantizedNetwork network = services_.quantize(graph, variant.options);
    const Graph counterpart = sw_ref::float_counterpart(graph, network);
    const model::AcceleratorConfig config = machine_for(base_, network, variant.shifts_only);
    const std::string identity = identity_of(variant, graph, test_, recipe_.extent, config);
    const std::string path = folder_ + "/" + variant.id + ".json";
    if (std::optional<Measurement> earlier = read_measurement(path, identity)) return {variant, *earlier, true};
    VariantResult result{
        variant, measure(network, counterpart, test_, config, recipe_.extent, variant.histograms, progress), false};
    write_file(path, to_json(result.measured, identity));
    return result;
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
