// SPDX-License-Identifier: Apache-2.0
// Rules of EXECUTE.
#include "model/isa/isa_rule.h"

namespace systoliq::model {
namespace {

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
  return e.codebook_address >= 0 && Wide{e.codebook_address} + c.codebook_words() <= c.param_words();
}

}  // namespace

const std::vector<Rule<Execute>>& execute_rules() {
  using E = const Execute&;
  using C = const AcceleratorConfig&;
  static const std::vector<Rule<Execute>> rules = {
      {{"output_height", "", "output_height · output_width ≤ accumulator_words"},
       [](E e, C c) { return Wide{e.output_height} * e.output_width <= c.accumulator_words(); }},
      {{"accumulator_address", "", "accumulator_address + output_height · output_width ≤ accumulator_words"},
       [](E e, C c) {
         return e.accumulator_address + Wide{e.output_height} * e.output_width <= c.accumulator_words();
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

}  // namespace systoliq::model
