// SPDX-License-Identifier: Apache-2.0
// Parses .npy headers, whatever stands in them.
#include "tb/data/npy_header.h"

#include <cstring>

#include "types/error.h"

namespace systoliq::tb {
namespace {

constexpr std::size_t kMaxDimensions = 16;

/// Parses the one Python dictionary that a header is: {'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }.
class HeaderParser final {
 public:
  HeaderParser(std::string path, std::string text) : path_(std::move(path)), text_(std::move(text)) {}

  NpyHeader parse() {
    NpyHeader header;
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

}  // namespace

NpyHeader read_npy_header(ByteSource& source) {
  unsigned char prefix[12] = {};
  if (source.read(prefix, 10) != 10 || std::memcmp(prefix, kNpyMagic, kNpyMagicSize) != 0) {
    throw InputError(source.name() + ": is no .npy file (it does not begin with \\x93NUMPY)");
  }
  const int version = prefix[6];
  if (version != 1 && version != 2) {
    throw InputError(source.name() + ": .npy version " + std::to_string(version) + "; 1 and 2 are accepted");
  }
  std::size_t size = prefix[8] | std::size_t{prefix[9]} << 8;
  if (version == 2) {
    source.read(prefix + 10, 2);
    size |= std::size_t{prefix[10]} << 16 | std::size_t{prefix[11]} << 24;
  }
  if (size > kNpyMaxHeader) {
    throw InputError(source.name() + ": .npy header of " + std::to_string(size) + " bytes; at most 65536 are accepted");
  }
  std::string text(size, '\0');
  if (source.read(text.data(), size) != size) throw InputError(source.name() + ": truncated in the .npy header");
  NpyHeader header = HeaderParser(source.name(), text).parse();
  try {
    element_count(header.shape);
  } catch (const InputError& error) {
    throw InputError(source.name() + ": " + error.what());
  }
  return header;
}

}  // namespace systoliq::tb
