// SPDX-License-Identifier: Apache-2.0
// Loading of networks, data and configurations for the commands.
#include "tb/cli/workload.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>

#include "sw_ref/import/onnx_reader.h"
#include "sw_ref/networks/networks.h"
#include "sw_ref/quantize/float_twin.h"
#include "sw_ref/quantize/metadata_keys.h"
#include "tb/data/dataset.h"

namespace systoliq::cli {
namespace {

constexpr const char* kQuantizeGroup = "Quantisation (of a float network)";

const std::map<std::string, sw_ref::RangeMethod> kRangeMethods = {
    {"minmax", sw_ref::RangeMethod::kMinMax},
    {"sigma", sw_ref::RangeMethod::kSigma},
    {"percentile", sw_ref::RangeMethod::kPercentile},
    {"mse", sw_ref::RangeMethod::kMse},
    {"kl", sw_ref::RangeMethod::kKl},
    {"moving-average", sw_ref::RangeMethod::kMovingAverage},
    {"given", sw_ref::RangeMethod::kGiven}};

std::vector<std::string> range_names() {
  std::vector<std::string> names;
  for (const auto& entry : kRangeMethods) names.push_back(entry.first);
  return names;
}

const std::map<std::string, sw_ref::CodebookKind> kCodebookKinds = {{"per-tensor", sw_ref::CodebookKind::kPerTensor},
                                                                    {"per-channel", sw_ref::CodebookKind::kPerChannel}};

std::vector<std::string> preset_names() { return {kPresetNames.begin(), kPresetNames.end()}; }

Shape input_shape(const Graph& graph) {
  if (graph.inputs.size() != 1) {
    throw InputError("network '" + graph.name + "' has " + std::to_string(graph.inputs.size()) +
                     " inputs; exactly one is accepted");
  }
  return graph.values.at(graph.inputs.front()).shape;
}

/// Images for a network that no data set fits: uniform in [-1, 1), seeded.
std::vector<FloatTensor> random_images(std::int64_t count, const Shape& shape) {
  std::mt19937 generator(1);
  std::vector<FloatTensor> images;
  for (std::int64_t i = 0; i < count; ++i) {
    FloatTensor image(shape);
    for (float& value : image.data) value = static_cast<float>(generator() >> 8) / 8388608.0F - 1.0F;
    images.push_back(std::move(image));
  }
  return images;
}

bool is_built_in(const std::string& network) {
  const std::vector<std::string> names = sw_ref::network_names();
  return std::find(names.begin(), names.end(), network) != names.end();
}

/// The file of a network: its own, or the shipped one of a built-in network; empty for one with random weights.
std::string network_path(const std::string& network) {
  if (network.empty()) return shipped("models/lenet5.onnx");
  if (!is_built_in(network)) return network;
  const std::string trained = shipped("models/" + network + ".onnx");
  return std::filesystem::exists(trained) ? trained : "";
}

Graph load_graph(const std::string& network) {
  const std::string path = network_path(network);
  if (!path.empty()) return sw_ref::read_onnx(path, sw_ref::Batch::kOne);
  std::cerr << "network " << network << ": random weights, seed 1\n";
  return sw_ref::parse_onnx(sw_ref::network_to_onnx(network, sw_ref::random_parameters(network, 1)), network);
}

/// FNV-1a, 64 bits, hexadecimal: tells whether a file is the one that was meant, no more.
std::string content_hash(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::uint64_t hash = 14695981039346656037ULL;
  for (std::istreambuf_iterator<char> byte(file), end; byte != end; ++byte) {
    hash = (hash ^ static_cast<unsigned char>(*byte)) * 1099511628211ULL;
  }
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

void check_float_hash(const Graph& quantized, const std::string& float_path) {
  const auto recorded = quantized.metadata.find(sw_ref::kFloatHashKey);
  if (recorded == quantized.metadata.end()) return;
  const std::string found = content_hash(float_path);
  if (found == recorded->second) return;
  throw InputError("--float " + float_path + ": content hash " + found + " differs from " + recorded->second +
                   ", that of the network that was quantised ('" + quantized.metadata.at(sw_ref::kFloatNetworkKey) +
                   "')");
}

/// A quantised network is run as it is: options that would change it are refused.
void refuse_quantize_options(const WorkloadArguments& arguments) {
  if (arguments.quantize.command == nullptr) return;
  for (const CLI::Option* option : arguments.quantize.command->get_options()) {
    if (option->get_group() != kQuantizeGroup || option->count() == 0) continue;
    throw InputError(option->get_name() + ": network " + arguments.network +
                     " is quantised already; give the float network to quantise it anew");
  }
}

/// One image, or several along axis 0; integers where the network's input is an integer tensor.
void append_images(const std::string& argument, const Shape& shape, Workload* workload) {
  const std::size_t equals = argument.find('=');
  const std::string& name = workload->float_graph->inputs.front();
  if (equals != std::string::npos && argument.substr(0, equals) != name) {
    throw InputError("--input " + argument + ": the network has no input '" + argument.substr(0, equals) +
                     "'; accepted: '" + name + "'");
  }
  FloatTensor values = tb::read_npy(equals == std::string::npos ? argument : argument.substr(equals + 1));
  const std::int64_t size = element_count(shape);
  const std::int64_t given = element_count(values.shape);
  if (given == 0 || given % size != 0) {
    throw InputError(argument + ": shape " + to_string(values.shape) + " does not fit the network's input " +
                     to_string(shape) + "; accepted: that shape, or several along axis 0");
  }
  if (workload->integer_input) {
    const QuantizedTensor& as = workload->network.tensors[static_cast<std::size_t>(workload->network.inputs[0])];
    for (float& value : values.data) {
      value = as.scale * (value - static_cast<float>(as.zero_point + as.storage_offset));
    }
  }
  for (std::int64_t image = 0; image < given / size; ++image) {
    const auto first = values.data.begin() + image * size;
    workload->images.emplace_back(shape, std::vector<float>(first, first + size));
  }
}

std::string dataset_for(const WorkloadArguments& arguments, const Shape& shape) {
  if (!arguments.dataset.empty()) return arguments.dataset;
  const bool digits_fit = element_count(shape) == 32 * 32 && (shape.size() != 4 || (shape[2] == 32 && shape[3] == 32));
  return digits_fit ? "digits" : "random";
}

}  // namespace

std::string shipped(const std::string& relative) {
  const char* home = std::getenv("SYSTOLIQ_HOME");
  return std::string(home != nullptr ? home : SYSTOLIQ_SOURCE_DIR) + "/" + relative;
}

void add_quantize_options(CLI::App& command, QuantizeArguments& arguments) {
  const char* const group = kQuantizeGroup;
  arguments.command = &command;
  sw_ref::QuantizeOptions& options = arguments.options;
  command.add_option("--preset", arguments.preset, "requantisation arithmetic")
      ->check(CLI::IsMember(preset_names()))
      ->capture_default_str()
      ->group(group);
  command.add_option("--weight-bits", options.weight_bits, "bits of a stored weight")
      ->check(CLI::Range(2, 8))
      ->capture_default_str()
      ->group(group);
  command.add_option("--activation-bits", options.activation_bits, "bits of a stored activation")
      ->check(CLI::Range(2, 8))
      ->capture_default_str()
      ->group(group);
  command.add_flag("--per-tensor", arguments.per_tensor, "one weight scale a layer instead of one per output channel")
      ->group(group);
  command.add_flag("--symmetric-activations", options.symmetric_activations, "activation zero points of 0")
      ->group(group);
  command.add_flag("!--affine-weights", options.symmetric_weights, "weights with a zero point")->group(group);
  command.add_flag("--unsigned-activations", options.unsigned_activations, "uint8 activations in ONNX")->group(group);
  command.add_flag("--power-of-two", options.power_of_two, "power-of-two scales (for the pot presets)")->group(group);
  command
      .add_option_function<std::string>(
          "--codebook", [&options](const std::string& kind) { options.codebook = kCodebookKinds.at(kind); },
          "weights as indices into tables of 2^weight-bits int8 operands, for machines with codec codebook")
      ->check(CLI::IsMember({"per-tensor", "per-channel"}))
      ->group(group);
  command.add_flag("--codebook-optimal", options.codebook_optimal, "tables of the least squared error, not k-means")
      ->group(group);
  command.add_option("--codebook-seed", options.codebook_seed, "of the k-means++ seeding")
      ->capture_default_str()
      ->group(group);
  command
      .add_option_function<std::string>(
          "--affine",
          [&options](const std::string& mode) {
            options.affine = mode == "clip" ? sw_ref::AffineMode::kClip : sw_ref::AffineMode::kNormal;
          },
          "affine scales from the stored range (normal, the default) or of one bit more, saturating (clip)")
      ->check(CLI::IsMember({"normal", "clip"}))
      ->group(group);
  command
      .add_option_function<std::string>(
          "--calibration",
          [&options](const std::string& order) {
            options.calibration =
                order == "layerwise" ? sw_ref::CalibrationOrder::kLayerwise : sw_ref::CalibrationOrder::kAtOnce;
          },
          "ranges from the float network (at-once, the default) or behind layers quantised before (layerwise)")
      ->check(CLI::IsMember({"at-once", "layerwise"}))
      ->group(group);
  command
      .add_flag("--power-of-two-observer", options.power_of_two_observer,
                "power-of-two scales with exponents -8 to 8, symmetric, integers from -128 on")
      ->group(group);
  command
      .add_option_function<std::string>(
          "--symmetric-scale",
          [&options](const std::string& rule) {
            options.symmetric_scale = rule == "span" ? sw_ref::SymmetricScale::kSpan : sw_ref::SymmetricScale::kHighest;
          },
          "max|x| / 127 (highest, the default) or 2 max|x| / 255 (span)")
      ->check(CLI::IsMember({"highest", "span"}))
      ->group(group);
  command.add_option("--weight-range", arguments.weight_range, "how a weight range is chosen")
      ->check(CLI::IsMember(range_names()))
      ->capture_default_str()
      ->group(group);
  command.add_option("--activation-range", arguments.activation_range, "how an activation range is chosen")
      ->check(CLI::IsMember(range_names()))
      ->capture_default_str()
      ->group(group);
  command.add_option("--sigmas", options.sigmas, "half width for range sigma")->capture_default_str()->group(group);
  command.add_option("--percentile", options.percentile, "for range percentile, in percent")
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--calibration-images", arguments.calibration_images, "images of the training part to calibrate on")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str()
      ->group(group);
}

sw_ref::QuantizeOptions resolve(const QuantizeArguments& arguments) {
  sw_ref::QuantizeOptions options = arguments.options;
  options.preset = parse_preset(arguments.preset);
  options.per_channel = !arguments.per_tensor;
  options.power_of_two = options.power_of_two || is_shift_only(options.preset) || options.power_of_two_observer;
  options.symmetric_activations = options.symmetric_activations || options.power_of_two_observer;
  options.weight_range = kRangeMethods.at(arguments.weight_range);
  options.activation_range = kRangeMethods.at(arguments.activation_range);
  return options;
}

void add_workload_options(CLI::App& command, WorkloadArguments& arguments) {
  command.add_option("network", arguments.network,
                     "ONNX network, float or quantised, or a built-in one: lenet5 (default) and fashion_mlp, trained; "
                     "vgg_cifar, vgg9, vgg9_half and resnet18 with random weights");
  command.add_option("--config", arguments.config, "TOML file of the machine (default: 16 × 16, docs/architecture.md)");
  command.add_option("--dataset", arguments.dataset,
                     "digits (built in), random (uniform in [-1, 1)), mnist:DIR, fashion:DIR or cifar10:DIR (default: "
                     "digits where they fit the network, else random)");
  command.add_option("--input", arguments.inputs, "[NAME=]X.npy instead of a data set; repeatable, one image each");
  command.add_option("--images", arguments.images, "images of the test part")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command.add_option("--float", arguments.float_network, "float network that a quantised NET is compared with");
  add_quantize_options(command, arguments.quantize);
}

std::vector<FloatTensor> load_images(const std::string& dataset, const std::string& split, std::int64_t count,
                                     const Shape& shape, std::vector<int>* labels) {
  if (dataset == "random") return random_images(count, shape);
  const tb::Dataset data = tb::open_dataset(dataset, split, count);
  std::vector<FloatTensor> images;
  for (std::int64_t i = 0; i < data.images.shape[0]; ++i) images.push_back(tb::network_input(data, i, shape));
  if (labels != nullptr) *labels = data.labels;
  return images;
}

model::AcceleratorConfig load_config(const std::string& path) {
  if (!path.empty()) return model::read_config(path);
  model::AcceleratorConfig config;
  model::validate(config);
  return config;
}

Workload load_network(const WorkloadArguments& arguments) {
  Workload workload;
  const std::string path = network_path(arguments.network);
  Graph graph = load_graph(arguments.network);
  if (sw_ref::is_quantized(graph)) {
    refuse_quantize_options(arguments);
    workload.network = sw_ref::read_quantized(graph);
    workload.integer_input = graph.values.at(graph.inputs.front()).type != ElementType::kFloat;
    if (arguments.float_network.empty()) {
      workload.float_graph = sw_ref::float_twin(graph);
      workload.float_source = "the quantised graph without activation rounding (--float NET.onnx names the original)";
      return workload;
    }
    check_float_hash(graph, arguments.float_network);
    workload.float_graph = sw_ref::read_onnx(arguments.float_network, sw_ref::Batch::kOne);
    workload.float_source = arguments.float_network;
    return workload;
  }
  if (!arguments.float_network.empty()) {
    throw InputError("--float " + arguments.float_network + ": network " + arguments.network +
                     " is float itself; --float goes with a quantised network");
  }
  const Shape shape = input_shape(graph);
  workload.calibration =
      load_images(dataset_for(arguments, shape), "train", arguments.quantize.calibration_images, shape, nullptr);
  workload.network = sw_ref::quantize(graph, workload.calibration, resolve(arguments.quantize), &workload.quantization);
  for (const std::string& tensor : workload.quantization.moved_zero_points) {
    std::cerr << "tensor " << tensor << ": its zero point lies outside the stored range and was moved to the end\n";
  }
  workload.float_source = arguments.network.empty() ? "lenet5" : arguments.network;
  if (!path.empty()) {
    workload.network.metadata[sw_ref::kFloatNetworkKey] = std::filesystem::path(path).filename();
    workload.network.metadata[sw_ref::kFloatHashKey] = content_hash(path);
  }
  workload.float_graph = std::move(graph);
  return workload;
}

Workload load_workload(const WorkloadArguments& arguments) {
  Workload workload = load_network(arguments);
  workload.config = load_config(arguments.config);
  const Shape shape = input_shape(*workload.float_graph);
  if (arguments.inputs.empty()) {
    workload.images = load_images(dataset_for(arguments, shape), "test", arguments.images, shape, &workload.labels);
    return workload;
  }
  for (const std::string& input : arguments.inputs) append_images(input, shape, &workload);
  return workload;
}

}  // namespace systoliq::cli
