// SPDX-License-Identifier: Apache-2.0
// Sources lie in the lower half of the activation buffer, results in the upper one.
#include "rtl_cosim/unit/random_post.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "model/arith/requantize.h"

namespace systoliq::rtl {
namespace {

constexpr int kDoubleRoundingAddBits = 11;  ///< a centered operand times 2^20 must fit 32 bits
constexpr int kLargestSingleShift = 31;     ///< to the left, of a sum that is rounded once

bool is_pool(model::PostOp op) { return op == model::PostOp::kMaxPool || op == model::PostOp::kAveragePool; }

bool adds_by_double_rounding(Preset preset) { return traits_of(preset).add_form == AddForm::kDoubleRounding; }

}  // namespace

bool can_run(const model::AcceleratorConfig& config, model::PostOp op, Preset preset) {
  if (op == model::PostOp::kRequantize) return multiplier_suffices(preset, config.requant.multiplier_bits);
  if (op == model::PostOp::kAdd && adds_by_double_rounding(preset)) {
    return config.datatypes.activation_bits <= kDoubleRoundingAddBits;
  }
  return true;
}

void RandomPost::fill_buffers(model::Storage& state) {
  std::int16_t* activations = state.activations.words(0, config_.activation_words());
  // Values next to a zero point give sums that are 0 or nearly so.
  const int largest = (1 << (config_.datatypes.activation_bits - 1)) - 1;
  const bool near = random_.one_in(4);
  center_ = between(-largest, largest - 1);
  std::generate_n(activations, config_.activation_words() * config_.array.rows,
                  [&] { return static_cast<std::int16_t>(near ? center_ + between(-1, 1) : activation()); });
  RequantizeVectors vectors(Preset::kFloor, config_.datatypes.accumulator_bits, 32, random_.next());
  vectors.skip(random_.between(0, vectors.corners()));
  std::int64_t* accumulators = state.accumulators.words(0, config_.accumulator_words());
  std::generate_n(accumulators, std::int64_t{config_.accumulator_words()} * config_.array.cols,
                  [&vectors] { return vectors.next().accumulator; });
}

model::Post RandomPost::next(model::PostOp op, Preset preset, model::Storage& state) {
  model::Post post;
  post.op = static_cast<std::int32_t>(op);
  post.preset = static_cast<std::int32_t>(preset);
  post.height = between(1, 4);
  post.width = between(1, 5);
  post.blocks = is_pool(op) || !random_.one_in(8) ? between(1, 3) : between(4, 9);
  post.source_zero_point = random_.one_in(3) ? center_ : activation();
  post.source2_zero_point = random_.one_in(3) ? center_ : activation();
  post.output_zero_point = activation();
  post.clamp_min = activation();
  post.clamp_max = activation();
  if (post.clamp_min > post.clamp_max || random_.one_in(2)) {
    post.clamp_max = (1 << (config_.datatypes.activation_bits - 1)) - 1;
    post.clamp_min = -post.clamp_max - 1;
  }
  post.source_height = post.height;
  post.source_width = post.width;
  switch (op) {
    case model::PostOp::kRequantize:
      requantize(preset, state, &post);
      return post;
    case model::PostOp::kMaxPool:
    case model::PostOp::kAveragePool:
      pool(op == model::PostOp::kAveragePool, &post);
      break;
    case model::PostOp::kAdd:
      add(preset, &post);
      break;
    case model::PostOp::kLookup:
      look_up(state, &post);
      break;
    case model::PostOp::kMultiply:
    case model::PostOp::kMultiplyPixel:
    case model::PostOp::kAddPixel:
    case model::PostOp::kFill:
      break;
  }
  place(&post);
  reach_far(op, &post);
  if (!is_pool(op) && random_.one_in(400)) fill_half(&post);
  return post;
}

/// One pixel of as many words as the source's half of the buffer holds: the count of words reaches its highest bits.
void RandomPost::fill_half(model::Post* post) {
  const auto half = static_cast<int>(config_.activation_words() / 2);
  post->height = post->width = post->source_height = post->source_width = 1;
  post->blocks = half - between(0, 3);
  post->source_address = between(0, half - post->blocks);
  post->source2_address = between(0, half - post->blocks);
  post->output_address = half + between(0, half - post->blocks);
}

/// Rows upside down, pixels from right to left, and sources of which all rows or all columns are the same words: those
/// may be as many and as far apart as one likes, so that every high bit of coordinates counts. Which taps lie outside
/// then shows in an average that counts them.
void RandomPost::reach_far(model::PostOp op, model::Post* post) {
  const auto turn = [](std::int32_t* address, int count, std::int32_t* pitch) {
    *address += (count - 1) * *pitch;
    *pitch = -*pitch;
  };
  if (random_.one_in(4)) turn(&post->source_address, post->source_height, &post->source_row_pitch);
  if (random_.one_in(4)) turn(&post->source2_address, post->source_height, &post->source2_row_pitch);
  if (random_.one_in(4)) turn(&post->output_address, post->height, &post->output_row_pitch);
  if (random_.one_in(4)) turn(&post->output_address, post->width, &post->output_pixel_pitch);
  if (random_.one_in(4)) {  // of both sources
    post->source2_address += (post->source_width - 1) * post->source_pixel_pitch;
    turn(&post->source_address, post->source_width, &post->source_pixel_pitch);
  }
  if (!is_pool(op)) return;
  const auto stretch = [this, post](std::int32_t outputs, std::int32_t* stride, std::int32_t* size,
                                    std::int32_t* pitch) {
    *pitch = 0;
    // Next to a power of two a single bit decides.
    *stride = random_.one_in(2) ? between(1, 1 << between(2, 26)) : (1 << between(2, 26)) + between(-1, 2);
    *size = (outputs - 1) * *stride + between(1, 4);
    if (!random_.one_in(4)) post->count_include_pad = 1;
  };
  if (random_.one_in(4)) stretch(post->height, &post->stride_height, &post->source_height, &post->source_row_pitch);
  if (random_.one_in(4)) stretch(post->width, &post->stride_width, &post->source_width, &post->source_pixel_pitch);
}

/// Pitches and addresses of word-wise operations; rows may lie further apart than they are long.
void RandomPost::place(model::Post* post) {
  const auto half = static_cast<int>(config_.activation_words() / 2);
  const auto base = [&](int first, int height, int width, int pixel_pitch, std::int32_t* row_pitch) {
    *row_pitch = width * pixel_pitch + between(0, 3);
    return first + between(0, half - height * *row_pitch - pixel_pitch);
  };
  post->source_pixel_pitch = post->blocks + between(0, 2);
  post->output_pixel_pitch = post->blocks + between(0, 2);
  post->source_address =
      base(0, post->source_height, post->source_width, post->source_pixel_pitch, &post->source_row_pitch);
  post->source2_address =
      base(0, post->source_height, post->source_width, post->source_pixel_pitch, &post->source2_row_pitch);
  post->output_address = base(half, post->height, post->width, post->output_pixel_pitch, &post->output_row_pitch);
}

void RandomPost::requantize(Preset preset, model::Storage& state, model::Post* post) {
  const int rows = config_.array.rows;
  post->blocks = 1;
  post->param_address = between(0, config_.param_words() - 1);
  RequantizeVectors vectors(preset, config_.datatypes.accumulator_bits, config_.requant.multiplier_bits,
                            random_.next());
  // One quarter of them corners, the others random.
  vectors.skip(random_.between(0, 4 * vectors.corners()));
  post->source_address = between(0, config_.accumulator_words() - post->height * post->width);
  std::int64_t* accumulators = state.accumulators.words(post->source_address);  // of the first pixel
  model::ParamEntry* entries = state.params.words(post->param_address);
  for (int column = 0; column < config_.array.cols; ++column) {
    const RequantizeVector vector = vectors.next();
    entries[column] = {static_cast<std::int64_t>(random_.next()), vector.multiplier, vector.shift};
    if (!random_.one_in(4)) accumulators[column] = vector.accumulator;
  }
  post->channels = between(1, config_.array.cols);
  post->channel_offset = between(0, 2 * rows);
  const int end = post->channel_offset + post->channels;
  post->fill_lanes = random_.one_in(2) ? (rows - end % rows) % rows : between(0, (rows - end % rows) % rows);
  post->output_pixel_pitch = (end + rows - 1) / rows + between(0, 2);
  post->output_row_pitch = post->width * post->output_pixel_pitch + between(0, 3);
  const auto words = static_cast<int>(config_.activation_words());
  post->output_address = between(0, words - (post->height + 1) * post->output_row_pitch - post->output_pixel_pitch);
}

void RandomPost::pool(bool average, model::Post* post) {
  post->kernel_height = between(1, 4);
  post->kernel_width = between(1, 4);
  post->stride_height = between(1, 3);
  post->stride_width = between(1, 3);
  // Every window has a tap inside: pads below the kernel, and rows enough for the last window's first tap.
  post->pad_top = between(0, post->kernel_height - 1);
  post->pad_left = between(0, post->kernel_width - 1);
  const auto source = [this](int outputs, int stride, int pad, int kernel) {
    const int last_first_tap = (outputs - 1) * stride - pad;
    return std::max(last_first_tap + 1, 1) + between(0, kernel);
  };
  post->source_height = source(post->height, post->stride_height, post->pad_top, post->kernel_height);
  post->source_width = source(post->width, post->stride_width, post->pad_left, post->kernel_width);
  post->count_include_pad = between(0, 1);
  if (average) average_scale(post);
}

/// Quotients of two significands as the compiler gives them, the raw sum's mark, ties, and scales far off.
void RandomPost::average_scale(model::Post* post) {
  post->multiplier = between(1 << 23, (1 << 24) - 1);
  post->divisor = between(1 << 23, (1 << 24) - 1);
  post->shift = between(-3, 3);
  switch (between(0, 6)) {
    case 0:
      post->divisor = post->multiplier;
      post->shift = 0;
      post->output_zero_point = post->source_zero_point;
      break;
    case 1:
      post->divisor = post->multiplier;
      break;
    case 2:
      post->divisor = post->multiplier = 1 << 23;
      post->multiplier += between(0, 3) << 21;
      break;
    case 3:
      post->shift = between(-100, 100);
      break;
    case 4:
      post->multiplier = between(0, 2147483647);
      post->divisor = between(1, 2147483647);
      post->shift = between(-20, 20);
      break;
    case 5: {  // a single bit each, wherever they are shifted to; often so that ties are left
      const int divisor = between(0, 30);
      const int multiplier = random_.one_in(2) ? divisor : between(0, 30);
      post->multiplier = 1 << multiplier;
      post->divisor = 1 << divisor;
      post->shift = random_.one_in(3) ? between(-100, 100) : divisor - multiplier + between(-4, 2);
      break;
    }
    default:
      break;
  }
}

void RandomPost::add(Preset preset, model::Post* post) {
  if (random_.one_in(3)) return add_thin(preset, post);
  const auto scale = [this] { return static_cast<float>(std::exp2(between(-40, 40) / 10.0)); };
  float a = scale();
  float b = random_.one_in(3) ? a : scale();
  float out = random_.one_in(4) ? a : random_.one_in(3) ? 2.0F * a : scale();
  const model::AddScales scales = model::derive_add_scales(preset, a, b, out);
  post->multiplier = scales.multiplier_a;
  post->shift = scales.shift_a;
  post->multiplier2 = scales.multiplier_b;
  post->shift2 = scales.shift_b;
  post->multiplier3 = scales.multiplier_out;
  post->shift3 = scales.shift_out;
  // Multipliers of few bits give products of few bits: each of them decides a rounding by itself.
  const auto thin = [this](std::int32_t* multiplier) {
    if (random_.one_in(3)) *multiplier &= -(1 << between(8, 30));
  };
  thin(&post->multiplier);
  thin(&post->multiplier2);
  thin(&post->multiplier3);
  if (preset == Preset::kOrtMlas || !random_.one_in(3)) return;
  // Operands of few bits, which the last factor makes large again: their roundings can be seen. Or of more bits.
  const int distance = between(-5, 24);
  if (random_.one_in(2)) post->multiplier = post->multiplier2 = 1 << 30;  // ties
  if (random_.one_in(4)) post->multiplier3 = 1 << between(26, 30);
  post->shift -= distance + between(-2, 2);
  post->shift2 -= distance + between(-2, 2);
  post->shift3 += distance;
  if (adds_by_double_rounding(preset)) return;
  post->shift = std::min(post->shift, 0);
  post->shift2 = std::min(post->shift2, 0);
  post->shift3 = std::min(post->shift3, kLargestSingleShift);
}

model::Post RandomPost::large_window(model::PostOp op, Preset preset, int taps, std::int64_t number) {
  model::Storage unused;
  model::Post post = next(op, preset, unused);
  post.height = post.width = post.blocks = 1;
  // First one column, then one row, then what lies between, every power of two alike.
  post.kernel_width = number < 2 ? 1 : 1 << between(0, static_cast<int>(std::log2(taps)));
  post.kernel_height = taps / post.kernel_width;
  if (number == 1) std::swap(post.kernel_height, post.kernel_width);
  post.source_height = post.kernel_height;
  post.source_width = post.kernel_width;
  post.pad_top = between(0, std::min(1, post.kernel_height - 1));
  post.pad_left = between(0, std::min(1, post.kernel_width - 1));
  if (!random_.one_in(4)) exact_scale(&post);
  post.source_row_pitch = post.source_pixel_pitch = 0;
  return post;
}

/// Entries a little beyond the range of activations too: the clamp follows.
void RandomPost::look_up(model::Storage& state, model::Post* post) {
  const int bits = config_.datatypes.activation_bits;
  const int entries = config_.array.cols * 8;
  const int words = ((1 << bits) + entries - 1) / entries;
  post->param_address = between(0, config_.param_words() - words);
  for (int word = 0; word < words; ++word) {
    std::vector<std::int16_t> values(static_cast<std::size_t>(entries));
    for (std::int16_t& value : values)
      value = static_cast<std::int16_t>(random_.one_in(8) ? between(-32768, 32767) : activation());
    std::memcpy(static_cast<void*>(state.params.words(post->param_address + word)), values.data(), values.size() * 2);
  }
}

}  // namespace systoliq::rtl
