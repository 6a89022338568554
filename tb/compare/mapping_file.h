// SPDX-License-Identifier: Apache-2.0
// Mappings as files: TOML, a table [[group]] for each group of layers.
#pragma once

#include <string>

#include "model/isa/mapping.h"

namespace systoliq::tb {

/// What read_mapping() reads, with a comment that names the network.
std::string mapping_text(const model::Mapping& mapping, const std::string& network);

/// Throws InputError naming file, line and key. What of it fits the network and the machine is for the compiler to say.
model::Mapping read_mapping(const std::string& path);

}  // namespace systoliq::tb
