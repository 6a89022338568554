// SPDX-License-Identifier: Apache-2.0
// Reads and writes .npy files (format versions 1 and 2 of NumPy's specification, little endian, C order).
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tb/data/dataset.h"
#include "types/util/atomic_file.h"

namespace systoliq::tb {
namespace {

constexpr char kMagic[] = "\x93NUMPY";
constexpr std::size_t kMagicSize = 6, kMaxHeader = 1 << 16, kMaxDimensions = 16;

struct Header {
  std::string type;
  bool fortran_order = false;
  Shape shape;
};

/// Parses the one Python dictionary that a header is: {'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }.
class HeaderParser final {
 public:
  HeaderParser(std::string path, std::string text) : path_(std::move(path)), text_(std::move(text)) {}

  Header parse() {
    Header header;
    int seen = 0;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr") {
        header.type = quoted();
        seen |= 1;
      } else if (key == "fortran_order") {
        header.fortran_order = boolean();
        seen |= 2;
      } else if (key == "shape") {
        header.shape = tuple();
        seen |= 4;
      } else {
        fail("unknown key '" + key + "'");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_spaces();
    if (at_ != text_.size()) fail("text after the dictionary");
    if (seen != 7) fail("descr, fortran_order and shape are needed");
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const { throw InputError(path_ + ": malformed .npy header: " + why); }

  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool accept(char wanted) {
    skip_spaces();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) fail(std::string("'") + wanted + "' expected at position " + std::to_string(at_));
  }
  std::string quoted() {
    const char quote = accept('\'') ? '\'' : '"';
    if (quote == '"') expect('"');
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string::npos) fail("unterminated text");
    const std::string value = text_.substr(at_, end - at_);
    at_ = end + 1;
    return value;
  }
  bool boolean() {
    skip_spaces();
    for (const std::string& word : {std::string("True"), std::string("False")}) {
      if (text_.compare(at_, word.size(), word) == 0) {
        at_ += word.size();
        return word == "True";
      }
    }
    fail("True or False expected at position " + std::to_string(at_));
  }
  Shape tuple() {
    Shape shape;
    expect('(');
    while (!accept(')')) {
      shape.push_back(dimension());
      if (shape.size() > kMaxDimensions) fail("more than " + std::to_string(kMaxDimensions) + " dimensions");
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }
  std::int64_t dimension() {
    skip_spaces();
    constexpr std::int64_t kMaxDimension = std::int64_t{1} << 40;
    std::int64_t value = 0;
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      value = 10 * value + (text_[at_++] - '0');
      if (value > kMaxDimension) fail("a dimension above 2^40");
    }
    if (at_ == start) fail("a dimension expected at position " + std::to_string(at_));
    return value;
  }

  std::string path_, text_;
  std::size_t at_ = 0;
};

/// Reads the header and leaves the stream at the first element.
Header read_header(std::istream& file, const std::string& path) {
  unsigned char prefix[12] = {};
  file.read(reinterpret_cast<char*>(prefix), 10);
  if (!file || std::memcmp(prefix, kMagic, kMagicSize) != 0) {
    throw InputError(path + ": is no .npy file (it does not begin with \\x93NUMPY)");
  }
  const int version = prefix[6];
  if (version != 1 && version != 2) {
    throw InputError(path + ": .npy version " + std::to_string(version) + "; 1 and 2 are accepted");
  }
  std::size_t size = prefix[8] | std::size_t{prefix[9]} << 8;
  if (version == 2) {
    file.read(reinterpret_cast<char*>(prefix) + 10, 2);
    size |= std::size_t{prefix[10]} << 16 | std::size_t{prefix[11]} << 24;
  }
  if (size > kMaxHeader) {
    throw InputError(path + ": .npy header of " + std::to_string(size) + " bytes; at most 65536 are accepted");
  }
  std::string text(size, '\0');
  file.read(text.data(), static_cast<std::streamsize>(size));
  if (!file) throw InputError(path + ": truncated in the .npy header");
  return HeaderParser(path, text).parse();
}

template <typename T>
FloatTensor read_elements(std::istream& file, const std::string& path, const Shape& shape, std::uint64_t bytes) {
  const auto count = static_cast<std::uint64_t>(element_count(shape));
  if (bytes != count * sizeof(T)) {
    throw InputError(path + ": shape " + to_string(shape) + " needs " + std::to_string(count * sizeof(T)) +
                     " bytes of data, the file has " + std::to_string(bytes));
  }
  std::vector<T> raw(count);
  file.read(reinterpret_cast<char*>(raw.data()), static_cast<std::streamsize>(bytes));
  if (!file) throw InputError(path + ": cannot be read to its end");
  FloatTensor values;
  values.shape = shape;
  values.data.reserve(count);
  for (const T element : raw) {
    const auto value = static_cast<float>(element);
    if (!std::isfinite(value)) throw InputError(path + ": holds a value that is not finite; finite ones are accepted");
    // The first condition keeps the conversion back inside the range of T.
    if (!std::is_same_v<T, float> &&
        (std::fabs(value) > 9.2e18F || static_cast<std::int64_t>(value) != static_cast<std::int64_t>(element))) {
      throw InputError(path + ": float32 cannot hold the integer " + std::to_string(element) + " exactly");
    }
    values.data.push_back(value);
  }
  return values;
}

std::string header_bytes(const char* type, const Shape& shape) {
  std::string dimensions;
  for (const std::int64_t d : shape) dimensions += std::to_string(d) + ",";
  std::string text = std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': (" + dimensions + "), }";
  constexpr std::size_t kPrefix = 10, kAlignment = 64;
  while ((kPrefix + text.size() + 1) % kAlignment != 0) text += ' ';
  text += '\n';
  check(text.size() < kMaxHeader, "the .npy header is too long");
  std::string prefix(kMagic, kMagicSize);
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

FloatTensor read_npy(const std::string& path) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) throw InputError(path + ": cannot be read; a .npy file is needed");
  const Header header = read_header(file, path);
  if (header.fortran_order) {
    throw InputError(path + ": is in Fortran order; C order is accepted (numpy.ascontiguousarray)");
  }
  const std::uint64_t bytes = size - static_cast<std::uint64_t>(file.tellg());
  if (header.type == "<f4") return read_elements<float>(file, path, header.shape, bytes);
  if (header.type == "|i1") return read_elements<std::int8_t>(file, path, header.shape, bytes);
  if (header.type == "|u1") return read_elements<std::uint8_t>(file, path, header.shape, bytes);
  if (header.type == "<i2") return read_elements<std::int16_t>(file, path, header.shape, bytes);
  if (header.type == "<i4") return read_elements<std::int32_t>(file, path, header.shape, bytes);
  if (header.type == "<i8") return read_elements<std::int64_t>(file, path, header.shape, bytes);
  throw InputError(path + ": element type '" + header.type + "'; <f4, |i1, |u1, <i2, <i4 and <i8 are accepted");
}

NpyDescription describe_npy(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(path + ": cannot be read; a .npy file is needed");
  Header header = read_header(file, path);
  return {std::move(header.type), std::move(header.shape)};
}

void write_npy(const std::string& path, const FloatTensor& values) { write(path, "<f4", values); }
void write_npy(const std::string& path, const IntTensor& values) { write(path, "<i4", values); }

}  // namespace systoliq::tb
