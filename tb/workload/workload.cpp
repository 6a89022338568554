// SPDX-License-Identifier: Apache-2.0
// Loading of networks, data and configurations.
#include "tb/workload/workload.h"

#include <algorithm>
#include <filesystem>

#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/frontend/tflite/tflite_reader.h"
#include "sw_ref/networks/networks.h"
#include "sw_ref/networks/registry.h"
#include "sw_ref/quantizer/calibration/equalization.h"
#include "sw_ref/quantizer/fusion/is_quantized.h"
#include "sw_ref/quantizer/integer/change_preset.h"
#include "sw_ref/quantizer/integer/network_values.h"
#include "sw_ref/quantizer/metadata_keys.h"
#include "sw_ref/quantizer/qdq/float_twin.h"
#include "sw_ref/quantizer/qdq/missing_scales.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "sw_ref/quantizer/tflite/read_tflite_network.h"
#include "tb/data/dataset.h"
#include "tb/workload/batch_axis.h"
#include "tb/workload/float_network.h"
#include "tb/workload/given_shapes.h"
#include "tb/workload/input_arrays.h"
#include "tb/workload/integer_images.h"
#include "tb/workload/needed_layer.h"
#include "tb/workload/network_inputs.h"
#include "tb/workload/shipped_files.h"
#include "tb/workload/tflite_network.h"
#include "types/util/cancellation.h"
#include "types/util/hash.h"
#include "types/util/index.h"
#include "types/util/nearest.h"

namespace systoliq::tb {
namespace {

constexpr const char* kArrays = "arrays:";
constexpr const char* kPresetOption = "--preset";
constexpr const char* kCalibrationImagesOption = "--calibration-images";

/// A network of one float input of that shape.
Graph graph_of(const Shape& shape) {
  Graph graph;
  graph.inputs = {"input"};
  graph.values["input"].shape = shape;
  return graph;
}

/// True for one input that images are loaded for: floats, or integers that pixels enter as.
bool takes_images(const Graph& graph) {
  const ElementType type = graph.values.at(graph.inputs.front()).type;
  const bool pixels = type == ElementType::kFloat || type == ElementType::kUint8 || type == ElementType::kInt8;
  return graph.inputs.size() == 1 && pixels;
}

/// Pixels of a data set for an input of integers, which are not normalized; arrays hold what the network takes.
void as_input_integers(const Graph& graph, const std::string& dataset, const ImageOptions& options,
                       std::vector<FloatTensor>* images) {
  const std::string& input = graph.inputs.front();
  if (graph.values.at(input).type == ElementType::kFloat || dataset.rfind(kArrays, 0) == 0) return;
  if (options.given) {
    throw InputError("--mean, --std: network input '" + input +
                     "' is of integers, which pixels enter as; accepted: a network with a float input");
  }
  to_input_integers(graph, images);
}

/// Images of a data set, or random ones, for all inputs of a network. A data set has images of one input only.
std::vector<FloatTensor> images_for(const Graph& graph, const std::string& dataset, const std::string& split,
                                    std::int64_t count, std::vector<int>* labels, const ImageOptions& options) {
  if (takes_images(graph)) {
    std::vector<FloatTensor> images =
        load_images(dataset, split, count, sw_ref::image_shape_of(graph), labels, options);
    as_input_integers(graph, dataset, options, &images);
    return images;
  }
  if (dataset == "random" && !options.given) return random_inputs(graph, count == kAllImages ? kDrawnImages : count);
  std::string names;
  for (const std::string& name : graph.inputs) names += (names.empty() ? "'" : ", '") + name + "'";
  throw InputError("--dataset " + dataset + ": has images of one input of floats or 8-bit integers, the network has " +
                   names + "; accepted: --input NAME=FILE for each, or --dataset random without --mean and --std");
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

std::string dataset_for(const WorkloadRequest& request, const Graph& graph) {
  if (!request.dataset.empty()) return request.dataset;
  if (!takes_images(graph)) return "random";
  const Shape shape = sw_ref::image_shape_of(graph);
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

std::vector<FloatTensor> given_images(const WorkloadRequest& request, const std::vector<InputForm>& forms) {
  if (!request.given_images) return read_all_inputs(request.inputs, forms);
  std::vector<std::vector<FloatTensor>> of_input;
  for (const InputForm& form : forms) of_input.push_back(request.given_images(form));
  return join_inputs(forms, std::move(of_input));
}

/// Images that make whole batches, of a data set without end.
std::int64_t whole_batches(std::int64_t images, std::int64_t batch) {
  return images == kAllImages ? images : (images + batch - 1) / batch * batch;
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
    if (option == kCalibrationImagesOption && request.read.calibrate_scales) continue;
    throw InputError(option + ": network " + request.network +
                     " is quantized already; give the float network to quantize it anew");
  }
  if (for_calibration && !request.inputs.empty() && !request.read.calibrate_scales) {
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
  const bool calibrates = for_calibration && !request.read.calibrate_scales;
  const bool unused = calibrates || (!request.inputs.empty() && !request.read.calibrate_scales);
  if (!request.dataset.empty() && unused) {
    throw InputError("--dataset " + request.dataset + ": network " + request.network + " is quantized already" +
                     (for_calibration ? "" : " and --input gives the images") + ", so it has no effect");
  }
  if (!request.normalization.is_default() && !for_calibration && !request.inputs.empty()) {
    throw InputError("--mean, --std: --input gives values as the network takes them, so they have no effect");
  }
  apply_options(request, for_calibration, &workload);
  for (const std::string& name : graph.inputs) {
    workload.integer_inputs.push_back(graph.values.at(name).type != ElementType::kFloat);
  }
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

/// Images to calibrate a float network on: the given inputs, or a data set's training part.
std::vector<FloatTensor> calibration_images(const WorkloadRequest& request, const Graph& graph, bool on_inputs) {
  if (!on_inputs || request.inputs.empty()) {
    return images_for(graph, dataset_for(request, graph), "train", request.calibration_images, nullptr,
                      image_options(request, graph.metadata));
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
  return given_images(request, forms_of(graph, request.channels_last));
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
  if (request.batch != 0) workload.batch = request.batch;
  check_images_apart(file.graph, workload.batch);
  if (sw_ref::is_quantized(file.graph)) {
    const std::vector<std::string>& given = request.given_quantize_options;
    const bool preset_given = std::count(given.begin(), given.end(), kPresetOption) != 0;
    workload.network =
        sw_ref::read_quantized(file, preset_given ? request.quantize.preset : sw_ref::default_tflite_preset(file));
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
  workload.batch = request.batch != 0 ? request.batch : graph.batch;
  check_images_apart(graph, workload.batch);
  if (sw_ref::is_quantized(graph)) {
    if (request.read.calibrate_scales) {
      graph = sw_ref::with_calibrated_scales(graph, calibration_images(request, graph, on_inputs), &workload.remarks);
    }
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
    if (!options.given) return random_inputs(graph_of(shape), count);
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
  const Graph& graph = *workload.float_graph;
  ImageSet set;
  if (request.inputs.empty()) {
    set.images = images_for(graph, dataset_for(request, graph), "test", whole_batches(request.images, workload.batch),
                            &set.labels, image_options_of(request, workload));
  } else {
    std::vector<InputForm> forms = forms_of(graph, request.channels_last || workload.channels_last_input);
    for (std::size_t i = 0; i < workload.integer_inputs.size(); ++i) {
      if (workload.integer_inputs[i]) forms.at(i).integers = &nth(workload.network.tensors, workload.network.inputs[i]);
    }
    set.images = given_images(request, forms);
  }
  read_given_labels(request, &set);
  set.remarks = saturation_remarks(set.images, workload.network);
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
