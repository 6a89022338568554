// SPDX-License-Identifier: Apache-2.0
// The graph is read like an ONNX one; then layers take what TensorFlow Lite does otherwise.
#include "sw_ref/quantizer/tflite/read_tflite_network.h"

#include <algorithm>
#include <cmath>

#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/metadata_keys.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "sw_ref/quantizer/tflite/number_table.h"
#include "sw_ref/quantizer/tflite/tflite_softmax.h"
#include "sw_ref/quantizer/tflite/tflite_tables.h"
#include "sw_ref/quantizer/tflite/xnn_mean.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

bool is_table(TfliteOp op) {
  return op == TfliteOp::kRelu || op == TfliteOp::kLeakyRelu || op == TfliteOp::kHardSwish ||
         op == TfliteOp::kLogistic || op == TfliteOp::kTanh;
}

bool is_tflite_preset(Preset preset) {
  return preset == Preset::kTfliteRef || preset == Preset::kTfliteSingle || preset == Preset::kXnnFp32 ||
         is_16x8(preset);
}

/// Functions become one that every table takes the place of: their entries are TensorFlow Lite's own.
Graph with_tables(const TfliteNetwork& file, Preset preset) {
  Graph graph = file.graph;
  graph.metadata[kPresetKey] = std::string(to_string(preset));
  for (Node& node : graph.nodes) {
    const auto found = file.operators.find(node.name);
    if (found == file.operators.end() || !is_table(found->second.op)) continue;
    node.op = "Sigmoid";
    node.attributes.clear();
    node.inputs.resize(1);
  }
  return graph;
}

class Patch final {
 public:
  Patch(QuantizedNetwork* network, QuantizedLayer* layer, const TfliteOperator& from)
      : network_(*network),
        layer_(*layer),
        from_(from),
        in_(nth(network->tensors, layer->inputs.at(0))),
        out_(nth(network->tensors, layer->output)) {}

  void apply() {
    switch (from_.op) {
      case TfliteOp::kConvolution:
        layer_.float_product = from_.is_unsigned;
        break;
      case TfliteOp::kAveragePool:
        if (in_.scale != out_.scale || in_.zero_point != out_.zero_point) {
          refuse("averages into another scale or zero point; accepted: its input's");
        }
        layer_.average_from_lowest = from_.is_unsigned;
        break;
      case TfliteOp::kMean:
        set_mean();
        break;
      case TfliteOp::kRelu:
      case TfliteOp::kLeakyRelu:
      case TfliteOp::kHardSwish:
      case TfliteOp::kLogistic:
      case TfliteOp::kTanh:
      case TfliteOp::kRescale:
        if (layer_.op != LayerOp::kLookup) throw InternalError("a function of one element has become another layer");
        layer_.lookup = tflite_table(from_, in_, out_, network_.preset);
        return;
      case TfliteOp::kFullyConnected:
        if (is_16x8(network_.preset)) layer_.fully_connected = true;  // of several rows too
        break;
      case TfliteOp::kSum:
      case TfliteOp::kDifference:
      case TfliteOp::kProduct:
        set_number_table();
        break;
      case TfliteOp::kSoftmax:
      case TfliteOp::kOther:
        break;
    }
    layer_.sums_of_32_bits = from_.narrow_bias;
    set_activation_range(from_.activation, out_, network_.preset, &layer_.clamp_min, &layer_.clamp_max);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw InputError("operator '" + layer_.name + "': " + what);
  }

  /// A tensor and a number, which have become a function of one element.
  void set_number_table() {
    if (layer_.op != LayerOp::kLookup || !from_.number || !is_tflite_preset(network_.preset)) return;
    try {
      layer_.lookup = number_table(from_, in_, out_, network_.preset);
    } catch (const InputError& error) {
      refuse(error.what());
    }
  }

  /// The sum of a plane, by a convolution with ones of each channel, times a factor that no scales give.
  void set_mean() {
    constexpr std::int64_t kMostWeights = std::int64_t{1} << 24;
    if (element_count(in_.shape) > kMostWeights) {
      refuse("sums " + to_string(in_.shape) + " by weights of 1; accepted: up to " + std::to_string(kMostWeights) +
             " elements");
    }
    const std::int64_t count = in_.shape[2] * in_.shape[3];
    layer_.op = LayerOp::kConvolution;
    layer_.groups = static_cast<int>(in_.shape[1]);
    layer_.weights = IntTensor({in_.shape[1], 1, in_.shape[2], in_.shape[3]}, 1);
    layer_.weight_scales = {1.0F};
    layer_.bias.assign(static_cast<std::size_t>(in_.shape[1]), 0);
    if (network_.preset == Preset::kXnnFp32) return set_xnn_mean(count);
    layer_.factor = tflite_mean_factor(in_.scale, out_.scale, count);
  }

  /// XNNPACK adds the zero point before it rounds; the product whose steps lie at the same sums, where there is one.
  void set_xnn_mean(std::int64_t count) {
    if (from_.is_unsigned) refuse("preset xnn_fp32 has no mean of UINT8; accepted: INT8, or preset tflite_ref");
    const XnnMean mean{in_.scale, out_.scale, in_.zero_point, out_.zero_point, count};
    const std::optional<XnnMeanForm> form = xnn_mean_form(mean);
    if (!form) {
      refuse("XNNPACK adds the zero point " + std::to_string(mean.zero_y) +
             " to this mean before it rounds, which no product of the machine does at all of its ties; accepted: "
             "presets tflite_ref and tflite_single, other scales, or an even zero point");
    }
    std::fill(layer_.weights.data.begin(), layer_.weights.data.end(), form->times);
    const std::int64_t zeros = form->times * count * mean.zero_x;  // the folded bias takes them off again
    std::fill(layer_.bias.begin(), layer_.bias.end(), form->bias + zeros);
    layer_.factor = exact_factor(form->factor);
  }

  QuantizedNetwork& network_;
  QuantizedLayer& layer_;
  const TfliteOperator& from_;
  const QuantizedTensor& in_;
  const QuantizedTensor& out_;
};

/// True where the file has INT16 at run time.
bool has_wide_activations(const TfliteNetwork& file) {
  const auto& values = file.graph.values;
  return std::any_of(values.begin(), values.end(), [](const auto& value) {
    return !value.second.is_constant && value.second.type == ElementType::kInt16;
  });
}

/// What no runtime that the preset stands for computes as the machine can.
void check_preset(const TfliteNetwork& file, Preset preset) {
  const bool wide = has_wide_activations(file);
  if (wide != is_16x8(preset)) {
    throw InputError(
        "has activations of " + std::string(wide ? "16" : "8") + " bits, and preset " + std::string(to_string(preset)) +
        " is for others; accepted: " + (wide ? "tflite_16x8, litert_16x8" : "tflite_ref, tflite_single, xnn_fp32"));
  }
  if (wide) return;
  if (preset == Preset::kTfliteRef || preset == Preset::kTfliteSingle) return;
  const bool xnnpack = preset == Preset::kXnnFp32;
  for (const auto& [name, from] : file.operators) {
    const bool own = is_table(from.op) || from.op == TfliteOp::kRescale;
    if (xnnpack || (from.op != TfliteOp::kMean && !own)) continue;
    throw InputError("operator '" + name + "': preset " + std::string(to_string(preset)) +
                     " stands for no runtime of TensorFlow Lite; accepted: tflite_ref, tflite_single, xnn_fp32");
  }
}

/// Between integers of 8 and 16 bits there are tables alone.
void check_widths(const QuantizedNetwork& network) {
  for (const QuantizedLayer& layer : network.layers) {
    if (!is_16x8(network.preset) || layer.op == LayerOp::kLookup) continue;
    for (const int index : layer.inputs) {
      const QuantizedTensor& in = nth(network.tensors, index);
      if (in.bits == 16 && nth(network.tensors, layer.output).bits == 16) continue;
      throw InputError("operator '" + layer.name + "': takes '" + in.name + "' of " + std::to_string(in.bits) +
                       " bits in a file of INT16 activations; accepted: 16 bits, but for QUANTIZE");
    }
  }
}

/// A final Softmax into integers is computed in the kernel's integers, by the host, not as a part in float.
void take_softmax(const TfliteNetwork& file, QuantizedNetwork* network) {
  const auto scale = file.output_scales.find(file.graph.outputs.at(0));
  if (scale == file.output_scales.end() || network->host_parts.empty()) return;
  const HostPart& part = network->host_parts.back();
  const Node& node = part.graph.nodes.front();
  if (part.graph.nodes.size() != 1 || node.op != "Softmax" || part.inputs.at(0) == kHostValue) return;
  if (network->outputs.size() != 1 || part.outputs != network->outputs) return;
  const Shape& shape = part.graph.values.at(node.outputs[0]).shape;
  if (shape.back() != element_count(shape)) {
    throw InputError("operator '" + node.name + "': normalizes part of " + to_string(shape) +
                     "; accepted: a SOFTMAX over all elements");
  }
  HostSoftmax softmax;
  softmax.output = nth(network->tensors, part.inputs[0]);
  softmax.output.name = scale->first;
  softmax.output.scale = scale->second.scale;
  softmax.output.storage_offset = scale->second.is_unsigned ? 128 : 0;
  softmax.output.zero_point = scale->second.zero_point - softmax.output.storage_offset;
  check_softmax(softmax, nth(network->tensors, part.inputs[0]));
  network->host_softmax = softmax;
  network->output_layouts.at(0) = part.input_layouts[0];
  // The tensor that would take the float's integers is the last.
  if (network->outputs[0] == static_cast<int>(network->tensors.size()) - 1) network->tensors.pop_back();
  network->outputs[0] = part.inputs[0];
  network->host_parts.pop_back();
}

/// True for an operator of the file whose output is integers.
bool makes_integers(const TfliteNetwork& file, const std::string& operator_name) {
  const std::vector<Node>& nodes = file.graph.nodes;
  return std::any_of(nodes.begin(), nodes.end(), [&](const Node& node) {
    return node.name == operator_name && std::any_of(nodes.begin(), nodes.end(), [&](const Node& user) {
             return user.op == "QuantizeLinear" && user.inputs.at(0) == node.outputs.at(0);
           });
  });
}

/// What else the host would compute in float has integers of its own in these runtimes.
void check_host(const TfliteNetwork& file, const QuantizedNetwork& network) {
  for (const HostPart& part : network.host_parts) {
    for (const Node& node : part.graph.nodes) {
      if (!makes_integers(file, node.name)) continue;
      throw InputError("operator '" + node.name + "' (" + node.op +
                       "): no layer computes it between integers; accepted: a SOFTMAX as the last operator");
    }
  }
}

}  // namespace

QuantizedNetwork read_quantized(const TfliteNetwork& file, Preset preset) {
  check_preset(file, preset);
  QuantizedNetwork network = read_quantized(with_tables(file, preset));
  for (QuantizedLayer& layer : network.layers) {
    const auto found = file.operators.find(layer.name);
    if (found != file.operators.end()) Patch(&network, &layer, found->second).apply();
  }
  const HostRounding rounding =
      preset == Preset::kXnnFp32 ? HostRounding::kReciprocalEven : HostRounding::kQuotientAway;
  for (std::size_t i = 0; i < network.inputs.size(); ++i) {
    if (file.graph.values.at(file.graph.inputs[i]).type != ElementType::kFloat) continue;
    nth(network.tensors, network.inputs[i]).host_rounding = rounding;
  }
  check_widths(network);
  take_softmax(file, &network);
  check_host(file, network);
  return network;
}

Preset default_tflite_preset(const TfliteNetwork& file) {
  return has_wide_activations(file) ? Preset::kTflite16x8 : Preset::kTfliteRef;
}

std::string tflite_runtime(Preset preset) {
  switch (preset) {
    case Preset::kTfliteRef:
      return "TensorFlow Lite Micro and the reference kernels of TensorFlow Lite";
    case Preset::kTfliteSingle:
      return "TensorFlow Lite built for single rounding";
    case Preset::kXnnFp32:
      return "LiteRT with XNNPACK";
    case Preset::kTflite16x8:
      return "TensorFlow Lite Micro, 16-bit activations";
    case Preset::kLitert16x8:
      return "the reference kernels of LiteRT, 16-bit activations";
    default:
      return "no runtime of TensorFlow Lite";
  }
}

}  // namespace systoliq::sw_ref
