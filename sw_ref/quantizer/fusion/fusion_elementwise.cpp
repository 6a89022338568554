// SPDX-License-Identifier: Apache-2.0
// Operators that only reshape, act on every element alone, join channels, or are left to the host.
#include <algorithm>
#include <cmath>

#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/util/index.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

/// Concatenation and padding move integers without looking at them, so they cannot clamp.
bool can_clamp(const FusedLayer& layer) { return layer.op != LayerOp::kConcat && layer.op != LayerOp::kPad; }

}  // namespace

void Lowering::lower_reshape(const Node& node) {
  const int tensor = tensor_of(node, 0);
  for (std::size_t i = 1; i < node.inputs.size(); ++i) {
    if (!node.inputs[i].empty()) constant_of(node, i, "shape operand");
  }
  const std::string& name = node.outputs.at(0);
  if (element_count(shape_of(name)) != element_count(nth(network_.tensors, tensor).shape)) {
    refuse(node, "output shape " + to_string(shape_of(name)) + " has another element count than its input");
  }
  tensors_[name] = tensor;
  const auto open = open_.find(node.inputs[0]);
  if (open != open_.end() && fuses_into(name)) open_[name] = open->second;
}

void Lowering::lower_transpose(const Node& node) {
  const Shape& shape = shape_of(node.inputs.at(0));
  const std::vector<std::size_t> permutation = permutation_of(node, shape.size());
  std::size_t last = 0;
  for (const std::size_t from : permutation) {
    if (shape[from] == 1) continue;
    if (from < last) {
      refuse(node,
             "moves elements of " + to_string(shape) + "; accepted: permutations that only move dimensions of size 1");
    }
    last = from;
  }
  lower_reshape(node);
}

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
    const int tensor = tensor_of(node, 0);
    layer = &add_layer(node, LayerOp::kLookup, {tensor}, nth(network_.tensors, tensor).shape);
  } else {
    rename_output(*layer, node.outputs.at(0));
  }
  layer->clamp_low = std::clamp(layer->clamp_low, low, high);
  layer->clamp_high = std::clamp(layer->clamp_high, low, high);
}

void Lowering::lower_function(const Node& node, Function function) {
  const int tensor = tensor_of(node, 0);
  FusedLayer& layer = add_layer(node, LayerOp::kLookup, {tensor}, Shape(nth(network_.tensors, tensor).shape));
  layer.function = function;
  if (node.op == kRequantize) layer.table = ints_attribute(node, kTableAttribute, {});
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
  const int a = tensor_of(node, 0);
  const int b = tensor_of(node, 1);
  const Shape& shape_a = nth(network_.tensors, a).shape;
  const Shape& shape_b = nth(network_.tensors, b).shape;
  if (shape_a != shape_b || shape_of(node.inputs[0]) != shape_of(node.inputs[1])) {
    refuse(node, "adds " + to_string(shape_a) + " and " + to_string(shape_b) +
                     "; accepted: equal shapes (broadcasting only of a bias)");
  }
  FusedLayer& layer = add_layer(node, LayerOp::kAdd, {a, b}, Shape(shape_a));
  layer.sums_as_in_file = int_attribute(node, kAsInFileAttribute, 0) != 0;
}

void Lowering::lower_concat(const Node& node) {
  std::vector<int> inputs;
  const Shape& output = shape_of(node.outputs.at(0));
  std::int64_t axis = int_attribute(node, "axis", 1);
  if (axis < 0) axis += static_cast<std::int64_t>(output.size());
  if (axis != 1 || output.size() < 2 || output.size() > 4 || output[0] != 1) {
    refuse(node, "joins along axis " + std::to_string(axis) + " of " + to_string(output) +
                     "; accepted: axis 1 of [1, channels, height, width], [1, channels, length] or [1, features]");
  }
  Shape joined;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    inputs.push_back(tensor_of(node, i));
    const Shape& shape = nth(network_.tensors, inputs.back()).shape;
    const bool as_computed =
        output.size() > 2 ? with_height(shape_of(node.inputs[i])) == shape : shape[2] == 1 && shape[3] == 1;
    if (!as_computed || (i > 0 && (shape[2] != joined[2] || shape[3] != joined[3]))) {
      refuse(node, "input '" + node.inputs[i] + "' is a layer's output " + to_string(shape) +
                       " in another shape; accepted: equal heights and widths, not reshaped");
    }
    if (i == 0) {
      joined = shape;
    } else {
      joined[1] += shape[1];
    }
  }
  if (inputs.empty()) refuse(node, "has no input");
  add_layer(node, LayerOp::kConcat, inputs, joined);
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
