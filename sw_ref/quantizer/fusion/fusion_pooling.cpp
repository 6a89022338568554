// SPDX-License-Identifier: Apache-2.0
// Pooling and padding. A Pad vanishes where the windows of all its consumers can take it over.
#include <algorithm>

#include "sw_ref/frontend/graph/node_view.h"
#include "sw_ref/frontend/graph/reduction.h"
#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/util/index.h"
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
  if (node.op == "GlobalAveragePool" || node.op == "GlobalMaxPool") {
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
  const LayerOp op = node.op == "MaxPool" || node.op == "GlobalMaxPool" ? LayerOp::kMaxPool : LayerOp::kAveragePool;
  FusedLayer& layer = add_layer(node, op, {tensor}, with_height(shape_of(node.outputs.at(0))));
  layer.window = window;
  layer.count_include_pad = includes_pad;
}

/// ReduceMean and ReduceMax over height, width or both: a pooling whose window is all of them.
void Lowering::lower_reduction(const Node& node) {
  const std::vector<bool> reduced = reduced_axes(sw_ref::view_of(graph_, node), shape_of(node.inputs.at(0)).size());
  const auto covers = [&](const View& view) -> std::optional<Window> {
    const Shape& shape = nth(network_.tensors, view.tensor).shape;
    std::vector<Offsets> taken;
    for (std::size_t axis = 0; axis < reduced.size(); ++axis) {
      if (reduced[axis]) taken.push_back(view.axes[axis]);
    }
    Window window;
    const std::int64_t plane = shape[2] * shape[3];
    if (is_permutation(taken, plane)) {
      window.kernel_height = static_cast<int>(shape[2]);
      window.kernel_width = static_cast<int>(shape[3]);
      return window;
    }
    const bool rows = taken.size() == 1 && taken[0] == strided_axis(shape[2], shape[3]);
    const bool columns = taken.size() == 1 && taken[0] == strided_axis(shape[3], 1);
    if (rows) window.kernel_height = static_cast<int>(shape[2]);
    if (columns) window.kernel_width = static_cast<int>(shape[3]);
    return rows || columns ? std::optional<Window>(window) : std::nullopt;
  };
  std::optional<Window> window = covers(whole_view(node, 0));
  if (!window) {
    image_of(node, 0);
    window = covers(view_of(node, 0));
  }
  if (!window) {
    refuse(node, "reduces axes of " + to_string(shape_of(node.inputs[0])) + " that are not its height or width" +
                     "; accepted: height, width or both");
  }
  add_reduction(node, *window, reduced);
}

/// The pooling; axes that are left keep their places among the windows.
void Lowering::add_reduction(const Node& node, const Window& window, const std::vector<bool>& reduced) {
  const View view = view_of(node, 0);
  const Shape from = nth(network_.tensors, view.tensor).shape;
  const Shape to = {1, from[1], from[2] / window.kernel_height, from[3] / window.kernel_width};
  const LayerOp op = node.op == "ReduceMax" ? LayerOp::kMaxPool : LayerOp::kAveragePool;
  const auto place_in = [&](std::int64_t place) {
    const std::int64_t channel = place / (from[2] * from[3]);
    const std::int64_t row = place / from[3] % from[2] / window.kernel_height;
    const std::int64_t column = place % from[3] / window.kernel_width;
    return (channel * to[2] + row) * to[3] + column;
  };
  std::vector<Offsets> left;
  for (std::size_t axis = 0; axis < reduced.size(); ++axis) {
    if (reduced[axis]) continue;
    Offsets offsets;
    for (const std::int64_t place : view.axes[axis]) offsets.push_back(place_in(place));
    left.push_back(std::move(offsets));
  }
  const std::optional<std::vector<Offsets>> axes = reshaped(left, shape_of(node.outputs.at(0)));
  if (!axes || !is_permutation(*axes, element_count(to))) {
    refuse(node, "reduces axes of " + to_string(shape_of(node.inputs[0])) + " that are not its height or width" +
                     "; accepted: height, width or both");
  }
  FusedLayer& layer = add_layer(node, op, {view.tensor}, to);
  layer.window = window;
  views_[node.outputs[0]] = {layer.output, *axes, true};
}

void Lowering::lower_pad(const Node& node) {
  const Shape shape = with_height(image_shape(node, 0));
  const int tensor = tensor_of(node, 0);
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
    views_[name] = {tensor, row_major_axes(nth(network_.tensors, tensor).shape), true};
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
  *tensor = views_.at(node.inputs[input]).tensor;
}

}  // namespace systoliq::sw_ref
