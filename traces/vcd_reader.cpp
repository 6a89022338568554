// SPDX-License-Identifier: Apache-2.0
// Lines, definitions and changes.
#include "traces/vcd_reader.h"

#include <algorithm>
#include <charconv>

#include "types/error.h"

namespace systoliq::traces {
namespace {

constexpr std::string_view kSpace = " \t\r";

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; (at = text.find_first_not_of(kSpace, at)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kSpace, at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  check(error == std::errc{} && end == text.data() + text.size(),
        "value change dump: '" + std::string(text) + "' is no number");
  return number;
}

}  // namespace

void VcdReader::feed(std::string_view text) {
  for (;;) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    if (rest_.empty()) {
      line(text.substr(0, end));
    } else {
      rest_ += text.substr(0, end);
      const std::string whole = std::move(rest_);
      rest_.clear();
      line(whole);
    }
    text.remove_prefix(end + 1);
  }
  rest_ += text;
}

void VcdReader::line(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  text = text.substr(0, text.find_last_not_of(kSpace) + 1);
  if (text.empty()) return;
  if (!header_read_) return header_line(text);
  switch (text.front()) {
    case '#':
      now_ = number_of(text.substr(1));
      return;
    case '$':  // $dumpvars and $end: what lies between are changes
      return;
    case 'b': {
      const std::size_t space = text.find(' ');
      check(space != std::string_view::npos, "value change dump: '" + std::string(text) + "' names no wire");
      return change(text.substr(space + 1), text.substr(1, space - 1));
    }
    default:
      return change(text.substr(1), text.substr(0, 1));
  }
}

void VcdReader::header_line(std::string_view text) {
  definition_ += (definition_.empty() ? "" : " ") + std::string(text);
  if (definition_.find("$end") == std::string::npos) return;
  const std::vector<std::string> words = words_of(definition_);
  definition_.clear();
  if (words[0] == "$scope") {
    check(words.size() == 4, "value change dump: $scope takes a type and a name");
    scope_.push_back(words[2]);
  } else if (words[0] == "$upscope") {
    check(!scope_.empty(), "value change dump: $upscope without $scope");
    scope_.pop_back();
  } else if (words[0] == "$enddefinitions") {
    header_read_ = true;
  } else if (words[0] == "$var") {
    check(words.size() >= 6, "value change dump: $var takes type, bits, code and name");
    const auto bits = static_cast<int>(number_of(words[2]));
    const auto [code, added] = codes_.emplace(words[3], values_.size());
    if (added) values_.emplace_back(static_cast<std::size_t>((bits + 63) / 64), 0);
    wires_.push_back({scope_, words[4], bits, code->second});
  }
}

void VcdReader::change(std::string_view code, std::string_view digits) {
  const auto found = codes_.find(std::string(code));
  check(found != codes_.end(), "value change dump: no wire has the code '" + std::string(code) + "'");
  std::vector<std::uint64_t>& value = values_[found->second];
  std::fill(value.begin(), value.end(), 0);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (digits[digits.size() - 1 - i] != '1') continue;
    check(i / 64 < value.size(), "value change dump: more digits than the wire has bits");
    value[i / 64] |= std::uint64_t{1} << i % 64;
  }
}

std::uint64_t VcdReader::bits(const Wire& wire, int first, int count) const {
  check(count >= 1 && count <= 64 && first >= 0 && first + count <= wire.bits, "bits outside of a wire");
  const std::vector<std::uint64_t>& value = values_[wire.value];
  const auto at = static_cast<std::size_t>(first) / 64;
  const int shift = first % 64;
  std::uint64_t found = value[at] >> shift;
  if (shift != 0 && at + 1 < value.size()) found |= value[at + 1] << (64 - shift);
  return count == 64 ? found : found & ((std::uint64_t{1} << count) - 1);
}

}  // namespace systoliq::traces
