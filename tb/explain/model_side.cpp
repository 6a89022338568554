// SPDX-License-Identifier: Apache-2.0
// The model's walk: commands and what the buffers held, arithmetic of model/arith.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "model/arith/float_add.h"
#include "model/arith/product.h"
#include "model/arith/requantize.h"
#include "tb/explain/lane_meaning.h"
#include "tb/explain/sides.h"
#include "types/util/index.h"

namespace systoliq::tb {
namespace {

class ModelWalk final {
 public:
  ModelWalk(const QuantizedNetwork& network, const CompiledNetwork& compiled, const OutputPlace& place,
            const CapturedOutput& captured)
      : network_(network),
        config_(compiled.config()),
        program_(compiled.program()),
        place_(place),
        captured_(captured),
        layer_(network.layers[place.layer]),
        y_(nth(network.tensors, layer_.output)),
        post_(std::get<model::Post>(nth(program_.commands, place.post).body)),
        preset_(static_cast<Preset>(post_.preset)),
        meanings_(place.executes.empty() ? std::vector<LaneMeaning>() : lane_meanings(network, compiled, place)) {}

  ExplainedSide run(std::vector<std::int64_t>* skipped) {
    switch (static_cast<model::PostOp>(post_.op)) {
      case model::PostOp::kRequantize:
        add_up(skipped);
        requantize();
        break;
      case model::PostOp::kMaxPool:
      case model::PostOp::kAveragePool:
        pool();
        break;
      case model::PostOp::kMultiply:
      case model::PostOp::kMultiplyPixel:
        multiply();
        break;
      case model::PostOp::kAdd:
      case model::PostOp::kAddPixel:
        add();
        break;
      case model::PostOp::kLookup:
        look_up();
        break;
      case model::PostOp::kFill:
        throw InternalError("a fill writes no layer's output");
    }
    return std::move(side_);
  }

 private:
  template <typename T>
  void step(const std::string& name, const T& value) {
    side_.step(name, value);
  }

  void finish(std::int64_t before_clamp) {
    add_output_steps(y_, post_.clamp_min, post_.clamp_max, before_clamp, &side_);
  }

  std::int64_t narrow(std::int64_t value, std::int64_t summand, bool* narrowed) const {
    const auto total =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(value) + static_cast<std::uint64_t>(summand));
    return model::narrow(total, config_.datatypes.accumulator_bits, config_.datatypes.overflow, narrowed);
  }

  bool output_stationary() const { return config_.array.dataflow == Dataflow::kOutputStationary; }

  /// EXECUTE by EXECUTE, pass by pass.
  void add_up(std::vector<std::int64_t>* skipped) {
    accumulator_ = model::start_of_sum(captured_.executes.front().bias, config_.datatypes.overflow);
    step(kFoldedBias, captured_.executes.front().bias);
    std::size_t lane = 0;
    for (std::size_t i = 0; i < captured_.executes.size(); ++i) {
      skipped->push_back(0);
      const std::vector<model::ExecuteOperand>& operands = captured_.executes[i].operands;
      for (std::size_t first = 0; first < operands.size();) {
        std::size_t end = first;
        while (end < operands.size() && operands[end].tap == operands[first].tap &&
               operands[end].block == operands[first].block) {
          ++end;
        }
        check(lane + (end - first) <= meanings_.size(), "the EXECUTEs take more lanes than the layer has");
        TracedPass pass = add_pass(operands, first, end, meanings_.data() + lane, &skipped->back());
        pass.command = place_.executes[i];
        if (!pass.products.empty()) side_.passes.push_back(std::move(pass));
        lane += end - first;
        first = end;
      }
    }
    check(lane == meanings_.size(), "the EXECUTEs take fewer lanes than the layer has");
  }

  TracedPass add_pass(const std::vector<model::ExecuteOperand>& operands, std::size_t first, std::size_t end,
                      const LaneMeaning* meaning, std::int64_t* skipped) {
    TracedPass pass;
    std::int64_t sum = output_stationary() ? accumulator_ : 0;
    for (std::size_t i = first; i < end; ++i, ++meaning) {
      TracedProduct p = product_of(operands[i], *meaning);
      p.sum = sum = narrow(sum, p.product, &p.narrowed);
      if (!meaning->exists && p.operand == 0) {
        ++*skipped;
      } else {
        pass.products.push_back(p);
      }
    }
    accumulator_ = output_stationary() ? sum : narrow(accumulator_, sum, &pass.narrowed);
    pass.accumulator = accumulator_;
    return pass;
  }

  TracedProduct product_of(const model::ExecuteOperand& operand, const LaneMeaning& meaning) const {
    const SourceInput source = source_input(network_, place_);
    const Shape& shape = nth(network_.tensors, nth(layer_.inputs, source.input)).shape;
    const bool moved = layer_.op == LayerOp::kConcat;
    const Window w = moved ? Window{} : layer_.window;
    TracedProduct p;
    p.kernel_row = meaning.kernel_row;
    p.kernel_column = meaning.kernel_column;
    p.channel = meaning.channel;
    p.row = place_.row * w.stride_height + p.kernel_row * w.dilation_height - w.pad_top;
    p.column = place_.column * w.stride_width + p.kernel_column * w.dilation_width - w.pad_left;
    const bool outside = p.row < 0 || p.row >= shape[2] || p.column < 0 || p.column >= shape[3];
    p.padding = !operand.inside || outside;  // LOAD fills what is packed, EXECUTE supplies the rest
    p.activation = operand.activation;
    p.weight = operand.weight;
    p.operand = operand.operand;
    p.product = p.activation * p.operand;
    return p;
  }

  void requantize() {
    const model::Multiplier m =
        model::as_data(preset_, {captured_.params.multiplier, captured_.params.shift}, config_.requant.multiplier_bits);
    step("accumulator", accumulator_);
    const Scaling scaling = traits_of(preset_).scaling;
    const bool fixed_point = scaling == Scaling::kFixedPoint || scaling == Scaling::kFixedPointDouble;
    double factor = std::ldexp(double(m.multiplier), m.shift - (fixed_point ? 31 : 0));
    if (scaling == Scaling::kBinary64) {
      const std::uint64_t halves[] = {static_cast<std::uint32_t>(m.multiplier), static_cast<std::uint32_t>(m.shift)};
      const std::uint64_t bits = halves[1] << 32 | halves[0];
      std::memcpy(&factor, &bits, sizeof factor);
    } else {
      step("multiplier", m.multiplier);
      step("shift", m.shift);
    }
    step("factor", factor);
    step("before rounding", static_cast<double>(accumulator_) * factor);
    step("rounding", requantization_rounding(preset_));
    const std::int64_t rounded = model::requantize(preset_, accumulator_, m.multiplier, m.shift);
    step("rounded", rounded);
    step("zero point of the output", post_.output_zero_point);
    finish(rounded + post_.output_zero_point);
  }

  void pool() {
    const Window& w = layer_.window;
    const bool maximum = static_cast<model::PostOp>(post_.op) == model::PostOp::kMaxPool;
    std::int64_t inside = 0;
    std::int64_t sum = 0;
    std::int64_t largest = INT64_MIN;
    for (const model::PostOperand& tap : captured_.operands) {
      ExplainedOperand operand;
      operand.channel = place_.channel;
      operand.row = place_.row * w.stride_height + tap.tap / post_.kernel_width - w.pad_top;
      operand.column = place_.column * w.stride_width + tap.tap % post_.kernel_width - w.pad_left;
      operand.padding = !tap.inside;
      operand.value = tap.inside ? tap.activation : post_.source_zero_point;
      side_.operands.push_back(operand);
      if (!tap.inside) continue;
      ++inside;
      sum += tap.activation;
      largest = std::max<std::int64_t>(largest, tap.activation);
    }
    if (maximum) {
      step("largest", largest);
      return finish(largest);
    }
    average(inside, sum);
  }

  void average(std::int64_t inside, std::int64_t sum_inside) {
    const std::int64_t window = std::int64_t{post_.kernel_height} * post_.kernel_width;
    const std::int64_t count = post_.count_include_pad != 0 ? window : inside;
    const std::int64_t sum = sum_inside + (count - inside) * post_.source_zero_point;
    const bool raw = post_.multiplier == post_.divisor && post_.shift == 0 && averages_raw_sums(preset_);
    step("taps that count", count);
    step("sum", sum);
    step("multiplier", post_.multiplier);
    step("shift", post_.shift);
    step("divisor", post_.divisor);
    step("factor", std::ldexp(double(post_.multiplier), post_.shift) / double(post_.divisor));
    step("rounding", rounding_name(traits_of(preset_).average_rounding));
    finish(raw ? model::exact_average(preset_, sum, 1, 0, count)
               : model::exact_average(preset_, sum - count * post_.source_zero_point, post_.multiplier, post_.shift,
                                      count * post_.divisor) +
                     post_.output_zero_point);
  }

  /// The second one repeats where it is a single pixel.
  void both_operands() {
    const Shape& second = nth(network_.tensors, layer_.inputs.at(1)).shape;
    const bool repeats = second[2] == 1 && second[3] == 1;
    side_.operands.push_back(
        {0, place_.channel, place_.row, place_.column, false, captured_.operands.at(0).activation});
    side_.operands.push_back({1, place_.channel, repeats ? 0 : place_.row, repeats ? 0 : place_.column, false,
                              captured_.operands.at(1).activation});
  }

  void multiply() {
    both_operands();
    const std::int64_t a = captured_.operands[0].activation - post_.source_zero_point;
    const std::int64_t b = captured_.operands[1].activation - post_.source2_zero_point;
    step("first, centered", a);
    step("second, centered", b);
    step("product", a * b);
    step("multiplier", post_.multiplier);
    step("shift", post_.shift);
    step("zero point of the output", post_.output_zero_point);
    finish(model::scaled_product(preset_, a * b, {post_.multiplier, post_.shift},
                                 {post_.output_zero_point, post_.multiplier3}));
  }

  void add() {
    both_operands();
    if (traits_of(preset_).add_form == AddForm::kFloat) return add_in_float();
    const std::int32_t a = captured_.operands[0].activation - post_.source_zero_point;
    const std::int32_t b = captured_.operands[1].activation - post_.source2_zero_point;
    step("first, centered", a);
    step("second, centered", b);
    const model::AddScales scales = {post_.multiplier, post_.shift,       post_.multiplier2,
                                     post_.shift2,     post_.multiplier3, post_.shift3};
    const AddForm form = traits_of(preset_).add_form;
    if (adds_with_ratios(preset_)) {
      step("first multiplier", scales.multiplier_a);
      step("second multiplier", scales.multiplier_b);
      step("shift to the right", scales.shift_out);
      step("sum", std::int64_t{a} * scales.multiplier_a + std::int64_t{b} * scales.multiplier_b);
    } else {
      const Preset rescaling = form == AddForm::kSingleRounding ? Preset::kTfliteSingle : Preset::kTfliteRef;
      const std::int64_t first = rescale(rescaling, "first", a, scales.multiplier_a, scales.shift_a);
      const std::int64_t second = rescale(rescaling, "second", b, scales.multiplier_b, scales.shift_b);
      step("sum", first + second);
      step("sum's multiplier", scales.multiplier_out);
      step("sum's shift", scales.shift_out);
    }
    const std::int64_t rounded = model::residual_add(preset_, a, b, scales);
    step("rounded", rounded);
    step("zero point of the output", post_.output_zero_point);
    finish(rounded + post_.output_zero_point);
  }

  void add_in_float() {
    const std::int32_t a = captured_.operands[0].activation - post_.source_zero_point;
    const std::int32_t b = captured_.operands[1].activation - post_.source2_zero_point;
    const model::AddScales scales = {post_.multiplier, post_.shift,       post_.multiplier2,
                                     post_.shift2,     post_.multiplier3, post_.shift3};
    step("first, as summed", a);
    step("second, as summed", b);
    step("first ratio", std::ldexp(double{1.0} * scales.multiplier_a, scales.shift_a));
    step("second ratio", std::ldexp(double{1.0} * scales.multiplier_b, scales.shift_b));
    step("addend", std::ldexp(static_cast<double>(model::addend_significand(scales.multiplier_out)), scales.shift_out));
    const std::int64_t rounded = model::residual_add(preset_, a, b, scales);
    step("rounded", rounded);
    step("offset of the output", post_.output_zero_point);
    finish(rounded + post_.output_zero_point);
  }

  std::int64_t rescale(Preset rescaling, const std::string& which, std::int32_t centered, std::int32_t multiplier,
                       std::int32_t shift) {
    const int left = add_left_shift(traits_of(preset_).add_form);
    const std::int64_t result = model::requantize(rescaling, centered * (std::int64_t{1} << left), multiplier, shift);
    step(which + " multiplier", multiplier);
    step(which + " shift", shift);
    step(which + " times 2^" + std::to_string(left) + ", rescaled", result);
    return result;
  }

  void look_up() {
    const std::int64_t operand = captured_.operands.at(0).activation;
    side_.operands.push_back({0, place_.channel, place_.row, place_.column, false, operand});
    step("index in the machine's table", operand + (std::int64_t{1} << (config_.datatypes.activation_bits - 1)));
    step("entry", captured_.table_entry);
    finish(captured_.table_entry);
  }

  const QuantizedNetwork& network_;
  const model::AcceleratorConfig& config_;
  const model::Program& program_;
  const OutputPlace& place_;
  const CapturedOutput& captured_;
  const QuantizedLayer& layer_;
  const QuantizedTensor& y_;
  const model::Post& post_;
  Preset preset_;
  std::vector<LaneMeaning> meanings_;
  std::int64_t accumulator_ = 0;
  ExplainedSide side_;
};

}  // namespace

ExplainedSide model_side(const QuantizedNetwork& network, const CompiledNetwork& compiled, const OutputPlace& place,
                         const CapturedOutput& captured, std::vector<std::int64_t>* skipped) {
  return ModelWalk(network, compiled, place, captured).run(skipped);
}

}  // namespace systoliq::tb
