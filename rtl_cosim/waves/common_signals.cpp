// SPDX-License-Identifier: Apache-2.0
// Renaming, matching, and which signal says when another one counts.
#include "rtl_cosim/waves/common_signals.h"

#include <algorithm>
#include <cctype>
#include <map>

namespace systoliq::rtl {
namespace {

using traces::VcdReader;

bool starts_with(const std::string& text, const std::string& start) { return text.rfind(start, 0) == 0; }

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// "3" of "gen_row[3]".
std::string index_of(const std::string& block) {
  const std::size_t open = block.find('[');
  return open == std::string::npos ? "" : block.substr(open + 1, block.size() - open - 2);
}

std::string join(const std::vector<std::string>& blocks, const std::string& name) {
  std::string path;
  for (const std::string& block : blocks) path += block + ".";
  return path + name;
}

/// Splits "write_data_q_12" into "write_data_q" and 12; false if it does not end in a number.
bool split_lane(const std::string& path, std::string* base, int* lane) {
  const std::size_t at = path.rfind('_');
  if (at == std::string::npos || at + 1 == path.size()) return false;
  const std::string digits = path.substr(at + 1);
  if (!std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) return false;
  *base = path.substr(0, at);
  *lane = std::stoi(digits);
  return true;
}

/// The name of the signal that says when `path` counts, or "".
std::string strobe_of(const std::string& path) {
  const auto with = [&](std::size_t cut, const char* end) { return path.substr(0, path.size() - cut) + end; };
  if (ends_with(path, ".granted_i")) return with(9, "command_valid_i");
  if (ends_with(path, ".u_feeder.iy") || ends_with(path, ".u_feeder.ix")) return with(2, "issue_o");
  if (ends_with(path, "_address_o")) return with(10, "_o");
  if (ends_with(path, ".axi_araddr_o")) return with(6, "valid_o");
  if (ends_with(path, ".axi_awaddr_o")) return with(6, "valid_o");
  if (ends_with(path, ".axi_rlast_i")) return with(6, "valid_i");
  if (ends_with(path, ".axi_wlast_o")) return with(6, "valid_o");
  std::string base;
  int lane = 0;
  if (!split_lane(path, &base, &lane)) return "";
  if (ends_with(base, ".axi_wdata_o")) return base.substr(0, base.size() - 6) + "valid_o";
  if (ends_with(base, ".axi_rdata_i")) return base.substr(0, base.size() - 6) + "valid_i";
  if (ends_with(base, ".u_accumulators.write_data_q")) {
    return base.substr(0, base.size() - 12) + "accumulator_write_o";
  }
  if (ends_with(base, "_write_data_o")) return base.substr(0, base.size() - 7) + "_o";
  return "";
}

/// The partial sums of a column fit the accumulator, so that the model need not clear what enters between words.
bool sums_fit(const model::AcceleratorConfig& config) {
  const int product_bits = config.datatypes.activation_bits + config.operand_bits(true) - 2;
  const int sum_bits = std::min(config.datatypes.accumulator_bits, 32) - 1;
  return std::int64_t{config.array.rows} << product_bits < std::int64_t{1} << sum_bits;
}

/// The POST engine alone is offered noise while it is busy, where the model's queue is empty.
bool is_noise(const CommonSignal& signal, const std::vector<VcdReader::Wire>& wires) {
  if (signal.name != "command_valid_i") return false;
  const std::vector<std::string>& scope = wires[signal.wire].scope;
  return std::find(scope.begin(), scope.end(), "systoliq_post") != scope.end();
}

bool is_compared(const CommonSignal& signal, const model::AcceleratorConfig& config) {
  if (!starts_with(signal.blocks.back(), "pe_")) return true;
  const std::string& name = signal.name;
  if (config.array.dataflow == Dataflow::kOutputStationary) {
    return signal.blocks.back() == "pe_0_0" && name != "operand_q" && name != "start_q";
  }
  return sums_fit(config) || name == "weight_q" || name == "shadow_q";
}

}  // namespace

std::string CommonSignal::path() const { return join(blocks, name); }

std::string model_path(const VcdReader::Wire& wire) {
  std::vector<std::string> blocks;
  std::string column, row, suffix;
  const bool output_stationary =
      std::find(wire.scope.begin(), wire.scope.end(), "gen_output_stationary") != wire.scope.end();
  for (std::size_t i = 0; i < wire.scope.size(); ++i) {
    const std::string& block = wire.scope[i];
    if (block == "TOP" || block == "systoliq_cosim_top") continue;
    if (block == "u_accelerator") {
      blocks.push_back("systoliq_accelerator");
    } else if (block == "systoliq_execute") {
      blocks.insert(blocks.end(), {"systoliq_accelerator", "u_execute"});
    } else if (block == "systoliq_post") {
      blocks.insert(blocks.end(), {"systoliq_accelerator", "u_post"});
    } else if (starts_with(block, "gen_column[")) {
      column = index_of(block);
    } else if (starts_with(block, "gen_row[")) {
      row = index_of(block);
    } else if (starts_with(block, "gen_semaphore[")) {
      suffix = "_" + index_of(block);
    } else if (block == "u_pe") {
      blocks.push_back("pe_" + row + "_" + column);
    } else if (!starts_with(block, "gen_")) {
      blocks.push_back(block);
    }
  }
  if (blocks.empty()) return "";
  std::string name = wire.name;
  if (const std::size_t open = name.find('['); open != std::string::npos) {
    name = name.substr(0, open) + "_" + index_of(name);
  }
  if (output_stationary && blocks.back() == "u_dataflow" && starts_with(name, "accumulator_write_")) {
    blocks.emplace_back("u_accumulators");
    if (name == "accumulator_write_data_o") name = "write_data_q";
  }
  return join(blocks, name + suffix);
}

std::vector<CommonSignal> common_signals(const std::vector<ModelVariable>& variables,
                                         const std::vector<VcdReader::Wire>& wires,
                                         const model::AcceleratorConfig& config) {
  std::map<std::string, std::size_t> by_path;
  for (std::size_t i = 0; i < wires.size(); ++i) {
    const std::string path = model_path(wires[i]);
    if (!path.empty()) by_path.emplace(path, i);
  }
  std::map<std::string, int> lanes;  // of each base
  std::string base;
  int lane = 0;
  for (const ModelVariable& each : variables) {
    if (split_lane(join(each.blocks, each.variable.name), &base, &lane)) ++lanes[base];
  }
  std::vector<CommonSignal> signals;
  std::map<std::string, int> places;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const ModelVariable& each = variables[i];
    const std::string path = join(each.blocks, each.variable.name);
    CommonSignal signal;
    signal.blocks = each.blocks;
    signal.name = each.variable.name;
    signal.bits = each.variable.bits;
    signal.variable = i;
    if (signal.name == "command_index") {
      signal.source = CommonSignal::Source::kCommand;
    } else if (signal.name == "layer_index") {
      signal.source = CommonSignal::Source::kLayer;
    } else if (const auto whole = by_path.find(path); whole != by_path.end()) {
      signal.wire = whole->second;
      signal.bits = std::min(signal.bits, wires[signal.wire].bits);
    } else if (split_lane(path, &base, &lane) && by_path.count(base) != 0) {
      signal.wire = by_path.at(base);
      const int width = wires[signal.wire].bits / lanes.at(base);
      if (width * lanes.at(base) != wires[signal.wire].bits || width > 64) continue;
      signal.first_bit = lane * width;
      signal.bits = std::min(signal.bits, width);
    } else {
      continue;
    }
    signal.compared = is_compared(signal, config) && !is_noise(signal, wires);
    places.emplace(path, static_cast<int>(signals.size()));
    signals.push_back(std::move(signal));
  }
  for (CommonSignal& signal : signals) {
    if (const auto place = places.find(strobe_of(signal.path())); place != places.end()) signal.strobe = place->second;
  }
  return signals;
}

}  // namespace systoliq::rtl
