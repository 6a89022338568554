// SPDX-License-Identifier: Apache-2.0
// Operators that act on every element alone, or are left to the host.
#include <algorithm>
#include <cmath>

#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/util/index.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {

/// Real bounds of a Relu or Clip.
std::pair<double, double> Lowering::clamp_bounds(const Node& node) {
  double low = 0.0;
  double high = std::numeric_limits<double>::infinity();
  if (node.op == "Clip") {
    low = -high;
    const auto bound = [&](std::size_t input, const char* attribute, double fallback) {
      if (input < node.inputs.size() && !node.inputs[input].empty()) {
        const Constant& constant = constant_of(node, input, attribute);
        if (constant.values.data.size() != 1) refuse(node, std::string(attribute) + " is not one number");
        return scalar_of(constant);
      }
      return node.attributes.count(attribute) != 0 ? double{float_attribute(node, attribute, 0.0F)} : fallback;
    };
    low = bound(1, "min", low);
    high = bound(2, "max", high);
  }
  if (!(low <= high)) {
    refuse(node, "min " + number_text(low) + " is above max " + number_text(high) + "; accepted: min <= max");
  }
  return {low, high};
}

void Lowering::lower_clamp(const Node& node) {
  const auto [low, high] = clamp_bounds(node);
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

/// A change of scale, or a table of stored values.
void Lowering::lower_requantize(const Node& node) {
  const View view = whole_view(node, 0);
  FusedLayer& layer = add_elementwise(node, LayerOp::kLookup, {view.tensor}, view);
  layer.table = ints_attribute(node, kTableAttribute, {});
}

/// Integers of an input read as float: the layers see the real numbers that they stand for.
void Lowering::lower_cast(const Node& node) {
  const auto made = graph_.values.find(node.outputs.at(0));
  if (made == graph_.values.end() || made->second.type != ElementType::kFloat) {
    refuse(node, "casts to another type than FLOAT; accepted: FLOAT");
  }
  keep_value(node);
}

/// The output is the input under another name.
void Lowering::keep_value(const Node& node) {
  const std::string& name = node.outputs.at(0);
  const View view = view_of(node, 0);
  views_[name] = view;
  const auto open = open_.find(node.inputs[0]);
  if (view.whole && open != open_.end() && fuses_into(name)) open_[name] = open->second;
}

void Lowering::lower_add(const Node& node) {
  add_pair(node, LayerOp::kAdd);
  network_.layers.back().sums_as_in_file = int_attribute(node, kAsInFileAttribute, 0) != 0;
}

}  // namespace systoliq::sw_ref
