// SPDX-License-Identifier: Apache-2.0
// Networks that others published and graphs of one exporter's habit each, read and executed in float, against what ONNX
// Runtime recorded for them. Quantized networks too: their QuantizeLinear and DequantizeLinear are executed as written.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <map>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "tb/data/dataset.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq {
namespace {

namespace fs = std::filesystem;

/// What the folders spell differently from the networks: characters that do not fit file names are '_'.
std::string as_file_name(const std::string& name) {
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 && byte < 0xC0) continue;  // the rest of a character
    text += byte < 0x80 && (std::isalnum(byte) != 0 || c == '.' || c == '-' || c == '_') ? c : '_';
  }
  return text;
}

/// Root of the mean square of the differences, in units of that of the expected values, or of 0.01 where it is less.
double relative_error(const FloatTensor& found, const FloatTensor& expected) {
  double errors = 0.0, squares = 1e-4 * static_cast<double>(expected.data.size());
  for (std::size_t i = 0; i < expected.data.size(); ++i) {
    const double difference = double{found.data[i]} - double{expected.data[i]};
    errors += difference * difference;
    squares += double{expected.data[i]} * double{expected.data[i]};
  }
  return std::sqrt(errors / squares);
}

/// Where integers lie between the operators, a sum that lies on a tie may be rounded either way, and what follows
/// differs by a step.
bool has_integers(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) {
    return node.op.find("Quantize") != std::string::npos || node.op.find("QLinear") != std::string::npos;
  });
}

struct Outcome {
  bool read = false;
  double error = 0.0, tolerance = 0.0;  ///< of the worst output
  std::string text;
};

/// Reads the network with the sizes of its recorded inputs, and runs it.
Outcome try_network(const fs::path& folder) {
  Outcome outcome;
  try {
    sw_ref::ReadOptions options;
    if (folder.filename() == "f_dynamic_hw") options.shapes["x"] = tb::read_npy((folder / "in_x.npy").string()).shape;
    const Graph graph = sw_ref::read_onnx((folder / "net.onnx").string(), options);
    outcome.read = true;
    outcome.tolerance = has_integers(graph) ? 0.02 : 1e-5;
    std::map<std::string, FloatTensor> inputs;
    for (const std::string& name : graph.inputs) {
      const Shape& shape = graph.values.at(name).shape;
      FloatTensor given = tb::read_npy((folder / ("in_" + as_file_name(name) + ".npy")).string());
      given.data.resize(static_cast<std::size_t>(element_count(shape)));  // the first image of a batch
      inputs[name] = FloatTensor(shape, given.data);
    }
    const auto tensors = sw_ref::run_float(graph, inputs);
    for (const std::string& name : graph.outputs) {
      const fs::path file = folder / ("ort_" + as_file_name(name) + ".npy");
      if (!fs::exists(file)) continue;
      FloatTensor expected = tb::read_npy(file.string());
      const FloatTensor& found = tensors.at(name);
      if (found.shape.size() != expected.shape.size()) outcome.text = name + " has shape " + to_string(found.shape);
      expected.data.resize(std::min(expected.data.size(), found.data.size()));
      outcome.error = std::max(outcome.error, relative_error(found, expected));
    }
  } catch (const std::exception& error) {
    outcome.text = error.what();
  }
  return outcome;
}

struct Tally {
  int networks = 0, read = 0, agreeing = 0;
};

Tally run_folder(const std::string& group) {
  Tally tally;
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(fs::path(test::data_folder()) / "networks" / group)) {
    if (fs::exists(entry.path() / "net.onnx")) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  for (const fs::path& folder : folders) {
    const Outcome outcome = try_network(folder);
    ++tally.networks;
    tally.read += outcome.read ? 1 : 0;
    const bool agrees = outcome.read && outcome.text.empty() && outcome.error <= outcome.tolerance;
    tally.agreeing += agrees ? 1 : 0;
    if (agrees) continue;
    std::cout << group << '/' << folder.filename().string() << ": error " << outcome.error << ' '
              << outcome.text.substr(0, 300) << '\n';
  }
  std::cout << group << ": " << tally.read << " of " << tally.networks << " read, " << tally.agreeing
            << " agree with ONNX Runtime\n";
  return tally;
}

bool absent() { return !fs::exists(fs::path(test::data_folder()) / "networks"); }

TEST(RecordedNetworks, PublishedOnesAgreeWithOnnxRuntime) {
  if (absent()) GTEST_SKIP() << "no networks in " << test::data_folder();
  const Tally tally = run_folder("public");
  EXPECT_EQ(tally.networks, 27);
  EXPECT_EQ(tally.read, 27);
  EXPECT_EQ(tally.agreeing, 27);
}

/// Networks of integers that RequantShift requantizes, with the integers that their authors recorded.
TEST(RecordedNetworks, IntegersOfPulpAreMetExactly) {
  if (absent()) GTEST_SKIP() << "no networks in " << test::data_folder();
  for (const char* name : {"CNN_Linear2", "ImageClassification", "miniMobileNetv2"}) {
    const fs::path folder = fs::path(test::data_folder()) / "networks" / "deeploy" / name;
    const Graph graph = sw_ref::read_onnx((folder / "network.onnx").string());
    const auto tensors =
        sw_ref::run_float(graph, {{graph.inputs.at(0), tb::read_npy((folder / "inputs.npz").string())}});
    const FloatTensor expected = tb::read_npy((folder / "outputs.npz").string());
    EXPECT_EQ(tensors.at(graph.outputs.at(0)).data, expected.data) << name;
  }
}

TEST(RecordedNetworks, HabitsOfExportersAgreeWithOnnxRuntime) {
  if (absent()) GTEST_SKIP() << "no networks in " << test::data_folder();
  const Tally tally = run_folder("cases");
  EXPECT_EQ(tally.networks, 135);
  EXPECT_EQ(tally.read, 132);
  EXPECT_EQ(tally.agreeing, 131);
}

}  // namespace
}  // namespace systoliq
