// SPDX-License-Identifier: Apache-2.0
// Operators that move elements: shapes, joins, padding, parts, and the mean over an image.
#include <algorithm>
#include <numeric>

#include "sw_ref/frontend/tflite/tflite_builder.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {

/// A shape that the file computes of sizes and does not say itself.
void TfliteBuilder::take_computed_shape() {
  const std::optional<Tensor<std::int64_t>> known = known_integers(1);
  if (!known || known->data.size() != output().shape.size()) return;  // refused by its count
  Shape shape = known->data;
  const auto open = std::find(shape.begin(), shape.end(), -1);
  if (open != shape.end()) {
    *open = 1;
    const std::int64_t rest = element_count(shape);
    *open = rest > 0 ? element_count(input(0).shape) / rest : 0;
  }
  const bool sizes = std::all_of(shape.begin(), shape.end(), [](std::int64_t size) { return size > 0; });
  if (sizes && element_count(shape) == element_count(input(0).shape)) file_.set_shape(outputs_.at(0), shape);
}

/// RESHAPE, SQUEEZE, EXPAND_DIMS: the output's shape says all. An image made flat keeps the order of the graph, and
/// what follows is told; other changes of order move elements.
void TfliteBuilder::add_reshape() {
  if (op_name_ == "RESHAPE" && element_count(input(0).shape) != element_count(output().shape)) take_computed_shape();
  Placed from = placed(0);
  const Shape in = input(0).shape;
  const Shape out = output().shape;
  if (element_count(in) != element_count(out)) {
    refuse_here("makes " + to_string(out) + " of " + to_string(in) + "; accepted: as many elements");
  }
  const auto same_pixels = [](const Shape& a, const Shape& b) {
    return a.size() > 2 && b.size() > 2 && a.back() == b.back() && a.front() == b.front();
  };
  const Shape image = from.image.empty() ? in : from.image;
  const bool in_order = from.image.empty() && keeps_order(in);
  if (in_order && keeps_order(out)) return define(main_reshape(from.value, channels_first(out)));
  if (!in_order && same_pixels(image, out)) return define(main_reshape(from.value, channels_first(out)));
  const bool vector = out.size() < 3 && !out.empty() && out.back() == element_count(out);
  if (!in_order && vector && image.front() == 1) return define(main_reshape(from.value, out), 0, image);
  std::string value = value_in_order(from, in);
  if (from.image.empty() && !keeps_order(in)) value = transpose(value, to_channels_last(in.size()));
  value = main_reshape(value, out);
  define(keeps_order(out) ? reshape(value, channels_first(out)) : transpose(value, to_channels_first(out.size())));
}

std::string TfliteBuilder::main_reshape(const std::string& value, const Shape& shape) {
  return emit_main("Reshape", {value, constant_numbers(shape)});
}

void TfliteBuilder::add_concat() {
  const tflite::ConcatenationOptions& given = options(op_->builtin_options_as_ConcatenationOptions());
  std::vector<std::string> values;
  for (std::size_t i = 0; i < input_count(); ++i) {
    values.push_back(operand(i));
    const bool equal = input(i).scales == output().scales && input(i).zero_points == output().zero_points;
    if (equal || !output().is_quantized()) continue;
    refuse_here("input '" + input(i).name + "' has another scale or zero point than the output; accepted: equal ones");
  }
  const std::size_t rank = output().shape.size();
  const std::int64_t axis = moved_axis(axis_of(given.axis(), rank), rank);
  define(activate(emit_main("Concat", values, {{"axis", axis}}), given.fused_activation_function()));
  note(TfliteOp::kOther);
}

/// True where every reader of the tensor is a convolution, which can take a padding over.
bool TfliteBuilder::only_feeds_convolutions(std::int32_t tensor) const {
  return outputs_of_network_.count(tensor) == 0 && read_otherwise_.count(tensor) == 0;
}

/// PAD, PADV2, MIRROR_PAD. Amounts are [before, after] of every axis of the file.
void TfliteBuilder::add_pad() {
  const std::string value = operand(0);
  const std::vector<std::int64_t> amounts = integer_input(1, "paddings");
  const std::size_t rank = input(0).shape.size();
  if (amounts.size() != 2 * rank) refuse_here("has " + std::to_string(amounts.size()) + " amounts of padding");
  std::vector<std::int64_t> pads(2 * rank);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const auto moved = static_cast<std::size_t>(moved_axis(static_cast<std::int64_t>(axis), rank));
    pads[moved] = amounts[2 * axis];
    pads[rank + moved] = amounts[2 * axis + 1];
  }
  std::vector<std::string> operands = {value, constant_numbers(pads)};
  Attributes attributes;
  if (op_name_ == "MIRROR_PAD") {
    if (options(op_->builtin_options_as_MirrorPadOptions()).mode() != tflite::MirrorPadMode_REFLECT) {
      refuse_here("mode is SYMMETRIC; accepted: REFLECT");
    }
    attributes["mode"] = std::string("reflect");
  } else if (op_name_ == "PADV2") {
    operands.push_back(pad_value());
  }
  const bool equal = input(0).scales == output().scales && input(0).zero_points == output().zero_points;
  if (!equal) refuse_here("its output has another scale or zero point than its input; accepted: equal ones");
  const std::string padded = emit_main("Pad", operands, attributes);
  const bool vanishes = op_name_ == "PAD" && only_feeds_convolutions(outputs_.at(0)) &&
                        shape_of(padded) == channels_first(output().shape) && placed_.count(outputs_[0]) == 0;
  if (vanishes) {
    placed_[outputs_[0]] = {padded, {}};
  } else {
    define(padded);
  }
}

/// The real number that PADV2 pads with.
std::string TfliteBuilder::pad_value() {
  const TfliteTensor& tensor = input(2);
  if (!tensor.is_constant() || element_count(tensor.shape) != 1) refuse_here("its padding value is no constant number");
  if (tensor.type == ElementType::kFloat) {
    return add_floats(name_ + ":value", FloatTensor(Shape{}, file_.floats(tensor).data));
  }
  const std::int64_t stored = file_.integers(tensor).data[0];
  const TfliteTensor& as = input(0);
  if (as.scales.size() != 1) refuse_here("its padding value is an integer, but its input has no scale");
  const float real = as.scales[0] * static_cast<float>(stored - as.zero_points[0]);
  return add_floats(name_ + ":value", FloatTensor(Shape{}, {real}));
}

void TfliteBuilder::add_mean() {
  const bool keep = options(op_->builtin_options_as_ReducerOptions()).keep_dims();
  const std::size_t rank = input(0).shape.size();
  std::vector<std::int64_t> axes;
  for (const std::int64_t axis : integer_input(1, "axes")) axes.push_back(moved_axis(axis_of(axis, rank), rank));
  std::sort(axes.begin(), axes.end());
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  const std::string value = operand(0);
  const bool whole_image = rank == 4 && axes == std::vector<std::int64_t>{2, 3};
  const bool whole_length = rank == 3 && axes == std::vector<std::int64_t>{2} && output().is_quantized();
  if (whole_image || whole_length) {
    const std::string mean = emit_main("GlobalAveragePool", {value});
    define(reshape(mean, channels_first(output().shape)));
    return note(TfliteOp::kMean);
  }
  if (output().is_quantized()) {
    refuse_here(
        "averages integers over other axes than height and width; accepted: those of [n, height, width, channels], or "
        "the length of [n, length, channels]");
  }
  const std::int64_t keeps = keep ? 1 : 0;
  const std::string mean = emit_main("ReduceMean", {value, constant_numbers(axes)}, {{"keepdims", keeps}});
  if (!keep && rank > 2 && axes.front() > 1 && axes.size() + 2 < rank) {
    refuse_here("averages over a part of the image and drops it; accepted: height and width together");
  }
  define(mean);
}

/// As many copies along every axis as its operand says.
void TfliteBuilder::add_tile() {
  const std::string value = operand(0);
  const std::vector<std::int64_t> copies = integer_input(1, "multiples");
  const std::size_t rank = input(0).shape.size();
  if (copies.size() != rank) refuse_here("has " + std::to_string(copies.size()) + " numbers of copies");
  const bool equal = input(0).scales == output().scales && input(0).zero_points == output().zero_points;
  if (!equal) refuse_here("its output has another scale or zero point than its input; accepted: equal ones");
  std::vector<std::int64_t> moved(rank);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    if (copies[axis] < 1) refuse_here(std::to_string(copies[axis]) + " copies; accepted: 1 or more");
    nth(moved, moved_axis(static_cast<std::int64_t>(axis), rank)) = copies[axis];
  }
  define(emit_main("Tile", {value, constant_numbers(moved)}));
  note(TfliteOp::kOther);
}

void TfliteBuilder::add_split() {
  const auto count = static_cast<std::size_t>(options(op_->builtin_options_as_SplitOptions()).num_splits());
  const std::vector<std::int64_t> axes = integer_input(0, "axis");
  const std::string value = operand(1);
  const std::size_t rank = input(1).shape.size();
  if (axes.size() != 1 || count != outputs_.size() || count == 0) {
    refuse_here("splits into " + std::to_string(count) + ", but has " + std::to_string(outputs_.size()) + " outputs");
  }
  const std::int64_t axis = moved_axis(axis_of(axes[0], rank), rank);
  const std::int64_t size = nth(shape_of(value), axis) / static_cast<std::int64_t>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto first = static_cast<std::int64_t>(i) * size;
    define(take(value, {first}, {first + size}, {axis}, {1}, i), i);
  }
}

/// A part of the elements: `i` tells the nodes of one operator apart.
std::string TfliteBuilder::take(const std::string& value, const std::vector<std::int64_t>& starts,
                                const std::vector<std::int64_t>& ends, const std::vector<std::int64_t>& axes,
                                const std::vector<std::int64_t>& steps, std::size_t i) {
  const std::vector<std::string> inputs = {value, constant_numbers(starts), constant_numbers(ends),
                                           constant_numbers(axes), constant_numbers(steps)};
  return emit_as(i == 0 ? name_ : name_ + "." + std::to_string(i), "Slice", inputs, {});
}

void TfliteBuilder::add_strided_slice() {
  const tflite::StridedSliceOptions& given = options(op_->builtin_options_as_StridedSliceOptions());
  const std::string value = operand(0);
  const Shape in = input(0).shape;
  std::vector<std::int64_t> starts = integer_input(1, "begin");
  std::vector<std::int64_t> ends = integer_input(2, "end");
  const std::vector<std::int64_t> steps = integer_input(3, "strides");
  if (given.ellipsis_mask() != 0 || given.new_axis_mask() != 0 || given.offset() || starts.size() > in.size() ||
      ends.size() != starts.size() || steps.size() != starts.size()) {
    refuse_here("has an ellipsis, a new axis, offsets, or operands of other lengths; accepted: begin, end and strides");
  }
  std::vector<std::int64_t> axes;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const bool shrinks = (given.shrink_axis_mask() >> i & 1) != 0;
    if (steps[i] < 1) refuse_here("stride " + std::to_string(steps[i]) + "; accepted: 1 or more");
    if ((given.begin_mask() >> i & 1) != 0 && !shrinks) starts[i] = 0;
    if ((given.end_mask() >> i & 1) != 0) ends[i] = in[i];
    if (shrinks) {
      const std::int64_t at = starts[i] < 0 ? starts[i] + in[i] : starts[i];
      if (at < 0 || at >= in[i]) refuse_here("takes place " + std::to_string(starts[i]) + " of " + to_string(in));
      starts[i] = at;
      ends[i] = at + 1;
    }
    axes.push_back(moved_axis(static_cast<std::int64_t>(i), in.size()));
  }
  const std::string part = take(value, starts, ends, axes, steps, 0);
  const Shape out = channels_first(output().shape);
  if (given.shrink_axis_mask() != 0 && (!keeps_order(output().shape) || !keeps_order(in))) {
    refuse_here("drops an axis of " + to_string(in) + "; accepted: of a vector, or of one pixel or channel");
  }
  define(reshape(part, out));
}

void TfliteBuilder::add_slice() {
  const std::string value = operand(0);
  const Shape in = input(0).shape;
  const std::vector<std::int64_t> starts = integer_input(1, "begin");
  std::vector<std::int64_t> ends = integer_input(2, "size");
  if (starts.size() != in.size() || ends.size() != in.size())
    refuse_here("has operands of other lengths than its input");
  std::vector<std::int64_t> axes;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const bool inside = starts[i] >= 0 && starts[i] <= in[i] && ends[i] >= -1 && ends[i] <= in[i] - starts[i];
    if (!inside) refuse_here("takes a part that leaves " + to_string(in));
    ends[i] = ends[i] == -1 ? in[i] : starts[i] + ends[i];
    axes.push_back(moved_axis(static_cast<std::int64_t>(i), in.size()));
  }
  define(take(value, starts, ends, axes, std::vector<std::int64_t>(in.size(), 1), 0));
}

void TfliteBuilder::add_resize_nearest() {
  const tflite::ResizeNearestNeighborOptions& given = options(op_->builtin_options_as_ResizeNearestNeighborOptions());
  const std::string value = operand(0);
  const std::vector<std::int64_t> size = integer_input(1, "size");
  const Shape& in = shape_of(value);
  if (in.size() != 4 || size.size() != 2) refuse_here("takes " + to_string(in) + "; accepted: an image");
  const std::string mode = given.align_corners()        ? "align_corners"
                           : given.half_pixel_centers() ? "half_pixel"
                                                        : "asymmetric";
  const bool between = given.align_corners() || given.half_pixel_centers();
  const Attributes attributes = {{"mode", std::string("nearest")},
                                 {"coordinate_transformation_mode", mode},
                                 {"nearest_mode", std::string(between ? "round_prefer_ceil" : "floor")}};
  define(emit_main("Resize", {value, "", "", constant_numbers({in[0], in[1], size[0], size[1]})}, attributes));
}

void TfliteBuilder::add_space_depth() {
  const bool to_depth = op_name_ == "SPACE_TO_DEPTH";
  const std::int64_t block = to_depth ? options(op_->builtin_options_as_SpaceToDepthOptions()).block_size()
                                      : options(op_->builtin_options_as_DepthToSpaceOptions()).block_size();
  define(emit_main(to_depth ? "SpaceToDepth" : "DepthToSpace", {operand(0)}, {{"blocksize", block}}));
}

/// Axis i of the result is axis permutation[i], both counted in the file.
void TfliteBuilder::add_transpose() {
  const std::string value = operand(0);
  const std::vector<std::int64_t> permutation = integer_input(1, "permutation");
  const std::size_t rank = input(0).shape.size();
  std::vector<std::int64_t> sorted = permutation;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int64_t> all(rank);
  std::iota(all.begin(), all.end(), 0);
  if (sorted != all) refuse_here("its operand is no permutation of " + std::to_string(rank) + " axes");
  if (in_file_order_.count(inputs_[0]) != 0 || in_file_order_.count(outputs_.at(0)) != 0) {
    return define(emit_main("Identity", {value}));  // the graph has the channels first on both sides
  }
  std::vector<std::int64_t> moved(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    nth(moved, moved_axis(static_cast<std::int64_t>(i), rank)) = moved_axis(permutation[i], rank);
  }
  define(emit_main("Transpose", {value}, {{"perm", moved}}));
}

}  // namespace systoliq::sw_ref
