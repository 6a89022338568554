// SPDX-License-Identifier: Apache-2.0
// The reference's walk: layers as the network describes them, arithmetic of sw_ref/reference.
#include <algorithm>
#include <cmath>

#include "sw_ref/reference/float_add.h"
#include "sw_ref/reference/product.h"
#include "sw_ref/reference/requantization.h"
#include "sw_ref/reference/trace.h"
#include "tb/explain/lane_meaning.h"
#include "tb/explain/sides.h"
#include "types/util/index.h"

namespace systoliq::tb {
namespace {

class ReferenceWalk final {
 public:
  ReferenceWalk(const QuantizedNetwork& network, const CompiledNetwork& compiled, const OutputPlace& place,
                const std::vector<IntTensor>& tensors)
      : network_(network),
        compiled_(compiled),
        place_(place),
        tensors_(tensors),
        layer_(network.layers[place.layer]),
        x_(nth(network.tensors, layer_.inputs.at(0))),
        y_(nth(network.tensors, layer_.output)) {}

  ExplainedSide run() {
    switch (layer_.op) {
      case LayerOp::kConvolution:
        convolution();
        break;
      case LayerOp::kMaxPool:
      case LayerOp::kAveragePool:
        pool();
        break;
      case LayerOp::kAdd:
        add();
        break;
      case LayerOp::kMultiply:
        multiply();
        break;
      case LayerOp::kLookup:
        look_up();
        break;
      case LayerOp::kConcat:
      case LayerOp::kPad:
        move();
        break;
      case LayerOp::kMove:
      case LayerOp::kConvTranspose:
        throw InternalError("layer '" + layer_.name + "' has no walk");
    }
    return std::move(side_);
  }

 private:
  template <typename T>
  void step(const std::string& name, const T& value) {
    side_.step(name, value);
  }

  void finish(std::int64_t before_clamp) {
    add_output_steps(y_, layer_.clamp_min, layer_.clamp_max, before_clamp, &side_);
  }

  void convolution() {
    sw_ref::ConvolutionTrace trace =
        sw_ref::trace_convolution(network_, layer_, nth(tensors_, layer_.inputs[0]), compiled_.order(),
                                  compiled_.program().packing[place_.layer], place_.channel, place_.row, place_.column);
    side_.passes = std::move(trace.passes);
    step("bias", trace.bias);
    step("sum of the operands", trace.operand_sum);
    step(kFoldedBias, trace.folded_bias);
    step("accumulator", trace.accumulator);
    requantization(trace.requantization, trace.accumulator);
    step("rounded", trace.rounded);
    step("zero point of the output", y_.zero_point);
    finish(trace.rounded + y_.zero_point);
    check(side_.result == trace.output, "the reference's trace and clamp disagree");
  }

  void requantization(const sw_ref::Requantization& r, std::int64_t accumulator) {
    const Scaling scaling = traits_of(r.preset).scaling;
    double factor = scaling == Scaling::kBinary64 ? r.wide_factor : double{r.factor};
    if (scaling != Scaling::kSignificand && scaling != Scaling::kBinary64) {
      const bool shift_only = is_shift_only(r.preset);
      step("multiplier", shift_only ? 1 : r.multiplier);
      step("shift", r.exponent);
      factor = shift_only ? std::ldexp(1.0, r.exponent) : std::ldexp(double(r.multiplier), r.exponent - 31);
    }
    step("factor", factor);
    step("before rounding", static_cast<double>(accumulator) * factor);
    step("rounding", requantization_rounding(r.preset));
  }

  std::int64_t value(int tensor, std::int64_t channel, std::int64_t row, std::int64_t column) const {
    const Shape& shape = nth(network_.tensors, tensor).shape;
    return nth(nth(tensors_, tensor).data, (channel * shape[2] + row) * shape[3] + column);
  }

  ExplainedOperand operand(int input, std::int64_t channel, std::int64_t row, std::int64_t column) const {
    const int tensor = nth(layer_.inputs, input);
    const QuantizedTensor& of = nth(network_.tensors, tensor);
    ExplainedOperand result = {input, channel, row, column, false, 0};
    result.padding = row < 0 || row >= of.shape[2] || column < 0 || column >= of.shape[3];
    result.value = result.padding ? of.zero_point : value(tensor, channel, row, column);
    return result;
  }

  void pool() {
    const Window& w = layer_.window;
    std::int64_t count = 0;
    std::int64_t sum = 0;
    std::int64_t largest = INT64_MIN;
    for (int ky = 0; ky < w.kernel_height; ++ky) {
      for (int kx = 0; kx < w.kernel_width; ++kx) {
        const std::int64_t row = place_.row * w.stride_height + ky * w.dilation_height - w.pad_top;
        const std::int64_t column = place_.column * w.stride_width + kx * w.dilation_width - w.pad_left;
        const ExplainedOperand tap = operand(0, place_.channel, row, column);
        side_.operands.push_back(tap);
        if (tap.padding && !layer_.count_include_pad) continue;
        ++count;
        sum += tap.value;
        if (!tap.padding) largest = std::max(largest, tap.value);
      }
    }
    if (layer_.op == LayerOp::kMaxPool) {
      step("largest", largest);
      return finish(largest);
    }
    step("taps that count", count);
    step("sum", sum);
    step("factor", double{x_.scale} / double{y_.scale});
    step("rounding", rounding_name(traits_of(network_.preset).average_rounding));
    finish(sw_ref::average(network_.preset, sum, count, x_.scale, x_.zero_point, y_.scale, y_.zero_point));
  }

  /// The second one repeats where it is a single pixel.
  void both_operands() {
    const Shape& second = nth(network_.tensors, layer_.inputs.at(1)).shape;
    const bool repeats = second[2] == 1 && second[3] == 1;
    side_.operands.push_back(operand(0, place_.channel, place_.row, place_.column));
    side_.operands.push_back(operand(1, place_.channel, repeats ? 0 : place_.row, repeats ? 0 : place_.column));
  }

  void multiply() {
    const QuantizedTensor& b = nth(network_.tensors, layer_.inputs.at(1));
    both_operands();
    const std::int64_t a_centered = side_.operands[0].value - x_.zero_point;
    const std::int64_t b_centered = side_.operands[1].value - b.zero_point;
    step("first, centered", a_centered);
    step("second, centered", b_centered);
    step("product", a_centered * b_centered);
    step("factor", double{x_.scale} * double{b.scale} / double{y_.scale});
    step("zero point of the output", y_.zero_point);
    const sw_ref::Product product =
        sw_ref::derive_product(network_.preset, x_.scale, b.scale, y_, compiled_.order().multiplier_bits);
    finish(sw_ref::apply_product(product, a_centered * b_centered));
  }

  void add_in_float(const QuantizedTensor& b) {
    const auto first = static_cast<std::int32_t>(side_.operands[0].value + sum_offset(layer_, x_));
    const auto second = static_cast<std::int32_t>(side_.operands[1].value + sum_offset(layer_, b));
    const sw_ref::FloatAdd add = sw_ref::derive_float_add(
        {{x_, sum_offset(layer_, x_)}, {b, sum_offset(layer_, b)}, {y_, sum_offset(layer_, y_)}});
    step("first, as summed", first);
    step("second, as summed", second);
    step("first ratio", double{add.ratio_a});
    step("second ratio", double{add.ratio_b});
    step("addend", double{add.fixed});
    const std::int64_t rounded = sw_ref::apply_float_add(add, first, second);
    step("rounded", rounded);
    step("offset of the output", -sum_offset(layer_, y_));
    finish(rounded - sum_offset(layer_, y_));
  }

  void add() {
    const QuantizedTensor& b = nth(network_.tensors, layer_.inputs.at(1));
    both_operands();
    if (traits_of(network_.preset).add_form == AddForm::kFloat) return add_in_float(b);
    const auto a_centered = static_cast<std::int32_t>(side_.operands[0].value - x_.zero_point);
    const auto b_centered = static_cast<std::int32_t>(side_.operands[1].value - b.zero_point);
    step("first, centered", a_centered);
    step("second, centered", b_centered);
    const sw_ref::ResidualAdd add = sw_ref::derive_residual_add(network_.preset, x_.scale, b.scale, y_.scale);
    if (add.integer_ratios) {
      step("first multiplier", add.ratio_a);
      step("second multiplier", add.ratio_b);
      step("shift to the right", add.ratio_shift);
      step("sum", std::int64_t{a_centered} * add.ratio_a + std::int64_t{b_centered} * add.ratio_b);
    } else {
      const std::int64_t up = std::int64_t{1} << add.left_shift;
      const std::int64_t a = sw_ref::apply_requantization(add.a, a_centered * up);
      const std::int64_t second = sw_ref::apply_requantization(add.b, b_centered * up);
      rescaling("first times 2^" + std::to_string(add.left_shift), add.a, a);
      rescaling("second times 2^" + std::to_string(add.left_shift), add.b, second);
      step("sum", a + second);
      step("sum's multiplier", add.sum.multiplier);
      step("sum's shift", add.sum.exponent);
    }
    const std::int64_t rounded = sw_ref::apply_residual_add(add, a_centered, b_centered);
    step("rounded", rounded);
    step("zero point of the output", y_.zero_point);
    finish(rounded + y_.zero_point);
  }

  void rescaling(const std::string& which, const sw_ref::Requantization& by, std::int64_t result) {
    const std::string name = which.substr(0, which.find(' '));
    step(name + " multiplier", by.multiplier);
    step(name + " shift", by.exponent);
    step(which + ", rescaled", result);
  }

  void look_up() {
    side_.operands.push_back(operand(0, place_.channel, place_.row, place_.column));
    const std::int64_t index = side_.operands[0].value + (std::int64_t{1} << (x_.bits - 1));
    step("index in the table", index);
    const std::int64_t entry = layer_.lookup.at(static_cast<std::size_t>(index));
    step("entry", entry);
    finish(entry);
  }

  void move() {
    const SourceInput source = source_input(network_, place_);
    const bool pad = layer_.op == LayerOp::kPad;
    const std::int64_t top = pad ? layer_.window.pad_top : 0;
    const std::int64_t left = pad ? layer_.window.pad_left : 0;
    side_.operands.push_back(
        operand(source.input, place_.channel - source.first_channel, place_.row - top, place_.column - left));
    const std::int64_t moved = side_.operands[0].value;
    side_.result = moved;
    step("stored", moved);
    step("real", double{y_.scale} * static_cast<double>(moved - y_.zero_point));
  }

  const QuantizedNetwork& network_;
  const CompiledNetwork& compiled_;
  const OutputPlace& place_;
  const std::vector<IntTensor>& tensors_;
  const QuantizedLayer& layer_;
  const QuantizedTensor& x_;
  const QuantizedTensor& y_;
  ExplainedSide side_;
};

}  // namespace

ExplainedSide reference_side(const QuantizedNetwork& network, const CompiledNetwork& compiled, const OutputPlace& place,
                             const std::vector<IntTensor>& tensors) {
  return ReferenceWalk(network, compiled, place, tensors).run();
}

}  // namespace systoliq::tb
