// SPDX-License-Identifier: Apache-2.0
// The machine's commands: 256 bytes each, 64 little-endian 32-bit words, every field one word, listed in isa_fields.h.
//
// word 0: opcode in bits 0..7; word 1: semaphores waited for (bits 0..15, each decremented by one when all are
// non-zero) and signaled (bits 16..31, each incremented when the command completes); word 2: layer index, for counters
// and reports only; words 3..63: the fields of the opcode in the order of its list.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/isa/isa_fields.h"

namespace systoliq::model {

inline constexpr int kCommandBytes = 256;
inline constexpr int kSemaphores = 16;
inline constexpr int kSemaphoreMax = 255;  ///< 8-bit counters; passing it is an error
inline constexpr int kQueueDepth = 8;      ///< commands per engine queue

enum class Opcode : std::uint8_t { kHalt = 0, kFence = 1, kLoad = 2, kExecute = 3, kPost = 4, kStore = 5 };
enum class LoadTarget : std::uint32_t { kActivation = 0, kWeight = 1, kParam = 2 };
enum class PostOp : std::uint32_t {
  kRequantize = 0,
  kMaxPool = 1,
  kAveragePool = 2,
  kAdd = 3,
  kLookup = 4,
  kFill = 5,
  kMultiply = 6,
  kMultiplyPixel = 7,
  kAddPixel = 8
};
/// The last operation that the RTL and level cycle have; those behind it run at the other levels.
inline constexpr PostOp kLastRtlPostOp = PostOp::kFill;

/// True for operations of two tensors; the pixel forms repeat one pixel of the second over all pixels of the first.
constexpr bool repeats_pixel(PostOp op) { return op == PostOp::kMultiplyPixel || op == PostOp::kAddPixel; }
constexpr bool multiplies(PostOp op) { return op == PostOp::kMultiply || op == PostOp::kMultiplyPixel; }
constexpr bool adds(PostOp op) { return op == PostOp::kAdd || op == PostOp::kAddPixel; }

#define SYSTOLIQ_FIELD(name, lowest, highest, unit, meaning) std::int32_t name = 0;

/// LOAD writes rows × row_records × record_words words; word n of row y, n < row_records * record_words, is
///   buffer[buffer_address + y * buffer_row_pitch + n * buffer_word_pitch].
///   Addresses and pitches of memory are bytes, of buffers words.
/// Plain (pack_kernel_width 0): memory holds records of record_lanes elements of element_bits, a pixel's channels or a
///   tap's weights. A row's records follow one another from bit memory_bit of byte memory_address + y *
///   memory_row_pitch on, those of activations each from a byte on. After lead_words words without elements every word
///   takes the record's next word_lanes, the last one what is left, and its other lanes are pad_value. Elements begin
///   at lane 0; with group_words at lane group_lane, for group_first_words words, then word_lanes further after every
///   group_words words.
/// Kernel-tap packing (activation only): memory holds pixels of pack_channels lanes of element_bits, each from a byte
/// on;
///   row_records output words are written per row, word x taking lanes lane_offset + t * pack_channels + c from pixel
///   x * pack_stride + t - pack_pad_left of the row, t < pack_kernel_width; pixels outside [0, pack_width) and rows
///   outside [0, pack_height) after y * pack_row_stride - pack_pad_top supply pad_value. memory_address is pixel (0,
///   0). Lanes outside [lane_offset, lane_offset + kernel width * channels) keep their value, or take 0 if clear_lanes
///   is 1. Only rows and pixels that exist are fetched: one memory row segment a row, from first to last pixel used.
struct Load {
  SYSTOLIQ_LOAD_FIELDS(SYSTOLIQ_FIELD)
};

/// EXECUTE: one tile of output_height × output_width pixels × one block of cols channels. Passes run ky, kx, block in
/// that order; pass p uses the next min(rows, lanes of that block) weight words (the last block has last_block_lanes).
///   input pixel of output (oy, ox), tap (ky, kx): iy = oy * stride_height + ky * dilation_height - pad_top, ix
///   likewise; outside [0, input_height) × [0, input_width) every lane is pad_value, else the word is input_address +
///   iy * input_row_pitch + ix * input_pixel_pitch + block * input_block_pitch. operand = weight - weight_zero_point,
///   or with weights.codec = codebook the entry that the weight is the index of, in the tables at param word
///   codebook_address (model/isa/param_word.h); lanes and columns outside the tile are masked to 0.
///   A command starts, and fills, when the semaphores of word 1 are there; its stream begins when those of stream_wait
///   are, which are decremented then.
///   accumulator[accumulator_address + oy * output_width + ox]; init 0: starts from the bias of param word
///   param_address; init 1: from what is there.
struct Execute {
  SYSTOLIQ_EXECUTE_FIELDS(SYSTOLIQ_FIELD)
};

/// POST, by `op`:
/// requantize: accumulators [source_address, + height * width), param word param_address, preset, output_zero_point,
///   clamps; writes channels [channel_offset, channel_offset + channels) of the pixel words at
///   output_address + y * output_row_pitch + x * output_pixel_pitch + (channel / rows); fill_lanes further lanes of the
///   last word take output_zero_point.
/// max_pool, average_pool: source words source_address + iy * source_row_pitch + ix * source_pixel_pitch + block for
///   block < blocks; window fields as in EXECUTE over source_height × source_width; taps outside are skipped.
///   Average: v = multiplier * 2^shift * (S - n * source_zero_point) / (n * divisor), n = taps inside, or
///   kernel_height * kernel_width where count_include_pad (taps outside then count as source_zero_point); exact,
///   rounded half even for ort_mlas and half away otherwise, + output_zero_point, clamped. With multiplier == divisor
///   and shift == 0 and a preset other than ort_mlas the raw sum is divided (source and output zero points are then
///   equal).
/// add: operands source_address and source2_address (each with its row pitch, the same pixel pitch) by the preset's
///   residual-add form (docs/numerics.md); multiplier/shift scale the first, multiplier2/shift2 the second,
///   multiplier3/shift3 the sum. In float (ort_x86) multiplier3/shift3 is the addend (24 bits, bit 24 the sign), and
///   the zero points are what storage takes off the integers, negated.
/// multiply: (first - source_zero_point) * (second - source2_zero_point), operands as for add, scaled by multiplier and
///   shift as an accumulator; where the preset adds the zero point first (types/multiply_form.h), it adds
///   output_zero_point + multiplier3 and takes multiplier3 off again.
/// multiply_pixel, add_pixel: the second operand is the blocks of one pixel, at source2_address, for every pixel.
/// lookup: table at param_address (model/isa/param_word.h), elementwise over height × width × blocks.
/// fill: height × width × blocks words take output_zero_point in every lane.
struct Post {
  SYSTOLIQ_POST_FIELDS(SYSTOLIQ_FIELD)
};

/// Shifts of an add; presets that round once shift its operands to the right only, its sum by at most the last one.
inline constexpr std::int32_t kSmallestAddShift = -64, kLargestAddShift = 63, kLargestSingleAddShift = 31;

/// STORE copies rows × row_records × record_words activation words to memory: of every record's words the first
/// record_lanes lanes, element_bits of each, from a byte on; pitches as in LOAD.
struct Store {
  SYSTOLIQ_STORE_FIELDS(SYSTOLIQ_FIELD)
};
#undef SYSTOLIQ_FIELD

struct Fence {};
struct Halt {};

struct Command {
  std::uint16_t wait = 0, signal = 0;
  std::int32_t layer = 0;
  std::variant<Halt, Fence, Load, Execute, Post, Store> body;  ///< index == opcode
};

/// Semaphores that a command waits for, at its start or later.
std::uint16_t awaited_by(const Command& command);

using CommandWords = std::array<std::uint32_t, kCommandBytes / 4>;

CommandWords encode(const Command& command);
/// Throws InputError on an unknown opcode or a non-zero reserved word.
Command decode(const CommandWords& words);
/// One assembler line, `LOAD layer=0 wait=0x0001 signal=0x0002 target=0 …`.
std::string disassemble(const Command& command);

}  // namespace systoliq::model
