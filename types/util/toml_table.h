// SPDX-License-Identifier: Apache-2.0
// Strict reading of TOML: every key is asked for by name, has one type and a range, and what nobody asked for is an
// error that names the nearest known key. All errors are InputErrors that name file, line and key.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "types/error.h"
#include "types/table_headers.h"
#include "types/util/input_file.h"
#include "types/util/nearest.h"
#include "types/util/number_text.h"

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

namespace systoliq {

namespace toml_detail {

/// `text` with ".0" behind the decimal integer at that place (line and column from 1 on); unchanged where there is
/// none.
inline std::string with_real_at(std::string text, std::size_t line, std::size_t column) {
  std::size_t at = 0;
  for (std::size_t i = 1; i < line && at != std::string::npos; ++i) at = text.find('\n', at) + 1;
  const std::string digits = "0123456789_";
  at = std::min(at + column - 1, text.size());
  const std::size_t before = at == 0 ? std::string::npos : text.find_last_not_of(digits, at - 1);
  const std::size_t first = before == std::string::npos ? 0 : before + 1;
  const std::size_t end = std::min(text.find_first_not_of(digits, first), text.size());
  const bool decimal = end > first && (first == 0 || std::string("xob").find(text[first - 1]) == std::string::npos);
  return decimal ? text.insert(end, ".0") : text;
}

}  // namespace toml_detail

/// An integer of more than 64 bits, which TOML does not have, is read as a real number, so that whoever asks for the
/// key refuses it and gives the key's range.
inline toml::table parse_toml(const std::string& text, const std::string& origin) {
  check_table_headers(text, origin);
  try {
    return toml::parse(text, origin);
  } catch (const toml::parse_error& error) {
    if (error.description().find("not representable in 64 bits") != std::string_view::npos) {
      const toml::source_position& at = error.source().begin;
      const std::string changed = toml_detail::with_real_at(text, at.line, at.column);
      if (changed != text) return parse_toml(changed, origin);
    }
    throw InputError(origin + ":" + std::to_string(error.source().begin.line) +
                     ": not TOML: " + std::string(error.description()));
  }
}

/// One table of a file. A key that is absent leaves the value as it was.
class TomlTable final {
 public:
  /// The root of a file; `root` must outlive this object and those made from it.
  TomlTable(const toml::table& root, std::string origin) : TomlTable(&root, "", std::move(origin)) {}

  bool has(const char* key) const { return table_ != nullptr && table_->contains(key); }

  /// True where the key holds this text.
  bool is_text(const char* key, const char* text) {
    const toml::node* node = find(key);
    return node != nullptr && node->is_string() && node->as_string()->get() == text;
  }

  void read(const char* key, std::string* value) {
    if (const toml::node* node = find(key)) {
      if (!node->is_string()) fail(*node, key, "must be a string");
      *value = node->as_string()->get();
    }
  }
  void read(const char* key, std::vector<std::string>* values) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (!node->is_array()) fail(*node, key, "must be an array of strings");
    values->clear();
    for (const toml::node& entry : *node->as_array()) {
      if (!entry.is_string()) fail(entry, key, "must be an array of strings");
      values->push_back(entry.as_string()->get());
    }
  }
  void read(const char* key, bool* value) {
    if (const toml::node* node = find(key)) {
      if (!node->is_boolean()) fail(*node, key, "must be true or false");
      *value = node->as_boolean()->get();
    }
  }
  void read(const char* key, double* value) {
    if (const toml::node* node = find(key)) {
      if (!node->is_number()) fail(*node, key, "must be a number");
      *value = node->is_integer() ? static_cast<double>(node->as_integer()->get()) : node->as_floating_point()->get();
    }
  }
  /// Any integer; `accepted` only tells what should stand instead of another type.
  void read_integer(const char* key, std::int64_t* value, const std::string& accepted) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (node->is_floating_point() && std::abs(node->as_floating_point()->get()) >= 9223372036854775808.0) {
      fail(*node, key,
           "= " + number_text(node->as_floating_point()->get()) + " is out of range; accepted: " + accepted);
    }
    if (!node->is_integer()) fail(*node, key, "must be an integer; accepted: " + accepted);
    *value = node->as_integer()->get();
  }
  template <typename Integer>
  void read_integer(const char* key, Integer* value, std::int64_t low, std::int64_t high) {
    const std::string range = std::to_string(low) + " to " + std::to_string(high);
    std::int64_t found = 0;
    read_integer(key, &found, range);
    if (!has(key)) return;
    if (found < low || found > high) {
      refuse(key, "= " + std::to_string(found) + " is out of range; accepted: " + range);
    }
    *value = static_cast<Integer>(found);
  }
  /// One of `names`, whose places are the values of the enumeration.
  template <typename Enum, std::size_t kCount>
  void read_name(const char* key, Enum* value, const char* const (&names)[kCount]) {
    std::string text;
    read(key, &text);
    if (!has(key)) return;
    std::string accepted;
    for (std::size_t i = 0; i < kCount; ++i) {
      accepted += (i ? ", \"" : "\"") + std::string(names[i]) + "\"";
      if (text == names[i]) *value = static_cast<Enum>(i);
    }
    if (std::find(std::begin(names), std::end(names), text) == std::end(names)) {
      refuse(key, "= \"" + text + "\" is unknown; accepted: " + accepted);
    }
  }
  /// [key]; without keys where it is absent.
  TomlTable table(const char* key) {
    const toml::node* node = find(key);
    if (node != nullptr && !node->is_table()) fail(*node, key, "must be a table");
    return {node == nullptr ? nullptr : node->as_table(), prefix_ + key + ".", origin_};
  }
  /// Every [[key]].
  std::vector<TomlTable> tables(const char* key) {
    std::vector<TomlTable> found;
    const toml::node* node = find(key);
    if (node == nullptr) return found;
    if (!node->is_array_of_tables()) fail(*node, key, "must be tables [[" + std::string(key) + "]]");
    for (const toml::node& entry : *node->as_array()) {
      found.push_back({entry.as_table(), prefix_ + key + "[" + std::to_string(found.size()) + "].", origin_});
    }
    return found;
  }
  /// Refuses the value of a key, or its absence.
  [[noreturn]] void refuse(const char* key, const std::string& rule) const {
    if (has(key)) fail(*table_->get(key), key, rule);
    throw InputError(origin_ + ": " + prefix_ + key + " " + rule);
  }
  /// Throws for a key that nobody read.
  void finish() const {
    if (table_ == nullptr) return;
    for (const auto& [key, node] : *table_) {
      const std::string text(key.str());
      if (std::find(known_.begin(), known_.end(), text) != known_.end()) continue;
      const auto nearest = std::min_element(known_.begin(), known_.end(), [&](const auto& a, const auto& b) {
        return edit_distance(text, a) < edit_distance(text, b);
      });
      fail(node, text, "is not known; did you mean '" + *nearest + "'?");
    }
  }

 private:
  TomlTable(const toml::table* table, std::string prefix, std::string origin)
      : table_(table), prefix_(std::move(prefix)), origin_(std::move(origin)) {}

  const toml::node* find(const char* key) {
    known_.emplace_back(key);
    return table_ == nullptr ? nullptr : table_->get(key);
  }
  [[noreturn]] void fail(const toml::node& node, const std::string& key, const std::string& rule) const {
    throw InputError(origin_ + ":" + std::to_string(node.source().begin.line) + ": " + prefix_ + key + " " + rule);
  }

  const toml::table* table_;
  std::string prefix_, origin_;
  std::vector<std::string> known_;
};

}  // namespace systoliq
