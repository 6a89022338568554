// SPDX-License-Identifier: Apache-2.0
// The machine's layers against arrays that somebody else's tool dumped into a folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "types/quantized_network.h"

namespace systoliq::tb {

enum class ArrayLayout { kNchw, kNhwc };

struct AgainstOptions {
  std::string folder;
  std::string names;  ///< JSON file: name of a tensor or layer -> file in the folder; empty: names.json there, if any
  ArrayLayout layout = ArrayLayout::kNchw;  ///< of the arrays
  double tolerance = 0.0;                   ///< in steps of the tensor's scale
};

/// Where an array first differs, in the order image, channel, row, column.
struct ArrayDifference {
  std::int64_t image = 0, channel = 0, row = 0, column = 0;
  double here = 0.0, there = 0.0;
};

/// How the numbers of an array are meant, by their type: floats are real values; unsigned integers the quantized ones
/// of the ONNX tensor; signed integers the stored ones (types/quantized_network.h).
enum class ArrayMeaning { kReal, kQuantized, kStored };

struct ArrayComparison {
  std::string layer, tensor, file;  ///< the file as it is called in the folder
  ArrayMeaning meaning = ArrayMeaning::kStored;
  std::string refused;  ///< why its shape does not fit; then nothing was compared
  std::int64_t elements = 0, differing = 0;
  double largest = 0.0;  ///< difference
  std::optional<ArrayDifference> first;
};

struct AgainstReport {
  std::int64_t images = 0;
  std::vector<ArrayComparison> arrays;  ///< in the order of execution
  std::vector<std::string> missing;     ///< layers without an array
  std::vector<std::string> surplus;     ///< files that belong to no layer
  bool agree() const;
  /// The first that differs or does not fit; nullptr where all agree.
  const ArrayComparison* first_difference() const;
};

/// `outputs`: per image the stored integers of every tensor, indexed as the network's; empty tensors are left out. An
/// array holds all images along its first axis, which may be absent where there is one image; height and width of 1 may
/// be absent too. Shapes are compared before elements are read. Throws InputError where the folder has no array of any
/// layer, a map or an array cannot be read, or two layers claim one file.
AgainstReport compare_against(const QuantizedNetwork& network, const std::vector<std::vector<IntTensor>>& outputs,
                              const AgainstOptions& options);

/// A table for people, with what is missing and surplus, and the first difference.
std::string to_text(const AgainstReport& report);
/// One JSON object, `schema_version` 1.
std::string to_json(const AgainstReport& report);

}  // namespace systoliq::tb
