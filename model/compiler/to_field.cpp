// SPDX-License-Identifier: Apache-2.0
// One comparison and its message.
#include "model/compiler/to_field.h"

#include <limits>

#include "types/error.h"

namespace systoliq::model {

std::int32_t ToField::operator()(const char* field, std::int64_t value) const {
  using Limits = std::numeric_limits<std::int32_t>;
  if (value < Limits::min() || value > Limits::max()) {
    throw InputError("layer '" + layer_ + "': " + field + " of " + command_ + " = " + std::to_string(value) +
                     " does not fit a command; accepted: " + std::to_string(Limits::min()) + " to " +
                     std::to_string(Limits::max()));
  }
  return static_cast<std::int32_t>(value);
}

}  // namespace systoliq::model
