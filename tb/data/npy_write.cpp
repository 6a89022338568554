// SPDX-License-Identifier: Apache-2.0
// Writes .npy version 1 files (little endian, C order): to a temporary name first, so a reader never sees half a file.
#include <cstdio>
#include <fstream>

#include "tb/data/dataset.h"

namespace systoliq::tb {
namespace {

std::string header(const char* type, const Shape& shape) {
  std::string dimensions;
  for (const std::int64_t d : shape) dimensions += std::to_string(d) + ",";
  std::string text = std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': (" + dimensions + "), }";
  constexpr std::size_t kPrefix = 10, kAlignment = 64;
  while ((kPrefix + text.size() + 1) % kAlignment != 0) text += ' ';
  text += '\n';
  std::string prefix("\x93NUMPY\x01\x00", 8);
  prefix += static_cast<char>(text.size() & 0xFF);
  prefix += static_cast<char>(text.size() >> 8);
  return prefix + text;
}

template <typename T>
void write(const std::string& path, const char* type, const Tensor<T>& values) {
  const std::string temporary = path + ".tmp";
  std::ofstream file(temporary, std::ios::binary);
  const std::string head = header(type, values.shape);
  file.write(head.data(), static_cast<std::streamsize>(head.size()));
  file.write(reinterpret_cast<const char*>(values.data.data()),
             static_cast<std::streamsize>(values.data.size() * sizeof(T)));
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    std::remove(temporary.c_str());
    throw InputError(path + ": cannot be written; a writable folder with enough space is needed");
  }
}

}  // namespace

void write_npy(const std::string& path, const FloatTensor& values) { write(path, "<f4", values); }
void write_npy(const std::string& path, const IntTensor& values) { write(path, "<i4", values); }

}  // namespace systoliq::tb
