// SPDX-License-Identifier: Apache-2.0
// The built-in networks layer by layer: LeNet-5 (LeCun et al., 1998, with ReLU and max pooling), a perceptron for
// Fashion-MNIST, a VGG-like network for CIFAR-10, and ResNet-18 (He et al., 2016). Those for small devices are in
// edge_networks.cpp.
#include "sw_ref/networks/registry.h"

#include <algorithm>

#include "sw_ref/networks/edge_networks.h"
#include "sw_ref/networks/network_builder.h"

namespace systoliq::sw_ref {
namespace {

NetworkDescription lenet5() {
  NetworkBuilder net("lenet5", {1, 1, 32, 32}, 10);
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
  NetworkBuilder net("lenet5_1998", {1, 1, 32, 32}, 10);
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
  NetworkBuilder net("fashion_mlp", {1, 1, 28, 28}, 10);
  net.flatten("flatten", 28 * 28);
  net.fully_connected("fc1", 120, true);
  net.relu("relu1");
  net.fully_connected("fc2", 84, true);
  net.relu("relu2");
  net.fully_connected("fc3", 10, true);
  return net.take();
}

NetworkDescription vgg_cifar() {
  NetworkBuilder net("vgg_cifar", {1, 3, 32, 32}, 10);
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
  NetworkBuilder net("vgg_digits", {1, 1, 32, 32}, 10);
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
  NetworkBuilder net(name, {1, 3, 32, 32}, 10);
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
void basic_block(NetworkBuilder& net, const std::string& name, std::int64_t out, std::int64_t stride) {
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
  NetworkBuilder net("resnet18", {1, 3, 224, 224}, 1000);
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

}  // namespace

const std::vector<BuiltInNetwork>& built_in_networks() {
  static const std::vector<BuiltInNetwork> kNetworks = {
      {"lenet5", "LeNet-5 with ReLU and max pooling, without biases (experiment E2)", "lenet5.onnx", lenet5},
      {"lenet5_1998", "LeNet-5 with the original's sigmoid, average pooling and softmax", "", lenet5_1998},
      {"fashion_mlp", "perceptron 784-120-84-10 with biases", "fashion_mlp.onnx", fashion_mlp},
      {"vgg_cifar", "convolutions with batch normalization for CIFAR-10 (experiment E3)", "", vgg_cifar},
      {"vgg_digits", "the same parts for the built-in digits, small", "", vgg_digits},
      {"vgg9", "nine layers, 9.2 million parameters (experiment E4)", "", vgg9},
      {"vgg9_half", "the same with half the channels", "", vgg9_half},
      {"resnet18", "ResNet-18 for ImageNet", "", resnet18},
      {"resnet8", "ResNet-8 for CIFAR-10, of MLPerf Tiny", "", resnet8},
      {"ds_cnn", "DS-CNN for keyword spotting, of MLPerf Tiny", "", ds_cnn},
      {"mobilenet_v1_025", "MobileNetV1 with a quarter of the channels for visual wake words, of MLPerf Tiny", "",
       mobilenet_v1_025},
      {"mobilenet_v2", "MobileNetV2 for ImageNet", "", mobilenet_v2}};
  return kNetworks;
}

const BuiltInNetwork* find_built_in(const std::string& name) {
  const auto& networks = built_in_networks();
  const auto found = std::find_if(networks.begin(), networks.end(),
                                  [&](const BuiltInNetwork& network) { return network.name == name; });
  return found == networks.end() ? nullptr : &*found;
}

std::string list_of_built_in_networks() {
  std::string trained;
  std::string random;
  for (const BuiltInNetwork& network : built_in_networks()) {
    std::string& list = network.trained_file.empty() ? random : trained;
    list += (list.empty() ? "" : ", ") + network.name + (network.name == kDefaultNetwork ? " (default)" : "");
  }
  return "trained: " + trained + "; with random weights: " + random;
}

}  // namespace systoliq::sw_ref
