// SPDX-License-Identifier: Apache-2.0
// Rules of LOAD and STORE.
#include "model/isa/isa_rule.h"

namespace systoliq::model {
namespace {

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
  return c.param_words();
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

}  // namespace

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

}  // namespace systoliq::model
