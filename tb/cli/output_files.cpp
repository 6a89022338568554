// SPDX-License-Identifier: Apache-2.0
// Tensors to arrays, names to files.
#include "tb/cli/output_files.h"

#include <algorithm>
#include <filesystem>

#include "tb/data/dataset.h"
#include "tb/workload/output_batches.h"
#include "types/util/atomic_file.h"
#include "types/util/index.h"
#include "types/util/interruption.h"
#include "types/util/json_text.h"

namespace systoliq::cli {
namespace {

constexpr const char* kMap = "names.json";

class OutputFolder final {
 public:
  OutputFolder(std::string folder, const QuantizedNetwork& network, const tb::NetworkReport& report)
      : folder_(std::move(folder)),
        network_(network),
        outputs_(report.outputs),
        host_values_(report.host_values),
        names_({".npy", ".int.npy"}, {kMap}) {
    std::filesystem::create_directories(folder_);
    const std::string map = folder_ + "/" + kMap;  // one of an earlier run says what is no longer so
    if (std::filesystem::remove(map)) note_removed(map);
  }

  /// `names`: what the tensor is called, the name of its files first.
  void write(int tensor, const Shape& shape, bool as_integers, const std::vector<std::string>& names,
             const Layout& layout = {}) {
    const std::string stem = names_.claim(names.front());
    const Shape batch = tb::batch_of(shape, outputs_.size());
    if (!as_integers) {
      tb::write_npy(folder_ + "/" + stem + ".npy", tb::real_batch(network_, outputs_, tensor, batch, layout));
    } else {
      write_integers(stem + ".npy", tensor, batch, layout);
    }
    write_integers(stem + ".int.npy", tensor, batch, layout);
    for (const std::string& name : names) {
      if (!map_.contains(name)) map_[name] = {stem + ".npy", stem + ".int.npy"};
    }
  }
  /// A value of the host, in the type that the graph gives it; it has no stored integers.
  void write_host_value(const std::string& name, ElementType type) {
    const std::string file = names_.claim(name) + ".npy";
    const std::string path = folder_ + "/" + file;
    const Shape batch = tb::host_batch_shape(host_values_, name);
    switch (type) {
      case ElementType::kFloat:
        tb::write_npy(path, tb::host_batch(host_values_, name, batch));
        break;
      case ElementType::kInt8:
        tb::write_npy(path, tb::whole_batch<std::int8_t>(host_values_, name, batch));
        break;
      case ElementType::kUint8:
      case ElementType::kBool:
        tb::write_npy(path, tb::whole_batch<std::uint8_t>(host_values_, name, batch));
        break;
      case ElementType::kInt64:
        tb::write_npy(path, tb::whole_batch<std::int64_t>(host_values_, name, batch));
        break;
      default:
        tb::write_npy(path, tb::whole_batch<std::int32_t>(host_values_, name, batch));
    }
    if (!map_.contains(name)) map_[name] = {file};
  }
  void write_map() const { write_file(folder_ + "/" + kMap, json_text(map_)); }

 private:
  void write_integers(const std::string& file, int tensor, const Shape& batch, const Layout& layout) const {
    const std::string path = folder_ + "/" + file;
    const QuantizedTensor& as = nth(network_.tensors, tensor);
    if (as.bits > 8 && as.storage_offset == 0) {
      tb::write_npy(path, tb::stored_batch<std::int16_t>(network_, outputs_, tensor, batch, layout));
    } else if (as.bits > 8) {
      tb::write_npy(path, tb::stored_batch<std::uint16_t>(network_, outputs_, tensor, batch, layout));
    } else if (as.storage_offset != 0) {
      tb::write_npy(path, tb::stored_batch<std::uint8_t>(network_, outputs_, tensor, batch, layout));
    } else {
      tb::write_npy(path, tb::stored_batch<std::int8_t>(network_, outputs_, tensor, batch, layout));
    }
  }

  std::string folder_;
  const QuantizedNetwork& network_;
  const std::vector<std::vector<IntTensor>>& outputs_;
  const tb::HostValues& host_values_;
  FileNames names_;
  nlohmann::ordered_json map_ = nlohmann::ordered_json::object();
};

/// Other names of an output of the graph: its tensor's, and with all layers that of the layer that makes it.
std::vector<std::string> names_of_output(const QuantizedNetwork& network, std::size_t output, bool all_layers) {
  const std::string& tensor = nth(network.tensors, network.outputs[output]).name;
  std::vector<std::string> names = {tb::output_name(network, output), tensor};
  for (const QuantizedLayer& layer : network.layers) {
    if (all_layers && layer.output == network.outputs[output]) names.push_back(layer.name);
  }
  return names;
}

}  // namespace

void write_outputs(const std::string& folder, const tb::Workload& workload, const tb::NetworkReport& report,
                   bool all_layers) {
  const QuantizedNetwork& network = workload.network;
  OutputFolder files(folder, network, report);
  for (std::size_t i = 0; i < network.outputs.size(); ++i) {
    const tb::NetworkOutput& output = workload.outputs.at(i);
    if (network.outputs[i] == kHostValue) {
      files.write_host_value(tb::output_name(network, i), output.type);
      continue;
    }
    files.write(network.outputs[i], output.shape, output.type != ElementType::kFloat,
                names_of_output(network, i, all_layers), output_layout(network, i));
  }
  for (const QuantizedLayer& layer : network.layers) {
    const bool done = std::count(network.outputs.begin(), network.outputs.end(), layer.output) != 0;
    if (!all_layers || done) continue;
    const QuantizedTensor& tensor = nth(network.tensors, layer.output);
    files.write(layer.output, tensor.shape, false, {layer.name, tensor.name});
  }
  files.write_map();
}

}  // namespace systoliq::cli
