// SPDX-License-Identifier: Apache-2.0
// What `systoliq run --output DIR` writes.
#pragma once

#include <string>

#include "tb/compare/bench.h"
#include "tb/workload/workload.h"

namespace systoliq::cli {

/// Writes every output of the graph as NAME.npy, in its type and shape with all images along the first axis (float32
/// where the graph dequantizes, int8 or uint8 where it does not), and beside it as NAME.int.npy the integers of the
/// quantized tensor, int8 or uint8 as the file stores them; with `all_layers` likewise every layer's output, float32
/// and [n, c, h, w]. Files are named as FileNames does; names.json, which comes last, maps every name of an output, a
/// layer or its tensor to its files. An output that the host computes has no integers, and its own type. `report`: of a
/// run that kept its outputs. Throws InputError.
void write_outputs(const std::string& folder, const tb::Workload& workload, const tb::NetworkReport& report,
                   bool all_layers);

}  // namespace systoliq::cli
