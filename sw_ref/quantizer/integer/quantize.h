// SPDX-License-Identifier: Apache-2.0
// Post-training quantization: calibrates a float Graph and yields the integer network.
#pragma once

#include <string>
#include <vector>

#include "sw_ref/quantizer/calibration/equalization.h"
#include "sw_ref/quantizer/integer/bias_correction.h"
#include "sw_ref/quantizer/integer/codebook.h"
#include "sw_ref/quantizer/options.h"
#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// What quantize() saw on its way.
struct QuantizeReport {
  std::vector<CodebookError> codebooks;
  std::vector<std::string> moved_zero_points;  ///< activations whose zero point had to be moved into the stored range
  std::vector<BiasCorrection> bias_corrections;
  EqualizeReport equalization;
};

/// Quantizes: folds batch norm, fuses ReLU/Clip into clamps, Pad into convolutions, Flatten+Gemm into convolutions,
/// calibrates on `images` (each the network's input tensor). Throws InputError naming node and reason.
QuantizedNetwork quantize(const Graph& graph, const std::vector<FloatTensor>& images, const QuantizeOptions& options,
                          QuantizeReport* report = nullptr);

}  // namespace systoliq::sw_ref
