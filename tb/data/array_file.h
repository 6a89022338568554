// SPDX-License-Identifier: Apache-2.0
// Arrays in .npy files, in pipes and in .npz archives: shape and type first, elements when they are asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tb/data/byte_source.h"
#include "tb/data/npy_header.h"
#include "types/tensor.h"

namespace systoliq::tb {

/// One array. Types: f2, f4, f8, i1 to i8, u1 to u8 and b1 of NumPy, of either byte order, in C or Fortran order.
class ArrayFile final {
 public:
  /// Reads the header. Throws InputError naming the source, also for types that are not accepted.
  explicit ArrayFile(std::unique_ptr<ByteSource> source);

  const std::string& name() const { return source_->name(); }
  const Shape& shape() const { return header_.shape; }
  bool holds_integers() const { return kind_ != 'f'; }
  bool holds_unsigned() const { return kind_ == 'u'; }
  /// Unsigned bytes, as pixels are.
  bool holds_bytes() const { return kind_ == 'u' && size_ == 1; }

  /// All elements, or those of the first `count` indices of axis 0, in C order; once only. Reals are rounded to
  /// float32. Throws InputError for values that are not finite in float32, integers that float32 cannot hold exactly,
  /// and, where all are read, for data that are shorter or longer than the shape. Memory grows with what is there.
  FloatTensor read(std::int64_t count = INT64_MAX);

 private:
  std::vector<float> read_elements(std::uint64_t count);
  void check_end(std::uint64_t count);
  [[noreturn]] void refuse_size(std::uint64_t count, std::uint64_t found) const;

  std::unique_ptr<ByteSource> source_;
  NpyHeader header_;
  char kind_ = 'f';
  std::size_t size_ = 4;  ///< bytes of an element
  bool big_endian_ = false;
};

/// The array of a .npy file or pipe; of a .npz archive, told by its content, the one it holds or, of several, the one
/// of the preferred name. Throws InputError, for an archive of several naming them.
ArrayFile open_array(const std::string& path, const std::string& preferred = "");

/// The array of that name in a .npz archive. Throws InputError naming those that it holds.
ArrayFile open_member(const std::string& path, const std::string& name);

}  // namespace systoliq::tb
