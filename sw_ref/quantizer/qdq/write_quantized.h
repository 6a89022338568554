// SPDX-License-Identifier: Apache-2.0
// From the integer network to an ONNX QDQ model.
#pragma once

#include <string>

#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// Serializes as ONNX QDQ, opset 13: int8/uint8 activations, per-axis weight scales, int32 bias at scale Sx*Sw;
/// narrower widths as int8 with a Clip and their width in metadata. Passes onnx::checker. read_quantized() gives the
/// same integers.
std::string to_onnx_qdq(const QuantizedNetwork& network);

}  // namespace systoliq::sw_ref
