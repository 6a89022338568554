// SPDX-License-Identifier: Apache-2.0
// Operators that act on every element alone, or are left to the host.
#include <algorithm>
#include <cmath>

#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/util/index.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

/// Concatenations, pads and moves take integers without looking at them, so they cannot clamp.
bool can_clamp(const FusedLayer& layer) {
  return layer.op != LayerOp::kConcat && layer.op != LayerOp::kPad && layer.op != LayerOp::kMove;
}

}  // namespace

void Lowering::lower_clamp(const Node& node) {
  double low = 0.0;
  double high = std::numeric_limits<double>::infinity();
  if (node.op == "Clip") {
    low = -high;
    const auto bound = [&](std::size_t input, const char* attribute, double fallback) {
      if (input < node.inputs.size() && !node.inputs[input].empty()) {
        const Constant& constant = constant_of(node, input, attribute);
        if (constant.values.data.size() != 1 || constant.is_quantized()) {
          refuse(node, std::string(attribute) + " is not one float number");
        }
        return constant.values.data[0];
      }
      return node.attributes.count(attribute) != 0 ? double{float_attribute(node, attribute, 0.0F)} : fallback;
    };
    low = bound(1, "min", low);
    high = bound(2, "max", high);
  }
  if (!(low <= high)) {
    refuse(node, "min " + number_text(low) + " is above max " + number_text(high) + "; accepted: min <= max");
  }
  FusedLayer* layer = open_layer(node.inputs.at(0));
  if (layer == nullptr || !can_clamp(*layer)) {
    const View view = whole_view(node, 0);
    layer = &add_elementwise(node, LayerOp::kLookup, {view.tensor}, view);
  } else {
    rename_output(*layer, node.outputs.at(0));
  }
  layer->clamp_low = std::clamp(layer->clamp_low, low, high);
  layer->clamp_high = std::clamp(layer->clamp_high, low, high);
}

void Lowering::lower_function(const Node& node, Function function) {
  const View view = whole_view(node, 0);
  add_elementwise(node, LayerOp::kLookup, {view.tensor}, view).function = function;
}

void Lowering::lower_add(const Node& node) {
  if (node.inputs.size() != 2) refuse(node, "needs two inputs");
  for (const std::size_t constant : {std::size_t{0}, std::size_t{1}}) {
    if (!is_constant(node.inputs[constant])) continue;
    if (fold_bias(node, constant)) return;
    refuse(node, "adds the constant '" + node.inputs[constant] +
                     "' to something other than the only use of a Conv, Gemm or MatMul output; accepted: bias of such "
                     "a layer, or the sum of two layers");
  }
  const Shape& shape_a = shape_of(node.inputs[0]);
  const Shape& shape_b = shape_of(node.inputs[1]);
  if (shape_a != shape_b) {
    refuse(node, "adds " + to_string(shape_a) + " and " + to_string(shape_b) +
                     "; accepted: equal shapes (broadcasting only of a bias)");
  }
  const View& a = whole_view(node, 0);
  const View& b = whole_view(node, 1);
  const bool lie_equally =
      nth(network_.tensors, a.tensor).shape == nth(network_.tensors, b.tensor).shape && a.axes == b.axes;
  if (!lie_equally) {
    image_of(node, 0);
    image_of(node, 1);
  }
  add_elementwise(node, LayerOp::kAdd, {a.tensor, b.tensor}, a);
}

void Lowering::lower_softmax(const Node& node) {
  const int tensor = tensor_of(node, 0);
  const Shape& shape = shape_of(node.inputs[0]);
  const auto rank = static_cast<std::int64_t>(shape.size());
  // Before opset 13 everything from the axis on is one vector.
  std::int64_t axis = int_attribute(node, "axis", graph_.opset < 13 ? 1 : -1);
  if (axis < 0) axis += rank;
  std::int64_t others = 1;
  for (std::int64_t i = 0; i < rank; ++i) {
    if (i != axis && (graph_.opset >= 13 || i < axis)) others *= nth(shape, i);
  }
  if (axis < 0 || axis >= rank || others != 1) {
    refuse(node, "normalizes part of " + to_string(shape) + "; accepted: a Softmax over all elements");
  }
  const std::string& name = node.outputs.at(0);
  const auto users = consumers_.find(name);
  if (users == consumers_.end() || users->second.size() != 1 || users->second.front() != nullptr) {
    refuse(node, "accepted: Softmax as the last operator only, where the host computes it");
  }
  softmax_[name] = tensor;
  network_.softmax_on_host = true;
}

}  // namespace systoliq::sw_ref
