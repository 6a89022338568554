// SPDX-License-Identifier: Apache-2.0
// Files that are read whole, pipes and /dev/stdin among them.
#pragma once

#include <cstdint>
#include <string>

namespace systoliq {

/// The bytes of a file; `what` is needed there, for the message. What came from a pipe or a device is kept, so that
/// reading it again gives the same. Throws InputError naming the path, the reason and `what`; also for a file of more
/// than `largest` bytes.
std::string read_input(const std::string& path, const std::string& what, std::int64_t largest = INT64_MAX);

}  // namespace systoliq
