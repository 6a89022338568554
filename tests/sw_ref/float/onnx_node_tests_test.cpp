// SPDX-License-Identifier: Apache-2.0
// Runs the tests that ONNX ships with its library (single operators, and those recorded from PyTorch): every folder
// whose model the importer accepts. What it refuses must be refused for one of the reasons listed here.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <map>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "/usr/share/libonnx-testdata/data";
constexpr const char* kCollections[] = {"node", "simple", "pytorch-converted", "pytorch-operator"};
constexpr int kPassing = 564;

/// Reasons to refuse a model, recognized by what the error says; everything else is a failure.
struct Refusal {
  const char* text;
  const char* reason;
};
constexpr Refusal kRefusals[] = {
    {"the operator is not supported", "operator outside the supported list"},
    {"two-dimensional windows", "three-dimensional windows"},
    {"ceil_mode 1 adds a partial window", "ceil_mode with a partial window"},
    {"has the further output", "a second output (mask, indices, statistics)"},
    {"training_mode is", "training"},
    {"which no FLOAT holds", "doubles that no float holds"},
    {"computes with ", "arithmetic on integers at run time"},
    {"mode is 'cubic'", "cubic Resize"},
    {"coordinate_transformation_mode is", "coordinates of Resize that no exporter writes"},
    {"element type", "element types or sequences that no operator here takes"},
    {"this operator is supported of constants only", "operators for shape computation, on run-time data"},
    {"is computed at run time; accepted: a constant", "operators for shape computation, on run-time data"},
    {"is not one constant number", "operators for shape computation, on run-time data"},
    {"has size 0", "empty tensors"},
    {"yields the empty shape", "empty tensors"},
    {"imports opset", "opset outside 7 to 24"},
    {"attribute 'is_test' is not known", "opset 6 attributes in opset 7"},
    {"attribute 'broadcast' is not known", "opset 6 attributes in opset 7"},
    {"do not broadcast", "opset 6 broadcasting in opset 7"},
    // Files of sequences and optionals, read as the tensors that they are not.
    {"tensor shape has more than 2^40 elements", "element types or sequences that no operator here takes"},
    {"is stored in segments", "element types or sequences that no operator here takes"},
};

struct TestCase {
  std::string name, model;
  std::vector<std::string> input_bytes;
  std::vector<Value> inputs, outputs;
};

/// Tests whose data are not what they claim: BFLOAT16 stored as UINT16, and a Resize whose expected values take the
/// output's length as a fraction, which ONNX Runtime does not.
bool has_wrong_data(const std::string& name) {
  return name.find("BFLOAT16") != std::string::npos || name == "test_resize_downsample_scales_linear_align_corners";
}

/// Some tests import the opset in which their operator was last changed; operators unchanged up to opset 7 mean the
/// same there, so that their models can be tested in the oldest opset that the importer takes.
std::string with_accepted_opset(std::string model) {
  for (const std::string& domain : {test::bytes(1, ""), std::string()}) {
    for (const int old : {1, 6}) {
      const std::string import = test::bytes(8, domain + test::integer(2, old));
      if (model.size() < import.size()) continue;
      const std::size_t at = model.size() - import.size();
      if (model.compare(at, import.size(), import) == 0) {
        model.replace(at, import.size(), test::bytes(8, domain + test::integer(2, 7)));
      }
    }
  }
  return model;
}

TestCase read_case(const fs::path& folder) {
  TestCase result;
  result.name = folder.filename().string();
  result.model = with_accepted_opset(test::read_file((folder / "model.onnx").string()));
  const fs::path set = folder / "test_data_set_0";
  for (int i = 0; fs::exists(set / ("input_" + std::to_string(i) + ".pb")); ++i) {
    const std::string path = (set / ("input_" + std::to_string(i) + ".pb")).string();
    result.input_bytes.push_back(test::read_file(path));
    result.inputs.push_back(sw_ref::read_tensor_proto(path));
  }
  for (int i = 0; fs::exists(set / ("output_" + std::to_string(i) + ".pb")); ++i) {
    result.outputs.push_back(sw_ref::read_tensor_proto((set / ("output_" + std::to_string(i) + ".pb")).string()));
  }
  return result;
}

/// The model with every input but the first as an initializer: a second graph message merges into the first.
std::string with_constants(const TestCase& test_case) {
  std::string graph;
  for (std::size_t i = 1; i < test_case.input_bytes.size(); ++i) graph += test::bytes(5, test_case.input_bytes[i]);
  return test_case.model + test::bytes(7, graph);
}

FloatTensor as_float(const Value& value) {
  if (value.type == ElementType::kFloat) return value.floats;
  return {value.shape, {value.integers.data.begin(), value.integers.data.end()}};
}

/// ONNX's own tolerance for floats; integers exactly.
void expect_equal(const FloatTensor& found, const Value& expected, const std::string& what) {
  const FloatTensor reference = as_float(expected);
  ASSERT_EQ(to_string(found.shape), to_string(reference.shape)) << what;
  const bool exact = expected.type != ElementType::kFloat;
  for (std::size_t i = 0; i < reference.data.size(); ++i) {
    if (std::isnan(found.data[i]) && std::isnan(reference.data[i])) continue;
    const float tolerance = exact ? 0.0F : 1e-7F + 1e-3F * std::fabs(reference.data[i]);
    ASSERT_LE(std::fabs(found.data[i] - reference.data[i]), tolerance)
        << what << ", element " << i << ": " << found.data[i] << " instead of " << reference.data[i];
  }
}

/// Throws InputError where the model is refused.
void run_case(const TestCase& test_case, const std::string& model) {
  const Graph graph = sw_ref::parse_onnx(model, test_case.name);
  const sw_ref::FloatExecutor executor(graph);
  std::map<std::string, FloatTensor> inputs;
  for (std::size_t i = 0; i < test_case.inputs.size(); ++i) {
    const Value& value = test_case.inputs[i];
    const std::string name = value.name.empty() && i < graph.inputs.size() ? graph.inputs[i] : value.name;
    const bool asked = std::find(graph.inputs.begin(), graph.inputs.end(), name) != graph.inputs.end();
    if (asked) inputs[name] = as_float(value);
  }
  const auto tensors = executor.run(inputs);
  ASSERT_EQ(graph.outputs.size(), test_case.outputs.size()) << test_case.name;
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    expect_equal(tensors.at(graph.outputs[i]), test_case.outputs[i], test_case.name + ", " + graph.outputs[i]);
  }
}

/// Runs the model as it is and with constants; one of them must be accepted, and each accepted one must be right.
/// Returns the error where none is.
std::string try_case(const fs::path& folder) {
  std::string error;
  int accepted = 0;
  try {
    sw_ref::parse_onnx(with_accepted_opset(test::read_file((folder / "model.onnx").string())), "model");
  } catch (const InputError& refused) {
    error = refused.what();
    if (error.find("the operator is not supported") != std::string::npos) return error;  // no need to read its data
  }
  try {
    const TestCase test_case = read_case(folder);
    if (error.empty()) {
      run_case(test_case, test_case.model);
      ++accepted;
    }
    if (test_case.inputs.size() > 1 && !test_case.inputs[1].name.empty()) {
      run_case(test_case, with_constants(test_case));
      ++accepted;
    }
  } catch (const InputError& refused) {
    error = refused.what();
  }
  return accepted > 0 ? "" : error;
}

std::string reason_of(const std::string& error) {
  for (const Refusal& refusal : kRefusals) {
    if (error.find(refusal.text) != std::string::npos) return refusal.reason;
  }
  return "";
}

TEST(OnnxNodeTests, AcceptedModelsYieldTheExpectedOutputs) {
  if (!fs::exists(kFolder)) GTEST_SKIP() << "ONNX's test data are not installed in " << kFolder;
  std::vector<fs::path> folders;
  for (const char* collection : kCollections) {
    for (const auto& entry : fs::directory_iterator(fs::path(kFolder) / collection)) {
      if (fs::exists(entry.path() / "model.onnx")) folders.push_back(entry.path());
    }
  }
  std::sort(folders.begin(), folders.end());
  int passed = 0;
  std::map<std::string, std::vector<std::string>> skipped;
  for (const fs::path& folder : folders) {
    const std::string name = folder.filename().string();
    if (has_wrong_data(name)) continue;
    const std::string error = try_case(folder);
    if (error.empty()) {
      ++passed;
      continue;
    }
    const std::string reason = reason_of(error);
    EXPECT_NE(reason, "") << name << " is refused for a reason that is not listed: " << error;
    skipped[reason].push_back(name);
  }
  std::cout << passed << " of " << folders.size() << " of ONNX's tests pass\n";
  for (const auto& [reason, names] : skipped) {
    std::cout << names.size() << " skipped, " << reason << ":";
    for (const std::string& name : names) std::cout << ' ' << name.substr(5);
    std::cout << '\n';
  }
  EXPECT_GE(passed, kPassing);
}

}  // namespace
}  // namespace systoliq
