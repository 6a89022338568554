// SPDX-License-Identifier: Apache-2.0
// The decoder's checks.
#include "model/hw/command_check.h"

#include <string>

#include "types/error.h"

namespace systoliq::model {

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
    for (const std::int32_t shift : {post->shift, post->shift2, post->shift3}) {
      check(post->op != static_cast<std::int32_t>(PostOp::kAdd) ||
                (shift >= kSmallestAddShift && shift <= kLargestAddShift),
            where + "POST adds with a shift of " + std::to_string(shift) +
                "; accepted: " + std::to_string(kSmallestAddShift) + " to " + std::to_string(kLargestAddShift));
    }
  } else {
    check(command.wait == 0 && command.signal == 0, where + "FENCE and HALT have no semaphores");
  }
}

}  // namespace systoliq::model
