// SPDX-License-Identifier: Apache-2.0
// One look at every POST.
#include "model/isa/rtl_operations.h"

namespace systoliq::model {

void check_rtl_operations(const Program& program, const std::string& where) {
  for (const Command& command : program.commands) {
    const auto* post = std::get_if<Post>(&command.body);
    if (post == nullptr || post->op <= static_cast<std::int32_t>(kLastRtlPostOp)) continue;
    const auto op = static_cast<PostOp>(post->op);
    const std::string what = multiplies(op) ? "multiplies two tensors" : "adds a pixel to every pixel of a tensor";
    throw InputError("layer '" + program.layer_names.at(static_cast<std::size_t>(command.layer)) + "': " + what +
                     ", which " + where + " does not have yet; accepted: levels functional, transaction and timing");
  }
}

}  // namespace systoliq::model
