// SPDX-License-Identifier: Apache-2.0
// Writes the integer network as ONNX with QuantizeLinear and DequantizeLinear around float operators (QDQ, opset 13).
#include "sw_ref/quantizer/qdq/qdq_writer.h"

#include <algorithm>
#include <numeric>

#include "sw_ref/quantizer/integer/codebook.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/metadata_keys.h"
#include "sw_ref/quantizer/onnx/rearrangement.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

Shape rest_of(const QuantizedTensor& tensor, bool vector) {
  return vector ? Shape{element_count(tensor.shape)} : Shape(tensor.shape.begin() + 1, tensor.shape.end());
}

}  // namespace

QdqWriter::QdqWriter(const QuantizedNetwork& network)
    : network_(network),
      graph_(network.name, file_opset(network.host_parts)),
      host_(&graph_),
      real_(network.tensors.size()),
      vector_(network.tensors.size(), false) {
  for (const QuantizedTensor& tensor : network.tensors) {
    if (graph_.fresh(tensor.name) != tensor.name) {
      throw InputError("network '" + network.name + "' has two tensors named '" + tensor.name + "'");
    }
  }
  for (std::size_t i = 0; i < network.outputs.size(); ++i) {
    graph_.reserve_name(output_name(i));
  }
  check_widths();
  check_factors();
}

/// What only the operators of another format compute.
void QdqWriter::check_factors() const {
  for (const QuantizedLayer& layer : network_.layers) {
    if (!layer.factor && !layer.average_from_lowest && !layer.float_product) continue;
    throw InputError("layer '" + layer.name +
                     "': its integers are TensorFlow Lite's (a mean, or a uint8 convolution or average), which ONNX "
                     "cannot express; accepted: the file itself");
  }
}

void QdqWriter::check_widths() const {
  const auto check_bits = [](const std::string& what, int bits) {
    if (bits >= 2 && bits <= 8) return;
    throw InputError(what + " has " + std::to_string(bits) + " bits; ONNX QDQ of opset 13 accepts 2 to 8");
  };
  for (const QuantizedTensor& tensor : network_.tensors) check_bits("tensor '" + tensor.name + "'", tensor.bits);
  for (const QuantizedLayer& layer : network_.layers) {
    if (has_weights(layer.op)) check_bits("layer '" + layer.name + "': weights", layer.weight_bits);
  }
}

std::string QdqWriter::write() {
  for (const int input : network_.inputs) write_input(input);
  for (const auto& [index, values] : network_.constants) write_constant(index, values);
  std::size_t next = 0;
  const auto layers_until = [&](std::size_t end) {
    for (; next < end; ++next) write_layer(network_.layers[next]);
  };
  for (const HostPart& part : network_.host_parts) {
    layers_until(part.before_layer);
    write_host_part(part);
  }
  layers_until(network_.layers.size());
  for (std::size_t i = 0; i < network_.outputs.size(); ++i) write_output(i);
  write_metadata();
  return graph_.serialize();
}

std::string QdqWriter::output_name(std::size_t output) const {
  if (!network_.output_names.empty()) return network_.output_names.at(output);
  return tensor(network_.outputs[output]).name;
}

bool QdqWriter::is_output(int index) const {
  return std::count(network_.outputs.begin(), network_.outputs.end(), index) != 0;
}

/// Name of the float value that is quantized.
std::string QdqWriter::float_name(int index) const {
  return is_output(index) ? tensor(index).name + ".float" : tensor(index).name;
}

bool QdqWriter::feeds_only_fully_connected(int index) const {
  return std::all_of(network_.layers.begin(), network_.layers.end(), [&](const QuantizedLayer& layer) {
    return layer.fully_connected || std::count(layer.inputs.begin(), layer.inputs.end(), index) == 0;
  });
}

void QdqWriter::write_input(int index) {
  const QuantizedTensor& t = tensor(index);
  host_.set_name(t.name, t.name);
  if (!is_read(index)) {
    const Value& value = host_value(t.name);
    graph_.add_input(t.name, value.shape, onnx_type(value.type));
    return;
  }
  const bool vector = t.layout.shape.empty() && t.shape[2] == 1 && t.shape[3] == 1 && feeds_only_fully_connected(index);
  nth(vector_, index) = vector;
  if (t.layout.shape.empty()) {
    graph_.add_input(t.name, rest_of(t, vector));
  } else {
    graph_.add_shaped_input(t.name, t.layout.shape);
  }
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
  const bool is_unsigned = t.storage_offset == 128;  // narrower unsigned integers are written as they are stored
  const std::string zero =
      graph_.add_bytes(graph_.fresh(t.name + ".zero_point"), {}, {t.zero_point + (is_unsigned ? 128 : 0)}, is_unsigned);
  const std::string stored = graph_.fresh(t.name + ".quantized");
  std::string& real = nth(real_, index);
  real = is_output(index) ? t.name : graph_.fresh(t.name + ".dequantized");
  graph_.add_node("QuantizeLinear", stored, {value, scale, zero}, stored);
  graph_.add_node("DequantizeLinear", graph_.fresh(t.name + ".dequantize"), {stored, scale, zero}, real);
}

/// Places in the tensor of the elements of the graph's value, in order.
std::vector<std::int64_t> QdqWriter::places_in_tensor(int index, const Layout& layout) const {
  if (!layout.same_order()) return places_of(layout.axes);
  std::vector<std::int64_t> places(static_cast<std::size_t>(element_count(tensor(index).shape)));
  std::iota(places.begin(), places.end(), std::int64_t{0});
  return places;
}

/// The dequantized value, which lies as the graph's does, in the tensor's order.
std::string QdqWriter::in_tensor_order(int index) {
  const std::vector<std::int64_t> places = places_in_tensor(index, tensor(index).layout);
  std::vector<std::int64_t> inverse(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) nth(inverse, places[i]) = static_cast<std::int64_t>(i);
  const std::string image = graph_.fresh(nth(real_, index) + ".image");
  write_rearranged(&graph_, image, nth(real_, index), element_count(tensor(index).shape), inverse, tensor(index).shape,
                   image);
  return image;
}

std::string QdqWriter::as_image(int index) {
  const std::string& real = nth(real_, index);
  const Layout& layout = tensor(index).layout;
  const bool has_batch = layout.shape.size() != 1;
  if (!layout.shape.empty() && (has_batch || !layout.same_order())) return in_tensor_order(index);
  if (!is_vector(index) && has_batch) return real;
  const std::string shape =
      graph_.add_int64s(graph_.fresh(real + ".shape"), {has_batch ? 0 : 1, tensor(index).shape[1], 1, 1});
  const std::string image = graph_.fresh(real + ".image");
  graph_.add_node("Reshape", image, {real, shape}, image);
  return image;
}

std::string QdqWriter::as_vector(int index) {
  const Layout& layout = tensor(index).layout;
  const bool has_batch = layout.shape.size() != 1;  // a Flatten keeps axis 0
  const std::string real = layout.same_order() && has_batch ? nth(real_, index) : as_image(index);
  if (is_vector(index) && has_batch) return real;
  const std::string vector = graph_.fresh(nth(real_, index) + ".flat");
  OnnxGraph::set_int(graph_.add_node("Flatten", vector, {real}, vector), "axis", 1);
  return vector;
}

/// Inputs of an elementwise layer or concatenation: all vectors, or all images.
std::vector<std::string> QdqWriter::operands(const QuantizedLayer& layer, bool* vectors) {
  *vectors = layer.axis == 1 &&
             std::all_of(layer.inputs.begin(), layer.inputs.end(), [&](int input) { return is_vector(input); });
  std::vector<std::string> names;
  for (const int input : layer.inputs) {
    names.push_back(*vectors ? nth(real_, input) : as_image(input));
  }
  return names;
}

void QdqWriter::write_layer(const QuantizedLayer& layer) {
  const QuantizedTensor& out = tensor(layer.output);
  check(layer.clamp_min <= layer.clamp_max && layer.clamp_min >= lowest_stored(out.bits) &&
            layer.clamp_max <= highest_stored(out.bits),
        "layer '" + layer.name + "': clamp outside the output's width");
  const std::string real = float_name(layer.output);
  if (real != out.name) graph_.reserve_name(real);
  if (out.layout.shape.empty()) {
    write_value(layer, real);
  } else {
    const std::string image = graph_.fresh(out.name + ".image");
    write_value(layer, image);
    write_rearranged(&graph_, real, image, element_count(out.shape), places_in_tensor(layer.output, out.layout),
                     out.layout.shape, real);
    nth(vector_, layer.output) = false;
  }
  quantize_value(layer.output, real);
}

/// The layer's reals before QuantizeLinear, in its tensor's order.
void QdqWriter::write_value(const QuantizedLayer& layer, const std::string& value) {
  const QuantizedTensor& out = tensor(layer.output);
  if (layer.op == LayerOp::kLookup) {
    write_lookup(layer, value);
  } else if (needs_clamp(layer)) {
    const std::string linear = write_operator(layer, graph_.fresh(out.name + ".linear"));
    write_clamp(layer, graph_.fresh(out.name + ".clamp"), linear, value, true);
  } else {
    write_operator(layer, value);
  }
}

bool QdqWriter::needs_clamp(const QuantizedLayer& layer) const {
  const int bits = tensor(layer.output).bits;
  const bool moves = layer.op == LayerOp::kMaxPool || layer.op == LayerOp::kConcat || layer.op == LayerOp::kPad ||
                     layer.op == LayerOp::kMove;
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

void QdqWriter::write_output(std::size_t output) {
  const int index = network_.outputs[output];
  const std::string name = output_name(output);
  if (index == kHostValue) {
    const Value& value = host_value(name);
    graph_.add_output(name, value.shape, onnx_type(value.type));
    return;
  }
  const Layout& layout = output_layout(network_, output);
  if (layout != tensor(index).layout) {
    const Shape shape = layout.shape.empty() ? tensor(index).shape : Shape(layout.shape);
    write_rearranged(&graph_, name, as_image(index), element_count(tensor(index).shape),
                     places_in_tensor(index, layout), shape, name);
    return graph_.add_shaped_output(name, shape);
  }
  if (name != tensor(index).name) graph_.add_node("Identity", name, {nth(real_, index)}, name);
  if (!layout.shape.empty()) return graph_.add_shaped_output(name, layout.shape);
  graph_.add_output(name, rest_of(tensor(index), is_vector(index)));
}

void QdqWriter::write_metadata() {
  for (const auto& [key, value] : network_.metadata) graph_.add_metadata(key, value);
  graph_.add_metadata(kPresetKey, std::string(to_string(network_.preset)));
  for (const QuantizedTensor& tensor : network_.tensors) {
    if (tensor.bits != 8) graph_.add_metadata(kTensorBitsKey + tensor.name, std::to_string(tensor.bits));
  }
  for (const QuantizedLayer& layer : network_.layers) {
    if (has_weights(layer.op) && layer.weight_bits != 8) {
      graph_.add_metadata(kWeightBitsKey + layer.name, std::to_string(layer.weight_bits));
    }
    if (!layer.codebook.empty()) graph_.add_metadata(kCodebookKey + layer.name, codebook_text(layer));
  }
}

}  // namespace systoliq::sw_ref
