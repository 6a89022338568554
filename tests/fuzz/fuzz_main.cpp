// SPDX-License-Identifier: Apache-2.0
// Joins a target with libFuzzer. `--write=FOLDER` writes its seeds as FOLDER/seed_0, … and its words as FOLDER.dict,
// and ends.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>

#include "tests/fuzz/target.h"
#include "types/error.h"

namespace systoliq::fuzz {
namespace {

/// Every byte that is no letter, digit or one of "._" is written in hexadecimal, as libFuzzer's dictionaries have it.
std::string quoted(const std::string& word) {
  std::string text = "\"";
  for (const char c : word) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_';
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\x%02X", static_cast<unsigned char>(c));
    text += plain ? std::string(1, c) : escaped;
  }
  return text + "\"\n";
}

void write(const std::string& folder) {
  int number = 0;
  for (const std::string& seed : seeds()) {
    try {
      read(seed);
    } catch (const InputError& error) {
      std::cerr << "seed " << number << ": " << error.what() << "\n";
    }
    std::ofstream(folder + "/seed_" + std::to_string(number++), std::ios::binary) << seed;
  }
  std::ofstream dictionary(folder + ".dict");
  for (const std::string& word : words()) dictionary << quoted(word);
  if (!dictionary) throw InputError("cannot write " + folder + ".dict");
}

}  // namespace
}  // namespace systoliq::fuzz

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  const std::string option = "--write=";
  for (int i = 1; i < *count; ++i) {
    const std::string argument = (*arguments)[i];
    if (argument.rfind(option, 0) != 0) continue;
    systoliq::fuzz::write(argument.substr(option.size()));
    std::exit(0);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    systoliq::fuzz::read(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const systoliq::InputError&) {
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "fault: " << error.what() << "\n";
    std::abort();
  }
  return 0;
}
