// SPDX-License-Identifier: Apache-2.0
// Writes .npy files (format version 1 of NumPy's specification, little endian, C order).
#include "tb/data/dataset.h"
#include "tb/data/npy_header.h"
#include "types/util/atomic_file.h"

namespace systoliq::tb {
namespace {

std::string header_bytes(const char* type, const Shape& shape) {
  std::string dimensions;
  for (const std::int64_t d : shape) dimensions += std::to_string(d) + ",";
  std::string text = std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': (" + dimensions + "), }";
  constexpr std::size_t kPrefix = 10, kAlignment = 64;
  while ((kPrefix + text.size() + 1) % kAlignment != 0) text += ' ';
  text += '\n';
  check(text.size() < kNpyMaxHeader, "the .npy header is too long");
  std::string prefix(kNpyMagic, kNpyMagicSize);
  prefix += '\x01';
  prefix += '\0';
  prefix += static_cast<char>(text.size() & 0xFF);
  prefix += static_cast<char>(text.size() >> 8);
  return prefix + text;
}

template <typename T>
void write(const std::string& path, const char* type, const Tensor<T>& values) {
  AtomicFile file(path);
  file.write(header_bytes(type, values.shape));
  file.write(values.data.data(), values.data.size() * sizeof(T));
  file.commit();
}

}  // namespace

void write_npy(const std::string& path, const FloatTensor& values) { write(path, "<f4", values); }
void write_npy(const std::string& path, const IntTensor& values) { write(path, "<i4", values); }
void write_npy(const std::string& path, const Tensor<std::int8_t>& values) { write(path, "|i1", values); }
void write_npy(const std::string& path, const Tensor<std::uint8_t>& values) { write(path, "|u1", values); }
void write_npy(const std::string& path, const Tensor<std::int64_t>& values) { write(path, "<i8", values); }
void write_npy(const std::string& path, const Tensor<std::int16_t>& values) { write(path, "<i2", values); }
void write_npy(const std::string& path, const Tensor<std::uint16_t>& values) { write(path, "<u2", values); }

}  // namespace systoliq::tb
