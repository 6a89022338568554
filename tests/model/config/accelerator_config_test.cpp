// SPDX-License-Identifier: Apache-2.0
// Configuration files: defaults, both ends of every range, and refusals that name file, line, key and remedy.
#include "model/config/accelerator_config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "model/config/config_keys.h"
#include "types/error.h"

namespace systoliq::model {
namespace {

AcceleratorConfig parse(const std::string& text) { return parse_config(text, "some.toml"); }

/// The text must be refused, and the message must hold every fragment.
void expect_refused(const std::string& text, const std::vector<std::string>& fragments) {
  try {
    parse(text);
    ADD_FAILURE() << "accepted: " << text;
  } catch (const InputError& error) {
    const std::string what = error.what();
    EXPECT_EQ(what.rfind("some.toml", 0), 0U) << what;
    for (const std::string& fragment : fragments) {
      EXPECT_NE(what.find(fragment), std::string::npos) << what << "\n  should hold: " << fragment;
    }
  }
}

TEST(Config, EmptyTextGivesEveryDefault) {
  const AcceleratorConfig c = parse("");
  EXPECT_EQ(c.array.rows, 16);
  EXPECT_EQ(c.array.cols, 16);
  EXPECT_EQ(c.datatypes.activation_bits, 8);
  EXPECT_EQ(c.datatypes.weight_bits, 8);
  EXPECT_EQ(c.datatypes.accumulator_bits, 32);
  EXPECT_EQ(c.datatypes.overflow, Overflow::kWrap);
  EXPECT_EQ(c.requant.multiplier_bits, 32);
  EXPECT_EQ(c.requant.shift_max, 62);
  EXPECT_FALSE(c.requant.preset.has_value());
  EXPECT_EQ(c.requant.lanes, 16);
  EXPECT_EQ(c.buffers.activation_kib, 128);
  EXPECT_EQ(c.buffers.weight_kib, 64);
  EXPECT_EQ(c.accumulator_words(), 1024);
  EXPECT_EQ(c.buffers.accumulator_kib, 64);
  EXPECT_EQ(c.buffers.parameter_kib, 64);
  EXPECT_EQ(c.param_words(), 256);
  EXPECT_EQ(c.memory.bytes_per_cycle, 16);
  EXPECT_EQ(c.memory.latency_cycles, 64);
  EXPECT_EQ(c.memory.burst_bytes, 256);
  EXPECT_EQ(c.memory.outstanding, 5);
  EXPECT_EQ(c.clock_mhz, 500);
}

TEST(Config, EveryKeyIsRead) {
  const AcceleratorConfig c = parse(R"(
[array]
rows = 5
cols = 7
dataflow = "ws"
[datatypes]
activation_bits = 6
weight_bits = 5
accumulator_bits = 40
overflow = "saturate"
[weights]
codec = "linear"
[requant]
multiplier_bits = 16
shift_max = 31
preset = "half_even"
lanes = 3
[buffers]
activation_kib = 9
weight_kib = 10
accumulator_words = 11
param_words = 12
[memory]
bytes_per_cycle = 4
latency_cycles = 13
burst_bytes = 64
outstanding = 14
[clock]
mhz = 15
)");
  EXPECT_EQ(c.array.rows, 5);
  EXPECT_EQ(c.array.cols, 7);
  EXPECT_EQ(c.datatypes.activation_bits, 6);
  EXPECT_EQ(c.datatypes.weight_bits, 5);
  EXPECT_EQ(c.datatypes.accumulator_bits, 40);
  EXPECT_EQ(c.datatypes.overflow, Overflow::kSaturate);
  EXPECT_EQ(c.requant.multiplier_bits, 16);
  EXPECT_EQ(c.requant.shift_max, 31);
  EXPECT_EQ(c.requant.preset, Preset::kHalfEven);
  EXPECT_EQ(c.requant.lanes, 3);
  EXPECT_EQ(c.buffers.activation_kib, 9);
  EXPECT_EQ(c.buffers.weight_kib, 10);
  EXPECT_EQ(c.accumulator_words(), 11);
  EXPECT_EQ(c.param_words(), 12);
  EXPECT_EQ(c.memory.bytes_per_cycle, 4);
  EXPECT_EQ(c.memory.latency_cycles, 13);
  EXPECT_EQ(c.memory.burst_bytes, 64);
  EXPECT_EQ(c.memory.outstanding, 14);
  EXPECT_EQ(c.clock_mhz, 15);
  EXPECT_EQ(c.activation_words(), 9 * 8192 / (5 * 6));
  EXPECT_EQ(c.weight_words(), 10 * 8192 / (7 * 5));
  EXPECT_EQ(c.activation_word_bytes(), 4);
  EXPECT_EQ(c.weight_word_bytes(), 5);
  EXPECT_EQ(c.param_word_bytes(), 112);
}

TEST(Config, LanesFollowTheColumns) { EXPECT_EQ(parse("[array]\ncols = 33").requant.lanes, 33); }

TEST(Config, BuffersFollowTheArray) {
  const AcceleratorConfig large = parse("[array]\nrows = 64\ncols = 32\n[datatypes]\nactivation_bits = 16");
  EXPECT_EQ(large.buffers.activation_kib, 512);
  EXPECT_EQ(large.buffers.weight_kib, 128);
  EXPECT_EQ(large.accumulator_words(), 1024);
  EXPECT_EQ(large.buffers.parameter_kib, 256) << "twice a table of 2^16 entries of two bytes";
  const AcceleratorConfig codebooks = parse("[array]\ncols = 256\n[weights]\ncodec = \"codebook\"");
  EXPECT_EQ(codebooks.buffers.parameter_kib, 512) << "four times 32 words of 4 KiB";
  const AcceleratorConfig small = parse("[array]\nrows = 4\ncols = 4");
  EXPECT_EQ(small.buffers.activation_kib, 128);
  EXPECT_EQ(small.buffers.weight_kib, 64);
  EXPECT_EQ(small.accumulator_words(), 1024);
}

TEST(Config, SizesInKibGiveWords) {
  const AcceleratorConfig c =
      parse("[array]\ncols = 3\n[datatypes]\naccumulator_bits = 20\n[buffers]\naccumulator_kib = 2\nparameter_kib = 5");
  EXPECT_EQ(c.accumulator_words(), 273) << "16384 bits / 60";
  EXPECT_EQ(c.param_words(), 106) << "5120 bytes / 48";
  expect_refused("[buffers]\naccumulator_kib = 2\naccumulator_words = 9",
                 {"buffers.accumulator_words", "stands beside accumulator_kib", "accepted: one of them"});
  expect_refused("[array]\ncols = 256\n[buffers]\nparameter_kib = 3",
                 {"buffers.parameter_kib", "at least array.cols / 64"});
}

TEST(Config, OutstandingBurstsCoverTheLatency) {
  EXPECT_EQ(parse("[memory]\nlatency_cycles = 200").memory.outstanding, 14) << "1 + ⌈200 / 16 beats⌉";
  EXPECT_EQ(parse("[memory]\nbytes_per_cycle = 64\noutstanding = \"auto\"").memory.outstanding, 17);
  EXPECT_EQ(parse("[memory]\nlatency_cycles = 100000").memory.outstanding, 256);
  EXPECT_EQ(parse("[requant]\nlanes = \"auto\"").requant.lanes, 16);
  expect_refused("[array]\nrows = \"auto\"", {"array.rows", "must be an integer", "1 to 256"});
  expect_refused("[memory]\noutstanding = \"most\"", {"memory.outstanding", "1 to 256", "\"auto\""});
}

struct Range {
  const char* table;
  const char* key;
  int low, high;
};

/// Every key that takes integers, whatever the table of keys says.
const std::vector<Range>& ranges() {
  static const std::vector<Range> kRanges = {{"array", "rows", 1, 256},
                                             {"array", "cols", 1, 256},
                                             {"datatypes", "activation_bits", 2, 16},
                                             {"datatypes", "weight_bits", 2, 16},
                                             {"datatypes", "accumulator_bits", 12, 32},
                                             {"weights", "codebook_bits", 2, 16},
                                             {"requant", "multiplier_bits", 8, 32},
                                             {"requant", "shift_max", 0, 62},
                                             {"requant", "lanes", 1, 16},
                                             {"buffers", "activation_kib", 1, 65536},
                                             {"buffers", "weight_kib", 1, 65536},
                                             {"buffers", "accumulator_kib", 1, 65536},
                                             {"buffers", "accumulator_words", 1, 1 << 20},
                                             {"buffers", "parameter_kib", 1, 65536},
                                             {"buffers", "param_words", 1, 1 << 20},
                                             {"memory", "latency_cycles", 1, 100000},
                                             {"memory", "outstanding", 1, 256},
                                             {"clock", "mhz", 1, 100000}};
  return kRanges;
}

TEST(Config, EveryIntegerKeyHasItsRangeTested) {
  std::set<std::string> tested = {"memory.bytes_per_cycle", "memory.burst_bytes"};  // MemoryWidthsArePowersOfTwo
  for (const Range& range : ranges()) tested.insert(std::string(range.table) + "." + range.key);
  for (const ConfigKey& key : config_keys()) {
    if (!key.takes_names()) {
      EXPECT_EQ(tested.count(key.path()), 1U) << key.path();
    }
  }
}

TEST(Config, RangesHoldAtBothEnds) {
  for (const Range& range : ranges()) {
    const auto text = [&](std::int64_t value) {
      return std::string("[") + range.table + "]\n" + range.key + " = " + std::to_string(value);
    };
    EXPECT_NO_THROW(parse(text(range.low))) << range.key;
    EXPECT_NO_THROW(parse(text(range.high))) << range.key;
    for (const std::int64_t value :
         {std::int64_t{range.low} - 1, std::int64_t{range.high} + 1, std::int64_t{-2147483647}}) {
      if (std::string(range.key) == "multiplier_bits" && value == 0) continue;
      expect_refused(text(value), {std::string(range.table) + "." + range.key, std::to_string(value)});
    }
    const std::string accepted = std::to_string(range.low) + " to " + std::to_string(range.high);
    for (const std::int64_t value : {std::int64_t{range.low} - 1, INT64_MAX, INT64_MIN, std::int64_t{1} << 32}) {
      if (std::string(range.key) == "multiplier_bits" && value == 0) continue;
      expect_refused(text(value), {range.key, std::to_string(value), "out of range", ":2:", accepted});
    }
    expect_refused(std::string("[") + range.table + "]\n" + range.key + " = \"8\"", {range.key, "integer", ":2:"});
    expect_refused(std::string("[") + range.table + "]\n" + range.key + " = 8.0", {range.key, "integer"});
  }
}

TEST(Config, MemoryWidthsArePowersOfTwo) {
  for (const int width : {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}) {
    const std::string head = "[memory]\nbytes_per_cycle = " + std::to_string(width) + "\nburst_bytes = ";
    EXPECT_NO_THROW(parse(head + std::to_string(width)));
    EXPECT_NO_THROW(parse(head + std::to_string(std::min(4096, 256 * width))));
    expect_refused(head + std::to_string(2 * std::min(4096, 256 * width)), {"memory.burst_bytes"});
    if (width > 1) expect_refused(head + std::to_string(width / 2), {"memory.burst_bytes"});
  }
  expect_refused("[memory]\nbytes_per_cycle = 1024\nburst_bytes = 1024", {"memory.bytes_per_cycle", "1 to 512"});
  expect_refused("[memory]\nbytes_per_cycle = 12", {"memory.bytes_per_cycle", "power of two"});
  expect_refused("[memory]\nburst_bytes = 48", {"memory.burst_bytes", "power of two"});
}

TEST(Config, WideAccumulatorsNeedNarrowMultipliers) {
  EXPECT_NO_THROW(parse("[datatypes]\naccumulator_bits = 48\n[requant]\nmultiplier_bits = 16"));
  EXPECT_NO_THROW(parse("[datatypes]\naccumulator_bits = 48\n[requant]\nmultiplier_bits = 0"));
  expect_refused("[datatypes]\naccumulator_bits = 33\n[requant]\nmultiplier_bits = 17",
                 {"accumulator_bits = 33", "16"});
  expect_refused("[datatypes]\naccumulator_bits = 49\n[requant]\nmultiplier_bits = 16", {"accumulator_bits = 49"});
}

/// A rule between two keys is broken where the key stands, or at its default.
TEST(Config, RulesBetweenKeysNameTheLineOfTheKey) {
  expect_refused("[array]\ncols = 4\n\n[requant]\nlanes = 5", {":5: requant.lanes = 5", "1 to 4", "array.cols"});
  expect_refused("[memory]\nbytes_per_cycle = 1\nburst_bytes = 512", {":3: memory.burst_bytes = 512", "1 to 256"});
  expect_refused("[weights]\ncodec = \"codebook\"\n[datatypes]\nweight_bits = 9", {":4: datatypes.weight_bits = 9"});
}

TEST(Config, ValidateNamesTheKey) {
  AcceleratorConfig config;
  EXPECT_NO_THROW(validate(config));
  config.requant.lanes = 17;
  try {
    validate(config);
    ADD_FAILURE() << "accepted";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "requant.lanes = 17 is out of range; accepted: 1 to 16, since at most array.cols");
  }
}

TEST(Config, UnknownKeysBad) {
  expect_refused("[array]\nrow = 4", {"array.row", "'rows'", ":2:"});
  expect_refused("[memory]\n\nlatency = 4", {"memory.latency", "'latency_cycles'", ":3:"});
  expect_refused("[aray]\nrows = 4", {"aray is not known", "'array'", ":1:"});
  expect_refused("rows = 4", {"rows is not known", ":1:"});
  expect_refused("[array.deep]\nrows = 4", {"array.deep"});
}

TEST(Config, NotYetAvailableBad) {
  expect_refused("[array]\ndataflow = \"is\"", {"array.dataflow", "unknown", "\"ws\""});
  expect_refused("[datatypes]\nweight_bits = 9\n[weights]\ncodec = \"codebook\"",
                 {"weight_bits", "codebook", "2 to 8"});
  expect_refused("[weights]\ncodec = \"huffman\"", {"weights.codec", "unknown", "\"linear\""});
  expect_refused("[datatypes]\noverflow = \"error\"", {"datatypes.overflow", "\"saturate\"", ":2:"});
  expect_refused("[requant]\npreset = \"tflite\"", {"requant.preset", "tflite_ref", "pot_half_up", ":2:"});
  expect_refused("[requant]\npreset = 3", {"requant.preset", "string"});
}

TEST(Config, SyntaxErrorsBad) {
  expect_refused("[array]\nrows = ", {":2:"});
  expect_refused("[array\nrows = 4", {":1:"});
  expect_refused("[array]\nrows = 4\nrows = 5", {":3:"});
  expect_refused("[array]\nrows = 4\n[array]\ncols = 3", {":3:"});
  expect_refused("array = 3", {"array", "table"});
  expect_refused("[[array]]\nrows = 4", {"array", "table"});
  expect_refused(std::string("[array]\nrows = 4\0", 17), {"some.toml"});
  expect_refused("\xff\xfe[array]", {"some.toml"});
  expect_refused(std::string(100000, '['), {"some.toml"});
}

TEST(ReadConfig, MissingFileAndFolderBad) {
  EXPECT_THROW(read_config("/nonexistent/file.toml"), InputError);
  EXPECT_THROW(read_config(testing::TempDir()), InputError);
}

TEST(ReadConfig, ReadsAFile) {
  const std::string path = testing::TempDir() + "systoliq_config_test.toml";
  std::ofstream(path) << "[array]\nrows = 7\n";
  EXPECT_EQ(read_config(path).array.rows, 7);
}

TEST(ReadConfig, ShippedConfigurations) {
  const std::string folder = std::string(SYSTOLIQ_SOURCE_DIR) + "/configs/";
  const AcceleratorConfig standard = read_config(folder + "default.toml");
  const AcceleratorConfig empty = parse("");
  EXPECT_EQ(standard.array.rows, empty.array.rows);
  EXPECT_EQ(standard.array.cols, empty.array.cols);
  EXPECT_EQ(standard.datatypes.accumulator_bits, empty.datatypes.accumulator_bits);
  EXPECT_EQ(standard.requant.lanes, empty.requant.lanes);
  EXPECT_EQ(standard.buffers.activation_kib, empty.buffers.activation_kib);
  EXPECT_EQ(standard.memory.burst_bytes, empty.memory.burst_bytes);
  EXPECT_EQ(standard.clock_mhz, empty.clock_mhz);
  EXPECT_FALSE(standard.requant.preset.has_value());
  EXPECT_EQ(read_config(folder + "small_4x4.toml").array.rows, 4);
  EXPECT_LT(read_config(folder + "narrow_accumulator.toml").datatypes.accumulator_bits, 32);
  EXPECT_LT(read_config(folder + "tiny_buffers.toml").activation_words(), standard.activation_words() / 8);
}

}  // namespace
}  // namespace systoliq::model
