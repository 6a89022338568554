// SPDX-License-Identifier: Apache-2.0
// `systoliq_rtl_parameters`: what a machine's configuration means for its RTL, as a file of Verilator arguments; and
// the configuration as a C++ source, so that a program knows which machines its RTL was built for. The build runs it.
#include "model/config/rtl_parameters.h"

#include <algorithm>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "model/config/config_text.h"
#include "types/error.h"
#include "types/util/atomic_file.h"
#include "types/util/toml_table.h"

namespace systoliq {
namespace {

constexpr const char* kUsage =
    "usage: systoliq_rtl_parameters (CONFIG.toml | SECTION.KEY=VALUE ...) [--only NAME,NAME...]\n"
    "                               [--arguments FILE] [--source FILE --function NAME]\n"
    "Prints the parameters of the RTL as arguments of Verilator.\n"
    "  --only       these parameters, where the top module has not all of them\n"
    "  --arguments  into this file instead\n"
    "  --source     also a C++ source with a function that gives the configuration's text\n";

struct Arguments {
  std::string config, keys, arguments, source, function;
  std::vector<std::string> only;
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

/// "array.dataflow=os" as a TOML line; what is no integer is a name.
std::string toml_line(const std::string& setting) {
  const std::size_t equals = setting.find('=');
  const std::string value = setting.substr(equals + 1);
  const bool integer = !value.empty() && value.find_first_not_of("-0123456789") == std::string::npos;
  return setting.substr(0, equals) + " = " + (integer ? value : "\"" + value + "\"") + "\n";
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.rfind("--", 0) != 0) {
      if (word.find('=') != std::string::npos) {
        arguments.keys += toml_line(word);
      } else {
        if (!arguments.config.empty()) throw InputError("'" + word + "': a second configuration; accepted: one");
        arguments.config = word;
      }
      continue;
    }
    if (i + 1 == argc) throw InputError(word + ": its value is missing");
    const std::string value = argv[++i];
    if (word == "--only") {
      arguments.only = split(value);
    } else if (word == "--arguments") {
      arguments.arguments = value;
    } else if (word == "--source") {
      arguments.source = value;
    } else if (word == "--function") {
      arguments.function = value;
    } else {
      throw InputError(word + ": unknown; accepted: --only, --arguments, --source, --function");
    }
  }
  if (arguments.config.empty() == arguments.keys.empty()) throw InputError("either a file or keys are needed");
  if (arguments.source.empty() != arguments.function.empty()) {
    throw InputError("--source and --function go together");
  }
  return arguments;
}

std::string verilator_arguments(const model::AcceleratorConfig& config, const std::vector<std::string>& only) {
  std::string text;
  std::string known;
  std::size_t found = 0;
  for (const model::RtlParameter& parameter : model::rtl_parameters(config)) {
    known += " " + parameter.name;
    if (!only.empty() && std::find(only.begin(), only.end(), parameter.name) == only.end()) continue;
    text += model::verilator_argument(parameter) + "\n";
    ++found;
  }
  if (!only.empty() && found != only.size()) throw InputError("--only: names an unknown parameter; accepted:" + known);
  return text;
}

/// Leaves a file alone that holds this text already, so that nothing is built again for it.
void write(const std::string& path, const std::string& text) {
  std::ostringstream before;
  before << std::ifstream(path, std::ios::binary).rdbuf();
  if (before.str() != text) write_file(path, text);
}

void run(const Arguments& arguments) {
  const model::AcceleratorConfig config =
      arguments.config.empty() ? model::parse_config(arguments.keys, "keys") : model::read_config(arguments.config);
  const std::string text = verilator_arguments(config, arguments.only);
  if (arguments.arguments.empty()) {
    std::cout << text;
  } else {
    write(arguments.arguments, text);
  }
  if (arguments.source.empty()) return;
  write(arguments.source, "// Written by systoliq_rtl_parameters.\nconst char* " + arguments.function +
                              "() {\n  return R\"toml(" + model::canonical_text(config) + ")toml\";\n}\n");
}

}  // namespace
}  // namespace systoliq

int main(int argc, char** argv) {
  try {
    if (argc == 1 || std::string(argv[1]) == "--help") {
      std::cout << systoliq::kUsage;
      return argc == 1 ? 2 : 0;
    }
    systoliq::run(systoliq::parse(argc, argv));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "systoliq_rtl_parameters: " << error.what() << "\n";
    return 2;
  }
}
