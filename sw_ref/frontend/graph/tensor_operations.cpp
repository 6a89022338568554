// SPDX-License-Identifier: Apache-2.0
// Sizes of tensors.
#include "sw_ref/frontend/graph/tensor_operations.h"

#include "types/error.h"

namespace systoliq::sw_ref {

std::int64_t checked_count(const Shape& shape, const std::string& what) {
  std::int64_t count = 0;
  try {
    count = element_count(shape);
  } catch (const InputError& error) {
    throw InputError(what + ": " + error.what());
  }
  if (count > kLargestTensor) {
    throw InputError(what + ": shape " + to_string(shape) + " has " + std::to_string(count) +
                     " elements; accepted: up to " + std::to_string(kLargestTensor));
  }
  return count;
}

}  // namespace systoliq::sw_ref
