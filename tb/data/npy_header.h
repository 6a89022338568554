// SPDX-License-Identifier: Apache-2.0
// The header of a .npy file (format versions 1 and 2 of NumPy's specification): element type, order and shape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tb/data/byte_source.h"
#include "types/tensor.h"

namespace systoliq::tb {

inline constexpr char kNpyMagic[] = "\x93NUMPY";
inline constexpr std::size_t kNpyMagicSize = 6, kNpyMaxHeader = 1 << 16;

struct NpyHeader {
  std::string type;  ///< NumPy's descr, such as "<f4"
  bool fortran_order = false;
  Shape shape;  ///< at most 2^40 elements
};

/// Reads the header and leaves the source at the first element. Throws InputError naming the source.
NpyHeader read_npy_header(ByteSource& source);

}  // namespace systoliq::tb
