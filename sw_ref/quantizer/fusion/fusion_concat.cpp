// SPDX-License-Identifier: Apache-2.0
// Concat: inputs that lie alike are joined along the dimension of their tensors that the axis is; others are moved
// first, into images, or into rows where a list of rows is joined.
#include <algorithm>

#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// Elements from one index of dimension `d` of [1, c, h, w] to the next.
std::int64_t stride_of(const Shape& shape, std::size_t d) {
  std::int64_t stride = 1;
  for (std::size_t i = d + 1; i < shape.size(); ++i) stride *= shape[i];
  return stride;
}

bool is_dimension(const Offsets& axis, const Shape& shape, std::size_t d) {
  return axis == strided_axis(shape[d], stride_of(shape, d));
}

/// Places in a tensor of shape `from`, in one that is larger along dimension `d`.
Offsets widened(const Offsets& axis, const Shape& from, const Shape& to) {
  Offsets result;
  for (const std::int64_t place : axis) {
    const std::int64_t c = place / (from[2] * from[3]), y = place / from[3] % from[2], x = place % from[3];
    result.push_back((c * to[2] + y) * to[3] + x);
  }
  return result;
}

}  // namespace

/// True if all inputs are joined along dimension `d` of their tensors, into one of shape *joined.
bool Lowering::joins_along(const Node& node, std::size_t axis, std::size_t d, Shape* joined) const {
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const View& view = view_of(node, i);
    const Shape& shape = nth(network_.tensors, view.tensor).shape;
    if (!view.whole || axis >= view.axes.size() || !is_dimension(view.axes[axis], shape, d)) return false;
    if (i == 0) {
      *joined = shape;
      continue;
    }
    for (std::size_t k = 1; k < 4; ++k) {
      if (k != d && shape[k] != (*joined)[k]) return false;
    }
    (*joined)[d] += shape[d];
  }
  const View& first = view_of(node, 0);
  for (std::size_t i = 1; i < node.inputs.size(); ++i) {
    const View& view = view_of(node, i);
    for (std::size_t k = 0; k < view.axes.size(); ++k) {
      if (k == axis) continue;
      const Offsets here = widened(view.axes[k], nth(network_.tensors, view.tensor).shape, *joined);
      if (here != widened(first.axes[k], nth(network_.tensors, first.tensor).shape, *joined)) return false;
    }
  }
  return true;
}

/// True where the values are lists of rows, each of which is some channels of a pixel.
bool Lowering::are_rows(const Node& node, std::size_t axis) const {
  if (axis != 1 || shape_of(node.outputs.at(0)).size() != 3) return false;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const View& view = view_of(node, i);
    const Shape& shape = nth(network_.tensors, view.tensor).shape;
    const auto in_channels = [&](const Offsets& offsets) {
      return std::all_of(offsets.begin(), offsets.end(),
                         [&](std::int64_t place) { return place % (shape[2] * shape[3]) == 0; });
    };
    if (in_channels(view.axes[2]) && (view.axes[1].size() == 1 || !in_channels(view.axes[1]))) continue;
    return false;
  }
  return true;
}

void Lowering::lower_concat(const Node& node) {
  const Shape& output = shape_of(node.outputs.at(0));
  std::int64_t given = int_attribute(node, "axis", 1);
  if (given < 0) given += static_cast<std::int64_t>(output.size());
  const auto axis = static_cast<std::size_t>(given);
  if (node.inputs.empty()) refuse(node, "has no input");
  if (axis < 1 || output.size() < 2 || output[0] != 1) {
    refuse(node, "joins along axis " + std::to_string(given) + " of " + to_string(output) +
                     "; accepted: axis 1 to 3 of [1, channels, height, width], [1, channels, length] or [1, features]");
  }
  Shape joined;
  const auto dimension = [&]() -> std::size_t {
    for (const std::size_t d : {1, 2, 3}) {
      if (joins_along(node, axis, d, &joined)) return d;
    }
    return 0;
  };
  std::size_t d = dimension();
  if (d == 0) {
    const bool rows = are_rows(node, axis);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (rows) {
        move_rows(node, i);
      } else {
        image_of(node, i);
      }
    }
    d = dimension();
  }
  if (d == 0) {
    refuse(node, "joins values of " + to_string(output) +
                     " that lie in different orders; accepted: equal ones, or up "
                     "to four axes");
  }
  add_concat(node, axis, d, joined);
}

void Lowering::add_concat(const Node& node, std::size_t axis, std::size_t d, const Shape& joined) {
  std::vector<int> inputs;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) inputs.push_back(view_of(node, i).tensor);
  const View first = view_of(node, 0);
  const Shape from = nth(network_.tensors, first.tensor).shape;
  FusedLayer& layer = add_layer(node, LayerOp::kConcat, inputs, joined);
  layer.axis = static_cast<int>(d);
  View view = {layer.output, {}, true};
  for (std::size_t k = 0; k < first.axes.size(); ++k) {
    view.axes.push_back(k == axis ? strided_axis(joined[d], stride_of(joined, d))
                                  : widened(first.axes[k], from, joined));
  }
  views_[node.outputs[0]] = std::move(view);
}

}  // namespace systoliq::sw_ref
