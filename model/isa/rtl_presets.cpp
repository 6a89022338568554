// SPDX-License-Identifier: Apache-2.0
// One look at every POST.
#include "model/isa/rtl_presets.h"

#include <variant>

#include "types/preset.h"
#include "types/util/index.h"

namespace systoliq::model {

void check_rtl_presets(const Program& program, const std::string& where) {
  for (const Command& command : program.commands) {
    const auto* post = std::get_if<Post>(&command.body);
    const auto presets = static_cast<std::int32_t>(kPresets.size());
    if (post == nullptr || post->preset <= static_cast<std::int32_t>(kLastRtlPreset) || post->preset >= presets)
      continue;
    throw InputError("layer '" + nth(program.layer_names, command.layer) + "': POST's preset " +
                     std::string(to_string(static_cast<Preset>(post->preset))) + " is not in " + where +
                     " yet; accepted: levels functional, transaction and timing");
  }
}

}  // namespace systoliq::model
