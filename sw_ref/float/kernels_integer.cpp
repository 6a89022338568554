// SPDX-License-Identifier: Apache-2.0
// Kernels of DynamicQuantizeLinear and of ONNX Runtime's QLinearAdd, QLinearMul, QLinearSigmoid, QLinearLeakyRelu and
// QLinearConcat, by their definition: dequantize, compute in float, quantize.
#include <algorithm>
#include <cmath>

#include "sw_ref/float/kernels.h"
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/elementwise.h"
#include "sw_ref/frontend/graph/integer_operands.h"
#include "sw_ref/frontend/graph/rules.h"
#include "sw_ref/frontend/graph/tensor_operations.h"

namespace systoliq::sw_ref {
namespace {

float real(float integer, const QuantizationParameters& parameters) {
  return (integer - static_cast<float>(parameters.zero_points[0])) * parameters.scales[0];
}

float stored(float value, const QuantizationParameters& parameters) {
  return quantized_value(value, parameters.scales[0], parameters.zero_points[0], parameters.type);
}

/// Parameters of an operand of the tensor's own type where the zero point is left out.
QuantizationParameters typed(const NodeView& view, std::size_t scale, ElementType type) {
  return quantization_parameters(view, scale, scale + 1, "operand", 1, type);
}

/// Scale and zero point that hold the values of `x` and 0 in UINT8.
std::pair<float, float> dynamic_parameters(const FloatTensor& x) {
  const auto [least, most] = std::minmax_element(x.data.begin(), x.data.end());
  const float low = std::min(*least, 0.0F), high = std::max(*most, 0.0F);
  const float scale = high == low ? 1.0F : (high - low) / 255.0F;
  return {scale, std::nearbyint(std::clamp(0.0F - low / scale, 0.0F, 255.0F))};
}

}  // namespace

Kernel make_dynamic_quantize(const KernelRequest& request) {
  return {{0}, [index = output_index(request.view.node), shape = request.output](const Operands& operands) {
            const auto [scale, zero] = dynamic_parameters(*operands[0]);
            if (index > 0) return FloatTensor(shape, index == 1 ? scale : zero);
            FloatTensor y(shape);
            for (std::size_t i = 0; i < y.data.size(); ++i) {
              y.data[i] =
                  quantized_value(operands[0]->data[i], scale, static_cast<std::int32_t>(zero), ElementType::kUint8);
            }
            return y;
          }};
}

Kernel make_qlinear_binary(const KernelRequest& request) {
  const NodeView& view = request.view;
  const ElementType type = view.inputs[0]->type;
  const auto operation = binary_operation(view.node.op == "QLinearAdd" ? "Add" : "Mul")->real;
  return {{0, 3},
          [operation, a = typed(view, 1, type), b = typed(view, 4, type), y = typed(view, 6, type),
           shape = request.output](const Operands& operands) {
            return combined<float>(*operands[0], *operands[1], shape, [&](float left, float right) {
              return stored(operation(real(left, a), real(right, b)), y);
            });
          }};
}

Kernel make_qlinear_unary(const KernelRequest& request) {
  const NodeView& view = request.view;
  Node node;
  node.op = view.node.op == "QLinearSigmoid" ? "Sigmoid" : "LeakyRelu";
  node.attributes = view.node.attributes;
  const ElementType type = view.inputs[0]->type;
  return {{0},
          [function = unary_function({node, {}, view.opset}), x = typed(view, 1, type),
           y = typed(view, 3, type)](const Operands& operands) {
            FloatTensor output(operands[0]->shape);
            std::transform(operands[0]->data.begin(), operands[0]->data.end(), output.data.begin(),
                           [&](float integer) { return stored(function(real(integer, x)), y); });
            return output;
          }};
}

Kernel make_qlinear_concat(const KernelRequest& request) {
  const NodeView& view = request.view;
  std::vector<std::size_t> operands;
  std::vector<QuantizationParameters> parameters;
  for (std::size_t i = 2; i < view.inputs.size(); i += 3) {
    operands.push_back(i);
    parameters.push_back(typed(view, i + 1, view.inputs[i]->type));
  }
  const std::size_t axis = normalized_axis(view.node, int_attribute(view.node, "axis", 1), request.output.size());
  const QuantizationParameters y = typed(view, 0, view.inputs[2]->type);
  return {operands, [axis, parameters, y, shape = request.output](const Operands& given) {
            std::vector<FloatTensor> parts;
            Operands pointers;
            for (std::size_t i = 0; i < given.size(); ++i) {
              parts.push_back(*given[i]);
              for (float& element : parts.back().data) element = stored(real(element, parameters[i]), y);
            }
            for (const FloatTensor& part : parts) pointers.push_back(&part);
            return concatenated(pointers, axis, shape);
          }};
}

}  // namespace systoliq::sw_ref
