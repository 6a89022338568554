// SPDX-License-Identifier: Apache-2.0
// The writer's one entry.
#include "sw_ref/quantizer/qdq/write_quantized.h"

#include "sw_ref/quantizer/qdq/qdq_writer.h"

namespace systoliq::sw_ref {

std::string to_onnx_qdq(const QuantizedNetwork& network) { return QdqWriter(network).write(); }

}  // namespace systoliq::sw_ref
