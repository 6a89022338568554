// SPDX-License-Identifier: Apache-2.0
// Layer lists executed with libtorch's functions, one for each kind of layer.
#include "sw_ref/training/torch_network.h"

#include <algorithm>
#include <map>

#include "sw_ref/networks/networks.h"

namespace systoliq::sw_ref {
namespace {

/// torch's default: running = 0.9 * running + 0.1 * batch.
constexpr double kStatisticsMomentum = 0.1;
constexpr const char* kCentroids = ".centroids";

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool is_statistic(const std::string& name) {
  return ends_with(name, ".running_mean") || ends_with(name, ".running_var");
}

torch::Tensor to_torch(const FloatTensor& values) {
  torch::Tensor tensor = torch::empty(values.shape, torch::kFloat32);
  std::copy(values.data.begin(), values.data.end(), tensor.data_ptr<float>());
  return tensor;
}

TorchParameter make_parameter(const std::string& name, const FloatTensor& values) {
  TorchParameter parameter{name, to_torch(values), !is_statistic(name)};
  parameter.value.set_requires_grad(parameter.learned);
  return parameter;
}

}  // namespace

TorchNetwork::TorchNetwork(const std::string& network, std::uint64_t seed) : description_(describe_network(network)) {
  const std::map<std::string, FloatTensor> random = random_parameters(network, seed);
  for (const NetworkLayer& layer : description_.layers) {
    for (const auto& [name, shape] : layer_parameters(layer)) {
      FloatTensor values = random.at(name);
      if (layer.op == NetworkOp::kBatchNormalization) {
        values = FloatTensor(shape, ends_with(name, ".weight") || ends_with(name, ".running_var") ? 1.0F : 0.0F);
      }
      parameters_.push_back(make_parameter(name, values));
    }
  }
}

TorchNetwork::TorchNetwork(const std::string& network, const NamedParameters& parameters)
    : description_(describe_network(network)) {
  const auto wanted = network_parameters(network);
  for (std::size_t i = 0; i < std::min(wanted.size(), parameters.size()); ++i) {
    const auto& [name, values] = parameters[i];
    if (name != wanted[i].first || values.shape != wanted[i].second) {
      throw InputError("network " + network + ": parameter '" + name + "' of shape " + to_string(values.shape) + "; '" +
                       wanted[i].first + "' of shape " + to_string(wanted[i].second) + " is needed");
    }
    parameters_.push_back(make_parameter(name, values));
  }
  if (wanted.size() != parameters.size()) {
    throw InputError("network " + network + " has " + std::to_string(wanted.size()) + " parameters, not " +
                     std::to_string(parameters.size()));
  }
}

std::size_t TorchNetwork::index_of(const std::string& name) const {
  const auto found =
      std::find_if(parameters_.begin(), parameters_.end(), [&](const TorchParameter& p) { return p.name == name; });
  check(found != parameters_.end(), "no parameter " + name);
  return static_cast<std::size_t>(found - parameters_.begin());
}

void TorchNetwork::keep(const std::string& name) {
  TorchParameter& parameter = parameters_[index_of(name)];
  parameter.learned = false;
  parameter.value.set_requires_grad(false);
}

void TorchNetwork::use_codebook(const std::string& layer, const torch::Tensor& centroids,
                                const torch::Tensor& indices) {
  keep(layer + ".weight");
  parameters_.push_back({layer + kCentroids, centroids.detach().clone().set_requires_grad(true), true});
  indices_[layer] = indices;
}

torch::Tensor TorchNetwork::weight_of(const std::string& layer) const {
  const auto indices = indices_.find(layer);
  return indices == indices_.end() ? parameter(layer + ".weight")
                                   : look_up(parameter(layer + kCentroids), indices->second);
}

std::pair<torch::Tensor, torch::Tensor> TorchNetwork::operands(const NetworkLayer& layer) const {
  const torch::Tensor weight = weight_of(layer.name);
  const torch::Tensor bias = layer.bias ? parameter(layer.name + ".bias") : torch::Tensor();
  return quantizer_ == nullptr ? std::make_pair(weight, bias) : quantizer_->operands(layer, weight, bias);
}

torch::Tensor TorchNetwork::apply(const NetworkLayer& layer, const std::vector<torch::Tensor>& inputs,
                                  bool training) const {
  const torch::Tensor& x = inputs.front();
  const auto own = [&](const char* suffix) { return parameter(layer.name + suffix); };
  switch (layer.op) {
    case NetworkOp::kConvolution: {
      const auto [weight, bias] = operands(layer);
      return torch::conv2d(x, weight, bias, layer.stride, torch::IntArrayRef{layer.padding, layer.side_padding()}, 1,
                           layer.groups);
    }
    case NetworkOp::kBatchNormalization:
      return torch::batch_norm(x, own(".weight"), own(".bias"), own(".running_mean"), own(".running_var"), training,
                               kStatisticsMomentum, static_cast<double>(kBatchNormalizationEpsilon), false);
    case NetworkOp::kRelu:
      return torch::relu(x);
    case NetworkOp::kRelu6:
      return torch::clamp(x, 0, 6);
    case NetworkOp::kSigmoid:
      return torch::sigmoid(x);
    case NetworkOp::kAveragePool:
      return torch::avg_pool2d(x, layer.kernel, layer.stride);
    case NetworkOp::kSoftmax:
      return x;  // part of the loss, and the order of the logits is its own
    case NetworkOp::kMaxPool:
      return torch::max_pool2d(x, layer.kernel, layer.stride, layer.padding);
    case NetworkOp::kGlobalAveragePool:
      return torch::adaptive_avg_pool2d(x, {1, 1});
    case NetworkOp::kAdd:
      return inputs[0] + inputs[1];
    case NetworkOp::kFlatten:
      return torch::flatten(x, 1);
    case NetworkOp::kFullyConnected: {
      const auto [weight, bias] = operands(layer);
      return torch::linear(x, weight, bias);
    }
  }
  throw InternalError("unknown layer operation");
}

torch::Tensor TorchNetwork::forward(const torch::Tensor& images, bool training) {
  const auto stored = [this](const std::string& name, const torch::Tensor& value) {
    return quantizer_ == nullptr ? value : quantizer_->value(name, value);
  };
  std::map<std::string, torch::Tensor> tensors = {{"input", stored("input", images)}};
  for (const NetworkLayer& layer : description_.layers) {
    std::vector<torch::Tensor> inputs;
    for (const std::string& name : layer.inputs) inputs.push_back(tensors.at(name));
    tensors[layer.name] = stored(layer.name, apply(layer, inputs, training));
  }
  return tensors.at(description_.layers.back().name);
}

NamedParameters TorchNetwork::copy_parameters() const {
  const torch::NoGradGuard no_gradient;
  NamedParameters copies;
  for (const NetworkLayer& layer : description_.layers) {
    for (const auto& [name, shape] : layer_parameters(layer)) {
      const bool looked_up = indices_.count(layer.name) != 0 && name == layer.name + ".weight";
      const torch::Tensor values = (looked_up ? weight_of(layer.name) : parameter(name).detach()).contiguous();
      const float* data = values.data_ptr<float>();
      copies.emplace_back(name, FloatTensor(shape, std::vector<float>(data, data + values.numel())));
    }
  }
  return copies;
}

}  // namespace systoliq::sw_ref
