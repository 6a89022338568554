// SPDX-License-Identifier: Apache-2.0
// read_quantized(): the stripped graph is lowered like a float one, then every layer takes its integers and scales.
#include "sw_ref/quantizer/qdq/read_quantized.h"

#include <algorithm>
#include <set>
#include <utility>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/fusion/host_operators.h"
#include "sw_ref/quantizer/fusion/is_quantized.h"
#include "sw_ref/quantizer/integer/codebook.h"
#include "sw_ref/quantizer/integer/divisor_form.h"
#include "sw_ref/quantizer/integer/quantize_steps.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/metadata_keys.h"
#include "sw_ref/quantizer/qdq/finer_factors.h"
#include "sw_ref/quantizer/qdq/integer_bias.h"
#include "sw_ref/quantizer/qdq/missing_scales.h"
#include "sw_ref/quantizer/qdq/qdq_graph.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// Width of `key` + `name` in the metadata, else `otherwise`.
int bits_of(const std::map<std::string, std::string>& metadata, const std::string& key, const std::string& name,
            int otherwise) {
  const auto found = metadata.find(key + name);
  if (found == metadata.end()) return otherwise;
  const std::string& text = found->second;
  if (text.size() == 1 && text[0] >= '2' && text[0] <= '8') return text[0] - '0';
  throw InputError("metadata '" + found->first + "' is '" + text + "'; accepted: 2 to 8");
}

bool is_own_key(const std::string& key) {
  return key == kPresetKey || key.rfind(kTensorBitsKey, 0) == 0 || key.rfind(kWeightBitsKey, 0) == 0 ||
         key.rfind(kCodebookKey, 0) == 0;
}

LoweringInput lowering_input(const QdqGraph& qdq) {
  LoweringInput input;
  input.graph = &qdq.graph;
  input.constants = qdq.constants;
  for (const auto& scale : qdq.scales) input.boundaries.insert(scale.first);
  input.quantized = true;
  return input;
}

class Reader final {
 public:
  Reader(const Graph& graph, const ImportOptions& options)
      : graph_(graph), options_(options), qdq_(strip_quantization(graph)) {}
  QuantizedNetwork run();

 private:
  void read_tensors(const FusedNetwork& fused);
  void read_constant(int index, const Constant& constant);
  void check_input_clips() const;
  QuantizedLayer read_layer(const FusedLayer& fused);
  void count_table_entries(const FusedLayer& fused, const QuantizedTensor& in);
  void read_clamp(const FusedLayer& fused, const QuantizedTensor& out, QuantizedLayer* layer) const;
  void read_weights(const FusedLayer& fused, QuantizedLayer* layer) const;
  void read_metadata();
  void check_codebook_keys() const;
  const QuantizedTensor& tensor(int index) const { return nth(network_.tensors, index); }

  const Graph& graph_;
  const ImportOptions& options_;
  QdqGraph qdq_;
  std::set<std::string> given_scales_;  ///< tensors whose scale the file gives
  std::int64_t table_entries_ = 0;      ///< of all layers read
  std::vector<int> saturated_bits_;     ///< by tensor: what its QuantizeLinear saturates to
  QuantizedNetwork network_;
};

QuantizedNetwork Reader::run() {
  if (qdq_.graph.nodes.empty()) {
    throw InputError("network '" + graph_.name +
                     "' only quantizes or dequantizes, which the host does; it holds no layer for the accelerator");
  }
  for (const auto& scale : qdq_.scales) given_scales_.insert(scale.first);
  propagate_scales(&qdq_);
  const FusedNetwork fused = lower(lowering_input(qdq_));
  read_metadata();
  network_.name = graph_.name;
  network_.notes = qdq_.notes;
  network_.inputs = fused.inputs;
  network_.outputs = fused.outputs;
  network_.output_names = graph_.outputs;
  network_.output_layouts = fused.output_layouts;
  network_.host_parts = fused.host_parts;
  network_.vanished = fused.vanished;
  read_tensors(fused);
  check_input_clips();
  std::vector<std::string> obstacles;
  for (const FusedLayer& layer : fused.layers) {
    try {
      network_.layers.push_back(read_layer(layer));
    } catch (const InputError& error) {
      obstacles.emplace_back(error.what());
    }
  }
  refuse_obstacles(graph_.name, obstacles);
  check_codebook_keys();
  check_divisors(network_);
  return std::move(network_);
}

void Reader::read_metadata() {
  const auto preset = graph_.metadata.find(kPresetKey);
  network_.preset =
      preset == graph_.metadata.end() ? qdq_.preset.value_or(Preset::kOrtX86) : parse_preset(preset->second);
  for (const auto& entry : graph_.metadata) {
    if (!is_own_key(entry.first)) network_.metadata.insert(entry);
  }
}

/// Every codebook of the metadata belongs to a layer; a table that nothing reads is a mistake.
void Reader::check_codebook_keys() const {
  const std::string prefix = kCodebookKey;
  for (const auto& entry : graph_.metadata) {
    if (entry.first.rfind(prefix, 0) != 0) continue;
    const std::string name = entry.first.substr(prefix.size());
    const bool known = std::any_of(network_.layers.begin(), network_.layers.end(), [&](const QuantizedLayer& layer) {
      return layer.name == name && has_weights(layer.op);
    });
    if (!known) throw InputError("metadata '" + entry.first + "': no layer with weights is named '" + name + "'");
  }
}

void Reader::read_tensors(const FusedNetwork& fused) {
  std::map<int, std::string> makers;
  for (const FusedLayer& layer : fused.layers) makers[layer.output] = layer.where;
  saturated_bits_.assign(fused.tensors.size(), 8);
  for (std::size_t i = 0; i < fused.tensors.size(); ++i) {
    const auto constant = fused.constants.find(static_cast<int>(i));
    if (constant != fused.constants.end() || fused.tensors[i].scale_of >= 0) {
      network_.tensors.push_back({fused.tensors[i].name, fused.tensors[i].shape});
      if (constant != fused.constants.end()) read_constant(static_cast<int>(i), constant->second);
      continue;
    }
    const auto [name, layout] = known_as(fused, static_cast<int>(i), given_scales_);
    const auto scale = qdq_.scales.find(name);
    const auto index = static_cast<int>(i);
    const bool unread =
        std::count(fused.inputs.begin(), fused.inputs.end(), index) != 0 && !is_read_as_integers(fused, index);
    if (scale == qdq_.scales.end() && unread) {
      network_.tensors.push_back({name, fused.tensors[i].shape});
      continue;
    }
    if (scale == qdq_.scales.end()) {
      const auto maker = makers.find(static_cast<int>(i));
      throw InputError((maker == makers.end() ? "network input" : maker->second + ": output") + " '" + name +
                       "' has no scale, so it would stay in float; accepted: QuantizeLinear after every operator that "
                       "is not fused, or --scales calibrate");
    }
    const auto known = qdq_.names.find(name);
    const std::string& shown = known == qdq_.names.end() ? name : known->second;
    network_.tensors.push_back({shown, fused.tensors[i].shape, scale->second.scale, scale->second.zero_point,
                                bits_of(graph_.metadata, kTensorBitsKey, shown, scale->second.bits),
                                scale->second.storage_offset, layout});
    saturated_bits_[i] = scale->second.bits;
  }
  share_scales(fused, &network_.tensors);
  for (std::size_t i = 0; i < fused.tensors.size(); ++i) {
    const int from = fused.tensors[i].scale_of;
    if (from >= 0) saturated_bits_[i] = nth(saturated_bits_, from);
  }
}

/// A tensor that no layer computes: integers with one scale.
void Reader::read_constant(int index, const Constant& constant) {
  const bool is_unsigned = constant.type == ElementType::kUint8;
  const bool is_wide = constant.type == ElementType::kInt16;
  if (constant.scales.size() != 1 || (!is_unsigned && !is_wide && constant.type != ElementType::kInt8)) {
    throw InputError("constant '" + constant.name +
                     "' is an operand of a sum or product in float; accepted: DequantizeLinear of an INT8, UINT8 or "
                     "INT16 constant with one scale");
  }
  QuantizedTensor& tensor = nth(network_.tensors, index);
  tensor.scale = constant.scales[0];
  tensor.zero_point = constant.zero_point;
  tensor.storage_offset = is_unsigned ? 128 : 0;
  if (is_wide) tensor.bits = 16;
  network_.constants[index] = IntTensor(tensor.shape, {constant.values.data.begin(), constant.values.data.end()});
}

/// A Clip before the first QuantizeLinear may only say what the input's width says.
void Reader::check_input_clips() const {
  for (const int index : network_.inputs) {
    const QuantizedTensor& in = tensor(index);
    const auto clip = qdq_.input_clips.find(in.name);
    if (clip == qdq_.input_clips.end()) {
      if (in.bits == nth(saturated_bits_, index) || graph_.values.at(in.name).type != ElementType::kFloat) continue;
      throw InputError("network input '" + in.name + "' has " + std::to_string(in.bits) +
                       " bits in the metadata, but no Clip limits it to them");
    }
    for (const bool upper : {false, true}) {
      const std::size_t operand = upper ? 2 : 1;
      const auto value = graph_.values.find(operand < clip->second.inputs.size() ? clip->second.inputs[operand] : "");
      const bool scalar = value != graph_.values.end() && value->second.floats.data.size() == 1;
      const std::int32_t end = upper ? highest_stored(in.bits) : lowest_stored(in.bits);
      if (scalar && to_stored(value->second.floats.data[0], in.scale, in.zero_point, -1024, 1024) == end) continue;
      refuse(clip->second, "clips the network's input to something else than its " + std::to_string(in.bits) +
                               "-bit range; accepted: exactly that range");
    }
  }
}

QuantizedLayer Reader::read_layer(const FusedLayer& fused) {
  const QuantizedTensor& in = tensor(fused.inputs.front());
  const QuantizedTensor& out = tensor(fused.output);
  QuantizedLayer layer;
  layer.name = fused.name;
  layer.op = fused.op;
  layer.inputs = fused.inputs;
  layer.output = fused.output;
  layer.window = fused.window;
  layer.groups = fused.groups;
  layer.fully_connected = fused.fully_connected;
  layer.count_include_pad = fused.count_include_pad;
  layer.move = fused.move;
  layer.axis = fused.axis;
  layer.sums_as_in_file = fused.sums_as_in_file;
  layer.float_output = out.name;
  layer.nodes = node_texts(fused);
  read_clamp(fused, out, &layer);
  if (has_weights(fused.op)) {
    read_weights(fused, &layer);
    if (!refine_factors(fused, in, out, &layer)) {
      layer.bias = integer_bias(fused, layer, in, out, options_.requantize_biases, &network_.notes);
    }
  }
  if (fused.op == LayerOp::kLookup) {
    count_table_entries(fused, in);
    layer.function = fused.function;
    layer.lookup = fused.table.empty() ? lookup_table(fused.function, in, out)
                                       : std::vector<std::int32_t>(fused.table.begin(), fused.table.end());
  }
  return layer;
}

/// A function of 16 bits has 65,536 entries, however few bytes the file has for it.
void Reader::count_table_entries(const FusedLayer& fused, const QuantizedTensor& in) {
  constexpr std::int64_t kMostEntries = std::int64_t{1} << 24;
  if (in.bits <= 8) return;
  table_entries_ += std::int64_t{1} << in.bits;
  if (table_entries_ <= kMostEntries) return;
  throw InputError(fused.where + ": look-up tables of more than 8 bits have more than " + std::to_string(kMostEntries) +
                   " entries in all; accepted: up to so many, which are 256 functions of 16 bits");
}

void Reader::read_clamp(const FusedLayer& fused, const QuantizedTensor& out, QuantizedLayer* layer) const {
  const bool moves = fused.op == LayerOp::kMaxPool || fused.op == LayerOp::kConcat || fused.op == LayerOp::kPad ||
                     fused.op == LayerOp::kMove;
  for (const int input : fused.inputs) {
    const QuantizedTensor& in = tensor(input);
    if (!moves || (in.scale == out.scale && in.zero_point == out.zero_point && in.bits == out.bits)) continue;
    throw InputError(fused.where + ": input '" + in.name + "' and output '" + out.name +
                     "' differ in scale, zero point or width; accepted: equal ones, since integers are only moved");
  }
  // QuantizeLinear saturates to the bits of its type; a narrower width has to be clipped to.
  QuantizedTensor stored = out;
  if (!moves) stored.bits = nth(saturated_bits_, fused.output);
  set_clamp(fused, stored, layer);
  if (layer->clamp_min < lowest_stored(out.bits) || layer->clamp_max > highest_stored(out.bits)) {
    throw InputError(fused.where + ": output '" + out.name + "' has " + std::to_string(out.bits) +
                     " bits in the metadata, but no Clip limits it to them");
  }
}

void Reader::read_weights(const FusedLayer& fused, QuantizedLayer* layer) const {
  const Constant& weights = fused.weights;
  if (!weights.is_quantized() || weights.type == ElementType::kInt32) {
    throw InputError(fused.where + ": weights '" + weights.name +
                     "' are not 8-bit integers, nor of 4 or 16 bits; accepted: DequantizeLinear of such a constant");
  }
  if (weights.scales.size() > 1 && weights.axis != 0) {
    throw InputError(fused.where + ": weights '" + weights.name +
                     "' have a scale per input channel; accepted: one scale, or one per output channel");
  }
  layer->weight_bits = bits_of(graph_.metadata, kWeightBitsKey, fused.name, weights.bits);
  layer->weight_scales = weights.scales;
  layer->weight_zero_point = weights.zero_point;
  layer->weights = IntTensor(weights.values.shape, {weights.values.data.begin(), weights.values.data.end()});
  const auto codebook = graph_.metadata.find(kCodebookKey + fused.name);
  if (codebook != graph_.metadata.end()) {
    if (layer->weight_zero_point != 0) {
      throw InputError(fused.where + ": weights have a codebook and a zero point of " +
                       std::to_string(layer->weight_zero_point) + "; accepted: 0, since a table holds operands");
    }
    layer->codebook = parse_codebook(codebook->first, codebook->second, layer->weight_bits, layer->weights.shape.at(0));
    return encode_codebook(fused.where, layer);
  }
  for (const std::int32_t weight : layer->weights.data) {
    if (weight >= lowest_stored(layer->weight_bits) && weight <= highest_stored(layer->weight_bits)) continue;
    throw InputError(fused.where + ": weight " + std::to_string(weight) + " exceeds the " +
                     std::to_string(layer->weight_bits) + " bits that the metadata gives");
  }
}

}  // namespace

FusedNetwork lower_any(const Graph& graph) {
  if (is_quantized(graph)) {
    QdqGraph qdq = strip_quantization(graph);
    propagate_scales(&qdq);
    return lower_collecting(lowering_input(qdq));
  }
  LoweringInput input;
  input.graph = &graph;
  return lower_collecting(input);
}

QuantizedNetwork read_quantized(const Graph& graph, const ImportOptions& options) {
  if (!is_quantized(graph)) {
    throw InputError("network '" + graph.name +
                     "' holds no quantization operator; accepted: QDQ or QLinear operators, or quantize it first");
  }
  return Reader(graph, options).run();
}

}  // namespace systoliq::sw_ref
