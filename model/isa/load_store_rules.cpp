// SPDX-License-Identifier: Apache-2.0
// Rules of LOAD and STORE.
#include "model/isa/isa_rule.h"
#include "model/isa/memory_records.h"

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

Wide target_lanes(const Load& l, const AcceleratorConfig& c) {
  return static_cast<LoadTarget>(l.target) == LoadTarget::kActivation ? c.array.rows : c.array.cols;
}

bool width_fits(const Load& l, const AcceleratorConfig& c) {
  switch (static_cast<LoadTarget>(l.target)) {
    case LoadTarget::kActivation:
      return l.element_bits <= c.datatypes.activation_bits;
    case LoadTarget::kWeight:
      return l.element_bits <= c.datatypes.weight_bits;
    case LoadTarget::kParam:
      break;
  }
  return l.element_bits == kParamBits;
}

/// Padding of params is 0 whatever the field says.
bool pad_value_fits(const Load& l, const AcceleratorConfig& c) {
  const auto target = static_cast<LoadTarget>(l.target);
  if (target == LoadTarget::kParam) return true;
  const int bits = target == LoadTarget::kActivation ? c.datatypes.activation_bits : c.datatypes.weight_bits;
  const std::int32_t half = 1 << (bits - 1);
  return l.pad_value >= -half && l.pad_value < half;
}

bool begins_where_it_may(const Load& l, const AcceleratorConfig&) {
  if (packs(l)) return l.memory_bit == 0;
  switch (static_cast<LoadTarget>(l.target)) {
    case LoadTarget::kActivation:
      return l.memory_bit == 0 || l.row_records == 1;
    case LoadTarget::kWeight:
      return true;
    case LoadTarget::kParam:
      break;
  }
  return l.memory_bit == 0;
}

bool load_fits_memory(const Load& l, const AcceleratorConfig&) {
  const Wide rows = packs(l) ? l.pack_height : l.rows;
  const Wide bytes = packs(l) ? Wide{l.pack_width} * pixel_bytes(l) : row_bytes(l);
  return l.memory_address + (rows - 1) * l.memory_row_pitch + bytes <= kMemoryBytes;
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
      {{"element_bits", "", "≤ activation_bits or weight_bits, as the target has; params: = 128"}, width_fits},
      {{"memory_bit", "", "= 0; but activations where row_records = 1, and weights: any"}, begins_where_it_may},
      {{"word_lanes", "not packed", "word_lanes ≤ lanes of the target"},
       [](L l, C c) { return packs(l) || l.word_lanes <= target_lanes(l, c); }},
      {{"lead_words", "not packed", "lead_words < record_words"},
       [](L l, C) { return packs(l) || l.lead_words < l.record_words; }},
      {{"record_lanes", "not packed",
        "(record_words − lead_words − 1) · word_lanes < record_lanes ≤ (record_words − lead_words) · word_lanes"},
       [](L l, C) {
         const Wide most = (Wide{l.record_words} - l.lead_words) * l.word_lanes;
         return packs(l) || (l.record_lanes <= most && l.record_lanes > most - l.word_lanes);
       }},
      {{"group_words", "not packed", "= 0, but weights"},
       [](L l, C) {
         return packs(l) || l.group_words == 0 || static_cast<LoadTarget>(l.target) == LoadTarget::kWeight;
       }},
      {{"group_first_words", "not packed, group_words ≥ 1", "group_first_words ≥ 1"},
       [](L l, C) { return packs(l) || l.group_words == 0 || l.group_first_words >= 1; }},
      {{"pack_stride", "packed", "pack_stride ≥ 1, (row_records − 1) · pack_stride + pack_kernel_width ≤ 2^30 − 1"},
       [](L l, C) {
         return !packs(l) || (l.pack_stride >= 1 &&
                              (l.row_records - 1) * Wide{l.pack_stride} + l.pack_kernel_width <= kCoordinateMax);
       }},
      {{"pack_row_stride", "packed", "pack_row_stride ≥ 1, (rows − 1) · pack_row_stride ≤ 2^30 − 1"},
       [](L l, C) {
         return !packs(l) || (l.pack_row_stride >= 1 && (l.rows - 1) * Wide{l.pack_row_stride} <= kCoordinateMax);
       }},
      {{"pack_width", "packed", "pack_width ≥ 1"}, [](L l, C) { return !packs(l) || l.pack_width >= 1; }},
      {{"pack_height", "packed", "pack_height ≥ 1"}, [](L l, C) { return !packs(l) || l.pack_height >= 1; }},
      {{"record_words", "packed", "record_words = 1"}, [](L l, C) { return !packs(l) || l.record_words == 1; }},
      {{"row_records", "", "row_records · record_words ≤ words of the target"},
       [](L l, C c) { return row_words(l) <= target_words(l, c); }},
      {{"rows", "", "rows · row_records · record_words ≤ words of the target"},
       [](L l, C c) { return l.rows * row_words(l) <= target_words(l, c); }},
      {{"buffer_address", "",
        "buffer_address + (rows − 1) · buffer_row_pitch + (row_records · record_words − 1) · buffer_word_pitch < words "
        "of the target"},
       [](L l, C c) {
         return from(l.buffer_address)
             .step(l.rows, l.buffer_row_pitch)
             .step(row_words(l), l.buffer_word_pitch)
             .within(target_words(l, c));
       }},
      {{"pad_value", "not params", "fits the lanes of the target"}, pad_value_fits},
      {{"memory_address", "",
        "memory_address + (rows − 1) · memory_row_pitch + bytes of a row ≤ 2^31; bytes of a row = ⌈(memory_bit + "
        "(row_records − 1) · pitch + record_lanes · element_bits) / 8⌉, pitch = record_lanes · element_bits, of "
        "activations rounded up to a byte; packed: pack_height for rows, pack_width · ⌈pack_channels · element_bits / "
        "8⌉ for bytes of a row"},
       load_fits_memory},
  };
  return rules;
}

const std::vector<Rule<Store>>& store_rules() {
  using S = const Store&;
  using C = const AcceleratorConfig&;
  static const std::vector<Rule<Store>> rules = {
      {{"record_lanes", "", "(record_words − 1) · array.rows < record_lanes ≤ record_words · array.rows"},
       [](S s, C c) {
         const Wide most = Wide{s.record_words} * c.array.rows;
         return s.record_lanes <= most && s.record_lanes > most - c.array.rows;
       }},
      {{"row_records", "", "row_records · record_words ≤ activation_words"},
       [](S s, C c) { return row_words(s) <= c.activation_words(); }},
      {{"rows", "", "rows · row_records · record_words ≤ activation_words"},
       [](S s, C c) { return s.rows * row_words(s) <= c.activation_words(); }},
      {{"buffer_address", "",
        "buffer_address + (rows − 1) · buffer_row_pitch + (row_records · record_words − 1) · buffer_word_pitch < "
        "activation_words"},
       [](S s, C c) {
         return from(s.buffer_address)
             .step(s.rows, s.buffer_row_pitch)
             .step(row_words(s), s.buffer_word_pitch)
             .within(c.activation_words());
       }},
      {{"memory_address", "",
        "memory_address + (rows − 1) · memory_row_pitch + row_records · ⌈record_lanes · element_bits / 8⌉ ≤ 2^31"},
       [](S s, C) {
         return s.memory_address + (s.rows - 1) * Wide{s.memory_row_pitch} + row_bytes(s) <= kMemoryBytes;
       }},
  };
  return rules;
}

}  // namespace systoliq::model
