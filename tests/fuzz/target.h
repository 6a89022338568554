// SPDX-License-Identifier: Apache-2.0
// What a fuzz target gives. A new target is a file NAME_fuzz.cpp that defines these functions, and a line in
// CMakeLists.txt.
#pragma once

#include <string>
#include <vector>

namespace systoliq::fuzz {

/// Reads bytes as the product does. InputError is the good end for bytes that are no such file; every other exception,
/// a signal, a limit of time or memory and a report of a sanitizer are faults.
void read(const std::string& bytes);

/// Small files that are read without an error, to begin with.
std::vector<std::string> seeds();

/// Words of the format, for the dictionary; may be none.
std::vector<std::string> words();

}  // namespace systoliq::fuzz
