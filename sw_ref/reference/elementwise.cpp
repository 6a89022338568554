// SPDX-License-Identifier: Apache-2.0
// Layers that treat every element alone, or only move it: residual add, look-up, concatenation, padding, moves.
#include <algorithm>
#include <string>

#include "sw_ref/reference/float_add.h"
#include "sw_ref/reference/layers.h"
#include "sw_ref/reference/product.h"
#include "sw_ref/reference/requantization.h"
#include "types/util/index.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

const QuantizedTensor& tensor(const QuantizedNetwork& network, int index) { return nth(network.tensors, index); }

/// Equal shapes, or a second operand of one pixel with as many channels.
void check_pair(const QuantizedLayer& layer, const IntTensor& a, const IntTensor& b, const QuantizedTensor& out) {
  const bool one_pixel = b.shape[1] == a.shape[1] && b.shape[2] == 1 && b.shape[3] == 1;
  check((a.shape == b.shape || one_pixel) && a.shape == out.shape,
        std::string(to_string(layer.op)) + " '" + layer.name + "': shapes differ");
}

/// Elements of `a` that share one of `b`.
std::size_t plane_of(const IntTensor& a, const IntTensor& b) { return a.data.size() / b.data.size(); }

/// Along rows or columns: in turn what each input holds of a channel, or of a row.
std::vector<std::int32_t> joined_slices(const std::vector<const IntTensor*>& inputs, std::size_t axis) {
  std::int64_t slices = 1;
  for (std::size_t i = 0; i < axis; ++i) slices *= inputs[0]->shape[i];
  std::vector<std::int32_t> joined;
  for (std::int64_t slice = 0; slice < slices; ++slice) {
    for (const IntTensor* input : inputs) {
      const auto size = static_cast<std::ptrdiff_t>(input->data.size()) / slices;
      joined.insert(joined.end(), input->data.begin() + slice * size, input->data.begin() + (slice + 1) * size);
    }
  }
  return joined;
}

IntTensor add_in_float(const QuantizedLayer& layer, const FloatAddTensors& tensors, const IntTensor& a,
                       const IntTensor& b) {
  const FloatAdd parameters = derive_float_add(tensors);
  const std::size_t plane = plane_of(a, b);
  IntTensor output(tensors.out.tensor.shape);
  for (std::size_t i = 0; i < output.data.size(); ++i) {
    const std::int64_t sum =
        apply_float_add(parameters, a.data[i] + tensors.a.offset, b.data[i / plane] + tensors.b.offset);
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
  check_pair(layer, a, b, tc);
  if (traits_of(network.preset).add_form == AddForm::kFloat) {
    return add_in_float(layer, {{ta, sum_offset(layer, ta)}, {tb, sum_offset(layer, tb)}, {tc, sum_offset(layer, tc)}},
                        a, b);
  }
  const ResidualAdd parameters = derive_residual_add(network.preset, ta.scale, tb.scale, tc.scale);
  // A centered value has one bit more than a stored one; shifted left it must fit the 32 bits of double rounding.
  if (parameters.a.preset == Preset::kTfliteRef && !parameters.integer_ratios &&
      std::max(ta.bits, tb.bits) + parameters.left_shift > 31) {
    throw InputError("layer '" + layer.name + "': residual add with " + std::to_string(std::max(ta.bits, tb.bits)) +
                     "-bit activations overflows the 32 bits of preset " + std::string(to_string(network.preset)) +
                     "; accepted: up to 11 bits, or tflite_single, ort_mlas");
  }
  const std::size_t plane = plane_of(a, b);
  IntTensor output(tc.shape);
  for (std::size_t i = 0; i < output.data.size(); ++i) {
    const std::int64_t sum =
        apply_residual_add(parameters, a.data[i] - ta.zero_point, b.data[i / plane] - tb.zero_point);
    output.data[i] = clamp_output(layer, sum + tc.zero_point);
  }
  return output;
}

IntTensor multiply(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& a, const IntTensor& b,
                   int multiplier_bits) {
  const QuantizedTensor& ta = tensor(network, layer.inputs[0]);
  const QuantizedTensor& tb = tensor(network, layer.inputs[1]);
  const QuantizedTensor& tc = tensor(network, layer.output);
  const Product product = derive_product(network.preset, ta.scale, tb.scale, tc, multiplier_bits);
  check_pair(layer, a, b, tc);
  const std::size_t plane = plane_of(a, b);
  IntTensor output(tc.shape);
  for (std::size_t i = 0; i < output.data.size(); ++i) {
    const std::int64_t centered = std::int64_t{a.data[i] - ta.zero_point} * (b.data[i / plane] - tb.zero_point);
    output.data[i] = clamp_output(layer, apply_product(product, centered));
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
    if (layer.axis == 1) output.data.insert(output.data.end(), inputs[i]->data.begin(), inputs[i]->data.end());
  }
  if (layer.axis != 1) output.data = joined_slices(inputs, static_cast<std::size_t>(layer.axis));
  check(static_cast<std::int64_t>(output.data.size()) == element_count(out.shape),
        "concatenation '" + layer.name + "': sizes differ");
  return output;
}

IntTensor move_elements(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input) {
  const QuantizedTensor& in = tensor(network, layer.inputs[0]);
  const QuantizedTensor& out = tensor(network, layer.output);
  if (in.scale != out.scale || in.zero_point != out.zero_point) {
    throw InputError("layer '" + layer.name + "': input '" + in.name + "' has scale " + number_text(in.scale) +
                     " and zero point " + std::to_string(in.zero_point) + ", a move needs those of the output");
  }
  IntTensor output;
  output.shape = out.shape;
  output.data.reserve(static_cast<std::size_t>(element_count(out.shape)));
  for (const std::int64_t channel : layer.move.channels) {
    for (const std::int64_t row : layer.move.rows) {
      for (const std::int64_t column : layer.move.columns) {
        output.data.push_back(input.data.at(static_cast<std::size_t>(channel + row + column)));
      }
    }
  }
  check(static_cast<std::int64_t>(output.data.size()) == element_count(out.shape),
        "move '" + layer.name + "': sizes differ");
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
