// SPDX-License-Identifier: Apache-2.0
// The rules: a text and a predicate each.
#include "model/isa/isa_rules.h"

#include <algorithm>

#include "types/preset.h"

namespace systoliq::model {
namespace {

using Wide = std::int64_t;

template <typename Body>
struct Rule {
  RuleSpec spec;
  bool (*holds)(const Body&, const AcceleratorConfig&);  ///< true also where `when` does not apply
};

/// Words from `address` on that lie `count` - 1 times `pitch` apart, one such step for each pair.
struct Extent {
  Wide lowest, highest;
  Extent& step(Wide count, Wide pitch) {
    const Wide last = (count - 1) * pitch;
    (last < 0 ? lowest : highest) += last;
    return *this;
  }
  bool within(Wide words) const { return lowest >= 0 && highest < words; }
};
Extent from(Wide address) { return {address, address}; }

bool packs(const Load& l) { return l.pack_kernel_width != 0; }

Wide target_words(const Load& l, const AcceleratorConfig& c) {
  switch (static_cast<LoadTarget>(l.target)) {
    case LoadTarget::kActivation:
      return c.activation_words();
    case LoadTarget::kWeight:
      return c.weight_words();
    case LoadTarget::kParam:
      break;
  }
  return c.buffers.param_words;
}

Wide memory_word_bytes(const Load& l, const AcceleratorConfig& c) {
  if (packs(l)) return (Wide{l.pack_channels} * c.datatypes.activation_bits + 7) / 8;
  switch (static_cast<LoadTarget>(l.target)) {
    case LoadTarget::kActivation:
      return c.activation_word_bytes();
    case LoadTarget::kWeight:
      return c.weight_word_bytes();
    case LoadTarget::kParam:
      break;
  }
  return c.param_word_bytes();
}

bool load_fits_memory(const Load& l, const AcceleratorConfig&) {
  const Wide rows = packs(l) ? l.pack_height : l.rows;
  const Wide words = packs(l) ? l.pack_width : l.row_words;
  return l.memory_address + (rows - 1) * l.memory_row_pitch + words * l.memory_word_bytes <= kMemoryBytes;
}

const std::vector<Rule<Load>>& load_rules() {
  using L = const Load&;
  using C = const AcceleratorConfig&;
  static const std::vector<Rule<Load>> rules = {
      {{"target", "packed", "target = 0"}, [](L l, C) { return !packs(l) || l.target == 0; }},
      {{"pack_channels", "packed", "pack_channels ≥ 1"}, [](L l, C) { return !packs(l) || l.pack_channels >= 1; }},
      {{"pack_kernel_width", "packed", "lane_offset + pack_kernel_width · pack_channels ≤ array.rows"},
       [](L l, C c) {
         return !packs(l) || l.lane_offset + Wide{l.pack_kernel_width} * l.pack_channels <= c.array.rows;
       }},
      {{"memory_word_bytes", "",
        "= bytes of the target's word in memory; packed: = ⌈pack_channels · activation_bits / 8⌉"},
       [](L l, C c) { return l.memory_word_bytes == memory_word_bytes(l, c); }},
      {{"pack_stride", "packed", "pack_stride ≥ 1, (row_words − 1) · pack_stride + pack_kernel_width ≤ 2^30 − 1"},
       [](L l, C) {
         return !packs(l) ||
                (l.pack_stride >= 1 && (l.row_words - 1) * Wide{l.pack_stride} + l.pack_kernel_width <= kCoordinateMax);
       }},
      {{"pack_row_stride", "packed", "pack_row_stride ≥ 1, (rows − 1) · pack_row_stride ≤ 2^30 − 1"},
       [](L l, C) {
         return !packs(l) || (l.pack_row_stride >= 1 && (l.rows - 1) * Wide{l.pack_row_stride} <= kCoordinateMax);
       }},
      {{"pack_width", "packed", "pack_width ≥ 1"}, [](L l, C) { return !packs(l) || l.pack_width >= 1; }},
      {{"pack_height", "packed", "pack_height ≥ 1"}, [](L l, C) { return !packs(l) || l.pack_height >= 1; }},
      {{"rows", "", "rows · row_words ≤ words of the target"},
       [](L l, C c) { return Wide{l.rows} * l.row_words <= target_words(l, c); }},
      {{"buffer_address", "",
        "buffer_address + (rows − 1) · buffer_row_pitch + (row_words − 1) · buffer_word_pitch < words of the target"},
       [](L l, C c) {
         return from(l.buffer_address)
             .step(l.rows, l.buffer_row_pitch)
             .step(l.row_words, l.buffer_word_pitch)
             .within(target_words(l, c));
       }},
      {{"memory_address", "",
        "memory_address + (rows − 1) · memory_row_pitch + row_words · memory_word_bytes ≤ 2^31; packed: pack_height "
        "for "
        "rows and pack_width for row_words"},
       load_fits_memory},
  };
  return rules;
}

Wide depth(const Execute& e, const AcceleratorConfig& c) {
  return (e.input_blocks - 1) * Wide{c.array.rows} + e.last_block_lanes;
}

bool execute_input_fits(const Execute& e, const AcceleratorConfig& c) {
  if (e.input_height == 0 || e.input_width == 0) return true;
  return from(e.input_address)
      .step(e.input_height, e.input_row_pitch)
      .step(e.input_width, e.input_pixel_pitch)
      .step(e.input_blocks, e.input_block_pitch)
      .within(c.activation_words());
}

bool codebook_fits(const Execute& e, const AcceleratorConfig& c) {
  if (c.codebook_words() == 0) return true;
  return e.codebook_address >= 0 && Wide{e.codebook_address} + c.codebook_words() <= c.buffers.param_words;
}

const std::vector<Rule<Execute>>& execute_rules() {
  using E = const Execute&;
  using C = const AcceleratorConfig&;
  static const std::vector<Rule<Execute>> rules = {
      {{"output_height", "", "output_height · output_width ≤ accumulator_words"},
       [](E e, C c) { return Wide{e.output_height} * e.output_width <= c.buffers.accumulator_words; }},
      {{"accumulator_address", "", "accumulator_address + output_height · output_width ≤ accumulator_words"},
       [](E e, C c) {
         return e.accumulator_address + Wide{e.output_height} * e.output_width <= c.buffers.accumulator_words;
       }},
      {{"kernel_height", "", "kernel_height · kernel_width ≤ weight_words"},
       [](E e, C c) { return Wide{e.kernel_height} * e.kernel_width <= c.weight_words(); }},
      {{"input_blocks", "", "lanes of a tap = (input_blocks − 1) · array.rows + last_block_lanes ≤ weight_words"},
       [](E e, C c) { return depth(e, c) <= c.weight_words(); }},
      {{"weight_address", "", "weight_address + kernel_height · kernel_width · lanes of a tap ≤ weight_words"},
       [](E e, C c) {
         return e.weight_address + Wide{e.kernel_height} * e.kernel_width * depth(e, c) <= c.weight_words();
       }},
      {{"stride_height", "", "(output_height − 1) · stride_height + (kernel_height − 1) · dilation_height ≤ 2^30 − 1"},
       [](E e, C) {
         return (e.output_height - 1) * Wide{e.stride_height} + (e.kernel_height - 1) * Wide{e.dilation_height} <=
                kCoordinateMax;
       }},
      {{"stride_width", "", "(output_width − 1) · stride_width + (kernel_width − 1) · dilation_width ≤ 2^30 − 1"},
       [](E e, C) {
         return (e.output_width - 1) * Wide{e.stride_width} + (e.kernel_width - 1) * Wide{e.dilation_width} <=
                kCoordinateMax;
       }},
      {{"input_address", "input_height ≥ 1 and input_width ≥ 1",
        "all of input_address + {0 to input_height − 1} · input_row_pitch + {0 to input_width − 1} · input_pixel_pitch "
        "+ {0 to input_blocks − 1} · input_block_pitch within the activation buffer"},
       execute_input_fits},
      {{"codebook_address", "the machine has codebooks",
        "codebook_address ≥ 0, codebook_address + ⌈2^weight_bits / 8⌉ ≤ param_words"},
       codebook_fits},
  };
  return rules;
}

PostOp op_of(const Post& p) { return static_cast<PostOp>(p.op); }
bool requantizes(const Post& p) { return op_of(p) == PostOp::kRequantize; }
bool pools(const Post& p) { return op_of(p) == PostOp::kMaxPool || op_of(p) == PostOp::kAveragePool; }
bool adds(const Post& p) { return op_of(p) == PostOp::kAdd; }
bool looks_up(const Post& p) { return op_of(p) == PostOp::kLookup; }
bool rounds_once(const Post& p) {
  const auto preset = static_cast<Preset>(p.preset);
  return preset == Preset::kTfliteSingle || is_shift_only(preset);
}

bool preset_possible(const Post& p, const AcceleratorConfig& c) {
  const auto preset = static_cast<Preset>(p.preset);
  if (requantizes(p)) {
    return is_shift_only(preset) || c.requant.multiplier_bits >= (preset == Preset::kOrtMlas ? 25 : 8);
  }
  if (!adds(p) || rounds_once(p) || preset == Preset::kOrtMlas) return true;
  return c.datatypes.activation_bits <= kDoubleRoundingAddBits;
}

/// `once`: the largest shift of presets that round once.
bool add_shift_fits(const Post& p, std::int32_t shift, std::int32_t once) {
  if (!adds(p)) return true;
  const bool is_float = static_cast<Preset>(p.preset) == Preset::kOrtMlas;
  return shift >= (is_float ? 0 : kSmallestAddShift) && shift <= (rounds_once(p) ? once : kLargestAddShift);
}

/// Of the words that the operation's `address`, `row_pitch` and `pixel_pitch` reach; `last`: of a pixel.
bool words_fit(Wide address, Wide rows, Wide row_pitch, Wide pixels, Wide pixel_pitch, Wide last,
               const AcceleratorConfig& c) {
  return from(address).step(rows, row_pitch).step(pixels, pixel_pitch).step(last + 1, 1).within(c.activation_words());
}

bool post_source_fits(const Post& p, const AcceleratorConfig& c) {
  if (requantizes(p)) return p.source_address + Wide{p.height} * p.width <= c.buffers.accumulator_words;
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
  return stride >= 1 && pad < kernel && (outputs - 1) * stride - pad < source;
}

bool table_fits(const Post& p, const AcceleratorConfig& c) {
  if (!looks_up(p)) return true;
  const Wide entries = Wide{c.array.cols} * 8;
  return p.param_address + ((Wide{1} << c.datatypes.activation_bits) + entries - 1) / entries <= c.buffers.param_words;
}

/// Shapes and lanes: what the rules of addresses build on.
std::vector<Rule<Post>> post_shape_rules() {
  using P = const Post&;
  using C = const AcceleratorConfig&;
  return {
      {{"preset", "requantize or add",
        "requantize: a `pot` preset, or multiplier_bits ≥ 8 (`ort_mlas`: 25); add by double rounding: activation_bits "
        "≤ "
        "11"},
       preset_possible},
      {{"clamp_min", "", "clamp_min ≤ clamp_max"}, [](P p, C) { return p.clamp_min <= p.clamp_max; }},
      {{"height", "", "height · width ≤ activation_words; requantize: ≤ accumulator_words"},
       [](P p, C c) {
         return Wide{p.height} * p.width <= (requantizes(p) ? c.buffers.accumulator_words : c.activation_words());
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
        "every window has a row of the source: stride_height ≥ 1, pad_top < kernel_height, (height − 1) · "
        "stride_height "
        "− pad_top < source_height"},
       [](P p, C) {
         return !pools(p) || window_fits(p.height, p.stride_height, p.pad_top, p.kernel_height, p.source_height);
       }},
      {{"stride_width", "pools",
        "every window has a column of the source: stride_width ≥ 1, pad_left < kernel_width, (width − 1) · "
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
        "rows × pixels being source_height × source_width for pools and height × width for add and look-up"},
       post_source_fits},
      {{"source2_address", "add",
        "all of source2_address + {0 to height − 1} · source2_row_pitch + {0 to width − 1} · source_pixel_pitch + {0 "
        "to "
        "blocks − 1} within the activation buffer"},
       [](P p, C c) {
         return !adds(p) || words_fit(p.source2_address, p.height, p.source2_row_pitch, p.width, p.source_pixel_pitch,
                                      p.blocks - 1, c);
       }},
      {{"output_address", "",
        "all of output_address + {0 to height − 1} · output_row_pitch + {0 to width − 1} · output_pixel_pitch + {0 to "
        "last} within the activation buffer, last = blocks − 1; requantize: ⌊(channel_offset + channels − 1) / rows of "
        "the array⌋"},
       post_output_fits},
      {{"param_address", "look-up", "param_address + ⌈2^activation_bits / (8 · array.cols)⌉ ≤ param_words"},
       table_fits},
      {{"shift", "add", "shift from −64 (`ort_mlas`: 0) to 63 (presets that round once: 0)"},
       [](P p, C) { return add_shift_fits(p, p.shift, 0); }},
      {{"shift2", "add", "shift2 from −64 (`ort_mlas`: 0) to 63 (presets that round once: 0)"},
       [](P p, C) { return add_shift_fits(p, p.shift2, 0); }},
      {{"shift3", "add", "shift3 from −64 (`ort_mlas`: 0) to 63 (presets that round once: 31)"},
       [](P p, C) { return add_shift_fits(p, p.shift3, kLargestSingleAddShift); }},
      {{"divisor", "average pool", "divisor ≥ 1"},
       [](P p, C) { return op_of(p) != PostOp::kAveragePool || p.divisor >= 1; }},
  };
}

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

const std::vector<Rule<Store>>& store_rules() {
  using S = const Store&;
  using C = const AcceleratorConfig&;
  static const std::vector<Rule<Store>> rules = {
      {{"rows", "", "rows · row_words ≤ activation_words"},
       [](S s, C c) { return Wide{s.rows} * s.row_words <= c.activation_words(); }},
      {{"buffer_address", "",
        "buffer_address + (rows − 1) · buffer_row_pitch + (row_words − 1) · buffer_word_pitch < activation_words"},
       [](S s, C c) {
         return from(s.buffer_address)
             .step(s.rows, s.buffer_row_pitch)
             .step(s.row_words, s.buffer_word_pitch)
             .within(c.activation_words());
       }},
      {{"memory_address", "", "memory_address + (rows − 1) · memory_row_pitch + row_words · memory_word_bytes ≤ 2^31"},
       [](S s, C) {
         return s.memory_address + (s.rows - 1) * Wide{s.memory_row_pitch} + Wide{s.row_words} * s.memory_word_bytes <=
                kMemoryBytes;
       }},
  };
  return rules;
}

template <typename Body>
std::vector<RuleSpec> specs_of(const std::vector<Rule<Body>>& rules) {
  std::vector<RuleSpec> specs;
  for (const Rule<Body>& rule : rules) specs.push_back(rule.spec);
  return specs;
}

template <typename Body>
std::optional<int> first_broken(const std::vector<Rule<Body>>& rules, const Body& body, const AcceleratorConfig& c) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!rules[i].holds(body, c)) return static_cast<int>(i);
  }
  return std::nullopt;
}

}  // namespace

const std::vector<RuleSpec>& isa_rules(Opcode opcode) {
  static const std::vector<RuleSpec> none, load = specs_of(load_rules()), execute = specs_of(execute_rules()),
                                           post = specs_of(post_rules()), store = specs_of(store_rules());
  switch (opcode) {
    case Opcode::kLoad:
      return load;
    case Opcode::kExecute:
      return execute;
    case Opcode::kPost:
      return post;
    case Opcode::kStore:
      return store;
    case Opcode::kHalt:
    case Opcode::kFence:
      break;
  }
  return none;
}

std::optional<int> broken_rule(const Command& command, const AcceleratorConfig& config) {
  if (const auto* load = std::get_if<Load>(&command.body)) return first_broken(load_rules(), *load, config);
  if (const auto* execute = std::get_if<Execute>(&command.body)) return first_broken(execute_rules(), *execute, config);
  if (const auto* post = std::get_if<Post>(&command.body)) return first_broken(post_rules(), *post, config);
  if (const auto* store = std::get_if<Store>(&command.body)) return first_broken(store_rules(), *store, config);
  return std::nullopt;
}

}  // namespace systoliq::model
