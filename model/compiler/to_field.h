// SPDX-License-Identifier: Apache-2.0
// The checked way from the compiler's 64-bit arithmetic to the 32 bits of a command field.
#pragma once

#include <cstdint>
#include <string>

namespace systoliq::model {

/// Converts the fields of one command of one layer.
class ToField final {
 public:
  /// Both are kept by reference and named in errors.
  ToField(const std::string& layer, const char* command) : layer_(layer), command_(command) {}

  /// The same value. Throws InputError naming layer, command, field and value where 32 bits do not hold it.
  std::int32_t operator()(const char* field, std::int64_t value) const;

 private:
  const std::string& layer_;
  const char* command_;
};

}  // namespace systoliq::model
