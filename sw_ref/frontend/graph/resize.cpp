// SPDX-License-Identifier: Apache-2.0
// Resize (opset 10 to 24) and Upsample (opset 7 to 9). Before opset 11 coordinates are asymmetric and nearest is floor.
#include "sw_ref/frontend/graph/resize.h"

#include <algorithm>
#include <cmath>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/rules.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kLongestAxis = 1 << 20;

void expect_one_of(const NodeView& view, const char* attribute, const std::string& value,
                   const std::vector<std::string>& accepted) {
  if (std::find(accepted.begin(), accepted.end(), value) != accepted.end()) return;
  std::string names;
  for (const std::string& name : accepted) names += (names.empty() ? "" : ", ") + name;
  refuse(view.node, std::string(attribute) + " is '" + value + "'; accepted: " + names);
}

bool has_elements(const Value* value) { return value != nullptr && element_count(value->shape) > 0; }

/// The axes that scales or sizes are for: all, or attribute 'axes' since opset 18.
std::vector<std::size_t> resized_axes(const NodeView& view, std::size_t rank) {
  std::vector<std::size_t> axes;
  for (const std::int64_t axis : ints_attribute(view.node, "axes", {})) {
    axes.push_back(normalized_axis(view.node, axis, rank));
  }
  for (std::size_t axis = 0; axes.size() < rank && view.node.attributes.count("axes") == 0; ++axis) {
    axes.push_back(axis);
  }
  return axes;
}

void expect_count(const NodeView& view, const char* what, std::size_t found, std::size_t expected) {
  if (found == expected) return;
  refuse(view.node,
         std::string("has ") + std::to_string(found) + " " + what + "; accepted: " + std::to_string(expected));
}

void set_sizes(const NodeView& view, const std::vector<std::size_t>& axes, std::size_t operand, Resize& resize) {
  const std::vector<std::int64_t> sizes = constant_integers(view, operand, "sizes");
  expect_count(view, "sizes", sizes.size(), axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    resize.output[axes[i]] = sizes[i];
    resize.scales[axes[i]] = static_cast<float>(sizes[i]) / static_cast<float>(resize.input[axes[i]]);
  }
}

void set_scales(const NodeView& view, const std::vector<std::size_t>& axes, const std::vector<float>& scales,
                Resize& resize) {
  expect_count(view, "scales", scales.size(), axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (!(scales[i] > 0.0F && scales[i] <= 65536.0F)) {
      refuse(view.node, "scales axis " + std::to_string(axes[i]) + " by " + number_text(scales[i]) +
                            "; accepted: above 0, up to 65536");
    }
    resize.scales[axes[i]] = scales[i];
    resize.output[axes[i]] =
        static_cast<std::int64_t>(std::floor(static_cast<float>(resize.input[axes[i]]) * scales[i]));
  }
}

std::vector<float> scales_input(const NodeView& view, std::size_t operand) {
  return constant_input(view, operand, "scales", ElementType::kFloat).floats.data;
}

void read_sizes(const NodeView& view, Resize& resize) {
  const std::vector<std::size_t> axes = resized_axes(view, resize.input.size());
  if (view.node.op == "Upsample" && view.opset < 9) {
    set_scales(view, axes, floats_attribute(view.node, "scales", {}), resize);
  } else if (view.node.op == "Upsample" || view.opset < 11) {
    set_scales(view, axes, scales_input(view, 1), resize);
  } else if (has_elements(optional_input(view, 3))) {
    set_sizes(view, axes, 3, resize);
  } else if (optional_input(view, 2) != nullptr) {
    set_scales(view, axes, scales_input(view, 2), resize);
  } else {
    refuse(view.node, "has neither scales nor sizes; accepted: one of them");
  }
  for (const std::int64_t size : resize.output) {
    if (size < 1 || size > kLongestAxis) {
      refuse(view.node, "makes shape " + to_string(resize.output) + "; accepted: axes of 1 to 1048576 elements");
    }
  }
}

}  // namespace

Resize resize_of(const NodeView& view) {
  const Node& node = view.node;
  Resize resize;
  resize.input = resize.output = input_of(view, 0, "X").shape;
  resize.scales.assign(resize.input.size(), 1.0F);
  const bool early = view.opset < 11;
  const std::string mode = string_attribute(node, "mode", "nearest");
  expect_one_of(view, "mode", mode, {"nearest", "linear", "bilinear"});
  resize.linear = mode != "nearest";
  resize.coordinates = string_attribute(node, "coordinate_transformation_mode", early ? "asymmetric" : "half_pixel");
  expect_one_of(view, "coordinate_transformation_mode", resize.coordinates,
                {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"});
  resize.nearest = string_attribute(node, "nearest_mode", early ? "floor" : "round_prefer_floor");
  expect_one_of(view, "nearest_mode", resize.nearest, {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
  expect_one_of(view, "keep_aspect_ratio_policy", string_attribute(node, "keep_aspect_ratio_policy", "stretch"),
                {"stretch"});
  for (const char* name : {"antialias", "exclude_outside"}) {
    if (int_attribute(node, name, 0) != 0) refuse(node, std::string(name) + " is 1; accepted: 0");
  }
  read_sizes(view, resize);
  return resize;
}

TensorType infer_resize(const NodeView& view) {
  const Value& x = input_of(view, 0, "X");
  const Resize resize = resize_of(view);
  if (resize.linear) expect_type(view, x, {ElementType::kFloat});
  return {x.type, resize.output};
}

float Resize::coordinate(std::size_t axis, std::int64_t i) const {
  const auto x = static_cast<float>(i);
  if (scales[axis] == 1.0F && input[axis] == output[axis]) return x;
  if (coordinates == "asymmetric") return x / scales[axis];
  if (coordinates == "align_corners") {
    return output[axis] == 1 ? 0.0F : x * static_cast<float>(input[axis] - 1) / static_cast<float>(output[axis] - 1);
  }
  if (coordinates == "pytorch_half_pixel" && output[axis] == 1) return 0.0F;
  return (x + 0.5F) / scales[axis] - 0.5F;
}

Movement nearest_movement(const Resize& resize) {
  Movement walk = whole_walk(resize.input);
  walk.shape = resize.output;
  for (std::size_t axis = 0; axis < resize.output.size(); ++axis) {
    WalkAxis& resized = walk.axes[axis];
    resized.size = resize.output[axis];
    if (resize.input[axis] == resized.size && resize.scales[axis] == 1.0F) continue;
    for (std::int64_t i = 0; i < resized.size; ++i) {
      const float at = resize.coordinate(axis, i);
      float place = std::floor(at);
      if (resize.nearest == "ceil") place = std::ceil(at);
      if (resize.nearest == "round_prefer_floor") place = std::ceil(at - 0.5F);
      if (resize.nearest == "round_prefer_ceil") place = std::floor(at + 0.5F);
      const auto index = std::clamp<std::int64_t>(static_cast<std::int64_t>(place), 0, resize.input[axis] - 1);
      resized.list.push_back(index * resized.step);
    }
  }
  return walk;
}

std::vector<LinearPlace> linear_places(const Resize& resize, std::size_t axis) {
  std::vector<LinearPlace> places;
  const std::int64_t last = resize.input[axis] - 1;
  for (std::int64_t i = 0; i < resize.output[axis]; ++i) {
    const float at = std::clamp(resize.coordinate(axis, i), 0.0F, static_cast<float>(last));
    const auto low = std::min(static_cast<std::int64_t>(at), last);
    places.push_back({low, std::min(low + 1, last), at - static_cast<float>(low)});
  }
  return places;
}

}  // namespace systoliq::sw_ref
