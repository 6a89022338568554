// SPDX-License-Identifier: Apache-2.0
// The movement of Pad (ONNX operator Pad, opset 2 to 24: modes constant, reflect, edge and wrap; axes since opset 18).
#include <algorithm>
#include <numeric>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/rules.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kLargestPad = 1 << 20;

struct Amounts {
  std::vector<std::int64_t> begins, ends;
};

/// What is added on each axis, negative where the axis is cut.
Amounts pad_amounts(const NodeView& view, std::size_t rank) {
  const std::vector<std::int64_t> pads =
      view.opset < 11 ? ints_attribute(view.node, "pads", {}) : constant_integers(view, 1, "pads");
  std::vector<std::int64_t> axes(rank);
  std::iota(axes.begin(), axes.end(), std::int64_t{0});
  if (optional_input(view, 3) != nullptr) axes = constant_integers(view, 3, "axes");
  if (pads.size() != 2 * axes.size()) {
    refuse(view.node,
           "'pads' has " + std::to_string(pads.size()) + " values; accepted: " + std::to_string(2 * axes.size()));
  }
  Amounts amounts{std::vector<std::int64_t>(rank, 0), std::vector<std::int64_t>(rank, 0)};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = normalized_axis(view.node, axes[i], rank);
    for (const std::int64_t pad : {pads[i], pads[i + axes.size()]}) {
      if (pad < -kLargestPad || pad > kLargestPad) {
        refuse(view.node, "'pads' holds " + std::to_string(pad) + "; accepted: -1048576 to 1048576");
      }
    }
    amounts.begins[axis] = pads[i];
    amounts.ends[axis] = pads[i + axes.size()];
  }
  return amounts;
}

/// Index in the axis that a place before its start or behind its end shows, or -1 for the filling.
std::int64_t shown(const std::string& mode, std::int64_t place, std::int64_t size) {
  if (place >= 0 && place < size) return place;
  if (mode == "edge") return std::clamp<std::int64_t>(place, 0, size - 1);
  const auto wrapped = [](std::int64_t i, std::int64_t period) { return ((i % period) + period) % period; };
  if (mode == "wrap") return wrapped(place, size);
  if (mode == "reflect") {
    if (size == 1) return 0;
    const std::int64_t period = 2 * (size - 1);
    const std::int64_t within = wrapped(place, period);
    return within < size ? within : period - within;
  }
  return -1;
}

}  // namespace

float pad_value(const NodeView& view) {
  return view.opset < 11 ? float_attribute(view.node, "value", 0.0F) : constant_scalar(view, 2, "constant_value", 0.0F);
}

Movement move_pad(const NodeView& view) {
  const Value& x = input_of(view, 0, "data");
  const std::string mode = string_attribute(view.node, "mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap") {
    refuse(view.node, "mode is '" + mode + "'; accepted: constant, reflect, edge, wrap");
  }
  if (const Value* value = optional_input(view, 2)) expect_type(view, *value, {x.type});
  pad_value(view);
  const Amounts amounts = pad_amounts(view, x.shape.size());
  Movement walk = whole_walk(x.shape);
  for (std::size_t axis = 0; axis < x.shape.size(); ++axis) {
    const std::int64_t begin = amounts.begins[axis], size = x.shape[axis];
    WalkAxis& padded = walk.axes[axis];
    if (begin == 0 && amounts.ends[axis] == 0) continue;
    if (size < 1) refuse(view.node, "pads " + to_string(x.shape) + "; accepted: tensors with elements");
    walk.shape[axis] = padded.size = std::max<std::int64_t>(size + begin + amounts.ends[axis], 0);
    if (padded.size > kLargestPad * 4) {
      refuse(view.node, "makes axis " + std::to_string(axis) + " " + std::to_string(padded.size) +
                            " elements long; accepted: up to 4194304 elements");
    }
    for (std::int64_t i = 0; i < padded.size; ++i) {
      const std::int64_t index = shown(mode, i - begin, size);
      padded.list.push_back(index < 0 ? kFill : index * padded.step);
    }
  }
  return walk;
}

}  // namespace systoliq::sw_ref
