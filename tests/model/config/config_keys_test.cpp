// SPDX-License-Identifier: Apache-2.0
// The table of keys: complete, consistent with the files made from it, and its texts exact.
#include "model/config/config_keys.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <regex>
#include <set>
#include <sstream>

#include "model/config/config_text.h"
#include "model/config/rtl_parameters.h"
#include "types/error.h"

namespace systoliq::model {
namespace {

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(std::string(SYSTOLIQ_SOURCE_DIR) + "/" + path).rdbuf();
  return text.str();
}

const ConfigKey& key_of(const std::string& path) {
  for (const ConfigKey& key : config_keys()) {
    if (key.path() == path) return key;
  }
  throw InternalError("no key " + path);
}

/// A legal machine with another value of this key, if the rest stays as it is.
AcceleratorConfig with_other_value(const ConfigKey& key) {
  const AcceleratorConfig defaults;
  for (std::int64_t value = key.takes_names() ? 0 : key.low;; ++value) {
    if (value == key.get(defaults) || !broken_rule(key, value, defaults).empty()) continue;
    AcceleratorConfig config;
    key.set(config, value);
    return config;
  }
}

AcceleratorConfig random_machine(std::mt19937& random) {
  while (true) {
    AcceleratorConfig config;
    for (const ConfigKey& key : config_keys()) {
      if (random() % 2 == 0) continue;
      const std::int64_t low = key.takes_names() ? 0 : key.low;
      const std::int64_t high = key.takes_names() ? static_cast<std::int64_t>(key.names.size()) - 1 : key.high;
      key.set(config, key.power_of_two ? std::int64_t{1} << random() % 8
                                       : low + static_cast<std::int64_t>(random()) % (high - low + 1));
    }
    try {
      validate(config);
      return config;
    } catch (const InputError&) {  // of keys that do not go together; the next one may
    }
  }
}

TEST(ConfigKeys, AreGroupedNamedAndExplained) {
  std::set<std::string> paths;
  std::set<std::string> sections;
  std::string section;
  for (const ConfigKey& key : config_keys()) {
    EXPECT_TRUE(paths.insert(key.path()).second) << key.path();
    if (section != key.section) {
      EXPECT_TRUE(sections.insert(key.section).second) << key.path();
    }
    section = key.section;
    EXPECT_NE(std::string(key.help), "") << key.path();
    if (!key.takes_names()) {
      EXPECT_LT(key.low, key.high) << key.path();
    }
  }
}

/// Getter and setter of a row belong to one member, and no two rows to the same.
TEST(ConfigKeys, EveryRowHasItsOwnMember) {
  for (const ConfigKey& key : config_keys()) {
    const AcceleratorConfig changed = with_other_value(key);
    for (const ConfigKey& other : config_keys()) {
      const bool same = other.get(changed) == other.get(AcceleratorConfig{});
      EXPECT_EQ(same, key.path() != other.path()) << key.path() << " and " << other.path();
    }
  }
}

TEST(ConfigKeys, DefaultsKeepTheRules) {
  const AcceleratorConfig defaults;
  for (const ConfigKey& key : config_keys()) EXPECT_EQ(broken_rule(key, key.get(defaults), defaults), "") << key.path();
}

TEST(ConfigKeys, TextsOfRulesNameTheAcceptedValues) {
  AcceleratorConfig config;
  config.array.cols = 9;
  EXPECT_EQ(accepted_text(key_of("array.rows")), "1 to 256");
  EXPECT_EQ(accepted_text(key_of("array.dataflow")), "\"ws\", \"os\"");
  EXPECT_EQ(accepted_text(key_of("requant.multiplier_bits")), "0, 8 to 32");
  EXPECT_EQ(accepted_text(key_of("memory.bytes_per_cycle")), "a power of two, 1 to 512");
  EXPECT_EQ(default_text(key_of("requant.lanes")), "array.cols");
  EXPECT_EQ(default_text(key_of("requant.preset")), "the network's");
  EXPECT_EQ(broken_rule(key_of("array.rows"), 0, config), "= 0 is out of range; accepted: 1 to 256");
  EXPECT_EQ(broken_rule(key_of("requant.multiplier_bits"), 7, config), "= 7 is out of range; accepted: 0, 8 to 32");
  EXPECT_EQ(broken_rule(key_of("requant.lanes"), 10, config),
            "= 10 is out of range; accepted: 1 to 9, since at most array.cols");
  EXPECT_EQ(broken_rule(key_of("requant.lanes"), 9, config), "");
  EXPECT_EQ(broken_rule(key_of("memory.burst_bytes"), 8, config),
            "= 8 is out of range; accepted: 16 to 4096, since at least memory.bytes_per_cycle");
  EXPECT_EQ(broken_rule(key_of("memory.burst_bytes"), 48, config), "= 48 must be a power of two; accepted: 16 to 4096");
  EXPECT_EQ(broken_rule(key_of("datatypes.accumulator_bits"), 33, config),
            "= 33 is out of range; accepted: 12 to 32, since at most 32 with requant.multiplier_bits above 16");
}

TEST(ConfigText, CanonicalTextGivesTheSameMachineBack) {
  std::mt19937 random(3);
  for (int i = 0; i < 300; ++i) {
    const AcceleratorConfig config = random_machine(random);
    for (const std::string& text : {canonical_text(config), annotated_text(config)}) {
      const AcceleratorConfig back = parse_config(text, "text");
      EXPECT_EQ(canonical_text(back), canonical_text(config)) << text;
      EXPECT_EQ(back.accumulator_words(), config.accumulator_words()) << text;
      EXPECT_EQ(back.param_words(), config.param_words()) << text;
      for (const ConfigKey& key : config_keys()) {
        if (key.instead_of != nullptr || is_replaced(key, config)) continue;
        const bool in_kib = key.path() == "buffers.accumulator_kib" || key.path() == "buffers.parameter_kib";
        if (in_kib) continue;
        EXPECT_EQ(key.get(back), key.get(config)) << key.path() << text;
      }
    }
  }
}

TEST(ConfigText, CanonicalTextTellsEveryKey) {
  const std::string standard = canonical_text({});
  for (const ConfigKey& key : config_keys()) EXPECT_NE(canonical_text(with_other_value(key)), standard) << key.path();
}

TEST(ConfigText, AnotherValueIsShownBesideTheDefault) {
  const std::string text = annotated_text(with_other_value(key_of("array.rows")));
  EXPECT_NE(text.find("rows = 1 "), std::string::npos) << text;
  EXPECT_NE(text.find("; default 16\n"), std::string::npos) << text;
}

/// The file holds this text. With SYSTOLIQ_WRITE set it is written first, as after a change of the table.
void expect_file(const std::string& path, const std::string& text) {
  if (std::getenv("SYSTOLIQ_WRITE") != nullptr) std::ofstream(std::string(SYSTOLIQ_SOURCE_DIR) + "/" + path) << text;
  EXPECT_EQ(read(path), text) << path << " is not what the table writes; SYSTOLIQ_WRITE=1 test_config writes it";
}

/// `document` with `table` between the markers.
std::string with_table(const std::string& document, const std::string& marker, const std::string& table) {
  const std::string begin = "<!-- " + marker + " -->\n";
  const std::size_t first = document.find(begin);
  const std::size_t last = document.find("\n<!-- end of " + marker + " -->");
  if (first == std::string::npos || last == std::string::npos) return "no markers of " + marker;
  return document.substr(0, first + begin.size()) + table + document.substr(last);
}

TEST(ConfigText, DefaultFileIsWhatTheTableWrites) { expect_file("configs/default.toml", annotated_text({})); }

TEST(ConfigText, DocumentShowsTheTables) {
  const std::string path = "docs/configuration.md";
  const std::string keys = with_table(read(path), "keys", key_table());
  expect_file(path, with_table(keys, "derived values", derived_table()));
}

TEST(RtlParameters, AreTheTopModulesWithTheSameDefaults) {
  const std::string module = read("rtl_cosim/accelerator/systoliq_cosim_top.sv");
  const std::regex declaration(R"(parameter\s+(int unsigned|bit)\s+(\w+)\s*=\s*(1'b)?(\d+))");
  std::set<std::string> declared;
  std::set<std::string> ours;
  for (auto match = std::sregex_iterator(module.begin(), module.end(), declaration); match != std::sregex_iterator();
       ++match) {
    declared.insert((*match)[2].str() + ((*match)[1] == "bit" ? " bit " : " ") + (*match)[4].str());
  }
  for (const RtlParameter& parameter : rtl_parameters({})) {
    ours.insert(parameter.name + (parameter.is_bit ? " bit " : " ") + std::to_string(parameter.value));
  }
  EXPECT_EQ(ours, declared);
}

TEST(RtlParameters, RefuseAPortWiderThanAxi4Has) {
  AcceleratorConfig config;
  config.memory.burst_bytes = 512;
  config.memory.bytes_per_cycle = 128;
  EXPECT_NO_THROW(rtl_parameters(config));
  config.memory.bytes_per_cycle = 256;
  try {
    rtl_parameters(config);
    ADD_FAILURE() << "accepted";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "memory.bytes_per_cycle = 256: the RTL has one AXI4 port, of at most 128 bytes; accepted beyond that: "
                 "levels functional, transaction and timing");
  }
}

TEST(RtlParameters, ArgumentsAndDifferences) {
  AcceleratorConfig config;
  EXPECT_EQ(rtl_differences(config, config), std::vector<std::string>{});
  config.array.rows = 8;
  config.array.dataflow = Dataflow::kOutputStationary;
  config.datatypes.overflow = Overflow::kSaturate;
  config.memory.latency_cycles = 3;  // no parameter
  EXPECT_EQ(rtl_differences(config, {}),
            (std::vector<std::string>{"array.rows = 8 instead of 16", "array.dataflow = \"os\" instead of \"ws\"",
                                      "datatypes.overflow = \"saturate\" instead of \"wrap\"",
                                      "activation_words = 16384 instead of 8192"}));
  std::set<std::string> arguments;
  for (const RtlParameter& parameter : rtl_parameters(config)) arguments.insert(verilator_argument(parameter));
  for (const char* argument : {"-GRows=8", "-GDataflow=1", "-GSaturate=1'b1", "-GCodebook=1'b0",
                               "-GActivationWords=16384", "-GOutstanding=5"}) {
    EXPECT_EQ(arguments.count(argument), 1U) << argument;
  }
}

}  // namespace
}  // namespace systoliq::model
