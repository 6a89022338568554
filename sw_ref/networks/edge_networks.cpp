// SPDX-License-Identifier: Apache-2.0
// ResNet-8, DS-CNN and MobileNetV1-0.25 as in MLPerf Tiny (Banbury et al., 2021), with paddings alike on both sides,
// and MobileNetV2 (Sandler et al., 2018).
#include "sw_ref/networks/edge_networks.h"

#include "sw_ref/networks/network_builder.h"

namespace systoliq::sw_ref {
namespace {

enum class Activation { kNone, kRelu, kRelu6 };

void normalize(NetworkBuilder* net, const std::string& name, Activation activation) {
  net->batch_normalization(name + ".bn");
  if (activation == Activation::kRelu) net->relu(name + ".relu");
  if (activation == Activation::kRelu6) net->relu6(name + ".relu6");
}

void convolution(NetworkBuilder* net, const std::string& name, std::int64_t out, std::int64_t kernel,
                 std::int64_t stride, Activation activation) {
  net->convolution(name, out, kernel, stride, kernel / 2);
  normalize(net, name, activation);
}

void depthwise(NetworkBuilder* net, const std::string& name, std::int64_t stride, Activation activation) {
  net->depthwise(name, 3, stride, 1);
  normalize(net, name, activation);
}

void classify(NetworkBuilder* net, std::int64_t classes) {
  net->global_average_pool("average");
  net->flatten("flatten", 1);
  net->fully_connected("fc", classes, true);
}

}  // namespace

NetworkDescription resnet8() {
  NetworkBuilder net("resnet8", {1, 3, 32, 32}, 10);
  convolution(&net, "conv1", 16, 3, 1, Activation::kRelu);
  for (int stage = 1; stage <= 3; ++stage) {
    const std::string name = "stage" + std::to_string(stage);
    const std::int64_t out = 8 << stage, stride = stage == 1 ? 1 : 2, in = net.channels();
    const std::string entry = net.last();
    std::string shortcut = entry;
    if (stride != 1) {
      net.convolution(name + ".shortcut", out, 1, stride, 0, true);
      shortcut = net.last();
      net.resume(entry, in);
    }
    convolution(&net, name + ".conv1", out, 3, stride, Activation::kRelu);
    convolution(&net, name + ".conv2", out, 3, 1, Activation::kNone);
    net.add(name + ".add", shortcut);
    net.relu(name + ".relu");
  }
  classify(&net, 10);
  return net.take();
}

NetworkDescription ds_cnn() {
  NetworkBuilder net("ds_cnn", {1, 1, 49, 10}, 12);
  net.convolution("conv1", 64, 10, 2, 5);
  net.set_width(4, 1);
  normalize(&net, "conv1", Activation::kRelu);
  for (int block = 1; block <= 4; ++block) {
    const std::string name = "block" + std::to_string(block);
    depthwise(&net, name + ".depthwise", 1, Activation::kRelu);
    convolution(&net, name + ".pointwise", 64, 1, 1, Activation::kRelu);
  }
  classify(&net, 12);
  return net.take();
}

NetworkDescription mobilenet_v1_025() {
  NetworkBuilder net("mobilenet_v1_025", {1, 3, 96, 96}, 2);
  convolution(&net, "conv1", 8, 3, 2, Activation::kRelu);
  constexpr struct {
    std::int64_t out, stride;
  } kBlocks[] = {{16, 1},  {32, 2},  {32, 1},  {64, 2},  {64, 1},  {128, 2}, {128, 1},
                 {128, 1}, {128, 1}, {128, 1}, {128, 1}, {256, 2}, {256, 1}};
  int number = 0;
  for (const auto& block : kBlocks) {
    const std::string name = "block" + std::to_string(++number);
    depthwise(&net, name + ".depthwise", block.stride, Activation::kRelu);
    convolution(&net, name + ".pointwise", block.out, 1, 1, Activation::kRelu);
  }
  classify(&net, 2);
  return net.take();
}

NetworkDescription mobilenet_v2() {
  NetworkBuilder net("mobilenet_v2", {1, 3, 224, 224}, 1000);
  convolution(&net, "conv1", 32, 3, 2, Activation::kRelu6);
  constexpr struct {
    std::int64_t expansion, out, repeats, stride;
  } kStages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                 {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  int number = 0;
  for (const auto& stage : kStages) {
    for (std::int64_t i = 0; i < stage.repeats; ++i) {
      const std::string name = "block" + std::to_string(++number), entry = net.last();
      const std::int64_t in = net.channels(), stride = i == 0 ? stage.stride : 1;
      if (stage.expansion != 1) convolution(&net, name + ".expand", in * stage.expansion, 1, 1, Activation::kRelu6);
      depthwise(&net, name + ".depthwise", stride, Activation::kRelu6);
      convolution(&net, name + ".project", stage.out, 1, 1, Activation::kNone);
      if (stride == 1 && in == stage.out) net.add(name + ".add", entry);
    }
  }
  convolution(&net, "conv2", 1280, 1, 1, Activation::kRelu6);
  classify(&net, 1000);
  return net.take();
}

}  // namespace systoliq::sw_ref
