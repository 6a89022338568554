// SPDX-License-Identifier: Apache-2.0
// Where the graph's values lie: operators that only move elements change the view of a value, and a layer moves
// elements only where an operator needs another order than that in which they lie.
#include <algorithm>

#include "sw_ref/frontend/graph/node_view.h"
#include "sw_ref/frontend/graph/operator_rules.h"
#include "sw_ref/frontend/graph/resize.h"
#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

// Of the search for the operator that decides how an input lies.
constexpr int kLongestSearch = 64;            ///< in nodes, from the input
constexpr std::size_t kMostSearched = 10000;  ///< values in all

bool is_one_of(const std::string& op, std::initializer_list<const char*> ops) {
  return std::any_of(ops.begin(), ops.end(), [&](const char* candidate) { return op == candidate; });
}

bool moves_elements(const Node& node) {
  return node.domain.empty() &&
         (is_reshape(node) || is_one_of(node.op, {"Transpose", "Slice", "Split", "Gather", "Expand", "Tile",
                                                  "DepthToSpace", "SpaceToDepth", "Resize", "Upsample", "Pad"}));
}

/// Operators whose first input is an image [n, c, h, w].
bool takes_image(const Node& node) {
  return is_one_of(node.op, {"Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool",
                             "BatchNormalization", "Pad", "PRelu"});
}

/// Operators whose first input is rows of features.
bool takes_rows(const Node& node) {
  return node.op == "MatMul" || (node.op == "Gemm" && int_attribute(node, "transA", 0) == 0);
}

}  // namespace

const View& Lowering::view_of(const Node& node, std::size_t input) const {
  if (input >= node.inputs.size()) refuse(node, "input " + std::to_string(input) + " is missing");
  const std::string& name = node.inputs[input];
  const auto odd = odd_inputs_.find(name);
  if (odd != odd_inputs_.end()) throw InputError(odd->second);
  const auto found = views_.find(name);
  if (found == views_.end()) {
    refuse(node, "input '" + name + "' is a constant or not computed; accepted: the output of a layer");
  }
  return found->second;
}

const View& Lowering::whole_view(const Node& node, std::size_t input) {
  if (!view_of(node, input).whole) image_of(node, input);
  return view_of(node, input);
}

int Lowering::tensor_of(const Node& node, std::size_t input) {
  const View& view = view_of(node, input);
  const std::string& name = node.inputs[input];
  if (pads_.count(name) != 0) {
    if (!absorbs_pad(name)) throw InternalError("a Pad vanished though nothing absorbs it");
    return view.tensor;
  }
  return view.whole && is_row_major(view.axes) ? view.tensor : image_of(node, input);
}

int Lowering::image_of(const Node& node, std::size_t input) {
  const View& view = view_of(node, input);
  if (pads_.count(node.inputs[input]) != 0) return view.tensor;
  return move_image(node.inputs[input], describe(node));
}

int Lowering::move_image(const std::string& name, const std::string& where) {
  const View& view = views_.at(name);
  const std::optional<std::vector<Offsets>> image = image_axes(view.axes);
  if (!image) {
    throw InputError(where + ": '" + name + "' has shape " + to_string(shape_of(name)) +
                     "; accepted: [1, channels, height, width], [1, channels, length] or [1, features]");
  }
  const bool lies_so = nth(network_.tensors, view.tensor).shape == image_shape_of(*image);
  if (view.whole && lies_so && is_row_major(*image)) return view.tensor;
  return add_move(name, where, *image);
}

/// A layer that gathers the elements of a value, whose axes {c, h, w} are `image`, into a tensor of its own.
int Lowering::add_move(const std::string& name, const std::string& where, const std::vector<Offsets>& image) {
  FusedTensor& source = nth(network_.tensors, views_.at(name).tensor);
  if (views_.at(name).whole && source.graph_value() == name) source.layout = layout_of(name, is_border(name));
  const auto maker = makers_.find(name);
  FusedLayer layer;
  layer.name = maker == makers_.end() ? name + ".move" : maker->second->name;
  layer.where = maker == makers_.end() ? where : describe(*maker->second);
  layer.op = LayerOp::kMove;
  layer.inputs = {views_.at(name).tensor};
  layer.output = static_cast<int>(network_.tensors.size());
  layer.move = {image[0], image[1], image[2]};
  layer.value = name;
  FusedTensor tensor;
  tensor.name = name;
  tensor.value = name;
  tensor.shape = image_shape_of(image);
  if (is_tensor_name(tensor.name)) tensor.name += ".moved";
  while (is_tensor_name(tensor.name)) tensor.name += '_';
  network_.tensors.push_back(std::move(tensor));
  network_.layers.push_back(std::move(layer));
  const int output = network_.layers.back().output;
  views_[name] = {output, row_major_axes(shape_of(name)), true};
  open_.erase(name);
  return output;
}

const Shape& Lowering::image_shape(const Node& node, std::size_t input) {
  image_of(node, input);
  const Shape& shape = shape_of(node.inputs[input]);
  if (shape.size() != 3 && shape.size() != 4) {
    refuse(node, "input '" + node.inputs[input] + "' has shape " + to_string(shape) +
                     "; accepted: [1, channels, height, width] or [1, channels, length]");
  }
  return shape;
}

/// What the node makes of its first input's axes; nothing where it fills in elements, or offsets do not say it.
std::optional<std::vector<Offsets>> Lowering::view_axes(const Node& node, const std::vector<Offsets>& axes) {
  const bool in_order = is_row_major(axes);
  if (is_reshape(node)) {
    if (!in_order) charge(describe(node), shape_of(node.outputs.at(0)));
    return reshaped(axes, shape_of(node.outputs.at(0)));
  }
  const NodeView view = sw_ref::view_of(graph_, node);
  if (node.op != "Resize" && node.op != "Upsample") {
    const Movement movement = find_rule(node.domain, node.op)->move(view);
    if (std::optional<std::vector<Offsets>> by_axis = moved_by_axis(axes, movement)) return by_axis;
    charge(describe(node), shape_of(node.inputs.at(0)));
    charge(describe(node), movement.shape);
    return moved(axes, movement);
  }
  const Resize resize = resize_of(view);
  if (resize.linear) {
    refuse(node, "mode is '" + string_attribute(node, "mode", "nearest") + "'; accepted: nearest");
  }
  if (!in_order) charge(describe(node), shape_of(node.inputs.at(0)));
  charge(describe(node), shape_of(node.outputs.at(0)));
  return moved(axes, nearest_movement(resize));
}

/// True where the node moves elements only, and its output is a view; a Pad that fills in elements is none.
bool Lowering::lower_view(const Node& node) {
  if (!moves_elements(node)) return false;
  if (node.op == "Pad" && string_attribute(node, "mode", "constant") == "constant") return false;
  for (std::size_t i = 1; i < node.inputs.size(); ++i) {
    if (!node.inputs[i].empty()) constant_of(node, i, "operand");
  }
  const std::string& name = node.outputs.at(0);
  std::optional<std::vector<Offsets>> axes = view_axes(node, view_of(node, 0).axes);
  if (!axes) {
    image_of(node, 0);
    axes = view_axes(node, view_of(node, 0).axes);
  }
  if (!axes) refuse(node, "makes " + to_string(shape_of(name)) + " of its input, which no order of elements yields");
  const View& input = view_of(node, 0);
  const std::int64_t elements = element_count(nth(network_.tensors, input.tensor).shape);
  const bool keeps_all = is_reshape(node) || is_one_of(node.op, {"Transpose", "DepthToSpace", "SpaceToDepth"});
  if (!keeps_all && element_count(shape_of(name)) == elements) charge(describe(node), shape_of(name));
  const bool whole = keeps_all ? input.whole : is_permutation(*axes, elements);
  views_[name] = {input.tensor, std::move(*axes), whole};
  const auto open = open_.find(node.inputs[0]);
  if (whole && open != open_.end() && fuses_into(name)) open_[name] = open->second;
  return true;
}

FusedLayer& Lowering::add_elementwise(const Node& node, LayerOp op, const std::vector<int>& inputs, const View& like) {
  const View view = like;
  FusedLayer& layer = add_layer(node, op, inputs, Shape(nth(network_.tensors, view.tensor).shape));
  const std::optional<std::vector<Offsets>> axes = reshaped(view.axes, shape_of(node.outputs.at(0)));
  if (!axes) refuse(node, "changes the shape of its input");
  views_[node.outputs[0]] = {layer.output, *axes, true};
  return layer;
}

/// The axes {c, h, w} in which the first operator that takes an image takes a value with these axes; past operators
/// that move elements or act on each alone. Values in `seen` have been looked at.
std::optional<std::vector<Offsets>> Lowering::input_image(const std::string& name, const std::vector<Offsets>& axes,
                                                          int depth, std::set<std::string>* seen) {
  const auto users = consumers_.find(name);
  if (users == consumers_.end() || depth > kLongestSearch || seen->size() > kMostSearched) return std::nullopt;
  if (!seen->insert(name).second) return std::nullopt;
  for (const Node* user : users->second) {
    if (user == nullptr || user->inputs.empty() || user->outputs.empty()) continue;
    if (takes_rows(*user) && user->inputs[0] == name && element_count(shape_of(name)) != shape_of(name).back()) {
      charge(describe(*user), shape_of(name));
      return std::vector<Offsets>{axes.back(), {0}, places_of({axes.begin(), axes.end() - 1})};
    }
    if (takes_image(*user) && user->inputs[0] == name) return axes.size() < 3 ? std::nullopt : image_axes(axes);
    const std::string& output = user->outputs[0];
    std::optional<std::vector<Offsets>> next;
    if (is_reshape(*user) || user->op == "Transpose") {
      if (user->inputs[0] == name) next = view_axes(*user, axes);
    } else if (!moves_elements(*user) && shape_of(output) == shape_of(name) && !takes_rows(*user)) {
      next = axes;
    }
    if (!next) continue;
    if (std::optional<std::vector<Offsets>> image = input_image(output, *next, depth + 1, seen)) return image;
  }
  return std::nullopt;
}

/// [1, c, h, w] of a network input, or a value of the host, in its own order: a vector [1, f] is [1, f, 1, 1], a
/// sequence [1, c, l] [1, c, 1, l]. False where it is no image of either kind.
bool Lowering::add_given(const std::string& name) {
  const Shape& shape = shape_of(name);
  const int tensor = static_cast<int>(network_.tensors.size());
  const std::vector<Offsets> axes = row_major_axes(shape);
  std::set<std::string> seen;
  std::optional<std::vector<Offsets>> image = input_image(name, axes, 0, &seen);
  if (image) {
    std::optional<std::vector<Offsets>> lies = axes;
    if (!is_row_major(*image)) {
      charge("tensor '" + name + "'", shape);
      lies = axes_of(inverse_places(*image), shape);
    }
    if (lies) {
      network_.tensors.push_back({name, image_shape_of(*image), {}, {}});
      views_[name] = {tensor, *lies, true};
      return true;
    }
  }
  image = element_count(shape) == 0 ? std::nullopt : image_axes(axes);
  network_.tensors.push_back({name, image ? image_shape_of(*image) : image_form(shape), {}, {}});
  views_[name] = {tensor, axes, true};
  return image.has_value();
}

void Lowering::add_input(const std::string& name) {
  network_.inputs.push_back(static_cast<int>(network_.tensors.size()));
  if (add_given(name)) return;
  odd_inputs_[name] =
      "network input '" + name + "' has shape " + to_string(shape_of(name)) +
      "; accepted: [1, channels, height, width], [1, channels, length] or [1, features], one image at a time";
}

bool Lowering::is_border(const std::string& name) const {
  return std::count(graph_.inputs.begin(), graph_.inputs.end(), name) != 0 ||
         std::count(graph_.outputs.begin(), graph_.outputs.end(), name) != 0 || fed_names_.count(name) != 0;
}

/// Without axes where the orders are the same; inputs and outputs keep shapes that no tensor implies.
Layout Lowering::layout_of(const std::string& name, bool border) const {
  const View& view = views_.at(name);
  const Shape& shape = shape_of(name);
  const Shape& tensor = nth(network_.tensors, view.tensor).shape;
  if (!is_row_major(view.axes)) return {view.axes, shape};
  const bool implied = shape == tensor || (tensor[2] == 1 && tensor[3] == 1 && shape == Shape{1, tensor[1]});
  return {{}, border && !implied ? shape : Shape{}};
}

/// Every tensor's order as the value that it bears the name of has it, and the other values that are whole tensors.
void Lowering::set_layouts() {
  for (const auto& [name, view] : views_) {
    if (!view.whole || pads_.count(name) != 0) continue;
    const Layout layout = layout_of(name, is_border(name));
    FusedTensor& tensor = nth(network_.tensors, view.tensor);
    if (tensor.graph_value() == name) {
      tensor.layout = layout;
    } else if (!layout.shape.empty()) {
      network_.views[name] = {view.tensor, layout};
    }
  }
  for (const std::string& name : graph_.outputs) {
    const bool in_tensor = host_values_.count(name) == 0 && views_.count(name) != 0;
    network_.output_layouts.push_back(in_tensor ? layout_of(name, true) : Layout{});
  }
}

}  // namespace systoliq::sw_ref
