// SPDX-License-Identifier: Apache-2.0
// Movements: where each operator that computes nothing takes its output's elements from (ONNX operators Transpose,
// Slice, Split, Gather, Expand, Tile, DepthToSpace, SpaceToDepth; Pad is in movement_pad.cpp).
#include <algorithm>
#include <limits>
#include <numeric>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/elementwise.h"
#include "sw_ref/frontend/graph/rules.h"
#include "sw_ref/frontend/graph/tensor_operations.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

using Values = std::vector<std::int64_t>;

const Shape& data_shape(const NodeView& view) { return input_of(view, 0, "data").shape; }

/// Values that an operator had as an attribute before opset `since` and has as an input from then on.
Values attribute_or_input(const NodeView& view, const char* name, std::size_t input, std::int64_t since,
                          const Values& fallback) {
  if (view.opset < since) return ints_attribute(view.node, name, fallback);
  return optional_input(view, input) == nullptr ? fallback : constant_integers(view, input, name);
}

/// First index and number of elements that start:end:step takes of an axis.
WalkAxis sliced(const NodeView& view, const WalkAxis& axis, std::int64_t start, std::int64_t end, std::int64_t step) {
  const std::int64_t size = axis.size;
  if (step == 0 || step == std::numeric_limits<std::int64_t>::min()) {
    refuse(view.node, "steps of " + std::to_string(step) + "; accepted: any but 0");
  }
  const auto counted = [size](std::int64_t place) { return place < 0 ? place + size : place; };
  const bool forward = step > 0;
  const std::int64_t first = std::clamp(counted(start), std::int64_t{0}, forward ? size : size - 1);
  const std::int64_t stop = std::clamp(counted(end), forward ? std::int64_t{0} : std::int64_t{-1}, size);
  const std::int64_t distance = forward ? stop - first : first - stop;
  const std::int64_t stride = forward ? step : -step;
  WalkAxis result = axis;
  result.size = distance <= 0 ? 0 : (distance - 1) / stride + 1;
  result.first = axis.first + first * axis.step;
  result.step = result.size > 1 ? axis.step * step : 0;
  return result;
}

void take_sizes(Movement& walk) {
  walk.shape.clear();
  for (const WalkAxis& axis : walk.axes) walk.shape.push_back(axis.size);
}

std::int64_t block_size(const NodeView& view) {
  const std::int64_t block = int_attribute(view.node, "blocksize", 0);
  if (data_shape(view).size() != 4) {
    refuse(view.node, "input has shape " + to_string(data_shape(view)) + "; accepted: [n, c, h, w]");
  }
  if (block < 1 || block > 1 << 10) {
    refuse(view.node, "blocksize is " + std::to_string(block) + "; accepted: 1 to 1024");
  }
  return block;
}

}  // namespace

TensorType infer_moved(const NodeView& view) {
  const OperatorRule& rule = *find_rule(view.node.domain, view.node.op);
  return {input_of(view, 0, "data").type, rule.move(view).shape};
}

Value fold_moved(const NodeView& view, const TensorType& type) {
  const Movement movement = find_rule(view.node.domain, view.node.op)->move(view);
  Value value = constant_of(type);
  const Value& input = *view.inputs[0];
  const float fill = view.node.op == "Pad" ? pad_value(view) : 0.0F;
  if (type.type == ElementType::kFloat) {
    value.floats = moved(input.floats, movement, fill);
  } else {
    value.integers = moved(input.integers, movement, static_cast<std::int64_t>(fill));
  }
  return value;
}

Movement move_transpose(const NodeView& view) {
  const Shape& shape = data_shape(view);
  Values order(shape.size());
  std::iota(order.rbegin(), order.rend(), std::int64_t{0});
  const Values perm = ints_attribute(view.node, "perm", order);
  Values sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  std::reverse(order.begin(), order.end());
  if (sorted != order) {
    refuse(view.node, "perm " + to_string(perm) + " is not a permutation of the input's " +
                          std::to_string(shape.size()) + " axes");
  }
  Movement walk = permuted_walk(whole_walk(shape), {perm.begin(), perm.end()}, {});
  take_sizes(walk);
  return walk;
}

Movement move_slice(const NodeView& view) {
  const Shape& shape = data_shape(view);
  const Values starts = attribute_or_input(view, "starts", 1, 10, {});
  const Values ends = attribute_or_input(view, "ends", 2, 10, {});
  Values all(starts.size());
  std::iota(all.begin(), all.end(), std::int64_t{0});
  const Values axes = attribute_or_input(view, "axes", 3, 10, all);
  const Values steps = view.opset < 10 || optional_input(view, 4) == nullptr ? Values(starts.size(), 1)
                                                                             : constant_integers(view, 4, "steps");
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size()) {
    refuse(view.node, "has " + std::to_string(starts.size()) + " starts, " + std::to_string(ends.size()) + " ends, " +
                          std::to_string(axes.size()) + " axes and " + std::to_string(steps.size()) +
                          " steps; accepted: as many of each");
  }
  Movement walk = whole_walk(shape);
  std::vector<bool> seen(shape.size(), false);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t axis = normalized_axis(view.node, axes[i], shape.size());
    if (seen[axis]) refuse(view.node, "axis " + std::to_string(axes[i]) + " is named twice");
    seen[axis] = true;
    walk.axes[axis] = sliced(view, walk.axes[axis], starts[i], ends[i], steps[i]);
  }
  take_sizes(walk);
  return walk;
}

Movement move_split(const NodeView& view) {
  const Shape& shape = data_shape(view);
  const std::size_t axis = normalized_axis(view.node, int_attribute(view.node, "axis", 0), shape.size());
  const std::int64_t size = shape[axis];
  const std::int64_t outputs = int_attribute(view.node, kOutputCountAttribute, 1);
  Values parts = attribute_or_input(view, "split", 1, 13, {});
  if (parts.empty()) {
    const std::int64_t count = int_attribute(view.node, "num_outputs", outputs);
    if (count != outputs || outputs > size || (view.opset < 18 && size % outputs != 0)) {
      refuse(view.node, "splits " + std::to_string(size) + " elements into " + std::to_string(outputs) +
                            " outputs (num_outputs " + std::to_string(count) +
                            "); accepted: a divisor, or sizes in 'split'");
    }
    const std::int64_t whole = (size + outputs - 1) / outputs;
    parts.assign(static_cast<std::size_t>(outputs), whole);
    parts.back() = size - whole * (outputs - 1);
  }
  const bool negative =
      std::any_of(parts.begin(), parts.end(), [size](std::int64_t part) { return part < 0 || part > size; });
  if (negative || static_cast<std::int64_t>(parts.size()) != outputs ||
      std::accumulate(parts.begin(), parts.end(), std::int64_t{0}) != size) {
    refuse(view.node, "splits " + std::to_string(size) + " elements into " + to_string(parts) + " for " +
                          std::to_string(outputs) + " outputs; accepted: sizes that add up, one for each output");
  }
  const std::int64_t index = output_index(view.node);
  const std::int64_t start = std::accumulate(parts.begin(), parts.begin() + index, std::int64_t{0});
  Movement walk = whole_walk(shape);
  walk.axes[axis].size = nth(parts, index);
  walk.axes[axis].first = start * walk.axes[axis].step;
  take_sizes(walk);
  return walk;
}

Movement move_gather(const NodeView& view) {
  const Shape& shape = data_shape(view);
  const Values indices = constant_integers(view, 1, "indices");
  const Shape& places = view.inputs[1]->shape;
  const std::size_t axis = normalized_axis(view.node, int_attribute(view.node, "axis", 0), shape.size());
  Movement walk = whole_walk(shape);
  WalkAxis gathered{static_cast<std::int64_t>(indices.size()), 0, 0, {}};
  for (const std::int64_t given : indices) {
    if (given < -shape[axis] || given >= shape[axis]) {
      refuse(view.node, "index " + std::to_string(given) + " lies outside the axis of " + std::to_string(shape[axis]) +
                            " elements");
    }
    gathered.list.push_back((given < 0 ? given + shape[axis] : given) * walk.axes[axis].step);
  }
  walk.axes[axis] = gathered;
  const auto at = walk.shape.begin() + static_cast<std::ptrdiff_t>(axis);
  walk.shape.insert(walk.shape.erase(at), places.begin(), places.end());
  return walk;
}

Movement move_expand(const NodeView& view) {
  const Shape& shape = data_shape(view);
  const Shape wanted = constant_integers(view, 1, "shape");
  for (const std::int64_t size : wanted) {
    if (size < 1) refuse(view.node, "expands to " + to_string(wanted) + "; accepted: sizes of 1 or more");
  }
  return broadcast_walk(shape, broadcast_shape(view.node, shape, wanted));
}

Movement move_tile(const NodeView& view) {
  const Shape& shape = data_shape(view);
  const Values repeats = constant_integers(view, 1, "repeats");
  if (repeats.size() != shape.size()) {
    refuse(view.node,
           "'repeats' has " + std::to_string(repeats.size()) + " values; accepted: " + std::to_string(shape.size()));
  }
  const Movement whole = whole_walk(shape);
  Movement walk;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (repeats[axis] < 1 || repeats[axis] > kLargestTensor) {
      refuse(view.node,
             "'repeats' holds " + std::to_string(repeats[axis]) + "; accepted: 1 to " + std::to_string(kLargestTensor));
    }
    walk.axes.push_back({repeats[axis], 0, 0, {}});
    walk.axes.push_back(whole.axes[axis]);
    walk.shape.push_back(repeats[axis] * shape[axis]);
  }
  return walk;
}

/// DCR: channels are [block, block, c]; CRD: [c, block, block]. The output's rows are [h, block], its columns likewise.
Movement move_depth_to_space(const NodeView& view) {
  const Shape& x = data_shape(view);
  const std::int64_t b = block_size(view);
  const std::string mode = string_attribute(view.node, "mode", "DCR");
  if (mode != "DCR" && mode != "CRD") refuse(view.node, "mode is '" + mode + "'; accepted: DCR, CRD");
  if (x[1] % (b * b) != 0) {
    refuse(view.node, "has " + std::to_string(x[1]) + " channels; accepted: a multiple of blocksize squared, " +
                          std::to_string(b * b));
  }
  const std::int64_t channels = x[1] / (b * b);
  const Shape shape = {x[0], channels, x[2] * b, x[3] * b};
  if (mode == "DCR") return permuted_walk(whole_walk({x[0], b, b, channels, x[2], x[3]}), {0, 3, 4, 1, 5, 2}, shape);
  return permuted_walk(whole_walk({x[0], channels, b, b, x[2], x[3]}), {0, 1, 4, 2, 5, 3}, shape);
}

Movement move_space_to_depth(const NodeView& view) {
  const Shape& x = data_shape(view);
  const std::int64_t b = block_size(view);
  if (x[2] % b != 0 || x[3] % b != 0) {
    refuse(view.node, "input has shape " + to_string(x) + "; accepted: height and width that blocksize " +
                          std::to_string(b) + " divides");
  }
  return permuted_walk(whole_walk({x[0], x[1], x[2] / b, b, x[3] / b, b}), {0, 3, 5, 1, 2, 4},
                       {x[0], x[1] * b * b, x[2] / b, x[3] / b});
}

}  // namespace systoliq::sw_ref
