// SPDX-License-Identifier: Apache-2.0
// Elements of every type and order as float32, piece by piece.
#include "tb/data/array_file.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "tb/data/dataset.h"
#include "tb/data/zip_file.h"
#include "types/error.h"

namespace systoliq::tb {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;  // bytes, a multiple of every element's size

/// IEEE half precision.
float half_to_float(std::uint16_t bits) {
  const int exponent = bits >> 10 & 0x1F;
  const int fraction = bits & 0x3FF;
  float magnitude = 0.0F;
  if (exponent == 0x1F) {
    magnitude = fraction == 0 ? INFINITY : NAN;
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    magnitude = std::ldexp(static_cast<float>(fraction | 0x400), exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

/// True where 24 significant bits hold the magnitude.
bool fits_float(std::uint64_t magnitude) {
  while (magnitude != 0 && magnitude % 2 == 0) magnitude /= 2;
  return magnitude < std::uint64_t{1} << 24;
}

template <typename T>
T as(std::uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// The element of `size` bytes whose bits are the lower ones of `bits`.
float element(const std::string& name, char kind, std::size_t size, std::uint64_t bits) {
  if (kind == 'f') {
    const double real = size == 2   ? double{half_to_float(static_cast<std::uint16_t>(bits))}
                        : size == 4 ? double{as<float>(bits)}
                                    : as<double>(bits);
    const auto value = static_cast<float>(real);
    if (std::isfinite(value)) return value;
    char text[32];
    std::snprintf(text, sizeof text, "%g", real);
    throw InputError(name + ": holds " + text + ", which is not finite" + (std::isfinite(real) ? " in float32" : "") +
                     "; finite values are accepted");
  }
  if (kind == 'b') return bits == 0 ? 0.0F : 1.0F;
  const bool negative = kind == 'i' && (bits >> (8 * size - 1) & 1U) != 0;
  const std::uint64_t low = size == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * size)) - 1;
  const std::uint64_t magnitude = negative ? (~bits + 1) & low : bits;
  if (!fits_float(magnitude)) {
    throw InputError(name + ": float32 cannot hold the integer " + (negative ? "-" : "") + std::to_string(magnitude) +
                     " exactly");
  }
  return negative ? -static_cast<float>(magnitude) : static_cast<float>(magnitude);
}

/// Elements in Fortran order, first index fastest, to C order.
std::vector<float> to_c_order(const std::vector<float>& fortran, const Shape& shape) {
  std::vector<float> values(fortran.size());
  Shape index(shape.size(), 0);
  for (float& value : values) {
    std::int64_t from = 0;
    for (std::size_t axis = shape.size(); axis-- > 0;) from = from * shape[axis] + index[axis];
    value = fortran[static_cast<std::size_t>(from)];
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
  return values;
}

const std::string kEnding = ".npy";

std::vector<ZipMember> arrays_of(const std::string& path) {
  std::vector<ZipMember> arrays;
  for (ZipMember& member : zip_members(path)) {
    const std::string& name = member.name;
    const bool array =
        name.size() > kEnding.size() && name.compare(name.size() - kEnding.size(), kEnding.size(), kEnding) == 0;
    if (array) arrays.push_back(std::move(member));
  }
  return arrays;
}

std::string names_of(const std::vector<ZipMember>& arrays) {
  std::string names;
  for (const ZipMember& member : arrays) {
    names +=
        (names.empty() ? "the arrays '" : ", '") + member.name.substr(0, member.name.size() - kEnding.size()) + "'";
  }
  return names.empty() ? "no array" : names;
}

}  // namespace

ArrayFile::ArrayFile(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)), header_(read_npy_header(*source_)) {
  const std::string& type = header_.type;
  const bool form = type.size() == 3 && std::strchr("<>|", type[0]) != nullptr;
  const std::string sizes = !form                              ? ""
                            : type[1] == 'f'                   ? "248"
                            : type[1] == 'b'                   ? "1"
                            : type[1] == 'i' || type[1] == 'u' ? "1248"
                                                               : "";
  if (!form || sizes.find(type[2]) == std::string::npos || (type[0] == '|' && type[2] != '1')) {
    throw InputError(name() + ": element type '" + type +
                     "'; f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 and b1 are accepted, as <f4 or >f4");
  }
  kind_ = type[1];
  size_ = static_cast<std::size_t>(type[2] - '0');
  big_endian_ = type[0] == '>';
}

FloatTensor ArrayFile::read(std::int64_t count) {
  const Shape& shape = header_.shape;
  const bool part = !shape.empty() && count < shape[0];
  FloatTensor values;
  values.shape = shape;
  if (part && !header_.fortran_order) values.shape[0] = count;
  values.data = read_elements(static_cast<std::uint64_t>(element_count(values.shape)));
  if (values.shape == shape) check_end(values.data.size());
  if (header_.fortran_order) values.data = to_c_order(values.data, shape);
  if (part && header_.fortran_order) {
    values.shape[0] = count;
    values.data.resize(static_cast<std::size_t>(element_count(values.shape)));
  }
  return values;
}

std::vector<float> ArrayFile::read_elements(std::uint64_t count) {
  std::vector<float> values;
  std::vector<std::uint8_t> bytes;
  while (values.size() < count) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, (count - values.size()) * size_));
    bytes.resize(wanted);
    const std::size_t got = source_->read(bytes.data(), wanted);
    if (got != wanted) refuse_size(static_cast<std::uint64_t>(element_count(shape())), values.size() * size_ + got);
    for (std::size_t at = 0; at < wanted; at += size_) {
      std::uint64_t bits = 0;
      for (std::size_t i = 0; i < size_; ++i) {
        bits |= std::uint64_t{bytes[at + i]} << (8 * (big_endian_ ? size_ - 1 - i : i));
      }
      values.push_back(element(name(), kind_, size_, bits));
    }
  }
  return values;
}

void ArrayFile::check_end(std::uint64_t count) {
  std::vector<std::uint8_t> rest(kPiece);
  const std::size_t more = source_->read(rest.data(), rest.size());
  if (more != 0) refuse_size(count, count * size_ + more);
}

void ArrayFile::refuse_size(std::uint64_t count, std::uint64_t found) const {
  throw InputError(name() + ": shape " + to_string(shape()) + " needs " + std::to_string(count * size_) +
                   " bytes of data, the file has " + std::to_string(found));
}

ArrayFile open_array(const std::string& path, const std::string& preferred) {
  auto file = std::make_unique<FileSource>(path);
  if (file->peek() != 'P') return ArrayFile(std::move(file));
  if (!file->can_seek()) throw InputError(path + ": is a pipe; an archive (.npz) is read from a file only");
  const std::vector<ZipMember> arrays = arrays_of(path);
  for (const ZipMember& member : arrays) {
    if (arrays.size() == 1 || member.name == preferred + kEnding) return ArrayFile(open_zip_member(path, member));
  }
  throw InputError(path + ": holds " + names_of(arrays) + "; accepted: one array" +
                   (preferred.empty() ? "" : ", or one named '" + preferred + "'"));
}

ArrayFile open_member(const std::string& path, const std::string& name) {
  const std::vector<ZipMember> arrays = arrays_of(path);
  for (const ZipMember& member : arrays) {
    if (member.name == name + kEnding) return ArrayFile(open_zip_member(path, member));
  }
  throw InputError(path + ": holds " + names_of(arrays) + "; an array '" + name + "' is needed");
}

FloatTensor read_npy(const std::string& path) { return open_array(path).read(); }

}  // namespace systoliq::tb
