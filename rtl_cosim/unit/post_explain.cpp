// SPDX-License-Identifier: Apache-2.0
// Finds the output pixel by looking at all of them.
#include "rtl_cosim/unit/post_explain.h"

#include <optional>

namespace systoliq::rtl {
namespace {

struct Place {
  int y = 0, x = 0;
  std::int64_t word = 0;  ///< of the pixel
};

class PostExplanation final {
 public:
  PostExplanation(const model::Post& post, model::Storage& state)
      : post_(post), op_(static_cast<model::PostOp>(post.op)), state_(state) {}

  std::string text(std::int64_t word, int lane) {
    const std::optional<Place> place = find(word, lane);
    if (!place) return "the command does not write there";
    const int channel = static_cast<int>(place->word) * state_.config.array.rows + lane;
    return "pixel (" + std::to_string(place->y) + ", " + std::to_string(place->x) + "), channel " +
           std::to_string(channel) + ": " + operands(*place, lane, channel);
  }

 private:
  std::optional<Place> find(std::int64_t word, int lane) const {
    for (int y = 0; y < post_.height; ++y) {
      for (int x = 0; x < post_.width; ++x) {
        const std::int64_t pixel = post_.output_address + std::int64_t{y} * post_.output_row_pitch +
                                   std::int64_t{x} * post_.output_pixel_pitch;
        if (writes(word - pixel, lane)) return Place{y, x, word - pixel};
      }
    }
    return std::nullopt;
  }

  bool writes(std::int64_t word, int lane) const {
    if (op_ != model::PostOp::kRequantize) return word >= 0 && word < post_.blocks;
    const std::int64_t channel = word * state_.config.array.rows + lane - post_.channel_offset;
    return word >= 0 && channel >= 0 && channel < post_.channels + post_.fill_lanes;
  }

  std::string operands(const Place& place, int lane, int channel) {
    switch (op_) {
      case model::PostOp::kRequantize:
        return requantization(place, channel - post_.channel_offset);
      case model::PostOp::kMaxPool:
      case model::PostOp::kAveragePool:
        return window(place, lane);
      case model::PostOp::kAdd:
        return std::to_string(
                   source(post_.source_address, post_.source_row_pitch, place.y, place.x, place.word, lane)) +
               " and " +
               std::to_string(
                   source(post_.source2_address, post_.source2_row_pitch, place.y, place.x, place.word, lane));
      case model::PostOp::kLookup:
        return "entry of " +
               std::to_string(source(post_.source_address, post_.source_row_pitch, place.y, place.x, place.word, lane));
      case model::PostOp::kMultiply:
      case model::PostOp::kMultiplyPixel:
      case model::PostOp::kAddPixel:
      case model::PostOp::kFill:
        break;
    }
    return "the zero point";
  }

  std::string requantization(const Place& place, int column) {
    if (column >= post_.channels) return "a filled lane";
    const std::int64_t* accumulators =
        state_.accumulators.words(post_.source_address + place.y * post_.width + place.x);
    const model::ParamEntry& entry = state_.params.words(post_.param_address)[column];
    return "column " + std::to_string(column) + ", accumulator " + std::to_string(accumulators[column]) +
           ", multiplier " + std::to_string(entry.multiplier) + ", shift " + std::to_string(entry.shift);
  }

  std::string window(const Place& place, int lane) {
    std::string text = "window";
    for (int ky = 0; ky < post_.kernel_height; ++ky) {
      text += ky == 0 ? " " : " / ";
      for (int kx = 0; kx < post_.kernel_width; ++kx) {
        const int y = place.y * post_.stride_height - post_.pad_top + ky;
        const int x = place.x * post_.stride_width - post_.pad_left + kx;
        const bool inside = y >= 0 && y < post_.source_height && x >= 0 && x < post_.source_width;
        text += kx == 0 ? "" : ", ";
        text +=
            inside ? std::to_string(source(post_.source_address, post_.source_row_pitch, y, x, place.word, lane)) : "-";
      }
    }
    return text;
  }

  int source(std::int64_t base, std::int64_t row_pitch, int y, int x, std::int64_t block, int lane) {
    return state_.activations.words(base + y * row_pitch + std::int64_t{x} * post_.source_pixel_pitch + block)[lane];
  }

  const model::Post& post_;
  model::PostOp op_;
  model::Storage& state_;
};

}  // namespace

std::string explain_post(const model::Post& post, std::int64_t word, int lane, model::Storage& state) {
  return PostExplanation(post, state).text(word, lane);
}

}  // namespace systoliq::rtl
