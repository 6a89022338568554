// SPDX-License-Identifier: Apache-2.0
// change_preset(): every factor of the network must exist under the new preset.
#include "sw_ref/quantizer/integer/change_preset.h"

#include "sw_ref/quantizer/integer/divisor_form.h"
#include "sw_ref/quantizer/metadata_keys.h"
#include "sw_ref/reference/requantization.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// `scales`: of the weights, or of a product's second operand.
void check_factors(const QuantizedNetwork& network, const QuantizedLayer& layer, Preset preset,
                   const std::vector<float>& scales) {
  const float scale_x = nth(network.tensors, layer.inputs.at(0)).scale;
  const float scale_y = nth(network.tensors, layer.output).scale;
  for (const float scale_w : scales) {
    try {
      derive_requantization(preset, scale_x, scale_w, scale_y, has_float_product(layer));
    } catch (const InputError& error) {
      throw InputError("preset " + std::string(to_string(preset)) + ": layer '" + layer.name + "': " + error.what() +
                       "; accepted: a preset that these scales allow (the file's is " +
                       std::string(to_string(network.preset)) + ")");
    }
  }
}

}  // namespace

void change_preset(QuantizedNetwork* network, Preset preset) {
  for (const auto& entry : network->metadata) {
    if (entry.first.rfind(kDivisorKey, 0) != 0 || takes_divisors(preset)) continue;
    throw InputError("preset " + std::string(to_string(preset)) +
                     ": the network was quantized by divisors (metadata '" + entry.first +
                     "'); accepted: " + presets_with_divisors());
  }
  for (const QuantizedLayer& layer : network->layers) {
    if (has_weights(layer.op)) check_factors(*network, layer, preset, layer.weight_scales);
    if (layer.op == LayerOp::kMultiply) {
      check_factors(*network, layer, preset, {nth(network->tensors, layer.inputs.at(1)).scale});
    }
  }
  network->preset = preset;
}

}  // namespace systoliq::sw_ref
