// SPDX-License-Identifier: Apache-2.0
// A measurement as JSON and back, so that a long experiment can be continued.
#pragma once

#include <optional>
#include <string>

#include "tb/experiment/measure.h"

namespace systoliq::tb {

/// `identity` tells what was measured.
std::string to_json(const Measurement& measurement, const std::string& identity);

/// Nothing where the file is not there or holds another identity; throws InputError where it is no such JSON.
std::optional<Measurement> read_measurement(const std::string& path, const std::string& identity);

}  // namespace systoliq::tb
