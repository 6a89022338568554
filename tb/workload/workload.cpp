// SPDX-License-Identifier: Apache-2.0
// Loading of networks, data and configurations.
#include "tb/workload/workload.h"

#include <algorithm>
#include <filesystem>
#include <random>

#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/frontend/tflite/tflite_reader.h"
#include "sw_ref/networks/networks.h"
#include "sw_ref/networks/registry.h"
#include "sw_ref/quantizer/calibration/equalization.h"
#include "sw_ref/quantizer/fusion/is_quantized.h"
#include "sw_ref/quantizer/integer/change_preset.h"
#include "sw_ref/quantizer/metadata_keys.h"
#include "sw_ref/quantizer/qdq/float_twin.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "sw_ref/quantizer/tflite/read_tflite_network.h"
#include "tb/data/dataset.h"
#include "tb/workload/float_network.h"
#include "tb/workload/given_shapes.h"
#include "tb/workload/input_arrays.h"
#include "tb/workload/integer_images.h"
#include "tb/workload/needed_layer.h"
#include "tb/workload/shipped_files.h"
#include "tb/workload/tflite_network.h"
#include "types/util/cancellation.h"
#include "types/util/hash.h"
#include "types/util/nearest.h"

namespace systoliq::tb {
namespace {

constexpr const char* kArrays = "arrays:";
constexpr const char* kPresetOption = "--preset";
constexpr const char* kCalibrationImagesOption = "--calibration-images";

Shape input_shape(const Graph& graph) {
  if (graph.inputs.size() != 1) {
    throw InputError("network '" + graph.name + "' has " + std::to_string(graph.inputs.size()) +
                     " inputs; exactly one is accepted");
  }
  return graph.values.at(graph.inputs.front()).shape;
}

/// A file of a few bytes may ask for gigabytes.
constexpr std::int64_t kMostRandomElements = std::int64_t{1} << 28;

/// Images for a network that no data set fits: uniform in [-1, 1), seeded.
std::vector<FloatTensor> random_images(std::int64_t count, const Shape& shape) {
  const std::int64_t most = std::max(kMostRandomElements / element_count(shape), std::int64_t{1});
  if (count > most) {
    throw InputError(std::to_string(count) + " random images of shape " + to_string(shape) + " take " +
                     std::to_string((count * element_count(shape)) >> 18) + " MiB; accepted: 1024 MiB, as with " +
                     "--calibration-images " + std::to_string(most) + " (of a run: --images)");
  }
  std::mt19937 generator(1);
  std::vector<FloatTensor> images;
  for (std::int64_t i = 0; i < count; ++i) {
    FloatTensor image(shape);
    for (float& value : image.data) value = static_cast<float>(generator() >> 8) / 8388608.0F - 1.0F;
    images.push_back(std::move(image));
  }
  return images;
}

/// The file of a network: its own, or the shipped one of a built-in network; empty for one with random weights.
std::string network_path(const std::string& network) {
  const sw_ref::BuiltInNetwork* built_in = sw_ref::find_built_in(network.empty() ? sw_ref::kDefaultNetwork : network);
  if (built_in == nullptr) return network;
  return built_in->trained_file.empty() ? "" : shipped("models/" + built_in->trained_file);
}

sw_ref::ReadOptions one_image(const std::vector<std::string>& shapes) {
  sw_ref::ReadOptions options(sw_ref::Batch::kOne);
  options.shapes = parse_shapes(shapes);
  return options;
}

/// Somebody who misspells a built-in network sees them all.
void check_network_name(const std::string& network) {
  std::error_code ignored;
  if (std::filesystem::exists(network, ignored)) return;
  std::vector<std::string> names;
  std::string list;
  for (const sw_ref::BuiltInNetwork& built_in : sw_ref::built_in_networks()) {
    names.push_back(built_in.name);
    list += (list.empty() ? "" : ", ") + built_in.name;
  }
  const std::string suggestion = did_you_mean(network, names);
  throw InputError(network + ": no such file, nor a built-in network" + (suggestion.empty() ? ";" : suggestion) +
                   " accepted: an ONNX or TensorFlow Lite file, or " + list);
}

/// What quantization did that its user should know.
void add_remarks(const sw_ref::QuantizeReport& report, std::vector<std::string>* remarks) {
  for (const std::string& tensor : report.moved_zero_points) {
    remarks->push_back("tensor " + tensor + ": its zero point lies outside the stored range and was moved to the end");
  }
  for (const std::string& reason : report.equalization.refused) remarks->push_back("not equalized: " + reason);
}

std::string dataset_for(const WorkloadRequest& request, const Shape& shape) {
  if (!request.dataset.empty()) return request.dataset;
  const bool digits_fit = element_count(shape) == 32 * 32 && (shape.size() != 4 || (shape[2] == 32 && shape[3] == 32));
  return digits_fit ? "digits" : "random";
}

/// Pixels by the options, else as the network's file says, else as the built-in networks were trained.
ImageOptions image_options(const WorkloadRequest& request, const std::map<std::string, std::string>& metadata) {
  ImageOptions options;
  options.channels_last = request.channels_last;
  options.given = !request.normalization.is_default();
  options.normalization = request.normalization;
  const auto stored = metadata.find(sw_ref::kNormalizationKey);
  if (!options.given && stored != metadata.end()) {
    options.normalization = parse_normalization(stored->first, stored->second);
  }
  return options;
}

ImageOptions image_options_of(const WorkloadRequest& request, const Workload& workload) {
  ImageOptions options = image_options(request, workload.network.metadata);
  options.channels_last = options.channels_last || workload.channels_last_input;
  return options;
}

InputForm form_of(const WorkloadRequest& request, const Graph& graph) {
  InputForm form;
  form.name = graph.inputs.front();
  form.shape = input_shape(graph);
  form.channels_last = request.channels_last;
  return form;
}

const QuantizedTensor& input_tensor(const QuantizedNetwork& network) {
  return network.tensors.at(static_cast<std::size_t>(network.inputs.at(0)));
}

std::vector<FloatTensor> given_images(const WorkloadRequest& request, const InputForm& form) {
  return request.given_images ? request.given_images(form) : read_inputs(request.inputs, form);
}

/// Labels of --labels for images that have none.
void read_given_labels(const WorkloadRequest& request, ImageSet* set) {
  if (request.labels.empty()) return;
  if (!set->labels.empty()) {
    throw InputError("--labels " + request.labels + ": the data set has labels of its own; accepted: without --labels");
  }
  set->labels = read_labels(request.labels);
  if (set->labels.size() < set->images.size()) {
    throw InputError("--labels " + request.labels + ": " + std::to_string(set->labels.size()) + " labels for " +
                     std::to_string(set->images.size()) + " images; one each is needed");
  }
  set->labels.resize(set->images.size());
}

/// What a network that is quantized already takes of the options: another preset.
void apply_options(const WorkloadRequest& request, bool for_calibration, Workload* workload) {
  for (const std::string& option : request.given_quantize_options) {
    if (option == kPresetOption) continue;
    throw InputError(option + ": network " + request.network +
                     " is quantized already; give the float network to quantize it anew");
  }
  if (for_calibration && !request.inputs.empty()) {
    throw InputError("--input " + request.inputs.front() + ": network " + request.network +
                     " is quantized already, so nothing is calibrated; give the float network to quantize it anew");
  }
  if (!request.given_quantize_options.empty()) {
    const Preset before = workload->network.preset;
    sw_ref::change_preset(&workload->network, request.quantize.preset);
    workload->remarks.push_back("preset " + std::string(to_string(request.quantize.preset)) +
                                ": multipliers derived anew from the file's scales, whose preset is " +
                                std::string(to_string(before)));
  }
  if (!request.normalization.is_default()) {
    workload->network.metadata[sw_ref::kNormalizationKey] = to_text(request.normalization);
  }
}

std::vector<NetworkOutput> outputs_of(const Graph& graph) {
  std::vector<NetworkOutput> outputs;
  for (const std::string& name : graph.outputs) {
    const Value& value = graph.values.at(name);
    outputs.push_back({value.shape, value.type});
  }
  return outputs;
}

/// A network that is quantized already, beside its float network.
Workload read_quantized_network(const WorkloadRequest& request, const Graph& graph, bool for_calibration,
                                Workload workload) {
  workload.remarks.insert(workload.remarks.end(), workload.network.notes.begin(), workload.network.notes.end());
  workload.outputs = outputs_of(graph);
  if (!request.dataset.empty() && (for_calibration || !request.inputs.empty())) {
    throw InputError("--dataset " + request.dataset + ": network " + request.network + " is quantized already" +
                     (for_calibration ? "" : " and --input gives the images") + ", so it has no effect");
  }
  if (!request.normalization.is_default() && !for_calibration && !request.inputs.empty()) {
    throw InputError("--mean, --std: --input gives values as the network takes them, so they have no effect");
  }
  apply_options(request, for_calibration, &workload);
  workload.integer_input = graph.values.at(graph.inputs.front()).type != ElementType::kFloat;
  if (request.float_network.empty()) {
    workload.float_graph = sw_ref::float_twin(graph);
    workload.float_source = "the quantized graph without activation rounding (--float NET.onnx names the original)";
    return workload;
  }
  check_float_hash(graph, request.float_network);
  workload.float_graph =
      sw_ref::float_counterpart(sw_ref::read_onnx(request.float_network, one_image(request.shapes)), workload.network);
  workload.float_source = request.float_network;
  check_float_shapes(*workload.float_graph, workload.network, request.float_network);
  return workload;
}

/// Pixels of a data set for an input of integers, which are not normalized; arrays hold what the network takes.
void as_input_integers(const WorkloadRequest& request, const Graph& graph, std::vector<FloatTensor>* images) {
  if (graph.values.at(graph.inputs.at(0)).type == ElementType::kFloat || request.dataset.rfind(kArrays, 0) == 0) return;
  if (!request.normalization.is_default()) {
    throw InputError("--mean, --std: the input of network " + request.network +
                     " is of integers, which pixels enter as; accepted: a network with a float input");
  }
  to_input_integers(graph, images);
}

/// Images to calibrate a float network on: the given inputs, or a data set's training part.
std::vector<FloatTensor> calibration_images(const WorkloadRequest& request, const Graph& graph, bool on_inputs) {
  const Shape shape = input_shape(graph);
  if (!on_inputs || request.inputs.empty()) {
    std::vector<FloatTensor> images = load_images(dataset_for(request, shape), "train", request.calibration_images,
                                                  shape, nullptr, image_options(request, graph.metadata));
    as_input_integers(request, graph, &images);
    return images;
  }
  const auto refuse = [&](const std::string& option) {
    throw InputError(option + ": --input gives the images to calibrate on, all of them; accepted: one of both options");
  };
  if (!request.dataset.empty()) refuse("--dataset " + request.dataset);
  for (const std::string& option : request.given_quantize_options) {
    if (option == kCalibrationImagesOption) refuse(option);
  }
  if (!request.normalization.is_default()) {
    throw InputError("--mean, --std: --input gives values as the network takes them; accepted with them: --dataset");
  }
  return given_images(request, form_of(request, graph));
}

/// A layout of arrays needs arrays.
void check_layout(const WorkloadRequest& request) {
  if (!request.channels_last || !request.inputs.empty() || request.dataset.rfind(kArrays, 0) == 0) return;
  throw InputError("--input-layout nhwc: is that of arrays; accepted with it: --input, or --dataset arrays:DIR");
}

/// A float network, calibrated and quantized.
Workload quantize_network(const WorkloadRequest& request, Graph graph, bool on_inputs, Workload workload) {
  const std::string path = network_path(request.network);
  if (!request.float_network.empty()) {
    throw InputError("--float " + request.float_network + ": network " + request.network +
                     " is float itself; --float goes with a quantized network");
  }
  workload.outputs = outputs_of(graph);
  if (!request.needed_layer.empty()) check_needed_layer(graph, request.needed_layer);
  workload.calibration = calibration_images(request, graph, on_inputs);
  workload.network = sw_ref::quantize(graph, workload.calibration, request.quantize, &workload.quantization);
  add_remarks(workload.quantization, &workload.remarks);
  workload.float_source = request.network.empty() ? sw_ref::kDefaultNetwork : request.network;
  if (!path.empty()) {
    workload.network.metadata[sw_ref::kFloatNetworkKey] = std::filesystem::path(path).filename();
    workload.network.metadata[sw_ref::kFloatHashKey] = content_hash(path);
  }
  if (!request.normalization.is_default()) {
    workload.network.metadata[sw_ref::kNormalizationKey] = to_text(request.normalization);
  }
  workload.float_graph = sw_ref::float_counterpart(std::move(graph), workload.network);
  return workload;
}

bool is_tflite(const WorkloadRequest& request) {
  return !request.network.empty() && sw_ref::find_built_in(request.network) == nullptr &&
         sw_ref::is_tflite_file(request.network);
}

/// A TensorFlow Lite file, whose integers follow the preset that is asked for, else tflite_ref.
Workload read_tflite_network(const WorkloadRequest& request, bool on_inputs) {
  check_layout(request);
  if (!request.shapes.empty()) throw InputError("--shape: a TensorFlow Lite file has fixed shapes; accepted: none");
  const sw_ref::TfliteNetwork file = sw_ref::read_tflite(request.network);
  Workload workload;
  if (sw_ref::is_quantized(file.graph)) {
    const std::vector<std::string>& given = request.given_quantize_options;
    const bool preset_given = std::count(given.begin(), given.end(), kPresetOption) != 0;
    workload.network = sw_ref::read_quantized(file, preset_given ? request.quantize.preset : Preset::kTfliteRef);
    workload.remarks.push_back(tflite_remark(workload.network.preset));
    WorkloadRequest rest = request;  // but for the preset, which is settled
    std::vector<std::string>& options = rest.given_quantize_options;
    options.erase(std::remove(options.begin(), options.end(), kPresetOption), options.end());
    workload = read_quantized_network(rest, file.graph, on_inputs, std::move(workload));
  } else {
    WorkloadRequest own = request;
    own.channels_last = file.file_shapes.count(file.graph.inputs.at(0)) != 0;
    workload = quantize_network(own, file.graph, on_inputs, std::move(workload));
  }
  set_file_layouts(file, &workload);
  return workload;
}

Workload read_network(const WorkloadRequest& request, bool on_inputs) {
  if (is_tflite(request)) return read_tflite_network(request, on_inputs);
  check_layout(request);
  Workload workload;
  Graph graph = load_graph(request.network, &workload.remarks, request.shapes);
  if (sw_ref::is_quantized(graph)) {
    workload.network = sw_ref::read_quantized(graph, request.read);
    return read_quantized_network(request, graph, on_inputs, std::move(workload));
  }
  return quantize_network(request, std::move(graph), on_inputs, std::move(workload));
}

}  // namespace

Graph load_graph(const std::string& network, std::vector<std::string>* remarks,
                 const std::vector<std::string>& shapes) {
  const std::string path = network_path(network);
  if (!path.empty()) {
    check_network_name(path);
    if (!sw_ref::is_tflite_file(path)) return sw_ref::read_onnx(path, one_image(shapes));
    return sw_ref::read_tflite(path).graph;
  }
  if (!shapes.empty()) throw InputError("--shape: built-in network " + network + " has fixed shapes; accepted: none");
  if (remarks != nullptr) remarks->push_back("network " + network + ": random weights, seed 1");
  return sw_ref::parse_onnx(sw_ref::network_to_onnx(network, sw_ref::random_parameters(network, 1)), network);
}

std::vector<FloatTensor> load_images(const std::string& dataset, const std::string& split, std::int64_t count,
                                     const Shape& shape, std::vector<int>* labels, const ImageOptions& options) {
  if (count == kAllImages && (dataset == "random" || dataset == "digits")) count = kDrawnImages;
  if (dataset == "random") {
    if (!options.given) return random_images(count, shape);
    throw InputError("--mean, --std: random images have no pixels; accepted with them: a data set of pictures");
  }
  if (dataset.rfind(kArrays, 0) == 0) {
    std::vector<int> unused;
    InputForm form;
    form.shape = shape;
    form.channels_last = options.channels_last;
    return read_array_folder(dataset.substr(std::string(kArrays).size()), split, count, form, options.normalization,
                             options.given, labels != nullptr ? labels : &unused);
  }
  const Dataset data = open_dataset(dataset, split, count);
  std::vector<FloatTensor> images;
  for (std::int64_t i = 0; i < data.images.shape[0]; ++i) {
    throw_if_canceled();
    images.push_back(network_input(data, i, shape, options.normalization));
  }
  if (labels != nullptr) *labels = data.labels;
  return images;
}

model::AcceleratorConfig load_config(const std::string& path) {
  if (!path.empty()) return model::read_config(path);
  model::AcceleratorConfig config;
  model::validate(config);
  return config;
}

Workload load_network(const WorkloadRequest& request) { return read_network(request, true); }

ImageSet read_images(const WorkloadRequest& request, const Workload& workload) {
  check_layout(request);
  const Shape shape = input_shape(*workload.float_graph);
  ImageSet set;
  if (request.inputs.empty()) {
    set.images = load_images(dataset_for(request, shape), "test", request.images, shape, &set.labels,
                             image_options_of(request, workload));
    as_input_integers(request, *workload.float_graph, &set.images);
  } else {
    InputForm form = form_of(request, *workload.float_graph);
    form.channels_last = form.channels_last || workload.channels_last_input;
    if (workload.integer_input) form.integers = &input_tensor(workload.network);
    set.images = given_images(request, form);
  }
  read_given_labels(request, &set);
  const std::string remark = saturation_remark(set.images, input_tensor(workload.network));
  if (!remark.empty()) set.remarks.push_back(remark);
  return set;
}

Workload load_workload(const WorkloadRequest& request) {
  model::AcceleratorConfig config = load_config(request.config);  // refused before long work
  Workload workload = read_network(request, false);
  workload.config = std::move(config);
  if (!request.inputs.empty() && workload.calibration.empty() && !request.normalization.is_default()) {
    throw InputError("--mean, --std: --input gives values as the network takes them; accepted with them: --dataset");
  }
  ImageSet set = read_images(request, workload);
  workload.images = std::move(set.images);
  workload.labels = std::move(set.labels);
  workload.remarks.insert(workload.remarks.end(), set.remarks.begin(), set.remarks.end());
  return workload;
}

}  // namespace systoliq::tb
