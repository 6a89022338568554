// SPDX-License-Identifier: Apache-2.0
// One node a layer, with a Relu or Clip behind it where it clamps; written as ONNX and read back, so that shapes are
// inferred by the one place that does so.
#include "sw_ref/quantizer/onnx/float_writer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/quantizer/fusion/view.h"
#include "sw_ref/quantizer/onnx/function_writer.h"
#include "sw_ref/quantizer/onnx/host_writer.h"
#include "sw_ref/quantizer/onnx/onnx_graph.h"
#include "sw_ref/quantizer/onnx/rearrangement.h"
#include "sw_ref/quantizer/onnx/transposed_nodes.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

bool clamps(const FusedLayer& layer) { return !std::isinf(layer.clamp_low) || !std::isinf(layer.clamp_high); }

bool is_clamp_alone(const FusedLayer& layer) { return layer.op == LayerOp::kLookup && layer.function.empty(); }

bool is_one_pixel(const Shape& shape) { return shape[2] == 1 && shape[3] == 1; }

std::vector<float> floats_of(const Constant& constant) {
  std::vector<float> values;
  for (const double value : constant.values.data) values.push_back(static_cast<float>(value));
  return values;
}

/// An input or output that lies otherwise than its tensor leaves it its name.
std::string name_in_tensor_order(const FusedNetwork& fused, int index) {
  const FusedTensor& tensor = nth(fused.tensors, index);
  if (tensor.layout.shape.empty()) return tensor.name;
  std::string name = tensor.name + ".image";
  const auto taken = [&](const FusedTensor& other) { return other.name == name; };
  while (std::any_of(fused.tensors.begin(), fused.tensors.end(), taken)) name += '_';
  return name;
}

class FloatWriter final {
 public:
  FloatWriter(const Graph& graph, const FusedNetwork& fused)
      : graph_(graph),
        fused_(fused),
        onnx_(graph.name, file_opset(fused.host_parts)),
        host_(&onnx_),
        vector_(fused.tensors.size(), false) {
    for (std::size_t i = 0; i < fused.tensors.size(); ++i) {
      names_.push_back(name_in_tensor_order(fused, static_cast<int>(i)));
      onnx_.reserve_name(names_.back());
      onnx_.reserve_name(fused.tensors[i].name);
    }
    for (const std::string& output : graph.outputs) onnx_.reserve_name(output);
    for (const FusedLayer& layer : fused.layers) {
      if (clamps(layer)) onnx_.reserve_name(linear_name(fused, layer));
    }
  }

  std::string write() {
    for (const int input : fused_.inputs) {
      write_graph_input(input);
    }
    for (const auto& [index, constant] : fused_.constants) {
      nth(vector_, index) = is_one_pixel(shape(index));
      onnx_.add_floats(name(index), is_vector(index) ? Shape{1, shape(index)[1]} : shape(index), floats_of(constant));
    }
    std::size_t next = 0;
    const auto layers_until = [&](std::size_t end) {
      for (; next < end; ++next) write_layer(fused_.layers[next]);
    };
    for (const HostPart& part : fused_.host_parts) {
      layers_until(part.before_layer);
      write_host_part(part);
    }
    layers_until(fused_.layers.size());
    write_outputs();
    for (const auto& [key, value] : graph_.metadata) onnx_.add_metadata(key, value);
    return onnx_.serialize();
  }

 private:
  const std::string& name(int index) const { return nth(names_, index); }
  const Shape& shape(int index) const { return nth(fused_.tensors, index).shape; }
  bool is_vector(int index) const { return nth(vector_, index); }

  void write_graph_input(int index) {
    const FusedTensor& tensor = nth(fused_.tensors, index);
    const Value& value = graph_.values.at(tensor.name);
    onnx_.add_input(tensor.name, value.shape, onnx_type(value.type));
    host_.set_name(tensor.name, tensor.name);
    if (!is_read_as_integers(fused_, index)) return;
    if (tensor.layout.shape.empty()) {
      nth(vector_, index) = value.shape.size() == 2;
      return;
    }
    std::vector<std::int64_t> places = row_major_places(tensor);
    if (!tensor.layout.same_order()) places = inverse_places(tensor.layout.axes);
    write_rearranged(&onnx_, name(index), tensor.name, element_count(tensor.shape), places, tensor.shape, name(index));
  }

  static std::vector<std::int64_t> row_major_places(const FusedTensor& tensor) {
    std::vector<std::int64_t> places(static_cast<std::size_t>(element_count(tensor.shape)));
    std::iota(places.begin(), places.end(), std::int64_t{0});
    return places;
  }

  std::string as_image(int index) {
    if (!is_vector(index)) return name(index);
    const std::string dims = onnx_.add_int64s(onnx_.fresh(name(index) + ".shape"), {0, shape(index)[1], 1, 1});
    const std::string image = onnx_.fresh(name(index) + ".image");
    onnx_.add_node("Reshape", image, {name(index), dims}, image);
    return image;
  }

  std::string as_vector(int index) {
    if (is_vector(index)) return name(index);
    const std::string vector = onnx_.fresh(name(index) + ".flat");
    OnnxGraph::set_int(onnx_.add_node("Flatten", vector, {name(index)}, vector), "axis", 1);
    return vector;
  }

  void write_layer(const FusedLayer& layer) {
    const std::string& output = name(layer.output);
    if (is_clamp_alone(layer)) return write_clamp(layer, layer.name, write_input(layer), output);
    const std::string value = clamps(layer) ? linear_name(fused_, layer) : output;
    write_operator(layer, value);
    if (clamps(layer)) write_clamp(layer, onnx_.fresh(output + ".clamp"), value, output);
  }

  /// The first input of an elementwise layer, whose output has the same form.
  std::string write_input(const FusedLayer& layer) {
    nth(vector_, layer.output) = is_vector(layer.inputs.at(0));
    return name(layer.inputs.at(0));
  }

  void write_clamp(const FusedLayer& layer, const std::string& node, const std::string& input,
                   const std::string& output) {
    if (layer.clamp_low == 0.0 && std::isinf(layer.clamp_high)) {
      onnx_.add_node("Relu", node, {input}, output);
      return;
    }
    const auto bound = [&](const char* what, double value) {
      return std::isinf(value) ? std::string()
                               : onnx_.add_floats(onnx_.fresh(output + what), {}, {static_cast<float>(value)});
    };
    const std::string low = bound(".min", layer.clamp_low);
    const std::string high = bound(".max", layer.clamp_high);
    onnx_.add_node("Clip", node, {input, low, high}, output);
  }

  void write_operator(const FusedLayer& layer, const std::string& output) {
    switch (layer.op) {
      case LayerOp::kConvolution:
        return layer.fully_connected ? write_product(layer, output) : write_convolution(layer, output);
      case LayerOp::kConvTranspose:
        return write_transposed(layer, output);
      case LayerOp::kMaxPool:
      case LayerOp::kAveragePool:
        return write_pool(layer, output);
      case LayerOp::kPad: {
        const Window& w = layer.window;
        const std::string pads = onnx_.add_int64s(onnx_.fresh(output + ".pads"),
                                                  {0, 0, w.pad_top, w.pad_left, 0, 0, w.pad_bottom, w.pad_right});
        onnx_.add_node("Pad", layer.name, {as_image(layer.inputs.at(0)), pads}, output);
        return;
      }
      case LayerOp::kMove: {
        const Move& move = layer.move;
        write_rearranged(&onnx_, layer.name, as_image(layer.inputs.at(0)), element_count(shape(layer.inputs[0])),
                         places_of({move.channels, move.rows, move.columns}), shape(layer.output), output);
        return;
      }
      case LayerOp::kAdd:
      case LayerOp::kMultiply:
      case LayerOp::kConcat:
        return write_join(layer, output);
      case LayerOp::kLookup:
        return write_function(layer.function, layer.name, write_input(layer), output, &onnx_);
    }
  }

  void write_join(const FusedLayer& layer, const std::string& output) {
    const bool vectors = layer.axis == 1 && std::all_of(layer.inputs.begin(), layer.inputs.end(),
                                                        [&](int input) { return is_vector(input); });
    nth(vector_, layer.output) = vectors;
    std::vector<std::string> names;
    for (const int input : layer.inputs) names.push_back(vectors ? name(input) : as_image(input));
    const std::string op = layer.op == LayerOp::kMultiply ? "Mul" : to_string(layer.op);
    onnx::NodeProto& node = onnx_.add_node(op, layer.name, names, output);
    if (layer.op == LayerOp::kConcat) OnnxGraph::set_int(node, "axis", layer.axis);
  }

  static void set_window(onnx::NodeProto& node, const Window& w) {
    OnnxGraph::set_ints(node, "kernel_shape", {w.kernel_height, w.kernel_width});
    OnnxGraph::set_ints(node, "strides", {w.stride_height, w.stride_width});
    OnnxGraph::set_ints(node, "pads", {w.pad_top, w.pad_left, w.pad_bottom, w.pad_right});
  }

  void add_constants(const FusedLayer& layer, const Shape& weights, std::vector<std::string>* inputs) {
    const std::string& output = name(layer.output);
    inputs->push_back(onnx_.add_floats(onnx_.fresh(output + ".weight"), weights, floats_of(layer.weights)));
    if (layer.bias.values.data.empty()) return;
    inputs->push_back(onnx_.add_floats(onnx_.fresh(output + ".bias"), {weights[0]}, floats_of(layer.bias)));
  }

  void write_convolution(const FusedLayer& layer, const std::string& output) {
    std::vector<std::string> inputs = {as_image(layer.inputs.at(0))};
    add_constants(layer, layer.weights.values.shape, &inputs);
    onnx::NodeProto& node = onnx_.add_node("Conv", layer.name, inputs, output);
    set_window(node, layer.window);
    OnnxGraph::set_ints(node, "dilations", {layer.window.dilation_height, layer.window.dilation_width});
    OnnxGraph::set_int(node, "group", layer.groups);
  }

  void write_transposed(const FusedLayer& layer, const std::string& output) {
    std::vector<std::string> inputs = {as_image(layer.inputs.at(0))};
    const Shape& weights = layer.weights.values.shape;
    inputs.push_back(onnx_.add_floats(onnx_.fresh(name(layer.output) + ".weight"),
                                      input_major_shape(weights, layer.groups),
                                      input_major(floats_of(layer.weights), weights, layer.groups)));
    if (!layer.bias.values.data.empty()) {
      inputs.push_back(
          onnx_.add_floats(onnx_.fresh(name(layer.output) + ".bias"), {weights[0]}, floats_of(layer.bias)));
    }
    onnx::NodeProto& node = onnx_.add_node("ConvTranspose", layer.name, inputs, output);
    set_transposed_window(node, layer.window, layer.groups, shape(layer.inputs[0]), shape(layer.output));
  }

  void write_product(const FusedLayer& layer, const std::string& output) {
    const std::int64_t outputs = layer.weights.values.shape.at(0);
    const Shape& input = shape(layer.inputs.at(0));
    if (layer.window.kernel_height != input[2] || layer.window.kernel_width != input[3]) {
      return write_convolution(layer, output);  // rows of a product are pixels
    }
    std::vector<std::string> inputs = {as_vector(layer.inputs.at(0))};
    add_constants(layer, {outputs, element_count(layer.weights.values.shape) / outputs}, &inputs);
    OnnxGraph::set_int(onnx_.add_node("Gemm", layer.name, inputs, output), "transB", 1);
    nth(vector_, layer.output) = true;
  }

  void write_pool(const FusedLayer& layer, const std::string& output) {
    const bool average = layer.op == LayerOp::kAveragePool;
    const std::vector<std::int64_t> dilations = {layer.window.dilation_height, layer.window.dilation_width};
    if (average && dilations != std::vector<std::int64_t>{1, 1}) {
      throw InputError(layer.where + ": ONNX of opset 13 has no dilated average pool");
    }
    onnx::NodeProto& node = onnx_.add_node(to_string(layer.op), layer.name, {as_image(layer.inputs.at(0))}, output);
    set_window(node, layer.window);
    if (average) {
      OnnxGraph::set_int(node, "count_include_pad", layer.count_include_pad ? 1 : 0);
    } else {
      OnnxGraph::set_ints(node, "dilations", dilations);
    }
  }

  void write_outputs() {
    for (std::size_t i = 0; i < fused_.outputs.size(); ++i) {
      const int index = fused_.outputs[i];
      if (index == kHostValue) {
        const Value& value = graph_.values.at(graph_.outputs.at(i));
        onnx_.add_output(graph_.outputs[i], value.shape, onnx_type(value.type));
        continue;
      }
      const Shape& s = shape(index);
      const Layout& layout = fused_.output_layouts.at(i);
      if (!layout.shape.empty()) {
        const std::string& output = graph_.outputs.at(i);
        write_rearranged(&onnx_, output, as_image(index), element_count(s), places_of_layout(index, layout),
                         layout.shape, output);
        onnx_.add_shaped_output(output, layout.shape);
      } else {
        onnx_.add_output(name(index), is_vector(index) ? Shape{element_count(s)} : Shape(s.begin() + 1, s.end()));
      }
    }
  }

  /// Places in the tensor of the elements of the graph's value, in order.
  std::vector<std::int64_t> places_of_layout(int index, const Layout& layout) const {
    return layout.same_order() ? row_major_places(nth(fused_.tensors, index)) : places_of(layout.axes);
  }

  Shape written_shape(int index) const {
    return is_vector(index) ? Shape{1, element_count(shape(index))} : shape(index);
  }

  bool is_border(int index) const { return !nth(fused_.tensors, index).layout.shape.empty(); }

  /// True where a value of the host bears its own name: what lies otherwise for layers has another there.
  bool is_direct(const HostPart& part, std::size_t output) const {
    const int index = part.outputs[output];
    const Shape& given = part.graph.values.at(part.graph.outputs[output]).shape;
    return index == kHostValue || is_border(index) || given.size() == 2 || given == shape(index);
  }

  /// An input of a part that lies in a tensor, as the part's graph has it.
  std::string host_operand(const HostPart& part, std::size_t input) {
    const int index = part.inputs[input];
    const Shape& wanted = part.graph.values.at(part.graph.inputs[input]).shape;
    const Layout& layout = part.input_layouts[input];
    if (layout.same_order()) return host_.reshaped(name(index), written_shape(index), wanted);
    const std::string operand = onnx_.fresh(part.graph.inputs[input] + ".operand");
    write_rearranged(&onnx_, operand, as_image(index), element_count(shape(index)), places_of(layout.axes), wanted,
                     operand);
    return operand;
  }

  void write_host_part(const HostPart& part) {
    for (std::size_t i = 0; i < part.outputs.size(); ++i) {
      const std::string& value = part.graph.outputs[i];
      host_.set_name(value, is_direct(part, i) ? value : onnx_.fresh(value + ".host"));
    }
    host_.write(part, [&](std::size_t input) { return host_operand(part, input); });
    for (std::size_t i = 0; i < part.outputs.size(); ++i) {
      if (part.outputs[i] != kHostValue) write_fed(part, i);
    }
  }

  /// A value of the host in the order and shape in which layers read it.
  void write_fed(const HostPart& part, std::size_t output) {
    const int index = part.outputs[output];
    const std::string& value = part.graph.outputs[output];
    const Shape& given = part.graph.values.at(value).shape;
    const FusedTensor& tensor = nth(fused_.tensors, index);
    nth(vector_, index) = !is_border(index) && given.size() == 2;
    if (is_border(index)) {
      const std::vector<std::int64_t> places =
          tensor.layout.same_order() ? row_major_places(tensor) : inverse_places(tensor.layout.axes);
      return write_rearranged(&onnx_, name(index), host_.name_of(value), element_count(tensor.shape), places,
                              tensor.shape, name(index));
    }
    if (is_direct(part, output)) return;
    const std::string formed = host_.reshaped(host_.name_of(value), given, written_shape(index));
    onnx_.add_node("Identity", onnx_.fresh(value + ".value"), {formed}, name(index));
  }

  const Graph& graph_;
  const FusedNetwork& fused_;
  OnnxGraph onnx_;
  HostWriter host_;
  std::vector<std::string> names_;  ///< per tensor, of the value in the tensor's order
  std::vector<bool> vector_;        ///< per tensor: written as [N, f], not [N, c, h, w]
};

}  // namespace

std::string linear_name(const FusedNetwork& fused, const FusedLayer& layer) {
  std::string name = name_in_tensor_order(fused, layer.output);
  if (!clamps(layer)) return name;
  std::set<std::string> taken;
  for (const FusedTensor& tensor : fused.tensors) taken.insert(tensor.name);
  for (name += ".linear"; taken.count(name) != 0;) name += '_';
  return name;
}

Graph float_graph_of(const Graph& graph, const FusedNetwork& fused) {
  return parse_onnx(FloatWriter(graph, fused).write(), graph.name, Batch::kOne);
}

}  // namespace systoliq::sw_ref
