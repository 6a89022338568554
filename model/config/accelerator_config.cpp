// SPDX-License-Identifier: Apache-2.0
// TOML to AcceleratorConfig: every key known, every range checked, every refusal with its reason.
#include "model/config/accelerator_config.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <vector>

#include "types/table_headers.h"

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

namespace systoliq::model {
namespace {

void require_range(const char* field, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high) {
    throw InputError(std::string(field) + " = " + std::to_string(value) +
                     " is out of range; accepted: " + std::to_string(low) + " to " + std::to_string(high));
  }
}

void require_power_of_two(const char* field, std::int64_t value) {
  if ((value & (value - 1)) != 0) {
    throw InputError(std::string(field) + " = " + std::to_string(value) + " must be a power of two");
  }
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substitute, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string nearest(const std::string& key, const std::set<std::string>& known) {
  return *std::min_element(known.begin(), known.end(), [&](const std::string& a, const std::string& b) {
    return edit_distance(key, a) < edit_distance(key, b);
  });
}

/// Reads the keys of one table and remembers them, so that what nobody asked for is reported.
class Section final {
 public:
  Section(const toml::table& root, std::string name, std::string origin)
      : table_(root[name].as_table()), name_(std::move(name)), origin_(std::move(origin)) {
    if (root.contains(name_) && table_ == nullptr) throw InputError(origin_ + ": " + name_ + " must be a table");
  }

  void integer(const char* key, int* value) {
    known_.insert(key);
    const toml::node* node = table_ == nullptr ? nullptr : table_->get(key);
    if (node == nullptr) return;
    const auto* found = node->as_integer();
    if (found == nullptr) fail(*node, key, "must be an integer");
    if (found->get() < -2147483647 || found->get() > 2147483647) fail(*node, key, "must fit 32 bits");
    *value = static_cast<int>(found->get());
  }

  std::optional<std::string> text(const char* key) {
    known_.insert(key);
    const toml::node* node = table_ == nullptr ? nullptr : table_->get(key);
    if (node == nullptr) return std::nullopt;
    const auto* found = node->as_string();
    if (found == nullptr) fail(*node, key, "must be a string");
    return found->get();
  }

  /// Refuses the value of a key that was read.
  [[noreturn]] void refuse(const char* key, const std::string& value, const std::string& rule) const {
    fail(*table_->get(key), key, "= \"" + value + "\" " + rule);
  }

  void finish() const {
    if (table_ == nullptr) return;
    for (const auto& [key, node] : *table_) {
      const std::string text(key.str());
      if (known_.count(text) == 0) fail(node, text, "is not known; did you mean '" + nearest(text, known_) + "'?");
    }
  }

 private:
  [[noreturn]] void fail(const toml::node& node, const std::string& key, const std::string& rule) const {
    throw InputError(origin_ + ":" + std::to_string(node.source().begin.line) + ": " + name_ + "." + key + " " + rule);
  }

  const toml::table* table_;
  std::string name_, origin_;
  std::set<std::string> known_;
};

void read_array(Section section, AcceleratorConfig* config) {
  section.integer("rows", &config->array.rows);
  section.integer("cols", &config->array.cols);
  const std::string dataflow = section.text("dataflow").value_or("ws");
  section.finish();
  if (dataflow != "ws" && dataflow != "os") {
    section.refuse("dataflow", dataflow,
                   "is unknown; accepted: \"ws\" (weight stationary), \"os\" (output stationary)");
  }
  config->array.dataflow = dataflow == "os" ? Dataflow::kOutputStationary : Dataflow::kWeightStationary;
}

void read_datatypes(Section section, AcceleratorConfig* config) {
  section.integer("activation_bits", &config->datatypes.activation_bits);
  section.integer("weight_bits", &config->datatypes.weight_bits);
  section.integer("accumulator_bits", &config->datatypes.accumulator_bits);
  const std::string overflow = section.text("overflow").value_or("wrap");
  section.finish();
  if (overflow != "wrap" && overflow != "saturate") {
    section.refuse("overflow", overflow, "is unknown; accepted: \"wrap\", \"saturate\"");
  }
  config->datatypes.overflow = overflow == "wrap" ? Overflow::kWrap : Overflow::kSaturate;
}

void read_weights(Section section, AcceleratorConfig* config) {
  section.integer("codebook_bits", &config->weights.codebook_bits);
  const std::string codec = section.text("codec").value_or("linear");
  section.finish();
  if (codec != "linear" && codec != "codebook") {
    section.refuse("codec", codec, "is unknown; accepted: \"linear\", \"codebook\"");
  }
  config->weights.codec = codec == "codebook" ? WeightCodec::kCodebook : WeightCodec::kLinear;
}

void read_requant(Section section, AcceleratorConfig* config) {
  section.integer("multiplier_bits", &config->requant.multiplier_bits);
  section.integer("shift_max", &config->requant.shift_max);
  config->requant.lanes = config->array.cols;
  section.integer("lanes", &config->requant.lanes);
  const auto preset = section.text("preset");
  section.finish();
  if (!preset) return;
  try {
    config->requant.preset = parse_preset(*preset);
  } catch (const InputError& error) {
    section.refuse("preset", *preset, std::string("is refused: ") + error.what());
  }
}

void read_buffers(Section section, AcceleratorConfig* config) {
  section.integer("activation_kib", &config->buffers.activation_kib);
  section.integer("weight_kib", &config->buffers.weight_kib);
  section.integer("accumulator_words", &config->buffers.accumulator_words);
  section.integer("param_words", &config->buffers.param_words);
  section.finish();
}

void read_memory(Section section, AcceleratorConfig* config) {
  section.integer("bytes_per_cycle", &config->memory.bytes_per_cycle);
  section.integer("latency_cycles", &config->memory.latency_cycles);
  section.integer("burst_bytes", &config->memory.burst_bytes);
  section.integer("outstanding", &config->memory.outstanding);
  section.finish();
}

void check_tables(const toml::table& root, const std::string& origin) {
  const std::set<std::string> known = {"array", "datatypes", "weights", "requant", "buffers", "memory", "clock"};
  for (const auto& [key, node] : root) {
    const std::string text(key.str());
    if (known.count(text) == 0) {
      throw InputError(origin + ":" + std::to_string(node.source().begin.line) + ": table '" + text +
                       "' is not known; did you mean '" + nearest(text, known) + "'?");
    }
  }
}

}  // namespace

void validate(const AcceleratorConfig& config) {
  require_range("array.rows", config.array.rows, 1, 256);
  require_range("array.cols", config.array.cols, 1, 256);
  require_range("datatypes.activation_bits", config.datatypes.activation_bits, 2, 16);
  require_range("datatypes.weight_bits", config.datatypes.weight_bits, 2, 16);
  require_range("weights.codebook_bits", config.weights.codebook_bits, 2, 16);
  if (config.weights.codec == WeightCodec::kCodebook) {
    require_range("datatypes.weight_bits (with weights.codec = \"codebook\")", config.datatypes.weight_bits, 2, 8);
  }
  require_range("datatypes.accumulator_bits", config.datatypes.accumulator_bits, 12, 48);
  if (config.requant.multiplier_bits != 0)
    require_range("requant.multiplier_bits", config.requant.multiplier_bits, 8, 32);
  if (config.datatypes.accumulator_bits > 32 && config.requant.multiplier_bits > 16) {
    throw InputError("datatypes.accumulator_bits = " + std::to_string(config.datatypes.accumulator_bits) +
                     ": above 32 only with requant.multiplier_bits of 16 or less");
  }
  require_range("requant.shift_max", config.requant.shift_max, 0, 62);
  require_range("requant.lanes", config.requant.lanes, 1, config.array.cols);
  require_range("buffers.activation_kib", config.buffers.activation_kib, 1, 65536);
  require_range("buffers.weight_kib", config.buffers.weight_kib, 1, 65536);
  require_range("buffers.accumulator_words", config.buffers.accumulator_words, 1, 1 << 20);
  require_range("buffers.param_words", config.buffers.param_words, 1, 1 << 20);
  require_range("memory.bytes_per_cycle", config.memory.bytes_per_cycle, 1, 128);
  require_power_of_two("memory.bytes_per_cycle", config.memory.bytes_per_cycle);
  require_range("memory.latency_cycles", config.memory.latency_cycles, 1, 100000);
  require_range("memory.burst_bytes", config.memory.burst_bytes, config.memory.bytes_per_cycle,
                std::min(4096, 256 * config.memory.bytes_per_cycle));
  require_power_of_two("memory.burst_bytes", config.memory.burst_bytes);
  require_range("memory.outstanding", config.memory.outstanding, 1, 256);
  require_range("clock.mhz", config.clock_mhz, 1, 100000);
}

AcceleratorConfig parse_config(const std::string& text, const std::string& origin) {
  check_table_headers(text, origin);
  toml::table root;
  try {
    root = toml::parse(text, origin);
  } catch (const toml::parse_error& error) {
    throw InputError(origin + ":" + std::to_string(error.source().begin.line) + ": " +
                     std::string(error.description()));
  }
  check_tables(root, origin);
  AcceleratorConfig config;
  read_array(Section(root, "array", origin), &config);
  read_datatypes(Section(root, "datatypes", origin), &config);
  read_weights(Section(root, "weights", origin), &config);
  read_requant(Section(root, "requant", origin), &config);
  read_buffers(Section(root, "buffers", origin), &config);
  read_memory(Section(root, "memory", origin), &config);
  Section clock(root, "clock", origin);
  clock.integer("mhz", &config.clock_mhz);
  clock.finish();
  try {
    validate(config);
  } catch (const InputError& error) {
    throw InputError(origin + ": " + error.what());
  }
  return config;
}

AcceleratorConfig read_config(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw InputError(path + ": cannot be opened");
  in.peek();  // a folder opens, yet cannot be read
  if (in.bad()) throw InputError(path + ": cannot be read; a TOML file is needed");
  std::stringstream text;
  text << in.rdbuf();
  return parse_config(text.str(), path);
}

}  // namespace systoliq::model
