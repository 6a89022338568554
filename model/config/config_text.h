// SPDX-License-Identifier: Apache-2.0
// A machine as text: canonical TOML for fingerprints, with comments for people, and the documentation's tables.
#pragma once

#include <string>

#include "model/config/accelerator_config.h"

namespace systoliq::model {

/// Every key that is set, in the order of the table, as TOML. Two machines are equal if and only if their texts are;
/// parse_config() gives the same machine back.
std::string canonical_text(const AcceleratorConfig& config);

/// The same TOML with a comment on every key (help, accepted values, unit, the default where the value is another), and
/// the derived values as comments at the end. Of the default machine it is configs/default.toml.
std::string annotated_text(const AcceleratorConfig& config);

/// Markdown tables of keys and of derived values: docs/configuration.md.
std::string key_table();
std::string derived_table();

}  // namespace systoliq::model
