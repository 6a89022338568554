// SPDX-License-Identifier: Apache-2.0
// Layers that treat every element alone, or only move it: residual add, table look-up, concatenation, padding.
#include <algorithm>
#include <string>

#include "sw_ref/reference/float_add.h"
#include "sw_ref/reference/layers.h"
#include "sw_ref/reference/requantization.h"
#include "types/util/index.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

constexpr int kLeftShiftBits = 20;  ///< of TFLite's residual add

const QuantizedTensor& tensor(const QuantizedNetwork& network, int index) { return nth(network.tensors, index); }

IntTensor add_in_float(const QuantizedLayer& layer, const FloatAddTensors& tensors, const IntTensor& a,
                       const IntTensor& b) {
  const FloatAdd parameters = derive_float_add(tensors);
  IntTensor output(tensors.out.tensor.shape);
  for (std::size_t i = 0; i < output.data.size(); ++i) {
    const std::int64_t sum = apply_float_add(parameters, a.data[i] + tensors.a.offset, b.data[i] + tensors.b.offset);
    output.data[i] = clamp_output(layer, sum - tensors.out.offset);
  }
  return output;
}

}  // namespace

std::int32_t clamp_output(const QuantizedLayer& layer, std::int64_t value) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, layer.clamp_min, layer.clamp_max));
}

IntTensor add(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& a, const IntTensor& b) {
  const QuantizedTensor& ta = tensor(network, layer.inputs[0]);
  const QuantizedTensor& tb = tensor(network, layer.inputs[1]);
  const QuantizedTensor& tc = tensor(network, layer.output);
  check(a.shape == b.shape && a.shape == tc.shape, "residual add '" + layer.name + "': shapes differ");
  if (traits_of(network.preset).add_form == AddForm::kFloat)
    return add_in_float(layer, {{ta, sum_offset(layer, ta)}, {tb, sum_offset(layer, tb)}, {tc, sum_offset(layer, tc)}},
                        a, b);
  const ResidualAdd parameters = derive_residual_add(network.preset, ta.scale, tb.scale, tc.scale);
  // A centered value has one bit more than a stored one; shifted left it must fit the 32 bits of double rounding.
  if (parameters.a.preset == Preset::kTfliteRef && !parameters.integer_ratios &&
      std::max(ta.bits, tb.bits) + kLeftShiftBits > 31) {
    throw InputError("layer '" + layer.name + "': residual add with " + std::to_string(std::max(ta.bits, tb.bits)) +
                     "-bit activations overflows the 32 bits of preset " + std::string(to_string(network.preset)) +
                     "; accepted: up to 11 bits, or tflite_single, ort_mlas");
  }
  IntTensor output(tc.shape);
  for (std::size_t i = 0; i < output.data.size(); ++i) {
    const std::int64_t sum = apply_residual_add(parameters, a.data[i] - ta.zero_point, b.data[i] - tb.zero_point);
    output.data[i] = clamp_output(layer, sum + tc.zero_point);
  }
  return output;
}

IntTensor look_up(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input) {
  const std::int32_t lowest = -(1 << (tensor(network, layer.inputs[0]).bits - 1));
  IntTensor output(tensor(network, layer.output).shape);
  check(output.data.size() == input.data.size(), "look-up '" + layer.name + "': sizes differ");
  for (std::size_t i = 0; i < output.data.size(); ++i) {
    output.data[i] = clamp_output(layer, layer.lookup.at(static_cast<std::size_t>(input.data[i] - lowest)));
  }
  return output;
}

IntTensor concatenate(const QuantizedNetwork& network, const QuantizedLayer& layer,
                      const std::vector<const IntTensor*>& inputs) {
  const QuantizedTensor& out = tensor(network, layer.output);
  IntTensor output;
  output.shape = out.shape;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const QuantizedTensor& in = tensor(network, layer.inputs[i]);
    if (in.scale != out.scale || in.zero_point != out.zero_point) {
      throw InputError("layer '" + layer.name + "': input '" + in.name + "' has scale " + number_text(in.scale) +
                       " and zero point " + std::to_string(in.zero_point) +
                       ", concatenation needs those of the output");
    }
    output.data.insert(output.data.end(), inputs[i]->data.begin(), inputs[i]->data.end());
  }
  check(static_cast<std::int64_t>(output.data.size()) == element_count(out.shape),
        "concatenation '" + layer.name + "': sizes differ");
  return output;
}

IntTensor pad(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input) {
  const QuantizedTensor& out = tensor(network, layer.output);
  IntTensor output(out.shape, tensor(network, layer.inputs[0]).zero_point);
  const Window& w = layer.window;
  const Shape& in = input.shape;
  check(out.shape[1] == in[1] && out.shape[2] == in[2] + w.pad_top + w.pad_bottom &&
            out.shape[3] == in[3] + w.pad_left + w.pad_right,
        "padding '" + layer.name + "': output shape does not follow from the input's");
  for (std::int64_t row = 0; row < in[1] * in[2]; ++row) {
    const std::int64_t target = row / in[2] * out.shape[2] + row % in[2] + w.pad_top;
    std::copy_n(input.data.begin() + row * in[3], in[3], output.data.begin() + target * out.shape[3] + w.pad_left);
  }
  return output;
}

}  // namespace systoliq::sw_ref
