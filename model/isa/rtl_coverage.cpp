// SPDX-License-Identifier: Apache-2.0
// Looks for commands without RTL.
#include "model/isa/rtl_coverage.h"

#include "types/preset.h"
#include "types/util/index.h"

namespace systoliq::model {

void require_rtl(const Program& program, const std::string& what) {
  for (const Command& command : program.commands) {
    const Post* post = std::get_if<Post>(&command.body);
    if (post == nullptr || static_cast<PostOp>(post->op) != PostOp::kAdd) continue;
    if (post->preset < 0 || post->preset >= static_cast<std::int32_t>(kPresets.size())) continue;
    const auto preset = static_cast<Preset>(post->preset);
    if (has_rtl(preset)) continue;
    const bool named = command.layer >= 0 && static_cast<std::size_t>(command.layer) < program.layer_names.size();
    throw InputError(
        what + ": layer '" + (named ? nth(program.layer_names, command.layer) : "") + "' is a residual add of preset " +
        std::string(to_string(preset)) +
        ", which the RTL does not have; accepted: levels functional, timing and transaction, or --preset " +
        std::string(to_string(apart_from_add(preset))));
  }
}

}  // namespace systoliq::model
