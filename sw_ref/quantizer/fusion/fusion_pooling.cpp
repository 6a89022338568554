// SPDX-License-Identifier: Apache-2.0
// Pooling and padding. A Pad vanishes where the windows of all its consumers can take it over.
#include <algorithm>

#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

bool has_pads(const Window& w) { return w.pad_top != 0 || w.pad_left != 0 || w.pad_bottom != 0 || w.pad_right != 0; }

/// Every window must see at least one element, or its maximum and average would be undefined.
void check_padding(const Node& node, const Window& w) {
  const int height = (w.kernel_height - 1) * w.dilation_height + 1;
  const int width = (w.kernel_width - 1) * w.dilation_width + 1;
  if (std::max(w.pad_top, w.pad_bottom) >= height || std::max(w.pad_left, w.pad_right) >= width) {
    refuse(node, "padding covers a whole window; accepted: pads smaller than the kernel");
  }
}

/// Numbers of `operand` as integers, from an input or (before opset 11) an attribute.
std::vector<std::int64_t> pad_amounts(const Node& node, const Constant* operand) {
  if (operand == nullptr) return ints_attribute(node, "pads", {});
  std::vector<std::int64_t> amounts;
  for (const double value : operand->values.data) amounts.push_back(static_cast<std::int64_t>(value));
  return amounts;
}

Window pad_window(const Node& node, const std::vector<std::int64_t>& pads) {
  const std::size_t rank = pads.size() / 2;
  if ((pads.size() != 8 && pads.size() != 6) || pads[0] != 0 || pads[1] != 0 || pads[rank] != 0 ||
      pads[rank + 1] != 0) {
    refuse(node, "pads " + to_string(pads) +
                     "; accepted: height and width of [1, channels, height, width], length of [1, channels, length]");
  }
  if (*std::min_element(pads.begin(), pads.end()) < 0 || *std::max_element(pads.begin(), pads.end()) > (1 << 20)) {
    refuse(node, "pads " + to_string(pads) + "; accepted: 0 to 1048576 (no cropping)");
  }
  Window window;
  window.pad_top = static_cast<int>(rank == 4 ? pads[2] : 0);
  window.pad_left = static_cast<int>(pads[rank - 1]);
  window.pad_bottom = static_cast<int>(rank == 4 ? pads[6] : 0);
  window.pad_right = static_cast<int>(pads[2 * rank - 1]);
  return window;
}

}  // namespace

void Lowering::lower_pool(const Node& node) {
  const Shape shape = image_shape(node, 0);
  int tensor = tensor_of(node, 0);
  Window window;
  if (node.op == "GlobalAveragePool") {
    window.kernel_height = static_cast<int>(with_height(shape)[2]);
    window.kernel_width = static_cast<int>(with_height(shape)[3]);
  } else {
    window = window_of(node, shape, {});
  }
  if (node.outputs.size() > 1 && !node.outputs[1].empty()) {
    refuse(node, "has a second output (indices); accepted: the maximum only");
  }
  if (int_attribute(node, "storage_order", 0) != 0) refuse(node, "storage_order is not 0; accepted: 0");
  bool includes_pad = node.op == "AveragePool" && int_attribute(node, "count_include_pad", 0) != 0;
  if (pads_.count(node.inputs[0]) != 0) {
    includes_pad = true;
    absorb_pad(node, 0, &window, &tensor);
  }
  check_padding(node, window);
  // Without padding the flag has no meaning; one form only, so that equal layers compare equal.
  includes_pad = includes_pad && has_pads(window);
  const LayerOp op = node.op == "MaxPool" ? LayerOp::kMaxPool : LayerOp::kAveragePool;
  FusedLayer& layer = add_layer(node, op, {tensor}, with_height(shape_of(node.outputs.at(0))));
  layer.window = window;
  layer.count_include_pad = includes_pad;
}

void Lowering::lower_pad(const Node& node) {
  const Shape shape = with_height(image_shape(node, 0));
  const int tensor = tensor_of(node, 0);
  const std::string mode = string_attribute(node, "mode", "constant");
  if (mode != "constant") refuse(node, "mode is '" + mode + "'; accepted: constant");
  if (node.inputs.size() > 3 && !node.inputs[3].empty())
    refuse(node, "has axes; accepted: pads of all four dimensions");
  const Constant* amounts = node.inputs.size() > 1 ? &constant_of(node, 1, "pads") : nullptr;
  double value = float_attribute(node, "value", 0.0F);
  if (node.inputs.size() > 2 && !node.inputs[2].empty()) {
    const Constant& given = constant_of(node, 2, "constant_value");
    value = given.values.data.empty() ? 0.0 : given.values.data[0] - given.zero_point;
  }
  if (value != 0.0) refuse(node, "pads with " + number_text(value) + "; accepted: 0");
  const Window window = pad_window(node, pad_amounts(node, amounts));
  const std::string& name = node.outputs.at(0);
  if (pads_.count(node.inputs[0]) == 0 && absorbs_pad(name)) {
    tensors_[name] = tensor;
    pads_[name] = window;
    return;
  }
  Shape padded = shape;
  padded[2] += window.pad_top + window.pad_bottom;
  padded[3] += window.pad_left + window.pad_right;
  add_layer(node, LayerOp::kPad, {tensor}, padded).window = window;
}

/// True if every consumer is a Conv, or an average pool that counts its padding as zeros or has none.
bool Lowering::absorbs_pad(const std::string& padded) const {
  const auto users = consumers_.find(padded);
  if (users == consumers_.end() || input_.boundaries.count(padded) != 0) return false;
  return std::all_of(users->second.begin(), users->second.end(), [&](const Node* user) {
    if (user == nullptr || user->inputs[0] != padded) return false;
    if (user->op == "Conv" || user->op == "GlobalAveragePool") return true;
    if (user->op != "AveragePool") return false;
    return int_attribute(*user, "count_include_pad", 0) != 0 || !has_pads(window_of(*user, shape_of(padded), {}));
  });
}

/// Adds the vanished Pad's amounts to the consumer's window.
void Lowering::absorb_pad(const Node& node, std::size_t input, Window* window, int* tensor) {
  const auto pad = pads_.find(node.inputs[input]);
  if (pad == pads_.end()) return;
  window->pad_top += pad->second.pad_top;
  window->pad_left += pad->second.pad_left;
  window->pad_bottom += pad->second.pad_bottom;
  window->pad_right += pad->second.pad_right;
  *tensor = tensors_.at(node.inputs[input]);
}

}  // namespace systoliq::sw_ref
