// SPDX-License-Identifier: Apache-2.0
// The built-in networks layer by layer: LeNet-5 (LeCun et al., 1998, with ReLU and max pooling), a perceptron for
// Fashion-MNIST, a VGG-like network for CIFAR-10, and ResNet-18 (He et al., 2016).
#include "sw_ref/networks/layers.h"

#include <cmath>
#include <random>

#include "sw_ref/networks/folding.h"
#include "sw_ref/networks/networks.h"

namespace systoliq::sw_ref {
namespace {

/// Appends layers, each by default to the one before it.
class Builder final {
 public:
  Builder(std::string name, Shape input, std::int64_t classes) {
    network_.name = std::move(name);
    network_.input = std::move(input);
    network_.classes = classes;
    channels_ = network_.input[1];
  }

  const std::string& last() const { return last_; }
  NetworkDescription take() { return std::move(network_); }

  void convolution(const std::string& name, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                   std::int64_t padding, bool bias = false) {
    append({NetworkOp::kConvolution, name, {last_}, channels_, out, kernel, stride, padding, bias});
    channels_ = out;
  }
  void batch_normalization(const std::string& name) {
    append({NetworkOp::kBatchNormalization, name, {last_}, channels_, channels_, 1, 1, 0, true});
  }
  void relu(const std::string& name) { append({NetworkOp::kRelu, name, {last_}, 0, 0, 1, 1, 0, false}); }
  void sigmoid(const std::string& name) { append({NetworkOp::kSigmoid, name, {last_}, 0, 0, 1, 1, 0, false}); }
  void average_pool(const std::string& name, std::int64_t kernel, std::int64_t stride) {
    append({NetworkOp::kAveragePool, name, {last_}, 0, 0, kernel, stride, 0, false});
  }
  void softmax(const std::string& name) { append({NetworkOp::kSoftmax, name, {last_}, 0, 0, 1, 1, 0, false}); }
  void max_pool(const std::string& name, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
    append({NetworkOp::kMaxPool, name, {last_}, 0, 0, kernel, stride, padding, false});
  }
  void global_average_pool(const std::string& name) {
    append({NetworkOp::kGlobalAveragePool, name, {last_}, 0, 0, 1, 1, 0, false});
  }
  void add(const std::string& name, const std::string& other) {
    append({NetworkOp::kAdd, name, {last_, other}, 0, 0, 1, 1, 0, false});
  }
  /// `positions`: height × width of what is flattened.
  void flatten(const std::string& name, std::int64_t positions) {
    append({NetworkOp::kFlatten, name, {last_}, 0, 0, 1, 1, 0, false});
    channels_ *= positions;
  }
  void fully_connected(const std::string& name, std::int64_t out, bool bias) {
    append({NetworkOp::kFullyConnected, name, {last_}, channels_, out, 1, 1, 0, bias});
    channels_ = out;
  }
  /// Continues from an earlier layer with that many channels.
  void resume(const std::string& name, std::int64_t channels) {
    last_ = name;
    channels_ = channels;
  }
  std::int64_t channels() const { return channels_; }

 private:
  void append(NetworkLayer layer) {
    last_ = layer.name;
    network_.layers.push_back(std::move(layer));
  }

  NetworkDescription network_;
  std::string last_ = "input";
  std::int64_t channels_ = 0;
};

NetworkDescription lenet5() {
  Builder net("lenet5", {1, 1, 32, 32}, 10);
  net.convolution("conv1", 6, 5, 1, 0);
  net.relu("relu1");
  net.max_pool("pool1", 2, 2, 0);
  net.convolution("conv2", 16, 5, 1, 0);
  net.relu("relu2");
  net.max_pool("pool2", 2, 2, 0);
  net.convolution("conv3", 120, 5, 1, 0);
  net.relu("relu3");
  net.flatten("flatten", 1);
  net.fully_connected("fc1", 84, false);
  net.relu("relu4");
  net.fully_connected("fc2", 10, false);
  return net.take();
}

/// The functions of the network of 1998: sigmoid behind every layer, average pooling, softmax, biases. The second
/// convolution sees all six maps, and pooling has no weights of its own.
NetworkDescription lenet5_1998() {
  Builder net("lenet5_1998", {1, 1, 32, 32}, 10);
  net.convolution("conv1", 6, 5, 1, 0, true);
  net.sigmoid("sigmoid1");
  net.average_pool("pool1", 2, 2);
  net.convolution("conv2", 16, 5, 1, 0, true);
  net.sigmoid("sigmoid2");
  net.average_pool("pool2", 2, 2);
  net.convolution("conv3", 120, 5, 1, 0, true);
  net.sigmoid("sigmoid3");
  net.flatten("flatten", 1);
  net.fully_connected("fc1", 84, true);
  net.sigmoid("sigmoid4");
  net.fully_connected("fc2", 10, true);
  net.softmax("softmax");
  return net.take();
}

NetworkDescription fashion_mlp() {
  Builder net("fashion_mlp", {1, 1, 28, 28}, 10);
  net.flatten("flatten", 28 * 28);
  net.fully_connected("fc1", 120, true);
  net.relu("relu1");
  net.fully_connected("fc2", 84, true);
  net.relu("relu2");
  net.fully_connected("fc3", 10, true);
  return net.take();
}

NetworkDescription vgg_cifar() {
  Builder net("vgg_cifar", {1, 3, 32, 32}, 10);
  constexpr std::int64_t kChannels[] = {64, 192, 384, 256, 256};
  for (int block = 1; block <= 5; ++block) {
    const std::string number = std::to_string(block);
    net.convolution("conv" + number, kChannels[block - 1], 3, 1, 1);
    net.batch_normalization("bn" + number);
    net.relu("relu" + number);
    if (block == 1 || block == 2 || block == 5) net.max_pool("pool" + number, 2, 2, 0);
  }
  net.flatten("flatten", 4 * 4);
  net.fully_connected("fc1", 256, true);
  net.relu("relu6");
  net.fully_connected("fc2", 128, true);
  net.relu("relu7");
  net.fully_connected("fc3", 10, true);
  return net.take();
}

/// The parts of vgg_cifar at a size that trains in seconds, for the built-in digits.
NetworkDescription vgg_digits() {
  Builder net("vgg_digits", {1, 1, 32, 32}, 10);
  for (int block = 1; block <= 3; ++block) {
    const std::string number = std::to_string(block);
    net.convolution("conv" + number, 4 << block, 3, 1, 1);
    net.batch_normalization("bn" + number);
    net.relu("relu" + number);
    net.max_pool("pool" + number, 2, 2, 0);
  }
  net.flatten("flatten", 4 * 4);
  net.fully_connected("fc", 10, true);
  return net.take();
}

/// Pairs of 3 × 3 convolutions; `width`: channels of the first.
NetworkDescription vgg9_of_width(const std::string& name, std::int64_t width) {
  Builder net(name, {1, 3, 32, 32}, 10);
  const std::int64_t channels[] = {width, 2 * width, 4 * width, 4 * width, 8 * width, 8 * width, 8 * width, 8 * width};
  for (int block = 1; block <= 8; ++block) {
    const std::string number = std::to_string(block);
    net.convolution("conv" + number, channels[block - 1], 3, 1, 1);
    net.batch_normalization("bn" + number);
    net.relu("relu" + number);
    if (block % 2 == 0) net.max_pool("pool" + std::to_string(block / 2), 2, 2, 0);
  }
  net.global_average_pool("average");
  net.flatten("flatten", 1);
  net.fully_connected("fc", 10, true);
  return net.take();
}

NetworkDescription vgg9() { return vgg9_of_width("vgg9", 64); }
NetworkDescription vgg9_half() { return vgg9_of_width("vgg9_half", 32); }

/// Two 3 × 3 convolutions beside a shortcut, which is a 1 × 1 convolution where the shape changes.
void basic_block(Builder& net, const std::string& name, std::int64_t out, std::int64_t stride) {
  const std::string entry = net.last();
  const std::int64_t in = net.channels();
  std::string shortcut = entry;
  if (stride != 1 || in != out) {
    net.convolution(name + ".downsample.conv", out, 1, stride, 0);
    net.batch_normalization(name + ".downsample.bn");
    shortcut = net.last();
    net.resume(entry, in);
  }
  net.convolution(name + ".conv1", out, 3, stride, 1);
  net.batch_normalization(name + ".bn1");
  net.relu(name + ".relu1");
  net.convolution(name + ".conv2", out, 3, 1, 1);
  net.batch_normalization(name + ".bn2");
  net.add(name + ".add", shortcut);
  net.relu(name + ".relu2");
}

NetworkDescription resnet18() {
  Builder net("resnet18", {1, 3, 224, 224}, 1000);
  net.convolution("conv1", 64, 7, 2, 3);
  net.batch_normalization("bn1");
  net.relu("relu1");
  net.max_pool("pool1", 3, 2, 1);
  constexpr std::int64_t kChannels[] = {64, 128, 256, 512};
  for (int stage = 1; stage <= 4; ++stage) {
    for (int block = 0; block < 2; ++block) {
      const std::int64_t stride = stage > 1 && block == 0 ? 2 : 1;
      basic_block(net, "layer" + std::to_string(stage) + "." + std::to_string(block), kChannels[stage - 1], stride);
    }
  }
  net.global_average_pool("average");
  net.flatten("flatten", 1);
  net.fully_connected("fc", 1000, true);
  return net.take();
}

struct NamedNetwork {
  const char* name;
  NetworkDescription (*describe)();
};
constexpr NamedNetwork kNetworks[] = {{"lenet5", lenet5},           {"lenet5_1998", lenet5_1998},
                                      {"fashion_mlp", fashion_mlp}, {"vgg_cifar", vgg_cifar},
                                      {"vgg_digits", vgg_digits},   {"vgg9", vgg9},
                                      {"vgg9_half", vgg9_half},     {"resnet18", resnet18}};

/// Uniform in [0, 1) from the top 53 bits; std distributions differ between standard libraries.
double uniform(std::mt19937_64& generator) { return static_cast<double>(generator() >> 11) * 0x1p-53; }

/// Box and Muller's method; 1 - u keeps the logarithm's argument above 0.
double normal(std::mt19937_64& generator) {
  constexpr double kTwoPi = 6.283185307179586;
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform(generator)));
  return radius * std::cos(kTwoPi * uniform(generator));
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const NamedNetwork& network : kNetworks) names.emplace_back(network.name);
  return names;
}

NetworkDescription describe_network(const std::string& network) {
  if (ends_with(network, kFoldedSuffix)) {
    const std::size_t end = network.size() - std::string(kFoldedSuffix).size();
    return without_batch_normalization(describe_network(network.substr(0, end)));
  }
  std::string accepted;
  for (const NamedNetwork& known : kNetworks) {
    if (network == known.name) return known.describe();
    accepted += (accepted.empty() ? "" : ", ") + std::string(known.name);
  }
  throw InputError("unknown network '" + network + "'; accepted: " + accepted);
}

std::vector<std::pair<std::string, Shape>> layer_parameters(const NetworkLayer& layer) {
  std::vector<std::pair<std::string, Shape>> parameters;
  if (layer.op == NetworkOp::kConvolution) {
    parameters.emplace_back(layer.name + ".weight", Shape{layer.out, layer.in, layer.kernel, layer.kernel});
  } else if (layer.op == NetworkOp::kFullyConnected) {
    parameters.emplace_back(layer.name + ".weight", Shape{layer.out, layer.in});
  } else if (layer.op == NetworkOp::kBatchNormalization) {
    parameters.emplace_back(layer.name + ".weight", Shape{layer.out});
  }
  if (layer.bias) parameters.emplace_back(layer.name + ".bias", Shape{layer.out});
  if (layer.op == NetworkOp::kBatchNormalization) {
    parameters.emplace_back(layer.name + ".running_mean", Shape{layer.out});
    parameters.emplace_back(layer.name + ".running_var", Shape{layer.out});
  }
  return parameters;
}

std::vector<std::pair<std::string, Shape>> network_parameters(const std::string& network) {
  std::vector<std::pair<std::string, Shape>> parameters;
  for (const NetworkLayer& layer : describe_network(network).layers) {
    for (auto& parameter : layer_parameters(layer)) parameters.push_back(std::move(parameter));
  }
  return parameters;
}

std::map<std::string, FloatTensor> random_parameters(const std::string& network, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::map<std::string, FloatTensor> parameters;
  for (const NetworkLayer& layer : describe_network(network).layers) {
    const bool batch_norm = layer.op == NetworkOp::kBatchNormalization;
    for (const auto& [name, shape] : layer_parameters(layer)) {
      FloatTensor tensor(shape);
      const bool factor = ends_with(name, ".weight") || ends_with(name, ".running_var");
      const double deviation = std::sqrt(2.0 / static_cast<double>(layer.in * layer.kernel * layer.kernel));
      for (float& value : tensor.data) {
        if (batch_norm) {
          value = static_cast<float>(factor ? 0.5 + uniform(generator) : 0.2 * uniform(generator) - 0.1);
        } else if (factor) {
          value = static_cast<float>(deviation * normal(generator));
        }
      }
      parameters.emplace(name, std::move(tensor));
    }
  }
  return parameters;
}

}  // namespace systoliq::sw_ref
