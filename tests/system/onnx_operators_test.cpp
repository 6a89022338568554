// SPDX-License-Identifier: Apache-2.0
// The operator tests that ONNX ships with its library, on the machine: quantized with their own input as calibration,
// bit for bit as the integer reference, and close to the expected float.
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/quantizer/fusion/function_value.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/options.h"
#include "tb/compare/error_statistics.h"
#include "tb/data/dataset.h"
#include "tests/sw_ref/frontend/import_test_support.h"
#include "tests/system/machine_runs.h"
#include "types/util/index.h"

namespace systoliq::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "/usr/share/libonnx-testdata/data";
constexpr const char* kCollections[] = {"node", "simple", "pytorch-converted", "pytorch-operator"};
constexpr int kPassing = 270;
constexpr double kLeastSqnr = 30.0;  ///< dB; int8 rounding alone leaves about 40

/// How a test is presented to a machine that takes one image of channels or features at a time.
enum class Form {
  kAsItIs,            ///< all inputs but the first as constants
  kOneImage,          ///< the first of its images; constants of that batch likewise
  kFourDimensions,    ///< an elementwise operator's tensors with dimensions of 1 in front
  kAfterConvolution,  ///< one image, a batch normalization that follows a convolution by 1
};

struct OperatorCase {
  std::string model;
  FloatTensor input, output;
};

onnx::ModelProto read_model(const fs::path& folder) {
  onnx::ModelProto model;
  if (!model.ParseFromString(read_file((folder / "model.onnx").string()))) throw InputError("model: cannot be read");
  // Tests that import the opset in which their operator was last changed mean the same in the oldest accepted one.
  for (onnx::OperatorSetIdProto& opset : *model.mutable_opset_import()) {
    if (opset.domain().empty() && opset.version() < 7) opset.set_version(7);
  }
  if (model.graph().input_size() == 0 || model.graph().output_size() == 0) throw InputError("model: no input");
  return model;
}

/// Not where a test's inputs lie on a jump, over which the rounding of the input may take them.
bool is_elementwise(const onnx::ModelProto& model) {
  const std::string op = model.graph().node_size() == 1 ? model.graph().node(0).op_type() : "";
  return sw_ref::is_function_operator(op) && op != "Round" && op != "ThresholdedRelu";
}

FloatTensor in_form(FloatTensor tensor, Form form) {
  if (form == Form::kFourDimensions) {
    while (tensor.shape.size() < 4) tensor.shape.insert(tensor.shape.begin(), 1);
  }
  const bool cut = form == Form::kOneImage || form == Form::kAfterConvolution;
  if (cut && tensor.shape.size() >= 2 && tensor.shape[0] > 1) {
    tensor.data.resize(tensor.data.size() / static_cast<std::size_t>(tensor.shape[0]));
    tensor.shape[0] = 1;
  }
  return tensor;
}

void declare(const FloatTensor& tensor, onnx::ValueInfoProto* value) {
  onnx::TensorShapeProto& shape = *value->mutable_type()->mutable_tensor_type()->mutable_shape();
  shape.Clear();
  for (const std::int64_t dimension : tensor.shape) shape.add_dim()->set_dim_value(dimension);
}

FloatTensor read_floats(const fs::path& path) {
  const Value value = sw_ref::read_tensor_proto(path.string());
  if (value.type != ElementType::kFloat) throw InputError("model: input or output is not float");
  return value.floats;
}

/// The constant of input `index`; of the same batch as the input it is cut to one image as well.
void add_constant(const fs::path& path, int index, Form form, std::int64_t batch, onnx::GraphProto* graph) {
  onnx::TensorProto& constant = *graph->add_initializer();
  if (!constant.ParseFromString(read_file(path.string()))) throw InputError("model: a constant cannot be read");
  if (constant.name().empty() && index < graph->input_size()) constant.set_name(graph->input(index).name());
  const bool reshaped = form == Form::kFourDimensions && constant.dims_size() > 0;
  if (constant.data_type() != onnx::TensorProto::FLOAT) return;
  if (!reshaped && !(form == Form::kOneImage && constant.dims_size() >= 2 && constant.dims(0) == batch)) return;
  const FloatTensor values = in_form(read_floats(path), form);
  constant.clear_dims();
  for (const std::int64_t dimension : values.shape) constant.add_dims(dimension);
  constant.clear_float_data();
  constant.set_raw_data(values.data.data(), values.data.size() * sizeof(float));
  if (index < graph->input_size()) declare(values, graph->mutable_input(index));
}

/// Puts a depthwise 1 × 1 convolution with weights of 1 in front of the first node.
void insert_convolution(std::int64_t channels, onnx::GraphProto* graph) {
  onnx::TensorProto& weights = *graph->add_initializer();
  weights.set_name("one");
  weights.set_data_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t dimension : {channels, std::int64_t{1}, std::int64_t{1}, std::int64_t{1}})
    weights.add_dims(dimension);
  for (std::int64_t i = 0; i < channels; ++i) weights.add_float_data(1.0F);
  onnx::NodeProto convolution;
  convolution.set_op_type("Conv");
  convolution.add_input(graph->input(0).name());
  convolution.add_input("one");
  convolution.add_output("convolved");
  onnx::AttributeProto& group = *convolution.add_attribute();
  group.set_name("group");
  group.set_type(onnx::AttributeProto::INT);
  group.set_i(channels);
  graph->mutable_node(0)->set_input(0, "convolved");
  *graph->add_node() = *graph->mutable_node(0);
  *graph->mutable_node(0) = convolution;
}

/// Throws InputError where that form makes no sense.
OperatorCase read_case(const fs::path& folder, Form form) {
  onnx::ModelProto model = read_model(folder);
  const fs::path set = folder / "test_data_set_0";
  const auto file = [&](const char* kind, int i) { return set / (kind + std::to_string(i) + ".pb"); };
  OperatorCase made;
  const FloatTensor input = read_floats(file("input_", 0));
  const FloatTensor output = read_floats(file("output_", 0));
  const std::int64_t batch = input.shape.empty() ? 1 : input.shape[0];
  if (form == Form::kOneImage && (batch < 2 || output.shape.empty() || output.shape[0] != batch)) {
    throw InputError("model: one image already");
  }
  if (form == Form::kFourDimensions && !is_elementwise(model)) throw InputError("model: not elementwise");
  made.input = in_form(input, form);
  made.output = in_form(output, form);
  onnx::GraphProto& graph = *model.mutable_graph();
  for (int i = 1; fs::exists(file("input_", i)); ++i) add_constant(file("input_", i), i, form, batch, &graph);
  if (form == Form::kAfterConvolution) {
    const bool alone = graph.node_size() == 1 && graph.node(0).op_type() == "BatchNormalization";
    if (!alone || input.shape.size() != 4) throw InputError("model: not a batch normalization");
    insert_convolution(input.shape[1], &graph);
  }
  if (form != Form::kAsItIs) {
    declare(made.input, graph.mutable_input(0));
    declare(made.output, graph.mutable_output(0));
  }
  made.model = model.SerializeAsString();
  return made;
}

/// Runs the case on the machine; returns the SQNR in dB. Throws InputError where it is refused. `cut`: it is one image
/// of a batch, which operators of the host may mix.
double run_operator(const OperatorCase& made, Preset preset, bool cut) {
  const Graph graph = sw_ref::parse_onnx(made.model, "model");
  sw_ref::QuantizeOptions options;
  options.preset = preset;
  FloatTensor image = made.input;
  const Shape& shape = graph.values.at(graph.inputs.at(0)).shape;
  check(element_count(shape) == static_cast<std::int64_t>(image.data.size()), "input of another shape than declared");
  image.shape = shape;
  const QuantizedNetwork network = sw_ref::quantize(graph, {image}, options);
  if (cut && !network.host_parts.empty()) throw InputError("model: the host may mix images of the batch that was cut");
  const tb::CompiledNetwork compiled(network, {});
  for (const float value : made.output.data) {
    if (std::isnan(value)) throw InputError("model: expects values that are no numbers");
  }
  const sw_ref::NetworkValues found = compiled.run_image(image, model::Level::kTransaction, true).values;
  const sw_ref::NetworkValues exact =
      sw_ref::reference_values(network, compiled.host_parts(), image, compiled.order(), compiled.packing());
  for (const QuantizedLayer& layer : network.layers) {
    EXPECT_EQ(count_differences(nth(exact.tensors, layer.output), nth(found.tensors, layer.output)), 0);
  }
  const FloatTensor real = sw_ref::real_output(network, found, 0);
  const FloatTensor& expected = made.output;
  tb::ErrorStatistics statistics;
  EXPECT_EQ(real.data.size(), expected.data.size());
  if (real.data.size() == expected.data.size()) statistics.add(real, expected);
  return statistics.sqnr_db();
}

/// Reasons to refuse a test, recognized by what the error says; any other is a failure.
struct Refusal {
  const char* text;
  const char* reason;
};
constexpr Refusal kRefusals[] = {
    {"operator is not supported", "operator outside the supported list"},
    {"input or output is not float", "integers in and out: nothing to quantize"},
    {"element type", "element types or sequences that no operator here takes"},
    {"is stored in segments", "element types or sequences that no operator here takes"},
    {"tensor shape has more than 2^40 elements", "element types or sequences that no operator here takes"},
    {"one image at a time", "other tensors than an image or a row of features"},
    {"two-dimensional windows", "three-dimensional windows"},
    {"its smallest tile needs", "a window beyond the default machine's buffer"},
    {"that are not its height or width", "reductions of other axes than height and width"},
    {"'linear'; accepted: nearest", "linear Resize"},
    {"joins along axis 0", "other tensors than an image or a row of features"},
    {"accepted: a constant matrix", "matrices on both sides"},
    {"something other than the only use of a Conv", "constants added to no layer's output"},
    {"ceil_mode 1 adds a partial window", "ceil_mode with a partial window"},
    {"values that are no numbers", "roots of negative numbers"},
    {"adds the constant", "a constant added to something else than a product"},
    {"holds no layer", "layout alone, or a Softmax for the host"},
    {"has the further output", "a second output (mask, indices, statistics)"},
    {"training_mode is", "training"},
    {"transA is set", "Gemm with transposed A"},
    {"which no FLOAT holds", "doubles that no float holds"},
    {"computes with ", "arithmetic on integers at run time"},
    {"mode is 'cubic'", "cubic Resize"},
    {"coordinate_transformation_mode is", "coordinates of Resize that no exporter writes"},
    {"is computed at run time; accepted: a constant", "operators for shape computation, on run-time data"},
    {"is not one constant number", "operators for shape computation, on run-time data"},
    {"yields the empty shape", "empty tensors"},
    {"do not broadcast", "opset 6 broadcasting in opset 7"},
    {"this operator is supported of constants only", "operators for shape computation, on run-time data"},
    {"no input", "constants alone"},
    {"is not computed by any layer", "constants alone"},
    {"has size 0", "empty tensors"},
    {"imports opset", "opset outside 7 to 24"},
    {"; accepted: constant", "Pad modes other than constant"},
    {"; accepted: 0", "Pad with another value than 0"},
    {"combines two tensors or constants of several values", "maximum, minimum and power of several values"},
    {"attribute 'is_test' is not known", "opset 6 attributes in opset 7"},
    {"attribute 'broadcast' is not known", "opset 6 attributes in opset 7"},
};

std::string reason_of(const std::string& error) {
  for (const Refusal& refusal : kRefusals) {
    if (error.find(refusal.text) != std::string::npos) return refusal.reason;
  }
  return "";
}

/// Functions that jump where their tests have inputs, so that rounding of the input decides which value follows.
bool jumps_at_inputs(const std::string& name) { return name == "test_round" || name == "test_thresholdedrelu_example"; }

/// Runs the first form that is accepted, with two presets; returns the refusal of the test as it is where none is.
std::string try_operator(const fs::path& folder) {
  std::string error;
  for (const Form form : {Form::kAsItIs, Form::kOneImage, Form::kFourDimensions, Form::kAfterConvolution}) {
    try {
      const OperatorCase made = read_case(folder, form);
      for (const Preset preset : {Preset::kTfliteRef, Preset::kOrtMlas}) {
        const double sqnr = run_operator(made, preset, form == Form::kOneImage);
        if (jumps_at_inputs(folder.filename().string())) continue;
        EXPECT_GE(sqnr, kLeastSqnr) << "dB, preset " << to_string(preset);
      }
      return "";
    } catch (const InputError& refused) {
      if (error.empty()) error = refused.what();
    }
  }
  return error;
}

TEST(OnnxOperators, RunOnTheMachine) {
  if (!fs::exists(kFolder)) GTEST_SKIP() << "ONNX's test data are not installed in " << kFolder;
  std::vector<fs::path> folders;
  for (const char* collection : kCollections) {
    for (const auto& entry : fs::directory_iterator(fs::path(kFolder) / collection)) {
      if (fs::exists(entry.path() / "test_data_set_0" / "output_0.pb")) folders.push_back(entry.path());
    }
  }
  std::sort(folders.begin(), folders.end());
  std::vector<std::string> passed;
  std::map<std::string, std::vector<std::string>> skipped;
  for (const fs::path& folder : folders) {
    const std::string name = folder.filename().string();
    // Its expected values take the output's length as a fraction, which ONNX Runtime does not.
    if (name == "test_resize_downsample_scales_linear_align_corners") continue;
    SCOPED_TRACE(name);
    const std::string error = try_operator(folder);
    if (error.empty()) {
      passed.push_back(name);
      continue;
    }
    const std::string reason = reason_of(error);
    EXPECT_NE(reason, "") << "refused for a reason that is not listed: " << error;
    skipped[reason].push_back(name);
  }
  std::cout << passed.size() << " of " << folders.size() << " of ONNX's tests run on the machine\n";
  for (const auto& [reason, names] : skipped) {
    std::cout << names.size() << " skipped, " << reason << ":";
    for (const std::string& name : names) std::cout << ' ' << name.substr(5);
    std::cout << '\n';
  }
  std::cout << "run:";
  for (const std::string& name : passed) std::cout << ' ' << name.substr(5);
  std::cout << '\n';
  EXPECT_GE(passed.size(), kPassing);
}

}  // namespace
}  // namespace systoliq::test
