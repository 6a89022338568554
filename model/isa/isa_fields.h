// SPDX-License-Identifier: Apache-2.0
// The fields of every command, each written down once: name, lowest and highest value, unit, meaning. The structs of
// command.h, encoding, range checks, listings, the tables of docs/architecture.md and systoliq_isa_pkg.sv all come from
// here. Fields are 32-bit integers with sign, in words 3, 4, … of the command. Which values fit together say the rules
// of isa_rules.h. X(name, lowest, highest, unit, meaning).
#pragma once

#include "model/isa/isa_bound.h"

// The lists keep their columns.
// clang-format off

#define SYSTOLIQ_LOAD_FIELDS(X)                                                                                        \
  X(target, at(0), at(2), "", "0 activation, 1 weight, 2 param buffer")                                                \
  X(memory_address, at(0), at(kInt32Highest), "bytes", "of row 0; with tap packing of pixel (0, 0)")                   \
  X(memory_row_pitch, at(0), at(kInt32Highest), "bytes", "from row to row")                                            \
  X(memory_bit, at(0), at(7), "bits", "of a row's first byte before its first element")                                \
  X(buffer_address, at(0), upto(Term::kTargetWords, -1), "words", "of word (0, 0)")                                    \
  X(buffer_row_pitch, at(0), upto(Term::kTargetWords), "words", "from row to row")                                     \
  X(buffer_word_pitch, at(0), upto(Term::kTargetWords), "words", "from word to word")                                  \
  X(rows, at(1), upto(Term::kTargetWords), "", "rows of records")                                                      \
  X(row_records, at(1), upto(Term::kTargetWords), "records", "of a row; with tap packing words")                       \
  X(record_words, at(1), upto(Term::kTargetWords), "words", "of a record")                                             \
  X(record_lanes, at(1), upto(Term::kTargetLanes), "elements", "of a record in memory")                                \
  X(word_lanes, at(1), upto(Term::kMostLanes), "elements", "of a word")                                                \
  X(element_bits, at(1), at(128), "bits", "of an element in memory; its sign is extended")                             \
  X(lead_words, at(0), upto(Term::kTargetWords, -1), "words", "of a record without elements, before all others")       \
  X(group_words, at(0), upto(Term::kTargetWords), "words",                                                             \
    "0: elements begin at lane 0; else word_lanes lanes further after so many words")                                  \
  X(group_first_words, at(0), upto(Term::kTargetWords), "words", "of a record's first group")                          \
  X(group_lane, minus(Term::kCols), upto(Term::kCols, -1), "lanes",                                                    \
    "of the first group's first element; elements outside the word are dropped")                                       \
  X(pack_kernel_width, at(0), upto(Term::kRows), "pixels", "0: plain copy; else tap packing of that many pixels")      \
  X(pack_channels, at(0), upto(Term::kRows), "lanes", "of a pixel in memory")                                          \
  X(pack_stride, at(0), at(kCoordinateMax), "pixels", "between words")                                                 \
  X(pack_row_stride, at(0), at(kCoordinateMax), "rows", "between rows of words")                                       \
  X(pack_pad_left, at(-kCoordinateMax), at(kCoordinateMax), "pixels",                                                  \
    "word (0, 0) begins at pixel (−pad_top, −pad_left)")                                                               \
  X(pack_pad_top, at(-kCoordinateMax), at(kCoordinateMax), "rows", "")                                                 \
  X(pack_width, at(0), at(kCoordinateMax), "pixels", "of the tensor; outside lies pad_value")                          \
  X(pack_height, at(0), at(kCoordinateMax), "rows", "of the tensor")                                                   \
  X(lane_offset, at(0), upto(Term::kRows, -1), "lanes", "first lane written")                                          \
  X(clear_lanes, at(0), at(1), "", "1: all other lanes of the word become 0; 0: they keep their value")                \
  X(pad_value, minus(Term::kLaneHalf), upto(Term::kLaneHalf, -1), "",                                                  \
    "of lanes without an element, but 0 in params; with tap packing of pixels outside")

#define SYSTOLIQ_EXECUTE_FIELDS(X)                                                                                     \
  X(input_address, at(0), upto(Term::kActivationWords, -1), "words", "pixel (0, 0) of the region in the buffer")       \
  X(input_row_pitch, minus(Term::kActivationWords), upto(Term::kActivationWords), "words", "from row to row")          \
  X(input_pixel_pitch, minus(Term::kActivationWords), upto(Term::kActivationWords), "words", "from pixel to pixel")    \
  X(input_block_pitch, minus(Term::kActivationWords), upto(Term::kActivationWords), "words", "from block to block")    \
  X(input_height, at(0), at(kCoordinateMax), "rows", "of that region; outside is padding")                             \
  X(input_width, at(0), at(kCoordinateMax), "pixels", "of its rows")                                                   \
  X(input_blocks, at(1), upto(Term::kWeightWords), "", "blocks of input channels")                                     \
  X(last_block_lanes, at(1), upto(Term::kRows), "lanes", "a tap has (input_blocks − 1) · rows + last_block_lanes")     \
  X(output_height, at(1), upto(Term::kAccumulatorWords), "rows", "of the tile")                                        \
  X(output_width, at(1), upto(Term::kAccumulatorWords), "pixels", "of its rows")                                       \
  X(kernel_height, at(1), upto(Term::kWeightWords), "taps", "of this command")                                         \
  X(kernel_width, at(1), upto(Term::kWeightWords), "taps", "")                                                         \
  X(stride_height, at(1), at(kCoordinateMax), "rows", "")                                                              \
  X(stride_width, at(1), at(kCoordinateMax), "pixels", "")                                                             \
  X(dilation_height, at(1), at(kCoordinateMax), "rows", "")                                                            \
  X(dilation_width, at(1), at(kCoordinateMax), "pixels", "")                                                           \
  X(pad_top, at(-kCoordinateMax), at(kCoordinateMax), "rows", "negative: the tile begins inside the region")           \
  X(pad_left, at(-kCoordinateMax), at(kCoordinateMax), "pixels", "likewise")                                           \
  X(pad_value, minus(Term::kActivationHalf), upto(Term::kActivationHalf, -1), "", "the input's zero point")            \
  X(weight_address, at(0), upto(Term::kWeightWords, -1), "words", "first weight word")                                 \
  X(weight_zero_point, minus(Term::kWeightHalf), upto(Term::kWeightHalf, -1), "",                                      \
    "operand = weight − weight_zero_point")                                                                            \
  X(accumulator_address, at(0), upto(Term::kAccumulatorWords, -1), "words", "first accumulator word")                  \
  X(param_address, at(0), upto(Term::kParamWords, -1), "words", "param word of the bias")                              \
  X(init, at(0), at(1), "", "0: start from the bias; 1: from what is there")                                           \
  X(valid_columns, at(1), upto(Term::kCols), "", "output channels of this block; other columns are masked to 0")       \
  X(codebook_address, at(-1), upto(Term::kParamWords, -1), "words",                                                    \
    "first param word of the tables, where the machine has codebooks")                                                 \
  X(stream_wait, at(0), at(0xFFFF), "", "semaphores waited for before the stream begins, a bit each")

#define SYSTOLIQ_POST_FIELDS(X)                                                                                        \
  X(op, at(0), at(8), "",                                                                                              \
    "0 requantize, 1 max pool, 2 average pool, 3 add, 4 look-up, 5 fill; at levels other than `cycle` also "           \
      "6 multiply, 7 multiply by one pixel, 8 add one pixel")                                                          \
  X(preset, at(0), at(12), "",                                                                                         \
    "0 `tflite_ref`, 1 `tflite_single`, 2 `ort_mlas`, 3 `floor`, 4 `half_up`, 5 `half_even`, 6 `half_away`, "          \
      "7 `pot_floor`, 8 `pot_half_up`; at levels other than `cycle` also 9 `xnn_fp32`, 10 `ort_x86`, "                 \
      "11 `tflite_16x8`, 12 `litert_16x8`")                                                                            \
  X(source_address, at(0), upto(Term::kSourceWords, -1), "words",                                                      \
    "accumulator words for requantize, else activation words")                                                         \
  X(source_row_pitch, minus(Term::kActivationWords), upto(Term::kActivationWords), "words", "")                        \
  X(source_pixel_pitch, minus(Term::kActivationWords), upto(Term::kActivationWords), "words", "")                      \
  X(source_height, at(0), at(kCoordinateMax), "rows", "of the source, for pooling")                                    \
  X(source_width, at(0), at(kCoordinateMax), "pixels", "of its rows")                                                  \
  X(source_zero_point, minus(Term::kActivationHalf), upto(Term::kActivationHalf, -1), "", "")                          \
  X(source2_address, at(0), upto(Term::kActivationWords, -1), "words", "second operand of add and multiply")           \
  X(source2_row_pitch, minus(Term::kActivationWords), upto(Term::kActivationWords), "words",                           \
    "its pixels lie as the first's")                                                                                   \
  X(source2_zero_point, minus(Term::kActivationHalf), upto(Term::kActivationHalf, -1), "", "")                         \
  X(output_address, at(0), upto(Term::kActivationWords, -1), "words", "")                                              \
  X(output_row_pitch, minus(Term::kActivationWords), upto(Term::kActivationWords), "words", "")                        \
  X(output_pixel_pitch, minus(Term::kActivationWords), upto(Term::kActivationWords), "words", "")                      \
  X(output_zero_point, minus(Term::kActivationHalf), upto(Term::kActivationHalf, -1), "", "")                          \
  X(clamp_min, minus(Term::kActivationHalf), upto(Term::kActivationHalf, -1), "", "lowest result")                     \
  X(clamp_max, minus(Term::kActivationHalf), upto(Term::kActivationHalf, -1), "", "highest result")                    \
  X(height, at(1), upto(Term::kSourceWords), "rows", "of the output")                                                  \
  X(width, at(1), upto(Term::kSourceWords), "pixels", "of its rows")                                                   \
  X(blocks, at(1), upto(Term::kActivationWords), "words", "of a pixel; requantize ignores it")                         \
  X(channel_offset, at(0), upto(Term::kActivationLanes, -1), "channels",                                               \
    "requantize: channels [offset, offset + channels) of each pixel")                                                  \
  X(channels, at(0), upto(Term::kActivationLanes), "channels", "of requantize; else a remark")                         \
  X(fill_lanes, at(0), upto(Term::kRows, -1), "lanes", "requantize: so many further lanes take the zero point")        \
  X(param_address, at(0), upto(Term::kParamWords, -1), "words", "params, or the look-up table")                        \
  X(kernel_height, at(0), at(kWindowTapsMax), "taps", "pooling window")                                                \
  X(kernel_width, at(0), at(kWindowTapsMax), "taps", "")                                                               \
  X(stride_height, at(0), at(kCoordinateMax), "rows", "")                                                              \
  X(stride_width, at(0), at(kCoordinateMax), "pixels", "")                                                             \
  X(pad_top, at(-kCoordinateMax), at(kCoordinateMax), "rows", "taps outside the source are skipped")                   \
  X(pad_left, at(-kCoordinateMax), at(kCoordinateMax), "pixels", "")                                                   \
  X(count_include_pad, at(0), at(1), "", "1: taps outside count, with the source's zero point")                        \
  X(multiplier, at(0), at(kInt32Highest), "", "average, multiply: scale; add: of the first operand")                   \
  X(shift, at(-512), at(511), "", "likewise")                                                                          \
  X(multiplier2, at(0), at(kInt32Highest), "", "add: of the second operand")                                           \
  X(shift2, at(-64), at(63), "", "likewise")                                                                           \
  X(multiplier3, at(0), at(kInt32Highest), "", "add: of the sum; multiply: 128 with outputs stored as uint8, else 0")  \
  X(shift3, at(-64), at(63), "", "likewise")                                                                           \
  X(divisor, at(0), at(kInt32Highest), "", "average: the scale is multiplier · 2^shift / divisor")

#define SYSTOLIQ_STORE_FIELDS(X)                                                                                       \
  X(memory_address, at(0), at(kInt32Highest), "bytes", "of record (0, 0)")                                             \
  X(memory_row_pitch, at(0), at(kInt32Highest), "bytes", "from row to row")                                            \
  X(buffer_address, at(0), upto(Term::kActivationWords, -1), "words", "of word (0, 0)")                                \
  X(buffer_row_pitch, at(0), upto(Term::kActivationWords), "words", "from row to row")                                 \
  X(buffer_word_pitch, at(0), upto(Term::kActivationWords), "words", "from word to word")                              \
  X(rows, at(1), upto(Term::kActivationWords), "", "rows of records")                                                  \
  X(row_records, at(1), upto(Term::kActivationWords), "records", "of a row, each from a byte on")                      \
  X(record_words, at(1), upto(Term::kActivationWords), "words", "of a record")                                         \
  X(record_lanes, at(1), upto(Term::kActivationLanes), "lanes", "of a record's words, from the first on")              \
  X(element_bits, at(1), upto(Term::kActivationBits), "bits", "of a lane that are stored, the lowest")

// clang-format on
