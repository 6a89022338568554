// SPDX-License-Identifier: Apache-2.0
// Parts of the host in a QDQ model: float nodes behind DequantizeLinear, and QuantizeLinear behind what layers read.
#include <algorithm>

#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/onnx/rearrangement.h"
#include "sw_ref/quantizer/qdq/qdq_writer.h"

namespace systoliq::sw_ref {

bool QdqWriter::is_read(int index) const {
  const auto reads = [index](const auto& reader) {
    return std::count(reader.inputs.begin(), reader.inputs.end(), index) != 0;
  };
  return std::any_of(network_.layers.begin(), network_.layers.end(), reads) ||
         std::any_of(network_.host_parts.begin(), network_.host_parts.end(), reads) || network_.host_parts.empty();
}

const Value& QdqWriter::host_value(const std::string& name) const {
  for (const HostPart& part : network_.host_parts) {
    const auto found = part.graph.values.find(name);
    if (found != part.graph.values.end()) return found->second;
  }
  throw InternalError("no part of the host has the value '" + name + "'");
}

Shape QdqWriter::written_shape(int index) const {
  const Shape& shape = tensor(index).shape;
  if (!tensor(index).layout.shape.empty()) return tensor(index).layout.shape;
  return is_vector(index) ? Shape{1, element_count(shape)} : shape;
}

/// An input of a part that lies in a tensor, as the part's graph has it.
std::string QdqWriter::host_operand(const HostPart& part, std::size_t input) {
  const int index = part.inputs[input];
  const std::string& name = part.graph.inputs[input];
  const Shape& wanted = part.graph.values.at(name).shape;
  const Layout& layout = part.input_layouts[input];
  if (layout.axes == tensor(index).layout.axes) return host_.reshaped(nth(real_, index), written_shape(index), wanted);
  const std::string operand = graph_.fresh(name + ".operand");
  write_rearranged(&graph_, operand, as_image(index), element_count(tensor(index).shape),
                   places_in_tensor(index, layout), wanted, operand);
  return operand;
}

void QdqWriter::write_host_part(const HostPart& part) {
  for (std::size_t i = 0; i < part.inputs.size(); ++i) {
    if (part.inputs[i] != kHostValue) continue;
    // An input of the network that layers read too is written as they take it.
    const std::string& name = part.graph.inputs[i];
    for (const int input : network_.inputs) {
      if (tensor(input).name != name || !is_read(input)) continue;
      host_.set_name(name, host_.reshaped(name, written_shape(input), part.graph.values.at(name).shape));
    }
  }
  for (std::size_t i = 0; i < part.outputs.size(); ++i) {
    const std::string& name = part.graph.outputs[i];
    const auto as_output = std::find(network_.output_names.begin(), network_.output_names.end(), name);
    if (as_output != network_.output_names.end() &&
        network_.outputs[static_cast<std::size_t>(as_output - network_.output_names.begin())] == kHostValue) {
      host_.set_name(name, name);
    } else if (part.outputs[i] != kHostValue) {
      host_.set_name(name, graph_.fresh(name + ".host"));
    }
  }
  host_.write(part, [&](std::size_t input) { return host_operand(part, input); });
  for (std::size_t i = 0; i < part.outputs.size(); ++i) write_host_result(part, i);
}

/// A value that a tensor takes: in the tensor's form, clipped where it is narrow, quantized.
void QdqWriter::write_host_result(const HostPart& part, std::size_t output) {
  const int index = part.outputs[output];
  if (index == kHostValue) return;
  const QuantizedTensor& t = tensor(index);
  const std::string& name = part.graph.outputs[output];
  const Shape& shape = part.graph.values.at(name).shape;
  nth(vector_, index) = t.layout.shape.empty() && shape.size() == 2;
  std::string value = host_.reshaped(host_.name_of(name), shape, written_shape(index));
  if (t.bits < 8) {
    const std::string clipped = graph_.fresh(t.name + ".clipped");
    write_clip(clipped, index, lowest_stored(t.bits), highest_stored(t.bits), value, clipped);
    value = clipped;
  }
  std::string own = float_name(index);
  if (own != t.name) graph_.reserve_name(own);
  if (own == host_.name_of(name)) own = graph_.fresh(own + ".stored");  // the network's output bears the name itself
  graph_.add_node("Identity", graph_.fresh(own + ".value"), {value}, own);
  quantize_value(index, own);
}

}  // namespace systoliq::sw_ref
