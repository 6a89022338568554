// SPDX-License-Identifier: Apache-2.0
// A constant matrix times a computed one: W [m, k] · X [k, n] is a convolution of X, whose rows are its channels.
#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {

/// With n = 1 the kernel covers the whole input, else it is 1 × 1 and X has to lie as [1, k, h, w] with h · w = n.
void Lowering::lower_left_product(const Node& node) {
  const int tensor = tensor_of(node, 1);
  const Shape input = nth(network_.tensors, tensor).shape;
  const Shape& right = shape_of(node.inputs[1]);
  Constant weights = constant_of(node, 0, "weights");
  if (weights.values.shape.size() != 2 || right.size() < 2 || element_count(input) != element_count(right) ||
      right[right.size() - 2] * right.back() != element_count(right) ||
      weights.values.shape[1] != right[right.size() - 2]) {
    refuse(node, "multiplies the constant " + to_string(weights.values.shape) + " by " + to_string(right) +
                     "; accepted: a constant [m, k] by a computed [k, n]");
  }
  const std::int64_t rows = weights.values.shape[0];
  const bool column = right.back() == 1;
  if (!column && (input[1] != weights.values.shape[1] || input[2] * input[3] != right.back())) {
    refuse(node, "multiplies a constant by " + to_string(right) + ", which a layer made as " + to_string(input) +
                     "; accepted: its rows as channels");
  }
  const Shape output = column ? Shape{1, rows, 1, 1} : Shape{1, rows, input[2], input[3]};
  FusedLayer& layer = add_layer(node, LayerOp::kConvolution, {tensor}, output);
  layer.fully_connected = column;
  layer.window.kernel_height = static_cast<int>(column ? input[2] : 1);
  layer.window.kernel_width = static_cast<int>(column ? input[3] : 1);
  weights.values.shape = column ? Shape{rows, input[1], input[2], input[3]} : Shape{rows, input[1], 1, 1};
  layer.weights = std::move(weights);
}

}  // namespace systoliq::sw_ref
