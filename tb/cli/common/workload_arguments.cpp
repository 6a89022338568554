// SPDX-License-Identifier: Apache-2.0
// The options of a workload, and what loading one has to remark.
#include "tb/cli/common/workload_arguments.h"

#include <iostream>
#include <utility>

#include "sw_ref/networks/registry.h"
#include "sw_ref/quantizer/integer/quantize_steps.h"
#include "types/error.h"
#include "types/util/names.h"

namespace systoliq::cli {

tb::WorkloadRequest request_of(const WorkloadArguments& arguments) {
  check_effects(arguments.quantize);
  tb::WorkloadRequest request = arguments.request;
  request.calibration_images = arguments.quantize.calibration_images;
  request.quantize = resolve(arguments.quantize);
  request.given_quantize_options = given_quantize_options(arguments.quantize);
  sw_ref::check_options(request.quantize);  // before anything is read
  return request;
}

namespace {

void print(const std::vector<std::string>& remarks) {
  for (const std::string& remark : remarks) std::cerr << shown(remark) << "\n";
}

}  // namespace

void add_workload_options(CLI::App& command, WorkloadArguments& arguments) {
  tb::WorkloadRequest& request = arguments.request;
  command.add_option(
      "network", request.network,
      "ONNX or TensorFlow Lite network, float or quantized, or a built-in one; " + sw_ref::list_of_built_in_networks());
  command.add_option("--config", request.config, "TOML file of the machine (default: 16 × 16, docs/architecture.md)");
  command.add_option("--dataset", request.dataset,
                     "digits (built in), random (uniform in [-1, 1)), mnist:DIR, fashion:DIR, cifar10:DIR, "
                     "cifar100:DIR (also as torchvision and Keras store them), pictures:DIR (PNG and JPEG, a folder a "
                     "class) or arrays:DIR (.npy, likewise); default: digits where they fit the network, else random");
  command.add_option("--input", request.inputs,
                     "[NAME=]FILE instead of a data set, as the network takes it: a .npy or .npz of one image or, "
                     "along axis 0, of several, or a folder of such; repeatable. With several inputs NAME=FILE for "
                     "each, or a .npz with all. Without machine, as in `quantize`, "
                     "the images to calibrate on");
  command
      .add_option_function<std::string>(
          "--input-layout", [&request](const std::string& layout) { request.channels_last = layout == "nhwc"; },
          "of arrays: as the network's input (network, the default) or channels last (nhwc), which are turned")
      ->check(CLI::IsMember({"network", "nhwc"}));
  command.add_option("--labels", request.labels, "labels of images that have none: a .npy, or text, one a line");
  command
      .add_option("--mean", request.normalization.mean,
                  "of a data set's pixels, 0 to 1: they enter as (pixel / 255 - mean) / std; one number, or one a "
                  "channel, separated by commas. Default: as the quantized network's file says, else (pixel - 128) / "
                  "128")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_option("--std", request.normalization.std, "likewise, above 0")->delimiter(',')->allow_extra_args(false);
  command.add_option("--shape", request.shapes,
                     "NAME=1,3,224,224, repeatable: sizes of an input that the network leaves open");
  command.add_option("--images", request.images, "images of the test part")
      ->check(CLI::Range(1, 1000000))
      ->excludes(command.get_option("--input"))
      ->capture_default_str();
  command.add_option("--float", request.float_network, "float network that a quantized NET is compared with");
  command
      .add_option_function<std::string>(
          "--bias", [&request](const std::string&) { request.read.requantize_biases = true; },
          "of a quantized NET whose biases are not integers at input scale * weight scale: requantize rounds them to "
          "it even where that moves an output by more than half a step, which is refused otherwise")
      ->check(CLI::IsMember({"requantize"}));
  command
      .add_option_function<std::string>(
          "--scales", [&request](const std::string&) { request.read.calibrate_scales = true; },
          "of a quantized NET without QuantizeLinear behind some operators, whose tensors are refused otherwise: "
          "calibrate gives them 8 bits over the range that the calibration images show")
      ->check(CLI::IsMember({"calibrate"}));
  add_quantize_options(command, arguments.quantize);
}

tb::Workload load_workload(const WorkloadArguments& arguments) {
  tb::Workload workload = tb::load_workload(request_of(arguments));
  print(workload.remarks);
  return workload;
}

tb::Workload load_network(const WorkloadArguments& arguments) {
  tb::Workload workload = tb::load_network(request_of(arguments));
  print(workload.remarks);
  return workload;
}

QuantizedNetwork load_integers(const WorkloadArguments& arguments) {
  tb::Workload workload = load_network(arguments);
  if (workload.calibration.empty() && !arguments.request.normalization.is_default()) {
    throw InputError("--mean, --std: network " + arguments.request.network +
                     " is quantized already, so nothing is calibrated; accepted with them: a float network");
  }
  return std::move(workload.network);
}

Graph load_graph(const std::string& network) {
  std::vector<std::string> remarks;
  Graph graph = tb::load_graph(network, &remarks);
  print(remarks);
  return graph;
}

}  // namespace systoliq::cli
