// SPDX-License-Identifier: Apache-2.0
// A pickle is a program for a small stack machine; this one knows data, and NumPy's arrays of bytes.
#include "tb/data/pickle.h"

#include <algorithm>
#include <map>

#include "tb/data/byte_reader.h"
#include "types/error.h"

namespace systoliq::tb {
namespace {

constexpr std::int64_t kPixels = 3072;

enum class Kind { kNone, kInteger, kText, kList, kTuple, kDictionary, kName, kType, kArray };

/// A value; others are named by their index, so that no nesting is deep.
struct Value {
  Kind kind = Kind::kNone;
  std::int64_t integer = 0;
  std::string text;                ///< kText, kName ("module name"), kType ("u1"); kArray: its bytes
  std::vector<std::size_t> items;  ///< kList, kTuple; kDictionary: key, value, key, value, …
};

class Unpickler final {
 public:
  Unpickler(std::string path, std::vector<std::uint8_t> bytes) : path_(std::move(path)), bytes_(std::move(bytes)) {}

  CifarPickle batch(const std::string& labels_key) {
    run();
    CifarPickle batch;
    const Value& data = entry("data");
    if (data.kind != Kind::kArray || static_cast<std::int64_t>(data.text.size()) != data.integer) {
      fail("its 'data' is no array of uint8 [n, 3072] in C order");
    }
    batch.pixels.assign(data.text.begin(), data.text.end());
    const Value& labels = entry(labels_key);
    if (labels.kind != Kind::kList) fail("its '" + labels_key + "' is no list");
    for (const std::size_t item : labels.items) {
      if (values_[item].kind != Kind::kInteger) fail("its '" + labels_key + "' holds something else than integers");
      batch.labels.push_back(values_[item].integer);
    }
    return batch;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw InputError(path_ + ": as a pickle of CIFAR (protocol 2), " + what +
                     "; accepted: CIFAR's own batches, pickled (…-py, …-python) or binary (…-bin, …-binary)");
  }

  std::uint8_t byte() {
    if (at_ >= bytes_.size()) fail("it is cut short");
    return bytes_[at_++];
  }
  std::uint64_t little(int size) {
    std::uint64_t value = 0;
    for (int i = 0; i < size; ++i) value |= std::uint64_t{byte()} << (8 * i);
    return value;
  }
  std::string take(std::uint64_t size) {
    if (size > bytes_.size() - at_) fail("it is cut short");
    const auto first = bytes_.begin() + static_cast<std::ptrdiff_t>(at_);
    at_ += static_cast<std::size_t>(size);
    return {first, first + static_cast<std::ptrdiff_t>(size)};
  }
  std::string line() {
    const auto first = bytes_.begin() + static_cast<std::ptrdiff_t>(at_);
    const auto end = std::find(first, bytes_.end(), '\n');
    std::string text = take(static_cast<std::uint64_t>(end - first));
    byte();
    return text;
  }

  void push(Kind kind, std::int64_t integer = 0, std::string text = "", std::vector<std::size_t> items = {}) {
    stack_.push_back(values_.size());
    values_.push_back({kind, integer, std::move(text), std::move(items)});
  }
  std::size_t pop() {
    if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back())) fail("it takes what is not there");
    const std::size_t top = stack_.back();
    stack_.pop_back();
    return top;
  }
  std::vector<std::size_t> pop_to_mark() {
    if (marks_.empty()) fail("it takes what is not there");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<std::size_t> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return items;
  }
  std::vector<std::size_t> pop_some(std::size_t count) {
    std::vector<std::size_t> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    return items;
  }
  Value& top() {
    if (stack_.empty()) fail("it takes what is not there");
    return values_[stack_.back()];
  }
  void append(Kind kind, const std::vector<std::size_t>& items) {
    Value& to = top();
    if (to.kind != kind || (kind == Kind::kDictionary && items.size() % 2 != 0)) fail("it appends to what is no list");
    to.items.insert(to.items.end(), items.begin(), items.end());
  }

  const Value& item(const Value& of, std::size_t index, Kind kind) const {
    if (index >= of.items.size() || values_[of.items[index]].kind != kind) fail("its array is described otherwise");
    return values_[of.items[index]];
  }

  /// A call of one of the two names that stand for data.
  void reduce() {
    const Value& arguments = values_[pop()];
    const std::string name = values_[pop()].text;
    if (name == "numpy dtype") return push(Kind::kType, 0, item(arguments, 0, Kind::kText).text);
    if (name == "numpy.core.multiarray _reconstruct" || name == "numpy._core.multiarray _reconstruct") {
      return push(Kind::kArray, -1);
    }
    fail("it calls '" + name + "'");
  }

  /// State of an array: (version, shape, type, Fortran order, bytes). `integer` becomes what the shape says.
  void build() {
    const std::size_t state = pop();
    if (top().kind == Kind::kType) return;
    if (top().kind != Kind::kArray) fail("it builds what is no array");
    const Value shape = item(values_[state], 1, Kind::kTuple);
    const bool bytes = item(values_[state], 2, Kind::kType).text == "u1";
    const bool fortran = item(values_[state], 3, Kind::kInteger).integer != 0;
    const bool fits = shape.items.size() == 2 && item(shape, 1, Kind::kInteger).integer == kPixels;
    if (!bytes || fortran || !fits) fail("its array is no uint8 [n, 3072] in C order");
    const std::int64_t count = item(shape, 0, Kind::kInteger).integer;
    const std::string& data = item(values_[state], 4, Kind::kText).text;
    if (count < 0 || count > static_cast<std::int64_t>(bytes_.size())) fail("its array is longer than the file");
    top().integer = count * kPixels;
    top().text = data;
  }

  const Value& entry(const std::string& key) {
    const Value& root = top();
    if (root.kind != Kind::kDictionary) fail("it holds no dictionary");
    for (std::size_t i = 0; i + 1 < root.items.size(); i += 2) {
      const Value& name = values_[root.items[i]];
      if (name.kind == Kind::kText && name.text == key) return values_[root.items[i + 1]];
    }
    fail("it has no entry '" + key + "'");
  }

  void run() {
    if (byte() != 0x80 || byte() != 2) fail("it is of another protocol");
    while (step(byte())) {
    }
  }

  void memoize(std::uint64_t key) {
    if (stack_.empty()) fail("it takes what is not there");
    memo_[key] = stack_.back();
  }
  void recall(std::uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) fail("it takes what is not there");
    stack_.push_back(found->second);
  }

  /// One instruction; false at the last.
  bool step(std::uint8_t code) {
    switch (code) {
      case '.':
        return false;
      case '(':
        marks_.push_back(stack_.size());
        return true;
      case 'q':
      case 'r':
        memoize(little(code == 'q' ? 1 : 4));
        return true;
      case 'h':
      case 'j':
        recall(little(code == 'h' ? 1 : 4));
        return true;
      case 'R':
        reduce();
        return true;
      case 'b':
        build();
        return true;
      default:
        return push_constant(code) || gather(code) || refuse(code);
    }
  }

  bool refuse(std::uint8_t code) { fail("it holds instruction " + std::to_string(code) + ", which is not known here"); }

  bool push_constant(std::uint8_t code) {
    switch (code) {
      case 'N':
        return push(Kind::kNone), true;
      case 0x88:
      case 0x89:
        return push(Kind::kInteger, code == 0x88 ? 1 : 0), true;
      case 'K':
        return push(Kind::kInteger, static_cast<std::int64_t>(little(1))), true;
      case 'M':
        return push(Kind::kInteger, static_cast<std::int64_t>(little(2))), true;
      case 'J':
        return push(Kind::kInteger, static_cast<std::int32_t>(little(4))), true;
      case 'U':
        return push(Kind::kText, 0, take(little(1))), true;
      case 'T':
      case 'X':
        return push(Kind::kText, 0, take(little(4))), true;
      case 'c': {
        const std::string module = line();
        return push(Kind::kName, 0, module + " " + line()), true;
      }
      default:
        return false;
    }
  }

  bool gather(std::uint8_t code) {
    switch (code) {
      case '}':
        return push(Kind::kDictionary), true;
      case ']':
        return push(Kind::kList), true;
      case ')':
        return push(Kind::kTuple), true;
      case 't':
        return push(Kind::kTuple, 0, "", pop_to_mark()), true;
      case 0x85:
      case 0x86:
      case 0x87:
        return push(Kind::kTuple, 0, "", pop_some(code - 0x84U)), true;
      case 'a':
        return append(Kind::kList, pop_some(1)), true;
      case 'e':
        return append(Kind::kList, pop_to_mark()), true;
      case 's':
        return append(Kind::kDictionary, pop_some(2)), true;
      case 'u':
        return append(Kind::kDictionary, pop_to_mark()), true;
      default:
        return false;
    }
  }

  std::string path_;
  std::vector<std::uint8_t> bytes_;
  std::size_t at_ = 0;
  std::vector<Value> values_;
  std::vector<std::size_t> stack_, marks_;  ///< indices of values_; positions in stack_
  std::map<std::uint64_t, std::size_t> memo_;
};

}  // namespace

CifarPickle read_cifar_pickle(const std::string& path, const std::string& labels_key) {
  constexpr std::size_t kMaxBytes = std::size_t{1} << 30;
  ByteReader reader(path);
  return Unpickler(path, reader.read_up_to(kMaxBytes)).batch(labels_key);
}

}  // namespace systoliq::tb
