// SPDX-License-Identifier: Apache-2.0
// Rules of POST.
#include "model/isa/isa_rule.h"
#include "types/preset.h"

namespace systoliq::model {
namespace {

PostOp op_of(const Post& p) { return static_cast<PostOp>(p.op); }
bool requantizes(const Post& p) { return op_of(p) == PostOp::kRequantize; }
bool pools(const Post& p) { return op_of(p) == PostOp::kMaxPool || op_of(p) == PostOp::kAveragePool; }
bool adds(const Post& p) { return adds(op_of(p)); }
bool multiplies(const Post& p) { return multiplies(op_of(p)); }
bool looks_up(const Post& p) { return op_of(p) == PostOp::kLookup; }
AddForm add_form_of(const Post& p) { return traits_of(static_cast<Preset>(p.preset)).add_form; }

bool preset_possible(const Post& p, const AcceleratorConfig& c) {
  return !(requantizes(p) || multiplies(p)) ||
         multiplier_suffices(static_cast<Preset>(p.preset), c.requant.multiplier_bits);
}

/// `once`: the largest shift of presets that round once.
bool add_shift_fits(const Post& p, std::int32_t shift, std::int32_t once) {
  if (!adds(p)) return true;
  const AddForm form = add_form_of(p);
  return shift >= (adds_with_ratios(static_cast<Preset>(p.preset)) ? 0 : kSmallestAddShift) &&
         shift <= (form == AddForm::kSingleRounding ? once : kLargestAddShift);
}

/// Of the words that the operation's `address`, `row_pitch` and `pixel_pitch` reach; `last`: of a pixel.
bool words_fit(Wide address, Wide rows, Wide row_pitch, Wide pixels, Wide pixel_pitch, Wide last,
               const AcceleratorConfig& c) {
  return from(address).step(rows, row_pitch).step(pixels, pixel_pitch).step(last + 1, 1).within(c.activation_words());
}

bool post_source_fits(const Post& p, const AcceleratorConfig& c) {
  if (requantizes(p)) return p.source_address + Wide{p.height} * p.width <= c.accumulator_words();
  if (op_of(p) == PostOp::kFill) return true;
  const Wide rows = pools(p) ? p.source_height : p.height;
  const Wide pixels = pools(p) ? p.source_width : p.width;
  return words_fit(p.source_address, rows, p.source_row_pitch, pixels, p.source_pixel_pitch, p.blocks - 1, c);
}

bool post_output_fits(const Post& p, const AcceleratorConfig& c) {
  const Wide last = requantizes(p) ? (Wide{p.channel_offset} + p.channels - 1) / c.array.rows : p.blocks - 1;
  return words_fit(p.output_address, p.height, p.output_row_pitch, p.width, p.output_pixel_pitch, last, c);
}

bool window_fits(Wide outputs, Wide stride, Wide pad, Wide kernel, Wide source) {
  return source >= 1 && stride >= 1 && pad < kernel && (outputs - 1) * stride - pad < source;
}

bool table_fits(const Post& p, const AcceleratorConfig& c) {
  if (!looks_up(p)) return true;
  const Wide entries = Wide{c.array.cols} * 8;
  return p.param_address + ((Wide{1} << c.datatypes.activation_bits) + entries - 1) / entries <= c.param_words();
}

/// Shapes and lanes: what the rules of addresses build on.
std::vector<Rule<Post>> post_shape_rules() {
  using P = const Post&;
  using C = const AcceleratorConfig&;
  return {
      {{"preset", "requantize, multiply",
        "a `pot` preset, or multiplier_bits ≥ 8 (`tflite_16x8`, `litert_16x8`: 16; `ort_mlas`, `xnn_fp32`, "
        "`ort_x86`: 25)"},
       preset_possible},
      {{"clamp_min", "", "clamp_min ≤ clamp_max"}, [](P p, C) { return p.clamp_min <= p.clamp_max; }},
      {{"height", "", "height · width ≤ activation_words; requantize: ≤ accumulator_words"},
       [](P p, C c) {
         return Wide{p.height} * p.width <= (requantizes(p) ? c.accumulator_words() : c.activation_words());
       }},
      {{"blocks", "not requantize", "height · width · blocks ≤ activation_words"},
       [](P p, C c) { return requantizes(p) || Wide{p.height} * p.width * p.blocks <= c.activation_words(); }},
      {{"channels", "requantize", "channels from 1 to array.cols"},
       [](P p, C c) { return !requantizes(p) || (p.channels >= 1 && p.channels <= c.array.cols); }},
      {{"fill_lanes", "requantize", "(channel_offset + channels − 1) mod array.rows + fill_lanes < array.rows"},
       [](P p, C c) {
         return !requantizes(p) ||
                (Wide{p.channel_offset} + p.channels - 1) % c.array.rows + p.fill_lanes < c.array.rows;
       }},
  };
}

std::vector<Rule<Post>> post_window_rules() {
  using P = const Post&;
  using C = const AcceleratorConfig&;
  return {
      {{"kernel_height", "pools", "kernel_height · kernel_width from 1 to 2^20 − 1"},
       [](P p, C) {
         const Wide taps = Wide{p.kernel_height} * p.kernel_width;
         return !pools(p) || (taps >= 1 && taps <= kWindowTapsMax);
       }},
      {{"stride_height", "pools",
        "every window has a row of the source: source_height ≥ 1, stride_height ≥ 1, pad_top < kernel_height, (height "
        "− 1) · "
        "stride_height "
        "− pad_top < source_height"},
       [](P p, C) {
         return !pools(p) || window_fits(p.height, p.stride_height, p.pad_top, p.kernel_height, p.source_height);
       }},
      {{"stride_width", "pools",
        "every window has a column of the source: source_width ≥ 1, stride_width ≥ 1, pad_left < kernel_width, (width "
        "− 1) · "
        "stride_width "
        "− pad_left < source_width"},
       [](P p, C) {
         return !pools(p) || window_fits(p.width, p.stride_width, p.pad_left, p.kernel_width, p.source_width);
       }},
  };
}

std::vector<Rule<Post>> post_word_rules() {
  using P = const Post&;
  using C = const AcceleratorConfig&;
  return {
      {{"source_address", "not fill",
        "requantize: source_address + height · width ≤ accumulator_words; else all of source_address + {0 to rows − 1} "
        "· "
        "source_row_pitch + {0 to pixels − 1} · source_pixel_pitch + {0 to blocks − 1} within the activation buffer, "
        "rows × pixels being source_height × source_width for pools and height × width for the others"},
       post_source_fits},
      {{"source2_address", "add, multiply",
        "by one pixel: source2_address + blocks ≤ activation_words; else all of source2_address + {0 to height − 1} · "
        "source2_row_pitch + {0 to width − 1} · source_pixel_pitch + {0 "
        "to "
        "blocks − 1} within the activation buffer"},
       [](P p, C c) {
         if (!adds(p) && !multiplies(p)) return true;
         const bool pixel = repeats_pixel(op_of(p));
         return words_fit(p.source2_address, pixel ? 1 : p.height, p.source2_row_pitch, pixel ? 1 : p.width,
                          p.source_pixel_pitch, p.blocks - 1, c);
       }},
      {{"output_address", "",
        "all of output_address + {0 to height − 1} · output_row_pitch + {0 to width − 1} · output_pixel_pitch + {0 to "
        "last} within the activation buffer, last = blocks − 1; requantize: ⌊(channel_offset + channels − 1) / rows of "
        "the array⌋"},
       post_output_fits},
      {{"param_address", "look-up", "param_address + ⌈2^activation_bits / (8 · array.cols)⌉ ≤ param_words"},
       table_fits},
      {{"shift", "add", "shift from −64 (`ort_mlas`, `xnn_fp32`: 0) to 63 (presets that round once: 0)"},
       [](P p, C) { return add_shift_fits(p, p.shift, 0); }},
      {{"shift2", "add", "shift2 from −64 (`ort_mlas`, `xnn_fp32`: 0) to 63 (presets that round once: 0)"},
       [](P p, C) { return add_shift_fits(p, p.shift2, 0); }},
      {{"shift3", "add", "shift3 from −64 (`ort_mlas`, `xnn_fp32`: 0) to 63 (presets that round once: 31)"},
       [](P p, C) { return add_shift_fits(p, p.shift3, kLargestSingleAddShift); }},
      {{"divisor", "average pool", "divisor ≥ 1"},
       [](P p, C) { return op_of(p) != PostOp::kAveragePool || p.divisor >= 1; }},
  };
}

}  // namespace

const std::vector<Rule<Post>>& post_rules() {
  static const std::vector<Rule<Post>> rules = [] {
    std::vector<Rule<Post>> all = post_shape_rules();
    for (const std::vector<Rule<Post>>& more : {post_window_rules(), post_word_rules()}) {
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }();
  return rules;
}

}  // namespace systoliq::model
