// SPDX-License-Identifier: Apache-2.0
// Files, their index, and the parameters that the test benches include.
#include "rtl_cosim/vectors/vectors.h"

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "model/config/rtl_parameters.h"
#include "rtl_cosim/vectors/accelerator_vectors.h"
#include "rtl_cosim/vectors/core_vectors.h"
#include "rtl_cosim/vectors/hex_text.h"
#include "rtl_cosim/vectors/unit_vectors.h"
#include "types/util/atomic_file.h"
#include "types/util/json_text.h"

namespace systoliq::rtl {
namespace {

using nlohmann::ordered_json;

constexpr const char* kBenches[] = {"requantize_bench.sv", "core_bench.sv", "accelerator_bench.sv", "simulate.sh"};

constexpr const char* kCaseFiles[] = {"command.hex", "activations.hex",  "weights.hex",
                                      "params.hex",  "accumulators.hex", "expected.hex"};

std::string numbered(const char* format, std::size_t number) {
  char text[40];
  std::snprintf(text, sizeof text, format, static_cast<unsigned>(number));
  return text;
}

class VectorWriter final {
 public:
  VectorWriter(std::string folder, const VectorSource& source, const VectorOptions& options)
      : folder_(std::move(folder)), source_(source), options_(options) {}

  VectorCounts write() {
    make_folder(folder_);
    std::error_code ignored;
    std::filesystem::remove(folder_ + "/index.json", ignored);  // an index stands for a whole folder
    index_["schema_version"] = 1;
    index_["network"] = source_.network.name;
    index_["preset"] = std::string(to_string(source_.network.preset));
    index_["seed"] = options_.seed;
    index_["machine"] = machine();
    write_unit();
    write_core();
    write_accelerator();
    remove_left_over();
    for (const char* bench : kBenches) put(bench, read_whole(options_.bench_folder + "/" + bench));
    put("parameters.svh", parameters());
    put("index.json", json_text(index_));
    return counts_;
  }

 private:
  void put(const std::string& name, const std::string& contents) { write_file(folder_ + "/" + name, contents); }

  /// Files of an earlier run of more cases or tensors into the same folder; what else is there stays.
  void remove_left_over() const {
    std::error_code ignored;
    for (std::size_t i = static_cast<std::size_t>(counts_.executes);; ++i) {
      const std::string folder = folder_ + "/" + numbered("core/case%04u", i);
      if (!std::filesystem::exists(folder, ignored)) break;
      for (const char* file : kCaseFiles) std::filesystem::remove(folder + "/" + file, ignored);
      std::filesystem::remove(folder, ignored);  // unless somebody has put more into it
    }
    for (std::size_t i = 0; i < source_.network.tensors.size() || exists_tensor(i); ++i) {
      const std::string name = numbered("accelerator/tensor%04u.hex", i);
      if (tensor_files_.count(name) == 0) std::filesystem::remove(folder_ + "/" + name, ignored);
    }
  }
  bool exists_tensor(std::size_t i) const {
    std::error_code ignored;
    return std::filesystem::exists(folder_ + "/" + numbered("accelerator/tensor%04u.hex", i), ignored);
  }

  const std::string& layer_name(int layer) const {
    return source_.program.layer_names.at(static_cast<std::size_t>(layer));
  }

  ordered_json machine() const {
    ordered_json json;
    for (const model::RtlParameter& parameter : model::rtl_parameters(source_.config)) {
      json[parameter.name] = parameter.value;
    }
    json["LatencyCycles"] = source_.config.memory.latency_cycles;
    return json;
  }

  /// One `localparam` a line, the machine's under the names of the RTL's parameters.
  std::string parameters() const {
    std::string text = "// Parameters of these vectors, for the test benches.\n";
    for (const auto& [name, value] : index_["machine"].items()) line(name, value.get<std::int64_t>(), &text);
    line("UnitVectors", counts_.requantizations, &text);
    line("CoreCases", counts_.executes, &text);
    line("RunCommands", counts_.commands, &text);
    line("RunCycles", counts_.cycles, &text);
    line("RunCommandAddress", source_.program.command_address, &text);
    line("RunMemoryBytes", static_cast<std::int64_t>(source_.memory.size()), &text);
    line("RunLayerWords", layer_words_, &text);
    return text;
  }
  static void line(const std::string& name, std::int64_t value, std::string* text) {
    *text += "localparam integer " + name + " = " + std::to_string(value) + ";\n";
  }

  void write_unit() {
    const UnitVectors unit = make_unit_vectors(source_, options_);
    counts_.requantizations = static_cast<std::int64_t>(unit.vectors.size());
    make_folder(folder_ + "/unit");
    put("unit/requantize.hex", to_hex(unit.vectors));
    ordered_json& json = index_["unit"];
    json["requantize"] = "unit/requantize.hex";
    json["vectors"] = counts_.requantizations;
    json["ranges"] = ordered_json::array();
    for (const UnitRange& range : unit.ranges) {
      ordered_json each;
      each["layer"] = layer_name(range.layer);
      each["kind"] = range.corners ? "corners" : "sample";
      each["first"] = range.first;
      each["count"] = range.count;
      json["ranges"].push_back(each);
    }
  }

  void write_core() {
    const std::vector<CoreCase> cases = make_core_cases(source_, options_);
    counts_.executes = static_cast<std::int64_t>(cases.size());
    make_folder(folder_ + "/core");
    std::string list;
    ordered_json& json = index_["core"];
    json["cases"] = "core/cases.hex";
    json["list"] = ordered_json::array();
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const CoreCase& each = cases[i];
      list += HexWord().add(each.pixels, 32).add(each.accumulator_address, 32).add(each.cycles, 64).text() + "\n";
      json["list"].push_back(write_case(numbered("core/case%04u", i), each));
    }
    put("core/cases.hex", list);
  }

  ordered_json write_case(const std::string& name, const CoreCase& each) {
    make_folder(folder_ + "/" + name);
    put(name + "/command.hex", each.command_words);
    put(name + "/activations.hex", each.activations);
    put(name + "/weights.hex", each.weights);
    put(name + "/params.hex", each.params);
    put(name + "/accumulators.hex", each.accumulators);
    put(name + "/expected.hex", each.expected);
    ordered_json json;
    json["folder"] = name;
    json["command"] = each.command;
    json["layer"] = layer_name(each.layer);
    json["cycles"] = each.cycles;
    json["accumulator_address"] = each.accumulator_address;
    json["pixels"] = each.pixels;
    return json;
  }

  void write_accelerator() {
    const AcceleratorVectors run = make_accelerator_vectors(source_);
    counts_.commands = static_cast<std::int64_t>(source_.program.commands.size());
    counts_.cycles = run.cycles;
    layer_words_ = run.layer_word_count;
    make_folder(folder_ + "/accelerator");
    put("accelerator/memory.hex", run.memory);
    put("accelerator/expected_memory.hex", run.expected_memory);
    put("accelerator/commands.hex", run.commands);
    put("accelerator/commands.txt", run.listing);
    put("accelerator/layer_words.hex", run.layer_words);
    ordered_json& json = index_["accelerator"];
    json["memory"] = "accelerator/memory.hex";
    json["expected_memory"] = "accelerator/expected_memory.hex";
    json["memory_bytes"] = source_.memory.size();
    json["command_address"] = source_.program.command_address;
    json["command_count"] = counts_.commands;
    json["cycles"] = run.cycles;
    json["commands"] = "accelerator/commands.hex";
    json["listing"] = "accelerator/commands.txt";
    json["layer_words"] = "accelerator/layer_words.hex";
    write_tensors(run.tensors, &json);
  }

  void write_tensors(const std::vector<GoldenTensor>& tensors, ordered_json* json) {
    ordered_json& list = (*json)["tensors"] = ordered_json::array();
    for (const GoldenTensor& golden : tensors) {
      const std::string name = numbered("accelerator/tensor%04u.hex", static_cast<std::size_t>(golden.tensor));
      put(name, golden.integers);
      tensor_files_.insert(name);
      const QuantizedTensor& tensor = source_.network.tensors.at(static_cast<std::size_t>(golden.tensor));
      ordered_json each;
      each["name"] = tensor.name;
      each["file"] = name;
      each["shape"] = tensor.shape;
      each["scale"] = tensor.scale;
      each["zero_point"] = tensor.zero_point;
      for (const model::TensorPlacement& placement : source_.program.placements) {
        if (placement.tensor != golden.tensor) continue;
        each["address"] = placement.address;
        each["blocks"] = placement.blocks;
        each["lanes"] = placement.lanes;
        each["word_bytes"] = placement.word_bytes;
        each["bits"] = placement.bits;
      }
      list.push_back(each);
    }
  }

  std::string folder_;
  const VectorSource& source_;
  const VectorOptions& options_;
  VectorCounts counts_;
  std::int64_t layer_words_ = 0;
  std::set<std::string> tensor_files_;
  ordered_json index_;
};

}  // namespace

VectorCounts write_vectors(const std::string& folder, const VectorSource& source, const VectorOptions& options) {
  return VectorWriter(folder, source, options).write();
}

}  // namespace systoliq::rtl
