// SPDX-License-Identifier: Apache-2.0
// The batches of CIFAR as Python wrote them: pickles of one dictionary with lists of integers and one NumPy array.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace systoliq::tb {

/// What a batch holds: bytes [n, 3072] and n labels.
struct CifarPickle {
  std::vector<std::uint8_t> pixels;
  std::vector<std::int64_t> labels;
};

/// Reads a pickle of protocol 2 as Python 2 writes it, with entries 'data' (an array of uint8) and `labels_key` (a list
/// of integers). Nothing is executed: of all names that a pickle can call only NumPy's array and dtype are known, and
/// those are data here. Throws InputError for every other content. Memory grows with the file only.
CifarPickle read_cifar_pickle(const std::string& path, const std::string& labels_key);

}  // namespace systoliq::tb
