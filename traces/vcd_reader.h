// SPDX-License-Identifier: Apache-2.0
// Value change dump as it is written, read piece by piece: the names of its wires and what each holds. Knows nothing of
// the machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace systoliq::traces {

class VcdReader final {
 public:
  struct Wire {
    std::vector<std::string> scope;  ///< names of the blocks it lies in, outermost first
    std::string name;                ///< without its range; an element of an array is "name[3]"
    int bits = 1;
    std::size_t value = 0;  ///< index of the value it shows; wires that are connected share one
  };

  /// More of the file, cut anywhere. Throws InternalError for what is no value change dump.
  void feed(std::string_view text);
  /// The time of the changes read last, -1 before the first.
  std::int64_t time() const { return now_; }

  /// The header has been read: all wires are known.
  bool header_read() const { return header_read_; }
  const std::vector<Wire>& wires() const { return wires_; }
  /// `count` bits (1 to 64) of a wire from bit `first` on; bits that are not 0 or 1 count as 0.
  std::uint64_t bits(const Wire& wire, int first, int count) const;

 private:
  void line(std::string_view text);
  void header_line(std::string_view text);
  void change(std::string_view code, std::string_view digits);

  std::string rest_;                ///< of a line that has not ended
  std::string definition_;          ///< a definition that goes over several lines
  std::vector<std::string> scope_;  ///< while the header is read
  std::vector<Wire> wires_;
  std::unordered_map<std::string, std::size_t> codes_;
  std::vector<std::vector<std::uint64_t>> values_;  ///< 64 bits each, lowest first
  bool header_read_ = false;
  std::int64_t now_ = -1;
};

}  // namespace systoliq::traces
