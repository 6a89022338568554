// SPDX-License-Identifier: Apache-2.0
// Writes the integer network as ONNX with QuantizeLinear and DequantizeLinear around float operators (QDQ, opset 13).
// A tensor T is the float value before QuantizeLinear; "T.quantized" and "T.dequantized" follow it. A network output is
// the dequantised value and bears the name T itself.
#include <algorithm>
#include <limits>
#include <map>

#include "sw_ref/quantize/metadata_keys.h"
#include "sw_ref/quantize/onnx_graph.h"
#include "sw_ref/quantize/quantizer.h"
#include "sw_ref/quantize/stored_values.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kOpset = 13;

class QdqWriter final {
 public:
  explicit QdqWriter(const QuantizedNetwork& network);
  std::string write();

 private:
  const QuantizedTensor& tensor(int index) const { return network_.tensors.at(static_cast<std::size_t>(index)); }
  bool is_output(int index) const;
  bool is_vector(int index) const { return vector_[static_cast<std::size_t>(index)]; }
  bool feeds_only_fully_connected(int index) const;
  void check_widths() const;
  void write_input(int index);
  void write_layer(const QuantizedLayer& layer);
  void write_output(int index);
  void write_metadata();
  /// QuantizeLinear and DequantizeLinear of the float tensor `value`.
  void quantize_value(int index, const std::string& value);
  std::string float_name(int index) const;
  std::string as_image(int index);
  std::string as_vector(int index);
  std::vector<std::string> operands(const QuantizedLayer& layer, bool* vectors);

  std::string write_convolution(const QuantizedLayer& layer, const std::string& output);
  std::string write_operator(const QuantizedLayer& layer, const std::string& output);
  void write_lookup(const QuantizedLayer& layer, const std::string& output);
  void write_pool(const QuantizedLayer& layer, const std::string& output);
  std::string write_weights(const QuantizedLayer& layer);
  std::string write_bias(const QuantizedLayer& layer);
  /// Relu, Clip or nothing, so that QuantizeLinear saturates to the layer's clamp. True if a node was written.
  bool write_clamp(const QuantizedLayer& layer, const std::string& node, const std::string& input,
                   const std::string& output, bool always);
  bool needs_clamp(const QuantizedLayer& layer) const;
  void write_clip(const std::string& node, int index, std::int32_t low, std::int32_t high, const std::string& input,
                  const std::string& output);

  const QuantizedNetwork& network_;
  OnnxGraph graph_;
  std::vector<std::string> real_;  ///< per tensor: the dequantised float value
  std::vector<bool> vector_;       ///< per tensor: written as [N, f], not [N, c, h, w]
};

Shape rest_of(const QuantizedTensor& tensor, bool vector) {
  return vector ? Shape{element_count(tensor.shape)} : Shape(tensor.shape.begin() + 1, tensor.shape.end());
}

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

QdqWriter::QdqWriter(const QuantizedNetwork& network)
    : network_(network),
      graph_(network.name, kOpset),
      real_(network.tensors.size()),
      vector_(network.tensors.size(), false) {
  for (const QuantizedTensor& tensor : network.tensors) {
    if (graph_.fresh(tensor.name) != tensor.name) {
      throw InputError("network '" + network.name + "' has two tensors named '" + tensor.name + "'");
    }
  }
  check_widths();
}

void QdqWriter::check_widths() const {
  const auto check_bits = [](const std::string& what, int bits) {
    if (bits >= 2 && bits <= 8) return;
    throw InputError(what + " has " + std::to_string(bits) + " bits; ONNX QDQ of opset 13 accepts 2 to 8");
  };
  for (const QuantizedTensor& tensor : network_.tensors) check_bits("tensor '" + tensor.name + "'", tensor.bits);
  for (const QuantizedLayer& layer : network_.layers) {
    if (layer.op == LayerOp::kConvolution) check_bits("layer '" + layer.name + "': weights", layer.weight_bits);
  }
}

std::string QdqWriter::write() {
  for (const int input : network_.inputs) write_input(input);
  for (const QuantizedLayer& layer : network_.layers) write_layer(layer);
  for (const int output : network_.outputs) write_output(output);
  write_metadata();
  return graph_.serialise();
}

bool QdqWriter::is_output(int index) const {
  return std::count(network_.outputs.begin(), network_.outputs.end(), index) != 0;
}

/// Name of the float value that is quantised.
std::string QdqWriter::float_name(int index) const {
  return is_output(index) && !network_.softmax_on_host ? tensor(index).name + ".float" : tensor(index).name;
}

bool QdqWriter::feeds_only_fully_connected(int index) const {
  return std::all_of(network_.layers.begin(), network_.layers.end(), [&](const QuantizedLayer& layer) {
    return layer.fully_connected || std::count(layer.inputs.begin(), layer.inputs.end(), index) == 0;
  });
}

void QdqWriter::write_input(int index) {
  const QuantizedTensor& t = tensor(index);
  const bool vector = t.shape[2] == 1 && t.shape[3] == 1 && feeds_only_fully_connected(index);
  vector_[static_cast<std::size_t>(index)] = vector;
  graph_.add_input(t.name, rest_of(t, vector));
  std::string value = t.name;
  if (t.bits < 8) {
    value = graph_.fresh(t.name + ".clipped");
    write_clip(value, index, lowest_stored(t.bits), highest_stored(t.bits), t.name, value);
  }
  quantize_value(index, value);
}

void QdqWriter::quantize_value(int index, const std::string& value) {
  const QuantizedTensor& t = tensor(index);
  const std::string scale = graph_.add_floats(graph_.fresh(t.name + ".scale"), {}, {t.scale});
  const std::string zero = graph_.add_bytes(graph_.fresh(t.name + ".zero_point"), {}, {t.zero_point + t.storage_offset},
                                            t.storage_offset != 0);
  const std::string stored = graph_.fresh(t.name + ".quantized");
  const bool named_output = is_output(index) && !network_.softmax_on_host;
  std::string& real = real_[static_cast<std::size_t>(index)];
  real = named_output ? t.name : graph_.fresh(t.name + ".dequantized");
  graph_.add_node("QuantizeLinear", stored, {value, scale, zero}, stored);
  graph_.add_node("DequantizeLinear", graph_.fresh(t.name + ".dequantize"), {stored, scale, zero}, real);
}

std::string QdqWriter::as_image(int index) {
  const std::string& real = real_[static_cast<std::size_t>(index)];
  if (!is_vector(index)) return real;
  const std::string shape = graph_.add_int64s(graph_.fresh(real + ".shape"), {0, tensor(index).shape[1], 1, 1});
  const std::string image = graph_.fresh(real + ".image");
  graph_.add_node("Reshape", image, {real, shape}, image);
  return image;
}

std::string QdqWriter::as_vector(int index) {
  const std::string& real = real_[static_cast<std::size_t>(index)];
  if (is_vector(index)) return real;
  const std::string vector = graph_.fresh(real + ".flat");
  OnnxGraph::set_int(graph_.add_node("Flatten", vector, {real}, vector), "axis", 1);
  return vector;
}

/// Inputs of an elementwise layer or concatenation: all vectors, or all images.
std::vector<std::string> QdqWriter::operands(const QuantizedLayer& layer, bool* vectors) {
  *vectors = std::all_of(layer.inputs.begin(), layer.inputs.end(), [&](int input) { return is_vector(input); });
  std::vector<std::string> names;
  for (const int input : layer.inputs) {
    names.push_back(*vectors ? real_[static_cast<std::size_t>(input)] : as_image(input));
  }
  return names;
}

void QdqWriter::write_layer(const QuantizedLayer& layer) {
  const QuantizedTensor& out = tensor(layer.output);
  check(layer.clamp_min <= layer.clamp_max && layer.clamp_min >= lowest_stored(out.bits) &&
            layer.clamp_max <= highest_stored(out.bits),
        "layer '" + layer.name + "': clamp outside the output's width");
  const std::string value = float_name(layer.output);
  if (value != out.name) graph_.reserve_name(value);
  if (layer.op == LayerOp::kLookup) {
    write_lookup(layer, value);
  } else if (needs_clamp(layer)) {
    const std::string linear = write_operator(layer, graph_.fresh(out.name + ".linear"));
    write_clamp(layer, graph_.fresh(out.name + ".clamp"), linear, value, true);
  } else {
    write_operator(layer, value);
  }
  quantize_value(layer.output, value);
}

bool QdqWriter::needs_clamp(const QuantizedLayer& layer) const {
  const int bits = tensor(layer.output).bits;
  const bool moves = layer.op == LayerOp::kMaxPool || layer.op == LayerOp::kConcat || layer.op == LayerOp::kPad;
  // Moved integers lie in the width already; computed ones would saturate to 8 bits only.
  const int implied_bits = moves ? bits : 8;
  return layer.clamp_min != lowest_stored(implied_bits) || layer.clamp_max != highest_stored(implied_bits);
}

bool QdqWriter::write_clamp(const QuantizedLayer& layer, const std::string& node, const std::string& input,
                            const std::string& output, bool always) {
  if (layer.clamp_min == tensor(layer.output).zero_point && layer.clamp_max == highest_stored(8)) {
    graph_.add_node("Relu", node, {input}, output);
    return true;
  }
  if (!always && !needs_clamp(layer)) return false;
  write_clip(node, layer.output, layer.clamp_min, layer.clamp_max, input, output);
  return true;
}

void QdqWriter::write_clip(const std::string& node, int index, std::int32_t low, std::int32_t high,
                           const std::string& input, const std::string& output) {
  const std::string& name = tensor(index).name;
  const std::string min = graph_.add_floats(graph_.fresh(name + ".min"), {}, {to_real(low, tensor(index))});
  const std::string max = graph_.add_floats(graph_.fresh(name + ".max"), {}, {to_real(high, tensor(index))});
  graph_.add_node("Clip", node, {input, min, max}, output);
}

std::string QdqWriter::write_operator(const QuantizedLayer& layer, const std::string& output) {
  bool vectors = false;
  switch (layer.op) {
    case LayerOp::kConvolution:
      return write_convolution(layer, output);
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
    case LayerOp::kAdd:
    case LayerOp::kConcat: {
      const std::vector<std::string> inputs = operands(layer, &vectors);
      onnx::NodeProto& node = graph_.add_node(to_string(layer.op), layer.name, inputs, output);
      if (layer.op == LayerOp::kConcat) OnnxGraph::set_int(node, "axis", 1);
      break;
    }
    case LayerOp::kLookup:
      throw InternalError("a look-up is written elsewhere");
  }
  vector_[static_cast<std::size_t>(layer.output)] = vectors;
  return output;
}

std::string QdqWriter::write_convolution(const QuantizedLayer& layer, const std::string& output) {
  const int input = layer.inputs.at(0);
  if (layer.fully_connected) {
    if (!covers_plane(layer.window, tensor(input).shape) || layer.groups != 1) {
      throw InputError("layer '" + layer.name + "' is fully connected, but its window does not cover its input");
    }
    const std::string vector = as_vector(input);
    const std::string weights = write_weights(layer);
    OnnxGraph::set_int(graph_.add_node("Gemm", layer.name, {vector, weights, write_bias(layer)}, output), "transB", 1);
    vector_[static_cast<std::size_t>(layer.output)] = true;
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

/// Dequantised weights: [o, i, kh, kw], or [o, features] of a fully connected layer.
std::string QdqWriter::write_weights(const QuantizedLayer& layer) {
  const std::string& name = tensor(layer.output).name;
  const std::int64_t outputs = layer.weights.shape.at(0);
  for (const std::int32_t weight : layer.weights.data) {
    if (weight >= lowest_stored(layer.weight_bits) && weight <= highest_stored(layer.weight_bits)) continue;
    throw InputError("layer '" + layer.name + "': weight " + std::to_string(weight) + " exceeds " +
                     std::to_string(layer.weight_bits) + " bits");
  }
  const Shape shape =
      layer.fully_connected ? Shape{outputs, element_count(layer.weights.shape) / outputs} : layer.weights.shape;
  const auto scales = static_cast<std::int64_t>(layer.weight_scales.size());
  const Shape per_axis = scales == 1 ? Shape{} : Shape{scales};
  const std::string stored =
      graph_.add_bytes(graph_.fresh(name + ".weight.quantized"), shape, layer.weights.data, false);
  const std::string scale = graph_.add_floats(graph_.fresh(name + ".weight.scale"), per_axis, layer.weight_scales);
  const std::vector<std::int32_t> zeros(static_cast<std::size_t>(scales), layer.weight_zero_point);
  const std::string zero = graph_.add_bytes(graph_.fresh(name + ".weight.zero_point"), per_axis, zeros, false);
  const std::string real = graph_.fresh(name + ".weight");
  OnnxGraph::set_int(graph_.add_node("DequantizeLinear", real, {stored, scale, zero}, real), "axis", 0);
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
  const std::string& real = real_[static_cast<std::size_t>(input)];
  vector_[static_cast<std::size_t>(layer.output)] = is_vector(input);
  const auto matches = [&](Function function) {
    return layer.lookup == lookup_table(function, tensor(input), tensor(layer.output));
  };
  if (matches(Function::kIdentity)) {
    if (!write_clamp(layer, layer.name, real, output, false)) graph_.add_node("Identity", layer.name, {real}, output);
    return;
  }
  const bool sigmoid = matches(Function::kSigmoid);
  if (!sigmoid && !matches(Function::kTanh)) {
    throw InputError(
        "layer '" + layer.name +
        "': its table is that of no operator that ONNX could express; accepted: Sigmoid, Tanh, ReLU, Clip");
  }
  const std::string op = sigmoid ? "Sigmoid" : "Tanh";
  if (!needs_clamp(layer)) {
    graph_.add_node(op, layer.name, {real}, output);
    return;
  }
  const std::string linear = graph_.fresh(tensor(layer.output).name + ".linear");
  graph_.add_node(op, layer.name, {real}, linear);
  write_clamp(layer, graph_.fresh(tensor(layer.output).name + ".clamp"), linear, output, true);
}

void QdqWriter::write_output(int index) {
  if (!network_.softmax_on_host) {
    graph_.add_output(tensor(index).name, rest_of(tensor(index), is_vector(index)));
    return;
  }
  const std::string vector = as_vector(index);
  const std::string output = graph_.fresh(tensor(index).name + ".softmax");
  OnnxGraph::set_int(graph_.add_node("Softmax", output, {vector}, output), "axis", 1);
  graph_.add_output(output, rest_of(tensor(index), true));
}

void QdqWriter::write_metadata() {
  for (const auto& [key, value] : network_.metadata) graph_.add_metadata(key, value);
  graph_.add_metadata(kPresetKey, std::string(to_string(network_.preset)));
  for (const QuantizedTensor& tensor : network_.tensors) {
    if (tensor.bits != 8) graph_.add_metadata(kTensorBitsKey + tensor.name, std::to_string(tensor.bits));
  }
  for (const QuantizedLayer& layer : network_.layers) {
    if (layer.op == LayerOp::kConvolution && layer.weight_bits != 8) {
      graph_.add_metadata(kWeightBitsKey + layer.name, std::to_string(layer.weight_bits));
    }
  }
}

}  // namespace

std::string to_onnx_qdq(const QuantizedNetwork& network) { return QdqWriter(network).write(); }

}  // namespace systoliq::sw_ref
