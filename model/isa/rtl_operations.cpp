// SPDX-License-Identifier: Apache-2.0
// One look at every POST.
#include "model/isa/rtl_operations.h"

#include <variant>

#include "types/preset.h"
#include "types/util/index.h"

namespace systoliq::model {
namespace {

/// What the RTL does not have of a POST; empty: it has all of it. What no level has is the decoder's to refuse.
std::string missing(const Post& post) {
  const auto op = static_cast<PostOp>(post.op);
  if (multiplies(op)) return "multiplies two tensors";
  if (repeats_pixel(op)) return "adds a pixel to every pixel of a tensor";
  const auto presets = static_cast<std::int32_t>(kPresets.size());
  if (post.preset > static_cast<std::int32_t>(kLastRtlPreset) && post.preset < presets) {
    return "has preset " + std::string(to_string(static_cast<Preset>(post.preset)));
  }
  return "";
}

}  // namespace

void check_rtl_operations(const Program& program, const std::string& where) {
  for (const Command& command : program.commands) {
    const auto* post = std::get_if<Post>(&command.body);
    const std::string what = post == nullptr ? "" : missing(*post);
    if (what.empty()) continue;
    const bool on_x86 = post->preset == static_cast<std::int32_t>(Preset::kOrtX86);
    const bool in_double = post->preset == static_cast<std::int32_t>(Preset::kLitert16x8) &&
                           static_cast<PostOp>(post->op) == PostOp::kRequantize;
    throw InputError("layer '" + nth(program.layer_names, command.layer) + "' " + what + ", which " + where +
                     " does not have yet; accepted: levels functional, transaction and timing" +
                     (on_x86      ? ", or --preset ort_mlas"
                      : in_double ? ", or --preset tflite_16x8"
                                  : ""));
  }
}

}  // namespace systoliq::model
