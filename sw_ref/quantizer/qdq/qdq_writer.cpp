// SPDX-License-Identifier: Apache-2.0
// Writes the integer network as ONNX with QuantizeLinear and DequantizeLinear around float operators (QDQ, opset 13).
#include "sw_ref/quantizer/qdq/qdq_writer.h"

#include <algorithm>

#include "sw_ref/quantizer/integer/codebook.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/metadata_keys.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kOpset = 13;

Shape rest_of(const QuantizedTensor& tensor, bool vector) {
  return vector ? Shape{element_count(tensor.shape)} : Shape(tensor.shape.begin() + 1, tensor.shape.end());
}

}  // namespace

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
  for (std::size_t i = 0; i < network.outputs.size(); ++i) {
    graph_.reserve_name(output_name(i));
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
  for (std::size_t i = 0; i < network_.outputs.size(); ++i) write_output(network_.outputs[i], output_name(i));
  write_metadata();
  return graph_.serialize();
}

std::string QdqWriter::output_name(std::size_t output) const {
  if (!network_.output_names.empty()) return network_.output_names.at(output);
  const std::string& name = tensor(network_.outputs[output]).name;
  return network_.softmax_on_host ? name + ".softmax" : name;
}

bool QdqWriter::is_output(int index) const {
  return std::count(network_.outputs.begin(), network_.outputs.end(), index) != 0;
}

/// Name of the float value that is quantized.
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
  nth(vector_, index) = vector;
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
  const bool is_unsigned = t.storage_offset == 128;  // narrower unsigned integers are written as they are stored
  const std::string zero =
      graph_.add_bytes(graph_.fresh(t.name + ".zero_point"), {}, {t.zero_point + (is_unsigned ? 128 : 0)}, is_unsigned);
  const std::string stored = graph_.fresh(t.name + ".quantized");
  const bool named_output = is_output(index) && !network_.softmax_on_host;
  std::string& real = nth(real_, index);
  real = named_output ? t.name : graph_.fresh(t.name + ".dequantized");
  graph_.add_node("QuantizeLinear", stored, {value, scale, zero}, stored);
  graph_.add_node("DequantizeLinear", graph_.fresh(t.name + ".dequantize"), {stored, scale, zero}, real);
}

std::string QdqWriter::as_image(int index) {
  const std::string& real = nth(real_, index);
  if (!is_vector(index)) return real;
  const std::string shape = graph_.add_int64s(graph_.fresh(real + ".shape"), {0, tensor(index).shape[1], 1, 1});
  const std::string image = graph_.fresh(real + ".image");
  graph_.add_node("Reshape", image, {real, shape}, image);
  return image;
}

std::string QdqWriter::as_vector(int index) {
  const std::string& real = nth(real_, index);
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
    names.push_back(*vectors ? nth(real_, input) : as_image(input));
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

void QdqWriter::write_output(int index, const std::string& name) {
  if (network_.softmax_on_host) {
    const std::string vector = as_vector(index);
    OnnxGraph::set_int(graph_.add_node("Softmax", name, {vector}, name), "axis", 1);
    graph_.add_output(name, rest_of(tensor(index), true));
    return;
  }
  if (name != tensor(index).name) graph_.add_node("Identity", name, {nth(real_, index)}, name);
  graph_.add_output(name, rest_of(tensor(index), is_vector(index)));
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
    if (!layer.codebook.empty()) graph_.add_metadata(kCodebookKey + layer.name, codebook_text(layer));
  }
}

}  // namespace systoliq::sw_ref
