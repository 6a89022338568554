// SPDX-License-Identifier: Apache-2.0
// The table itself, then its texts and rules.
#include "model/config/config_keys.h"

#include <algorithm>
#include <initializer_list>
#include <optional>

namespace systoliq::model {
namespace {

/// A member of a section, of any type, as an integer.
template <typename Value>
std::int64_t to_integer(const Value& value) {
  return static_cast<std::int64_t>(value);
}
template <typename Value>
std::int64_t to_integer(const std::optional<Value>& value) {
  return value ? static_cast<std::int64_t>(*value) : ConfigKey::kUnset;
}
template <typename Value>
void from_integer(std::int64_t integer, Value* value) {
  *value = static_cast<Value>(integer);
}
template <typename Value>
void from_integer(std::int64_t integer, std::optional<Value>* value) {
  *value = integer == ConfigKey::kUnset ? std::nullopt : std::optional<Value>(static_cast<Value>(integer));
}

/// A row under construction.
class Row final {
 public:
  template <auto kSection, auto kMember>
  static Row of(const char* section, const char* name) {
    Row row(section, name);
    row.key_.get = [](const AcceleratorConfig& config) { return to_integer(config.*kSection.*kMember); };
    row.key_.set = [](AcceleratorConfig& config, std::int64_t value) {
      from_integer(value, &(config.*kSection.*kMember));
    };
    return row;
  }
  template <auto kMember>
  static Row of(const char* section, const char* name) {
    Row row(section, name);
    row.key_.get = [](const AcceleratorConfig& config) { return to_integer(config.*kMember); };
    row.key_.set = [](AcceleratorConfig& config, std::int64_t value) { from_integer(value, &(config.*kMember)); };
    return row;
  }

  Row& range(std::int64_t low, std::int64_t high) {
    key_.low = low;
    key_.high = high;
    return *this;
  }
  Row& names(std::vector<std::string> names) {
    key_.names = std::move(names);
    return *this;
  }
  Row& unset(const char* means) {
    key_.when_unset = means;
    return *this;
  }
  Row& instead_of(const char* key) {
    key_.instead_of = key;
    return unset(key);
  }
  Row& or_zero() {
    key_.or_zero = true;
    return *this;
  }
  Row& power_of_two() {
    key_.power_of_two = true;
    return *this;
  }
  Row& at_least(FromConfig bound) {
    key_.at_least = bound;
    return *this;
  }
  Row& at_most(FromConfig bound) {
    key_.at_most = bound;
    return *this;
  }
  Row& default_from(FromConfig source) {
    key_.default_from = source;
    return *this;
  }
  Row& unit(const char* unit) {
    key_.unit = unit;
    return *this;
  }
  Row& rtl(const char* parameter, ConfigKey::RtlType type = ConfigKey::RtlType::kInteger) {
    key_.rtl_parameter = parameter;
    key_.rtl_type = type;
    return *this;
  }
  ConfigKey help(const char* help) {
    key_.help = help;
    return key_;
  }

 private:
  Row(const char* section, const char* name) {
    key_.section = section;
    key_.name = name;
  }
  ConfigKey key_;
};

using C = AcceleratorConfig;
constexpr auto kBit = ConfigKey::RtlType::kBit;

/// Bounds and defaults that come from other keys.
const FromConfig kCols = {[](const C& c) { return std::int64_t{c.array.cols}; }, "array.cols"};
const FromConfig kBytesPerCycle = {[](const C& c) { return std::int64_t{c.memory.bytes_per_cycle}; },
                                   "memory.bytes_per_cycle"};
const FromConfig kBeats256 = {[](const C& c) { return std::int64_t{256} * c.memory.bytes_per_cycle; },
                              "256 · memory.bytes_per_cycle"};
// These may meet the values of a file that is still to be refused: any integers.

/// One word: a buffer without any would hold nothing.
const FromConfig kAccumulatorWordKib = {[](const C& c) { return (c.accumulator_word_bits() + 8191) / 8192; },
                                        "array.cols · datatypes.accumulator_bits / 8192"};
const FromConfig kParameterWordKib = {[](const C& c) { return (std::int64_t{16} * c.array.cols + 1023) / 1024; },
                                      "array.cols / 64"};
const FromConfig kActivationKib = {
    [](const C& c) { return std::max(std::int64_t{128}, std::int64_t{8} * c.array.rows); }, "max(128, 8 · array.rows)"};
const FromConfig kWeightKib = {[](const C& c) { return std::max(std::int64_t{64}, std::int64_t{4} * c.array.cols); },
                               "max(64, 4 · array.cols)"};
const FromConfig kAccumulatorKib = {[](const C& c) { return std::int64_t{4} * c.array.cols; }, "4 · array.cols"};
std::int64_t two_to_the(int bits) { return std::int64_t{1} << std::clamp(bits, 0, 16); }
/// Twice a table of activations, and four times a block of codebooks.
const FromConfig kParameterKib = {[](const C& c) {
                                    const std::int64_t tables = two_to_the(c.datatypes.activation_bits) / 256;
                                    const bool codebooks = c.weights.codec == WeightCodec::kCodebook;
                                    const std::int64_t words =
                                        codebooks ? (two_to_the(c.datatypes.weight_bits) + 7) / 8 : 0;
                                    return std::max({std::int64_t{64}, tables, words * c.array.cols / 16});
                                  },
                                  "max(64, 2^(datatypes.activation_bits − 8), codebook_words · array.cols / 16)"};
/// So many that the port never waits: the next burst's first beat follows the last beat of those in flight.
const FromConfig kOutstanding = {
    [](const C& c) {
      const std::int64_t beats = std::max(1, c.memory.burst_bytes / std::max(1, c.memory.bytes_per_cycle));
      return std::clamp<std::int64_t>(1 + (c.memory.latency_cycles + beats - 1) / beats, 1, 256);
    },
    "1 + ⌈memory.latency_cycles · memory.bytes_per_cycle / memory.burst_bytes⌉, at most 256"};
const FromConfig kCodebookIndex = {
    [](const C& c) { return std::int64_t{c.weights.codec == WeightCodec::kCodebook ? 8 : 16}; },
    "8 with weights.codec = \"codebook\""};
const FromConfig kProduct = {[](const C& c) { return std::int64_t{c.requant.multiplier_bits > 16 ? 32 : 48}; },
                             "32 with requant.multiplier_bits above 16"};

std::vector<ConfigKey> make_keys() {
  return {
      Row::of<&C::array, &ArrayConfig::rows>("array", "rows")
          .range(1, 256)
          .rtl("Rows")
          .help("reduction (input channels)"),
      Row::of<&C::array, &ArrayConfig::cols>("array", "cols").range(1, 256).rtl("Cols").help("output channels"),
      Row::of<&C::array, &ArrayConfig::dataflow>("array", "dataflow")
          .names({"ws", "os"})
          .rtl("Dataflow")
          .help("weight stationary or output stationary"),
      Row::of<&C::datatypes, &DatatypeConfig::activation_bits>("datatypes", "activation_bits")
          .range(2, 16)
          .unit("bits")
          .rtl("ActivationBits")
          .help("stored activation, signed"),
      Row::of<&C::datatypes, &DatatypeConfig::weight_bits>("datatypes", "weight_bits")
          .range(2, 16)
          .at_most(kCodebookIndex)
          .unit("bits")
          .rtl("WeightBits")
          .help("stored weight, or index into the codebook"),
      Row::of<&C::datatypes, &DatatypeConfig::accumulator_bits>("datatypes", "accumulator_bits")
          .range(kLeastAccumulatorBits, kMostAccumulatorBits)
          .at_most(kProduct)
          .unit("bits")
          .rtl("AccumulatorBits")
          .help("accumulator, signed"),
      Row::of<&C::datatypes, &DatatypeConfig::overflow>("datatypes", "overflow")
          .names({"wrap", "saturate"})
          .rtl("Saturate", kBit)
          .help("what an accumulator does beyond its range"),
      Row::of<&C::weights, &WeightConfig::codec>("weights", "codec")
          .names({"linear", "codebook"})
          .rtl("Codebook", kBit)
          .help("operand = weight − zero point, or an entry of a table"),
      Row::of<&C::weights, &WeightConfig::codebook_bits>("weights", "codebook_bits")
          .range(2, 16)
          .unit("bits")
          .rtl("CodebookBits")
          .help("operand in a codebook, signed"),
      Row::of<&C::requant, &RequantConfig::multiplier_bits>("requant", "multiplier_bits")
          .range(8, 32)
          .or_zero()
          .unit("bits")
          .rtl("MultiplierBits")
          .help("multiplier with its sign; 0: shift only"),
      Row::of<&C::requant, &RequantConfig::shift_max>("requant", "shift_max")
          .range(0, 62)
          .unit("bits")
          .help("longest shift to the right"),
      Row::of<&C::requant, &RequantConfig::lanes>("requant", "lanes")
          .range(1, 256)
          .at_most(kCols)
          .default_from(kCols)
          .rtl("Lanes")
          .help("accumulators requantized per cycle"),
      Row::of<&C::requant, &RequantConfig::preset>("requant", "preset")
          .names({kPresetNames.begin(), kPresetNames.end()})
          .unset("the network's")
          .help("rounding of requantization"),
      Row::of<&C::buffers, &BufferConfig::activation_kib>("buffers", "activation_kib")
          .range(1, 65536)
          .default_from(kActivationKib)
          .unit("KiB")
          .help("activation buffer"),
      Row::of<&C::buffers, &BufferConfig::weight_kib>("buffers", "weight_kib")
          .range(1, 65536)
          .default_from(kWeightKib)
          .unit("KiB")
          .help("weight buffer"),
      Row::of<&C::buffers, &BufferConfig::accumulator_kib>("buffers", "accumulator_kib")
          .range(1, 65536)
          .at_least(kAccumulatorWordKib)
          .default_from(kAccumulatorKib)
          .unit("KiB")
          .help("accumulator buffer"),
      Row::of<&C::buffers, &BufferConfig::accumulator_words>("buffers", "accumulator_words")
          .range(1, 1 << 20)
          .instead_of("accumulator_kib")
          .unit("words of array.cols accumulators")
          .help("accumulator buffer"),
      Row::of<&C::buffers, &BufferConfig::parameter_kib>("buffers", "parameter_kib")
          .range(1, 65536)
          .at_least(kParameterWordKib)
          .default_from(kParameterKib)
          .unit("KiB")
          .help("buffer of requantization parameters: biases, multipliers, shifts, tables"),
      Row::of<&C::buffers, &BufferConfig::param_words>("buffers", "param_words")
          .range(1, 1 << 20)
          .instead_of("parameter_kib")
          .unit("words of array.cols entries")
          .help("the same buffer"),
      Row::of<&C::memory, &MemoryConfig::bytes_per_cycle>("memory", "bytes_per_cycle")
          .range(1, 512)
          .power_of_two()
          .unit("bytes")
          .rtl("MemoryBytes")
          .help("width of the memory port; more than 128 at levels functional, transaction and timing alone"),
      Row::of<&C::memory, &MemoryConfig::latency_cycles>("memory", "latency_cycles")
          .range(1, 100000)
          .unit("cycles")
          .help("from a read's address to its first beat, and from a write's last beat to its response"),
      Row::of<&C::memory, &MemoryConfig::burst_bytes>("memory", "burst_bytes")
          .range(1, 4096)
          .at_least(kBytesPerCycle)
          .at_most(kBeats256)
          .power_of_two()
          .unit("bytes")
          .rtl("BurstBytes")
          .help("longest burst, and its alignment"),
      Row::of<&C::memory, &MemoryConfig::outstanding>("memory", "outstanding")
          .range(1, 256)
          .default_from(kOutstanding)
          .unit("bursts")
          .rtl("Outstanding")
          .help("in flight, of reads and of writes each"),
      Row::of<&C::clock_mhz>("clock", "mhz")
          .range(1, 100000)
          .unit("MHz")
          .help("turns cycles into seconds; no count depends on it"),
  };
}

std::int64_t low_of(const ConfigKey& key, const AcceleratorConfig& config) {
  return key.at_least.value == nullptr ? key.low : std::max(key.low, key.at_least.value(config));
}
std::int64_t high_of(const ConfigKey& key, const AcceleratorConfig& config) {
  return key.at_most.value == nullptr ? key.high : std::min(key.high, key.at_most.value(config));
}

std::string range_text(const ConfigKey& key, std::int64_t low, std::int64_t high) {
  return (key.or_zero ? "0, " : "") + std::to_string(low) + " to " + std::to_string(high);
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
  static const std::vector<ConfigKey> kKeys = make_keys();
  return kKeys;
}

const std::vector<DerivedValue>& derived_values() {
  static const std::vector<DerivedValue> kValues = {
      {"activation_words", [](const C& c) { return c.activation_words(); },
       "⌊buffers.activation_kib · 8192 / (array.rows · datatypes.activation_bits)⌋", "words", "ActivationWords"},
      {"weight_words", [](const C& c) { return c.weight_words(); },
       "⌊buffers.weight_kib · 8192 / (array.cols · datatypes.weight_bits)⌋", "words", "WeightWords"},
      {"accumulator_words", [](const C& c) { return std::int64_t{c.accumulator_words()}; },
       "buffers.accumulator_words, or ⌊buffers.accumulator_kib · 8192 / (array.cols · datatypes.accumulator_bits)⌋",
       "words", "AccumulatorWords"},
      {"param_words", [](const C& c) { return std::int64_t{c.param_words()}; },
       "buffers.param_words, or ⌊buffers.parameter_kib · 64 / array.cols⌋", "words", "ParamWords"},
      {"activation_word_bytes", [](const C& c) { return std::int64_t{c.activation_word_bytes()}; },
       "⌈array.rows · datatypes.activation_bits / 8⌉", "bytes", nullptr},
      {"weight_word_bytes", [](const C& c) { return std::int64_t{c.weight_word_bytes()}; },
       "⌈array.cols · datatypes.weight_bits / 8⌉", "bytes", nullptr},
      {"param_word_bytes", [](const C& c) { return std::int64_t{c.param_word_bytes()}; }, "array.cols · 16", "bytes",
       nullptr},
      {"codebook_words", [](const C& c) { return std::int64_t{c.codebook_words()}; },
       "⌈2^datatypes.weight_bits / 8⌉ with weights.codec = \"codebook\", else 0", "words", nullptr},
  };
  return kValues;
}

std::string accepted_text(const ConfigKey& key) {
  if (!key.takes_names()) {
    std::string text = (key.power_of_two ? "a power of two, " : "") + range_text(key, key.low, key.high);
    if (key.at_least.value != nullptr) text += std::string(", at least ") + key.at_least.text;
    if (key.at_most.value != nullptr) text += std::string(", at most ") + key.at_most.text;
    if (key.default_from.value != nullptr) text += ", or \"auto\"";
    return text;
  }
  std::string text;
  for (const std::string& name : key.names) text += (text.empty() ? "\"" : ", \"") + name + "\"";
  return text;
}

bool is_replaced(const ConfigKey& key, const AcceleratorConfig& config) {
  const auto replaces = [&](const ConfigKey& other) {
    return other.instead_of != nullptr && std::string(other.section) == key.section &&
           std::string(other.instead_of) == key.name && other.get(config) != ConfigKey::kUnset;
  };
  return std::any_of(config_keys().begin(), config_keys().end(), replaces);
}

std::string value_text(const ConfigKey& key, std::int64_t value) {
  if (key.when_unset != nullptr && value == ConfigKey::kUnset) return "";
  if (!key.takes_names()) return std::to_string(value);
  return "\"" + key.names.at(static_cast<std::size_t>(value)) + "\"";
}

std::string default_text(const ConfigKey& key) {
  if (key.when_unset != nullptr) return key.when_unset;
  if (key.default_from.value != nullptr) return key.default_from.text;
  return value_text(key, key.get(AcceleratorConfig{}));
}

std::string broken_rule(const ConfigKey& key, std::int64_t value, const AcceleratorConfig& config) {
  if (key.when_unset != nullptr && value == ConfigKey::kUnset) return "";
  if (key.takes_names()) {
    const bool known = value >= 0 && value < static_cast<std::int64_t>(key.names.size());
    return known ? "" : "= " + std::to_string(value) + " is unknown; accepted: " + accepted_text(key);
  }
  if (key.or_zero && value == 0) return "";
  const std::int64_t low = low_of(key, config);
  const std::int64_t high = high_of(key, config);
  if (value < low || value > high) {
    std::string text = "= " + std::to_string(value) + " is out of range; accepted: " + range_text(key, low, high);
    if (value < low && low != key.low) text += std::string(", since at least ") + key.at_least.text;
    if (value > high && high != key.high) text += std::string(", since at most ") + key.at_most.text;
    return text;
  }
  if (key.power_of_two && (value & (value - 1)) != 0) {
    return "= " + std::to_string(value) + " must be a power of two; accepted: " + range_text(key, low, high);
  }
  return "";
}

}  // namespace systoliq::model
