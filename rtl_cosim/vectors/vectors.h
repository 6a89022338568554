// SPDX-License-Identifier: Apache-2.0
// Stimuli and golden results of one run for any simulator: $readmemh files, an index, and self-checking test benches
// (docs/vectors.md). Three scopes: the requantization unit, the compute core, the accelerator.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/isa/program.h"
#include "types/quantized_network.h"

namespace systoliq::rtl {

struct VectorOptions {
  std::int64_t samples = 256;  ///< requantizations sampled a layer, beside the corner cases
  std::int64_t executes = 2;   ///< EXECUTE commands sampled a layer
  std::uint64_t seed = 1;      ///< of both samples
  std::string bench_folder;    ///< holds the test benches that are copied beside the vectors
};

/// One compiled network with its input in memory, on one machine.
struct VectorSource {
  const QuantizedNetwork& network;
  const model::Program& program;
  const model::AcceleratorConfig& config;
  const std::vector<std::uint8_t>& memory;
};

/// What was written.
struct VectorCounts {
  std::int64_t requantizations = 0, executes = 0, commands = 0, cycles = 0;
};

/// Writes every file of docs/vectors.md into `folder`, which is made where it is missing; index.json comes last, so a
/// folder that holds one is whole. Throws InputError where a file cannot be written or a bench cannot be read.
VectorCounts write_vectors(const std::string& folder, const VectorSource& source, const VectorOptions& options);

}  // namespace systoliq::rtl
