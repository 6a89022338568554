// SPDX-License-Identifier: Apache-2.0
// Sizes that a user gives for inputs whose network leaves them open.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "types/tensor.h"

namespace systoliq::tb {

/// Each text is NAME=1,3,224,224. Throws InputError for other texts and for a name that is given twice.
std::map<std::string, Shape> parse_shapes(const std::vector<std::string>& texts);

}  // namespace systoliq::tb
