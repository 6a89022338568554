// SPDX-License-Identifier: Apache-2.0
// Loading of networks, data and configurations.
#include "tb/workload/workload.h"

#include <algorithm>
#include <filesystem>
#include <random>

#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/networks/networks.h"
#include "sw_ref/networks/registry.h"
#include "sw_ref/quantizer/calibration/equalization.h"
#include "sw_ref/quantizer/fusion/is_quantized.h"
#include "sw_ref/quantizer/metadata_keys.h"
#include "sw_ref/quantizer/qdq/float_twin.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "tb/data/dataset.h"
#include "tb/workload/shipped_files.h"
#include "types/util/hash.h"
#include "types/util/nearest.h"

namespace systoliq::tb {
namespace {

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

/// The file of a network: its own, or the shipped one of a built-in network; empty for one with random weights.
std::string network_path(const std::string& network) {
  const sw_ref::BuiltInNetwork* built_in = sw_ref::find_built_in(network.empty() ? sw_ref::kDefaultNetwork : network);
  if (built_in == nullptr) return network;
  return built_in->trained_file.empty() ? "" : shipped("models/" + built_in->trained_file);
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
                   " accepted: an ONNX file, or " + list);
}

void check_float_hash(const Graph& quantized, const std::string& float_path) {
  const auto recorded = quantized.metadata.find(sw_ref::kFloatHashKey);
  if (recorded == quantized.metadata.end()) return;
  const std::string found = content_hash(float_path);
  if (found == recorded->second) return;
  const auto name = quantized.metadata.find(sw_ref::kFloatNetworkKey);
  throw InputError("--float " + float_path + ": content hash " + found + " differs from " + recorded->second +
                   ", that of the network that was quantized (" +
                   (name == quantized.metadata.end() ? "no name recorded" : "'" + name->second + "'") + ")");
}

/// One image, or several along axis 0; integers where the network's input is an integer tensor.
void append_images(const std::string& argument, const Shape& shape, Workload* workload) {
  const std::size_t equals = argument.find('=');
  const std::string& name = workload->float_graph->inputs.front();
  if (equals != std::string::npos && argument.substr(0, equals) != name) {
    throw InputError("--input " + argument + ": the network has no input '" + argument.substr(0, equals) +
                     "'; accepted: '" + name + "'");
  }
  FloatTensor values = read_npy(equals == std::string::npos ? argument : argument.substr(equals + 1));
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

}  // namespace

Graph load_graph(const std::string& network, std::vector<std::string>* remarks) {
  const std::string path = network_path(network);
  if (!path.empty()) {
    check_network_name(path);
    return sw_ref::read_onnx(path, sw_ref::Batch::kOne);
  }
  if (remarks != nullptr) remarks->push_back("network " + network + ": random weights, seed 1");
  return sw_ref::parse_onnx(sw_ref::network_to_onnx(network, sw_ref::random_parameters(network, 1)), network);
}

std::vector<FloatTensor> load_images(const std::string& dataset, const std::string& split, std::int64_t count,
                                     const Shape& shape, std::vector<int>* labels) {
  if (dataset == "random") return random_images(count, shape);
  const Dataset data = open_dataset(dataset, split, count);
  std::vector<FloatTensor> images;
  for (std::int64_t i = 0; i < data.images.shape[0]; ++i) images.push_back(network_input(data, i, shape));
  if (labels != nullptr) *labels = data.labels;
  return images;
}

model::AcceleratorConfig load_config(const std::string& path) {
  if (!path.empty()) return model::read_config(path);
  model::AcceleratorConfig config;
  model::validate(config);
  return config;
}

Workload load_network(const WorkloadRequest& request) {
  Workload workload;
  const std::string path = network_path(request.network);
  Graph graph = load_graph(request.network, &workload.remarks);
  if (sw_ref::is_quantized(graph)) {
    if (!request.given_quantize_options.empty()) {
      throw InputError(request.given_quantize_options.front() + ": network " + request.network +
                       " is quantized already; give the float network to quantize it anew");
    }
    workload.network = sw_ref::read_quantized(graph);
    workload.integer_input = graph.values.at(graph.inputs.front()).type != ElementType::kFloat;
    if (request.float_network.empty()) {
      workload.float_graph = sw_ref::float_twin(graph);
      workload.float_source = "the quantized graph without activation rounding (--float NET.onnx names the original)";
      return workload;
    }
    check_float_hash(graph, request.float_network);
    workload.float_graph =
        sw_ref::float_counterpart(sw_ref::read_onnx(request.float_network, sw_ref::Batch::kOne), workload.network);
    workload.float_source = request.float_network;
    return workload;
  }
  if (!request.float_network.empty()) {
    throw InputError("--float " + request.float_network + ": network " + request.network +
                     " is float itself; --float goes with a quantized network");
  }
  const Shape shape = input_shape(graph);
  workload.calibration = load_images(dataset_for(request, shape), "train", request.calibration_images, shape, nullptr);
  workload.network = sw_ref::quantize(graph, workload.calibration, request.quantize, &workload.quantization);
  add_remarks(workload.quantization, &workload.remarks);
  workload.float_source = request.network.empty() ? sw_ref::kDefaultNetwork : request.network;
  if (!path.empty()) {
    workload.network.metadata[sw_ref::kFloatNetworkKey] = std::filesystem::path(path).filename();
    workload.network.metadata[sw_ref::kFloatHashKey] = content_hash(path);
  }
  workload.float_graph = sw_ref::float_counterpart(std::move(graph), workload.network);
  return workload;
}

Workload load_workload(const WorkloadRequest& request) {
  Workload workload = load_network(request);
  workload.config = load_config(request.config);
  const Shape shape = input_shape(*workload.float_graph);
  if (request.inputs.empty()) {
    workload.images = load_images(dataset_for(request, shape), "test", request.images, shape, &workload.labels);
    return workload;
  }
  for (const std::string& input : request.inputs) append_images(input, shape, &workload);
  return workload;
}

}  // namespace systoliq::tb
