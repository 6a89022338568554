// SPDX-License-Identifier: Apache-2.0
// The decoder's checks.
#include "model/isa/command_check.h"

#include <string>

#include "types/error.h"
#include "types/preset.h"

namespace systoliq::model {
namespace {

/// What the preset's residual-add form is defined for.
void check_add_shifts(const Post& post, const std::string& where) {
  const auto preset = static_cast<Preset>(post.preset);
  const bool single = preset == Preset::kTfliteSingle || is_shift_only(preset);
  for (const std::int32_t shift : {post.shift, post.shift2, post.shift3}) {
    const std::int32_t smallest = preset == Preset::kOrtMlas ? 0 : kSmallestAddShift;
    const std::int32_t largest = single ? kLargestSingleAddShift : kLargestAddShift;
    check(shift >= smallest && shift <= largest, where + "POST adds with a shift of " + std::to_string(shift) +
                                                     "; accepted: " + std::to_string(smallest) + " to " +
                                                     std::to_string(largest));
  }
}

}  // namespace

void check_command(const Command& command, int index) {
  const std::string where = "command " + std::to_string(index) + ": ";
  if (const auto* load = std::get_if<Load>(&command.body)) {
    check(load->rows >= 1 && load->row_words >= 1, where + "LOAD without words");
  } else if (const auto* store = std::get_if<Store>(&command.body)) {
    check(store->rows >= 1 && store->row_words >= 1 && store->memory_word_bytes >= 1, where + "STORE without words");
  } else if (const auto* execute = std::get_if<Execute>(&command.body)) {
    check(execute->output_height >= 1 && execute->output_width >= 1 && execute->kernel_height >= 1 &&
              execute->kernel_width >= 1 && execute->input_blocks >= 1 && execute->last_block_lanes >= 1,
          where + "EXECUTE without pixels, taps or lanes");
  } else if (const auto* post = std::get_if<Post>(&command.body)) {
    check(post->height >= 1 && post->width >= 1, where + "POST without pixels");
    if (post->op == static_cast<std::int32_t>(PostOp::kAdd)) check_add_shifts(*post, where);
  } else {
    check(command.wait == 0 && command.signal == 0, where + "FENCE and HALT have no semaphores");
  }
}

}  // namespace systoliq::model
