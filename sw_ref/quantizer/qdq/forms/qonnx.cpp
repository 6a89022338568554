// SPDX-License-Identifier: Apache-2.0
// QONNX: Quant and BipolarQuant, which quantize and dequantize in one, with any width.
#include <algorithm>
#include <cmath>

#include "sw_ref/quantizer/qdq/forms/clipped_integers.h"
#include "sw_ref/quantizer/qdq/forms/quantization_operands.h"
#include "sw_ref/quantizer/qdq/forms/rewriting.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref::forms {
namespace {

constexpr int kMostBits = 16;
constexpr int kMostBitsOfConstants = 32;  // as biases have

/// Scale, zero point and range of a Quant.
struct Grid {
  std::vector<float> scales;
  std::int64_t axis = 0;  ///< of several scales
  std::int64_t zero = 0;
  IntegerRangeOfBits range;
  std::string rounding;
};

/// The axis along which a scale of that shape differs, broadcast to `rank` axes.
std::int64_t axis_of(const Node& node, const Value& scale, std::size_t rank) {
  std::int64_t axis = 0;
  int larger = 0;
  for (std::size_t i = 0; i < scale.shape.size(); ++i) {
    if (scale.shape[i] == 1) continue;
    axis = static_cast<std::int64_t>(rank - scale.shape.size() + i);
    ++larger;
  }
  if (larger > 1) refuse(node, "scale has shape " + to_string(scale.shape) + "; accepted: one value, or one a channel");
  return axis;
}

std::int64_t whole_number(const Node& node, const Value& value, const char* what) {
  const std::vector<float>& numbers = value.floats.data;
  const bool equal = std::all_of(numbers.begin(), numbers.end(), [&](float number) { return number == numbers[0]; });
  if (numbers.empty() || !equal || numbers[0] != std::nearbyint(numbers[0])) {
    refuse(node, std::string(what) + " '" + value.name + "' is not one whole number");
  }
  return static_cast<std::int64_t>(numbers[0]);
}

Grid grid_of(const Node& node, const Rewriting& rewriting) {
  Grid grid;
  const Value& scale = constant_operand(rewriting.graph(), node, 1, "scale");
  grid.scales = scale.floats.data;
  grid.axis = axis_of(node, scale, rewriting.value_of(node, 0).shape.size());
  grid.zero = whole_number(node, constant_operand(rewriting.graph(), node, 2, "zero point"), "zero point");
  const std::int64_t bits = whole_number(node, constant_operand(rewriting.graph(), node, 3, "bitwidth"), "bitwidth");
  grid.range.is_unsigned = int_attribute(node, "signed", 1) == 0;
  const bool wide = rewriting.is_constant(node.inputs.at(0)) && !grid.range.is_unsigned;
  const int most = wide ? kMostBitsOfConstants : kMostBits;
  if (bits < 2 || bits > most) {
    refuse(node, "bitwidth is " + std::to_string(bits) + "; accepted: 2 to " + std::to_string(most));
  }
  const std::int64_t narrow = int_attribute(node, "narrow", 0) != 0 ? 1 : 0;
  grid.range.bits = static_cast<int>(bits);
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  grid.range.low = grid.range.is_unsigned ? 0 : -half + narrow;
  grid.range.high = grid.range.is_unsigned ? 2 * half - 1 - narrow : half - 1;
  grid.rounding = string_attribute(node, "rounding_mode", "ROUND");
  return grid;
}

ElementType storage_type(const Grid& grid) {
  if (grid.range.bits > kMostBits) return ElementType::kInt32;
  if (grid.range.bits > 8) return grid.range.is_unsigned ? ElementType::kUint16 : ElementType::kInt16;
  return grid.range.is_unsigned ? ElementType::kUint8 : ElementType::kInt8;
}

double rounded(const Node& node, const std::string& mode, double value) {
  if (mode == "ROUND") return std::nearbyint(value);
  if (mode == "FLOOR") return std::floor(value);
  if (mode == "CEIL") return std::ceil(value);
  if (mode == "ROUND_TO_ZERO") return std::trunc(value);
  refuse(node, "rounding_mode is '" + mode + "'; accepted: ROUND, FLOOR, CEIL, ROUND_TO_ZERO");
}

/// Weights: integers now.
void quantize_constant(const Node& node, const Grid& grid, Rewriting* rewriting) {
  const Value source = rewriting->value_of(node, 0);
  std::int64_t inner = 1;
  for (std::size_t i = static_cast<std::size_t>(grid.axis) + 1; i < source.shape.size(); ++i) inner *= source.shape[i];
  std::vector<std::int64_t> integers;
  for (std::size_t i = 0; i < source.floats.data.size(); ++i) {
    const std::size_t channel = static_cast<std::size_t>(static_cast<std::int64_t>(i) / inner) % grid.scales.size();
    const double scaled = double{source.floats.data[i] / grid.scales[channel]} + static_cast<double>(grid.zero);
    const double integer = rounded(node, grid.rounding, scaled);
    integers.push_back(static_cast<std::int64_t>(
        std::clamp(integer, static_cast<double>(grid.range.low), static_cast<double>(grid.range.high))));
  }
  const ElementType type = storage_type(grid);
  const std::string name = rewriting->add_integers(node.name + ".integers", type, source.shape, std::move(integers));
  const auto channels = static_cast<std::int64_t>(grid.scales.size());
  const std::string scale =
      rewriting->add_floats(node.name + ".scale", channels == 1 ? Shape{} : Shape{channels}, grid.scales);
  const std::string zero = rewriting->add_integers(node.name + ".zero_point", type, {}, {grid.zero});
  emit_dequantize(node, name, scale, zero, grid.range.bits, grid.axis, node.outputs.at(0), rewriting);
}

/// The preset that rounds as the attribute says.
void require_rounding(const Node& node, const Grid& grid, Rewriting* rewriting) {
  if (grid.rounding == "ROUND") {
    if (grid.zero % 2 != 0) {
      refuse(node, "rounds to even with the odd zero point " + std::to_string(grid.zero) +
                       " added before; accepted: even zero points");
    }
    return rewriting->require_preset(node, Preset::kHalfEven);
  }
  if (grid.rounding != "FLOOR") {
    refuse(node, "rounding_mode is '" + grid.rounding +
                     "' on an activation; accepted: ROUND (preset half_even), FLOOR (preset floor)");
  }
  rewriting->require_preset(node, Preset::kFloor);
}

}  // namespace

bool rewrite_qonnx_quant(const Node& node, Rewriting* rewriting) {
  const Grid grid = grid_of(node, *rewriting);
  const std::string& x = node.inputs.at(0);
  if (rewriting->is_constant(x)) {
    quantize_constant(node, grid, rewriting);
    return true;
  }
  if (grid.scales.size() != 1) {
    refuse(node, "quantizes an activation with " + std::to_string(grid.scales.size()) + " scales; accepted: one");
  }
  if (rewriting->maker_of(x) != nullptr) {
    require_rounding(node, grid, rewriting);
  } else if (grid.rounding != "ROUND" || grid.zero % 2 != 0) {
    refuse(node, "rounds the network's input by " + grid.rounding + " with zero point " + std::to_string(grid.zero) +
                     "; accepted: ROUND with an even one, as the host does");
  }
  const std::string real = limit_to(node, x, grid.range, grid.scales[0], grid.zero, rewriting);
  const std::string scale = rewriting->add_floats(node.name + ".scale", {}, grid.scales);
  const std::string zero = rewriting->add_integers(node.name + ".zero_point", storage_type(grid), {}, {grid.zero});
  const std::string integers =
      rewriting->add_tensor(node.name + ".integers", Shape(rewriting->value_of(node, 0).shape));
  rewriting->set_type(integers, storage_type(grid));
  emit_quantize(node, real, scale, zero, grid.range.bits, integers, rewriting);
  emit_dequantize(node, integers, scale, zero, grid.range.bits, 0, node.outputs.at(0), rewriting);
  if (rewriting->maker_of(x) != nullptr) rewriting->show_as(real, node.outputs[0]);
  return true;
}

/// -1 or 1 times a scale: of weights, which have 2 bits.
bool rewrite_qonnx_bipolar(const Node& node, Rewriting* rewriting) {
  const Value& x = rewriting->value_of(node, 0);
  if (!x.is_constant) {
    refuse(node, "takes the sign of an activation, which no preset rounds to; accepted: BipolarQuant of weights");
  }
  const Shape shape = x.shape;
  std::vector<std::int64_t> integers;
  for (const float value : x.floats.data) integers.push_back(value >= 0.0F ? 1 : -1);
  const Value& scale = constant_operand(rewriting->graph(), node, 1, "scale");
  const std::int64_t axis = axis_of(node, scale, shape.size());
  const std::vector<float> scales = scale.floats.data;
  const auto channels = static_cast<std::int64_t>(scales.size());
  const std::string stored =
      rewriting->add_integers(node.name + ".integers", ElementType::kInt8, shape, std::move(integers));
  const std::string factor =
      rewriting->add_floats(node.name + ".scale", channels == 1 ? Shape{} : Shape{channels}, scales);
  emit_dequantize(node, stored, factor, "", 2, axis, node.outputs.at(0), rewriting);
  return true;
}

}  // namespace systoliq::sw_ref::forms
