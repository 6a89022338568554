// SPDX-License-Identifier: Apache-2.0
// Random EXECUTE commands.
#include "rtl_cosim/core/random_execute.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace systoliq::rtl {
namespace {

constexpr int kBiasWords = 8;
constexpr int kLongestKernel = 512, kLongestTile = 64;  ///< taps, pixels
constexpr int kWidest = 60;                             ///< pixels of a row, between taps far apart
constexpr std::int32_t kLargestSize = model::kCoordinateMax;

}  // namespace

std::int64_t RandomExecute::value(int bits) {
  const std::int64_t highest = (std::int64_t{1} << (bits - 1)) - 1;
  switch (pick(0, 7)) {
    case 0:
      return highest - pick(0, 1);
    case 1:
      return -highest - 1 + pick(0, 1);
    case 2:
      return pick(-1, 1);
    default:
      return std::uniform_int_distribution<std::int64_t>(-highest - 1, highest)(random_);
  }
}

void RandomExecute::fill(model::Storage* state) {
  const model::DatatypeConfig& types = state->config.datatypes;
  const bool one_sided = pick(0, 2) == 0;  // large sums of one sign: they overflow
  const auto fill_words = [&](auto& buffer, std::int64_t words, int bits) {
    auto* values = buffer.words(0, words);
    for (std::int64_t i = 0; i < words * buffer.lanes(); ++i) {
      std::int64_t v = value(bits);
      if (one_sided && v < 0) v = -(v + 1);
      values[i] = static_cast<std::remove_reference_t<decltype(*values)>>(v);
    }
  };
  fill_words(state->activations, state->config.activation_words(), types.activation_bits);
  fill_words(state->weights, state->config.weight_words(), types.weight_bits);
  fill_words(state->accumulators, state->config.accumulator_words(), types.accumulator_bits);
  fill_params(state);
}

/// Codebooks in front, biases behind.
void RandomExecute::fill_params(model::Storage* state) {
  const model::AcceleratorConfig& config = state->config;
  const int words = config.param_words();
  for (int word = 0; word < words; ++word) {
    model::ParamEntry* entries = state->params.words(word);
    for (int c = 0; c < config.array.cols; ++c) {
      // One in four does not even fit the accumulator: the bias itself is not narrowed.
      const int bits = config.datatypes.accumulator_bits;
      entries[c] = {value(pick(0, 3) == 0 ? pick(bits, 63) : bits), pick(-1000, 1000), pick(-60, 10)};
      if (config.codebook_words() == 0 || word >= words - kBiasWords) continue;
      std::array<std::int16_t, 8> table = {};
      for (std::int16_t& entry : table) entry = static_cast<std::int16_t>(value(config.weights.codebook_bits));
      std::memcpy(static_cast<void*>(&entries[c]), table.data(), sizeof table);
    }
  }
}

model::Execute RandomExecute::shape(const model::AcceleratorConfig& config) {
  model::Execute e;
  const bool tiny = pick(0, 2) == 0;  // passes of fewer pixels than rows
  e.output_height = pick(1, tiny ? 2 : 5);
  e.output_width = pick(1, tiny ? 2 : 6);
  e.kernel_height = pick(1, 3);
  e.kernel_width = pick(1, 3);
  e.input_height = pick(1, 7);
  e.input_width = pick(1, 7);
  e.input_blocks = pick(1, 3);
  e.last_block_lanes = pick(0, 1) != 0 ? config.array.rows : pick(1, config.array.rows);
  e.valid_columns = pick(0, 1) != 0 ? config.array.cols : pick(1, config.array.cols);
  e.stride_height = pick(1, 3);
  e.stride_width = pick(1, 3);
  e.dilation_height = pick(1, 3);
  e.dilation_width = pick(1, 3);
  e.pad_top = pick(-4, 4);
  e.pad_left = pick(-4, 4);
  const int largest = (1 << (config.datatypes.activation_bits - 1)) - 1;
  e.pad_value = pick(-largest - 1, largest);
  const int largest_weight = (1 << (config.datatypes.weight_bits - 1)) - 1;
  e.weight_zero_point = config.codebook_words() != 0 || pick(0, 1) != 0 ? 0 : pick(-largest_weight - 1, largest_weight);
  e.init = pick(0, 1);
  return e;
}

/// Now and then as many taps or pixels in a row as the buffers hold: counters reach their highest bits.
bool RandomExecute::make_long(const model::AcceleratorConfig& config, model::Execute* e) {
  const auto most = [this](int limit, std::int64_t words) {
    return std::max(1, std::min(limit, static_cast<int>(words)) - pick(0, 3));
  };
  const bool taps = pick(0, 11) == 0;
  if (!taps && pick(0, 11) != 0) return false;
  e->kernel_height = e->kernel_width = e->output_height = e->output_width = 1;
  if (taps) {
    e->input_blocks = e->last_block_lanes = 1;
    (pick(0, 1) != 0 ? e->kernel_height : e->kernel_width) = most(kLongestKernel, config.weight_words());
  } else {
    (pick(0, 1) != 0 ? e->output_height : e->output_width) = most(kLongestTile, config.accumulator_words());
  }
  return true;
}

/// Now and then one row or column with distances of some bits between its taps and pixels, which lie in the buffer.
void RandomExecute::spread(model::Execute* e) {
  if (pick(0, 5) != 0) return;
  const bool wide = pick(0, 1) != 0;
  (wide ? e->input_height : e->input_width) = 1;
  (wide ? e->input_width : e->input_height) = pick(kWidest / 2, kWidest);
  (wide ? e->stride_width : e->stride_height) = pick(1, kWidest / 2);
  (wide ? e->dilation_width : e->dilation_height) = pick(1, kWidest / 2);
  (wide ? e->pad_left : e->pad_top) = -pick(0, kWidest / 2);
}

bool RandomExecute::place_input(const model::AcceleratorConfig& config, model::Execute* e) {
  const bool planes = pick(0, 1) != 0;  // blocks apart, or side by side in a pixel
  e->input_pixel_pitch = (planes ? 1 : e->input_blocks) + pick(0, 2);
  e->input_row_pitch = e->input_width * e->input_pixel_pitch + pick(0, 3);
  e->input_block_pitch = planes ? e->input_height * e->input_row_pitch + pick(0, 2) : 1;
  if (pick(0, 7) == 0) e->input_row_pitch = -e->input_row_pitch;      // upside down
  if (pick(0, 7) == 0) e->input_pixel_pitch = -e->input_pixel_pitch;  // mirrored
  int lowest = 0;
  int highest = 0;
  const auto extend = [&](int step) { (step < 0 ? lowest : highest) += step; };
  extend((e->input_height - 1) * e->input_row_pitch);
  extend((e->input_width - 1) * e->input_pixel_pitch);
  extend((e->input_blocks - 1) * e->input_block_pitch);
  const auto words = static_cast<int>(config.activation_words());
  if (highest - lowest >= words) return false;
  e->input_address = -lowest + pick(0, words - 1 - (highest - lowest));
  return true;
}

/// Coordinates of many bits, which leave the input or need not be compared further: every high bit of the walk counts.
void RandomExecute::reach_far(model::Execute* e) {
  // Next to a power of two a single bit decides; the highest bits come as often as all others together.
  const auto distance = [this](int bits) {
    const int exponent = pick(0, 1) != 0 ? pick(2, bits) : pick(bits - 5, bits);
    return pick(0, 1) != 0 ? pick(1, 1 << exponent) : (1 << exponent) + pick(-1, 2);
  };
  const auto far = [&distance] { return distance(27); };
  const auto pad = [&] { return pick(0, 1) != 0 ? distance(29) : -distance(29); };
  if (pick(0, 3) == 0) e->stride_height = far();
  if (pick(0, 3) == 0) e->stride_width = far();
  if (pick(0, 3) == 0) e->dilation_height = far();
  if (pick(0, 3) == 0) e->dilation_width = far();
  if (pick(0, 3) == 0) e->pad_top = pad();
  if (pick(0, 3) == 0) e->pad_left = pad();
  // Rows or columns that are all the same words may be as many as one likes.
  if (pick(0, 2) == 0) {
    e->input_row_pitch = 0;
    e->input_height = distance(29);
  }
  if (pick(0, 2) == 0) {
    e->input_pixel_pitch = 0;
    e->input_width = distance(29);
  }
  const auto last = [](int outputs, int stride, int taps, int dilation, int before) {
    return (outputs - 1) * stride + (taps - 1) * dilation - before;
  };
  // An end between two rows or columns that are read: any wrong bit of it takes in one or leaves out another.
  const auto end = [this](int outputs, int stride, int taps, int dilation, int before, int* size) {
    const int at = pick(0, outputs - 1) * stride + pick(0, taps - 1) * dilation - before + pick(0, 1);
    if (at > 0 && pick(0, 1) != 0) *size = at;
  };
  if (e->input_row_pitch == 0) {
    end(e->output_height, e->stride_height, e->kernel_height, e->dilation_height, e->pad_top, &e->input_height);
  }
  if (e->input_pixel_pitch == 0) {
    end(e->output_width, e->stride_width, e->kernel_width, e->dilation_width, e->pad_left, &e->input_width);
  }
  // What lies behind the last pixel that is read may be claimed without being there.
  if (last(e->output_height, e->stride_height, e->kernel_height, e->dilation_height, e->pad_top) < e->input_height) {
    e->input_height += far();
  }
  if (last(e->output_width, e->stride_width, e->kernel_width, e->dilation_width, e->pad_left) < e->input_width) {
    e->input_width += far();
  }
  e->input_height = std::min(e->input_height, kLargestSize);
  e->input_width = std::min(e->input_width, kLargestSize);
}

model::Command RandomExecute::command(const model::AcceleratorConfig& config) {
  for (;;) {
    model::Execute e = shape(config);
    spread(&e);
    const bool is_long = make_long(config, &e);
    const int pixels = e.output_height * e.output_width;
    const int weights =
        e.kernel_height * e.kernel_width * ((e.input_blocks - 1) * config.array.rows + e.last_block_lanes);
    const auto weight_words = static_cast<int>(config.weight_words());
    if (pixels > config.accumulator_words() || weights > weight_words || !place_input(config, &e)) continue;
    if (!is_long && pick(0, 2) == 0) reach_far(&e);
    e.weight_address = pick(0, weight_words - weights);
    e.accumulator_address = pick(0, config.accumulator_words() - pixels);
    e.param_address = pick(config.param_words() - kBiasWords, config.param_words() - 1);
    if (config.codebook_words() != 0) {
      e.codebook_address = pick(0, config.param_words() - kBiasWords - config.codebook_words());
    }
    return {static_cast<std::uint16_t>(pick(0, 65535)), static_cast<std::uint16_t>(pick(0, 65535)), pick(0, 9), e};
  }
}

}  // namespace systoliq::rtl
