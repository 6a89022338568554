// SPDX-License-Identifier: Apache-2.0
// Text in large pieces.
#include "traces/vcd_writer.h"

#include <algorithm>

#include "types/error.h"

namespace systoliq::traces {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

/// Short identifiers of the printable characters '!' to '~', least significant first.
std::string code_of(std::size_t number) {
  constexpr std::size_t kCharacters = 94;
  std::string code;
  for (;; number = number / kCharacters - 1) {
    code += static_cast<char>('!' + number % kCharacters);
    if (number < kCharacters) return code;
  }
}

}  // namespace

VcdWriter::VcdWriter(const std::string& path) : file_(path) { text_.reserve(kPiece + 4096); }

std::size_t VcdWriter::add(const std::vector<std::string>& scope, const std::string& name, int bits) {
  check(bits >= 1 && bits <= 64, "a wire has 1 to 64 bits");
  wires_.push_back({scope, name, code_of(wires_.size()), bits});
  return wires_.size() - 1;
}

void VcdWriter::begin(const std::string& timescale, const std::string& comment) {
  text_ += "$comment " + comment + " $end\n$timescale " + timescale + " $end\n";
  std::vector<std::string> open;
  const auto leave_to = [&](std::size_t depth) {
    for (; open.size() > depth; open.pop_back()) text_ += "$upscope $end\n";
  };
  for (const Wire& wire : wires_) {
    const auto differs = std::mismatch(open.begin(), open.end(), wire.scope.begin(), wire.scope.end());
    leave_to(static_cast<std::size_t>(differs.first - open.begin()));
    for (std::size_t i = open.size(); i < wire.scope.size(); ++i) {
      text_ += "$scope module " + wire.scope[i] + " $end\n";
      open.push_back(wire.scope[i]);
    }
    text_ += "$var wire " + std::to_string(wire.bits) + " " + wire.code + " " + wire.name;
    if (wire.bits > 1) text_ += " [" + std::to_string(wire.bits - 1) + ":0]";
    text_ += " $end\n";
  }
  leave_to(0);
  text_ += "$enddefinitions $end\n";
}

void VcdWriter::time(std::int64_t now) {
  if (now == now_) return;
  check(now > now_, "the time of a trace goes back");
  now_ = now;
  if (text_.size() > kPiece) write_out();
  text_ += '#';
  text_ += std::to_string(now);
  text_ += '\n';
}

void VcdWriter::change(std::size_t wire, std::uint64_t value) {
  const Wire& changed = wires_[wire];
  if (changed.bits == 1) {
    text_ += (value & 1) != 0 ? '1' : '0';
  } else {
    int bit = changed.bits - 1;
    while (bit > 0 && (value >> bit & 1) == 0) --bit;  // zeros are understood on the left
    text_ += 'b';
    for (; bit >= 0; --bit) text_ += (value >> bit & 1) != 0 ? '1' : '0';
    text_ += ' ';
  }
  text_ += changed.code;
  text_ += '\n';
}

void VcdWriter::write_out() {
  if (failure_.empty()) {
    try {
      file_.write(text_);
    } catch (const InputError& error) {
      failure_ = error.what();
    }
  }
  text_.clear();
}

void VcdWriter::finish() {
  write_out();
  if (!failure_.empty()) throw InputError(failure_);
  file_.commit();
}

}  // namespace systoliq::traces
