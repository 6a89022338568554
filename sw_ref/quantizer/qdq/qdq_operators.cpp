// SPDX-License-Identifier: Apache-2.0
// Operators of the QDQ writer: convolution and its parameters, pooling, padding, sums, and the operators of tables.
#include <limits>

#include "sw_ref/quantizer/integer/codebook.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/onnx/function_writer.h"
#include "sw_ref/quantizer/onnx/rearrangement.h"
#include "sw_ref/quantizer/onnx/transposed_nodes.h"
#include "sw_ref/quantizer/qdq/qdq_writer.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

void set_window(onnx::NodeProto& node, const Window& w) {
  OnnxGraph::set_ints(node, "kernel_shape", {w.kernel_height, w.kernel_width});
  OnnxGraph::set_ints(node, "strides", {w.stride_height, w.stride_width});
  OnnxGraph::set_ints(node, "pads", {w.pad_top, w.pad_left, w.pad_bottom, w.pad_right});
}

bool is_dilated(const Window& w) { return w.dilation_height != 1 || w.dilation_width != 1; }

bool covers_plane(const Window& w, const Shape& shape) {
  return w.kernel_height == shape[2] && w.kernel_width == shape[3] && w.stride_height == 1 && w.stride_width == 1 &&
         !is_dilated(w) && w.pad_top + w.pad_left + w.pad_bottom + w.pad_right == 0;
}

}  // namespace

void QdqWriter::check_sum(const QuantizedLayer& layer) const {
  if (layer.op != LayerOp::kAdd || !layer.sums_as_in_file || network_.preset != Preset::kOrtX86) return;
  for (const int index : {layer.inputs.at(0), layer.inputs.at(1), layer.output}) {
    if (sum_offset(layer, tensor(index)) == 1 << (tensor(index).bits - 1)) continue;
    throw InputError("layer '" + layer.name + "': sums INT8 of '" + tensor(index).name +
                     "' as QLinearAdd does; QDQ means unsigned integers, which preset ort_x86 rounds otherwise; " +
                     "accepted: preset ort_mlas, or UINT8");
  }
}

std::string QdqWriter::write_operator(const QuantizedLayer& layer, const std::string& output) {
  bool vectors = false;
  switch (layer.op) {
    case LayerOp::kConvolution:
      return write_convolution(layer, output);
    case LayerOp::kConvTranspose: {
      const std::string image = as_image(layer.inputs.at(0));
      const std::string weights = write_weights(layer);
      onnx::NodeProto& node = graph_.add_node("ConvTranspose", layer.name, {image, weights, write_bias(layer)}, output);
      set_transposed_window(node, layer.window, layer.groups, tensor(layer.inputs[0]).shape,
                            tensor(layer.output).shape);
      return output;
    }
    case LayerOp::kMaxPool:
    case LayerOp::kAveragePool:
      write_pool(layer, output);
      return output;
    case LayerOp::kPad: {
      const Window& w = layer.window;
      const std::string pads = graph_.add_int64s(graph_.fresh(output + ".pads"),
                                                 {0, 0, w.pad_top, w.pad_left, 0, 0, w.pad_bottom, w.pad_right});
      graph_.add_node("Pad", layer.name, {as_image(layer.inputs.at(0)), pads}, output);
      return output;
    }
    case LayerOp::kMove: {
      const Move& move = layer.move;
      write_rearranged(&graph_, layer.name, as_image(layer.inputs.at(0)), element_count(tensor(layer.inputs[0]).shape),
                       places_of({move.channels, move.rows, move.columns}), tensor(layer.output).shape, output);
      return output;
    }
    case LayerOp::kAdd:
    case LayerOp::kMultiply:
    case LayerOp::kConcat: {
      check_sum(layer);
      const std::vector<std::string> inputs = operands(layer, &vectors);
      const std::string op = layer.op == LayerOp::kMultiply ? "Mul" : to_string(layer.op);
      onnx::NodeProto& node = graph_.add_node(op, layer.name, inputs, output);
      if (layer.op == LayerOp::kConcat) OnnxGraph::set_int(node, "axis", layer.axis);
      break;
    }
    case LayerOp::kLookup:
      throw InternalError("a look-up is written elsewhere");
  }
  nth(vector_, layer.output) = vectors;
  return output;
}

std::string QdqWriter::write_convolution(const QuantizedLayer& layer, const std::string& output) {
  const int input = layer.inputs.at(0);
  const bool rows = layer.window.kernel_height == 1 && layer.window.kernel_width == 1;
  if (layer.fully_connected && rows && !covers_plane(layer.window, tensor(input).shape)) {
    write_rows_product(layer, output);
    return output;
  }
  if (layer.fully_connected) {
    if (!covers_plane(layer.window, tensor(input).shape) || layer.groups != 1) {
      throw InputError("layer '" + layer.name + "' is fully connected, but its window does not cover its input");
    }
    const std::string vector = as_vector(input);
    const std::string weights = write_weights(layer);
    OnnxGraph::set_int(graph_.add_node("Gemm", layer.name, {vector, weights, write_bias(layer)}, output), "transB", 1);
    nth(vector_, layer.output) = true;
    return output;
  }
  const std::string image = as_image(input);
  const std::string weights = write_weights(layer);
  onnx::NodeProto& node = graph_.add_node("Conv", layer.name, {image, weights, write_bias(layer)}, output);
  set_window(node, layer.window);
  OnnxGraph::set_ints(node, "dilations", {layer.window.dilation_height, layer.window.dilation_width});
  OnnxGraph::set_int(node, "group", layer.groups);
  return output;
}

/// Pixels as rows: [N, c, h * w] turned, MatMul, Add, and back.
void QdqWriter::write_rows_product(const QuantizedLayer& layer, const std::string& output) {
  const Shape& in = tensor(layer.inputs.at(0)).shape;
  const std::int64_t outputs = layer.weights.shape.at(0);
  const auto reshape = [&](const std::string& value, const Shape& shape, const std::string& node,
                           const std::string& to) {
    graph_.add_node("Reshape", node, {value, graph_.add_int64s(graph_.fresh(to + ".shape"), shape)}, to);
    return to;
  };
  const auto transpose = [&](const std::string& value, const Shape& permutation, const std::string& to) {
    OnnxGraph::set_ints(graph_.add_node("Transpose", to, {value}, to), "perm", permutation);
    return to;
  };
  const std::string plane = graph_.fresh(output + ".plane");
  reshape(as_image(layer.inputs[0]), {0, in[1], in[2] * in[3]}, plane, plane);
  const std::string rows = transpose(plane, {0, 2, 1}, graph_.fresh(output + ".rows"));
  const std::string weights = transpose(write_weights(layer), {1, 0}, graph_.fresh(output + ".weight.turned"));
  const std::string product = graph_.fresh(output + ".product");
  graph_.add_node("MatMul", layer.name, {rows, weights}, product);
  const std::string sum = graph_.fresh(output + ".sum");
  graph_.add_node("Add", sum, {product, write_bias(layer)}, sum);
  const std::string turned = transpose(sum, {0, 2, 1}, graph_.fresh(output + ".turned"));
  reshape(turned, {0, outputs, in[2], in[3]}, graph_.fresh(output + ".pixels"), output);
}

/// Dequantized weights: [o, i, kh, kw], or [o, features] of a fully connected layer.
std::string QdqWriter::write_weights(const QuantizedLayer& layer) {
  const std::string& name = tensor(layer.output).name;
  const std::int64_t outputs = layer.weights.shape.at(0);
  const bool linear = layer.codebook.empty();
  for (const std::int32_t weight : layer.weights.data) {
    if (!linear) break;
    if (weight >= lowest_stored(layer.weight_bits) && weight <= highest_stored(layer.weight_bits)) continue;
    throw InputError("layer '" + layer.name + "': weight " + std::to_string(weight) + " exceeds " +
                     std::to_string(layer.weight_bits) + " bits");
  }
  if (layer.op == LayerOp::kConvTranspose) return write_transposed_weights(layer);
  const Shape shape =
      layer.fully_connected ? Shape{outputs, element_count(layer.weights.shape) / outputs} : layer.weights.shape;
  const auto scales = static_cast<std::int64_t>(layer.weight_scales.size());
  const Shape per_axis = scales == 1 ? Shape{} : Shape{scales};
  const std::string stored = graph_.add_bytes(graph_.fresh(name + ".weight.quantized"), shape,
                                              linear ? layer.weights.data : decode_codebook(layer), false);
  const std::string scale = graph_.add_floats(graph_.fresh(name + ".weight.scale"), per_axis, layer.weight_scales);
  const std::vector<std::int32_t> zeros(static_cast<std::size_t>(scales), layer.weight_zero_point);
  const std::string zero = graph_.add_bytes(graph_.fresh(name + ".weight.zero_point"), per_axis, zeros, false);
  const std::string real = graph_.fresh(name + ".weight");
  OnnxGraph::set_int(graph_.add_node("DequantizeLinear", real, {stored, scale, zero}, real), "axis", 0);
  return real;
}

/// Dequantized weights [c, o / groups, kh, kw].
std::string QdqWriter::write_transposed_weights(const QuantizedLayer& layer) {
  const std::string& name = tensor(layer.output).name;
  const auto scales = static_cast<std::int64_t>(layer.weight_scales.size());
  const Shape shape = input_major_shape(layer.weights.shape, layer.groups);
  const bool by_group = layer.groups > 1 && shape[1] == 1 && shape[0] == layer.groups;
  if (scales > 1 && layer.groups > 1 && !by_group) {
    throw InputError("layer '" + layer.name + "': a ConvTranspose in " + std::to_string(layer.groups) +
                     " groups has a weight scale per output channel, which ONNX QDQ cannot say; accepted: one scale a "
                     "layer (--per-tensor), one group, or one channel a group");
  }
  const std::vector<std::int32_t> given = layer.codebook.empty() ? layer.weights.data : decode_codebook(layer);
  const Shape per_axis = scales == 1 ? Shape{} : Shape{scales};
  const std::string stored = graph_.add_bytes(graph_.fresh(name + ".weight.quantized"), shape,
                                              input_major(given, layer.weights.shape, layer.groups), false);
  const std::string scale = graph_.add_floats(graph_.fresh(name + ".weight.scale"), per_axis, layer.weight_scales);
  const std::vector<std::int32_t> zeros(static_cast<std::size_t>(scales), layer.weight_zero_point);
  const std::string zero = graph_.add_bytes(graph_.fresh(name + ".weight.zero_point"), per_axis, zeros, false);
  const std::string real = graph_.fresh(name + ".weight");
  OnnxGraph::set_int(graph_.add_node("DequantizeLinear", real, {stored, scale, zero}, real), "axis", by_group ? 0 : 1);
  return real;
}

std::string QdqWriter::write_bias(const QuantizedLayer& layer) {
  const std::string& name = tensor(layer.output).name;
  for (const std::int64_t bias : layer.bias) {
    if (bias >= std::numeric_limits<std::int32_t>::min() && bias <= std::numeric_limits<std::int32_t>::max()) continue;
    throw InputError("layer '" + layer.name + "': bias " + std::to_string(bias) + " exceeds 32 bits");
  }
  std::vector<float> scales;
  for (const float scale : layer.weight_scales) scales.push_back(tensor(layer.inputs[0]).scale * scale);
  const Shape per_axis = scales.size() == 1 ? Shape{} : Shape{static_cast<std::int64_t>(scales.size())};
  const std::string stored = graph_.add_int32s(graph_.fresh(name + ".bias.quantized"), layer.bias);
  const std::string scale = graph_.add_floats(graph_.fresh(name + ".bias.scale"), per_axis, scales);
  const std::string real = graph_.fresh(name + ".bias");
  OnnxGraph::set_int(graph_.add_node("DequantizeLinear", real, {stored, scale}, real), "axis", 0);
  return real;
}

/// Integers that lie in memory, as an initializer and its dequantized form.
void QdqWriter::write_constant(int index, const IntTensor& values) {
  const QuantizedTensor& t = tensor(index);
  const bool vector = t.shape[2] == 1 && t.shape[3] == 1;
  nth(vector_, index) = vector;
  std::vector<std::int32_t> integers = values.data;
  for (std::int32_t& value : integers) value += t.storage_offset;
  const bool is_unsigned = t.storage_offset != 0;
  const std::string stored = graph_.add_bytes(graph_.fresh(t.name + ".quantized"),
                                              vector ? Shape{1, t.shape[1]} : t.shape, integers, is_unsigned);
  const std::string scale = graph_.add_floats(graph_.fresh(t.name + ".scale"), {}, {t.scale});
  const std::string zero =
      graph_.add_bytes(graph_.fresh(t.name + ".zero_point"), {}, {t.zero_point + t.storage_offset}, is_unsigned);
  nth(real_, index) = t.name;
  graph_.add_node("DequantizeLinear", t.name, {stored, scale, zero}, t.name);
}

void QdqWriter::write_pool(const QuantizedLayer& layer, const std::string& output) {
  const int input = layer.inputs.at(0);
  const std::string image = as_image(input);
  const bool average = layer.op == LayerOp::kAveragePool;
  if (average && covers_plane(layer.window, tensor(input).shape)) {
    graph_.add_node("GlobalAveragePool", layer.name, {image}, output);
    return;
  }
  onnx::NodeProto& node = graph_.add_node(to_string(layer.op), layer.name, {image}, output);
  set_window(node, layer.window);
  if (average) {
    if (is_dilated(layer.window)) {
      throw InputError("layer '" + layer.name + "': ONNX of opset 13 has no dilated average pool");
    }
    OnnxGraph::set_int(node, "count_include_pad", layer.count_include_pad ? 1 : 0);
  } else {
    OnnxGraph::set_ints(node, "dilations", {layer.window.dilation_height, layer.window.dilation_width});
  }
}

/// The operator whose table this is; a table that no operator yields cannot be written.
void QdqWriter::write_lookup(const QuantizedLayer& layer, const std::string& output) {
  const int input = layer.inputs.at(0);
  const bool lies_otherwise = !tensor(input).layout.shape.empty();
  const std::string real = lies_otherwise ? as_image(input) : nth(real_, input);
  nth(vector_, layer.output) = is_vector(input) && !lies_otherwise;
  if (layer.lookup != lookup_table(layer.function, tensor(input), tensor(layer.output))) {
    throw InputError("layer '" + layer.name +
                     "': its table is that of no operator that ONNX could express; accepted: functions of ONNX "
                     "operators, such as Sigmoid");
  }
  if (layer.function.empty()) {
    if (!write_clamp(layer, layer.name, real, output, false)) graph_.add_node("Identity", layer.name, {real}, output);
    return;
  }
  if (!needs_clamp(layer)) return write_function(layer.function, layer.name, real, output, &graph_);
  const std::string linear = graph_.fresh(tensor(layer.output).name + ".linear");
  write_function(layer.function, layer.name, real, linear, &graph_);
  write_clamp(layer, graph_.fresh(tensor(layer.output).name + ".clamp"), linear, output, true);
}

}  // namespace systoliq::sw_ref
