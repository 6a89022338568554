// SPDX-License-Identifier: Apache-2.0
// What the compiler produces and the machine consumes: commands, the memory image, and where tensors lie in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/config/accelerator_config.h"
#include "model/isa/command.h"
#include "model/isa/mapping.h"
#include "types/accumulation.h"
#include "types/quantized_network.h"

namespace systoliq::model {

/// Where a tensor lies in external memory: pixel (y, x) from byte
///   address + (y * width + x) * blocks * word_bytes
/// on, its channels side by side from the least significant bit, two's complement, the tensor's own `bits` each. A
/// pixel is one record of `lanes` = channels, rounded up to whole bytes; but a record for each of `blocks` words of the
/// machine's lanes, padded with the zero point, where a pooling stores slices that do not begin on bytes.
struct TensorPlacement {
  int tensor = -1;  ///< index into QuantizedNetwork::tensors
  std::int64_t address = 0;
  int lanes = 0, blocks = 0, word_bytes = 0, bits = 8;
};

/// Where a test bench sees a layer's output without moving it: when POST number `command` completes, the words it wrote
/// are rows y, y + step_y, … and columns x, x + step_x, … of the tensor, from channel `channel` +
/// POST.channel_offset on.
struct Probe {
  std::int64_t command = 0;  ///< index into Program::commands
  int tensor = -1;           ///< index into QuantizedNetwork::tensors
  int y = 0, x = 0;
  int step_y = 1, step_x = 1;  ///< between the rows and between the columns that it wrote
  int channel = 0;             ///< of the first word that it wrote
};

struct Program {
  std::vector<Command> commands;  ///< ends with HALT
  std::vector<std::uint8_t>
      image;  ///< initial memory: constants layer by layer, tensors, commands (at command_address)
  std::int64_t command_address = 0;
  std::vector<TensorPlacement> placements;  ///< network inputs and outputs, and tensors that pass through memory
  std::vector<Probe> probes;                ///< by command, ascending
  std::vector<Shape> tensor_shapes;         ///< [1, c, h, w], indexed as QuantizedNetwork::tensors
  std::vector<std::string> layer_names;     ///< index = Command::layer
  std::vector<KernelTapPacking> packing;    ///< per network layer
  std::vector<std::int64_t> weight_bytes;   ///< per layer, in the image
  Mapping mapping;                          ///< that the commands follow
};

/// Compiles a network for a machine, in the mapping given or, for null, the best that is found. Throws InputError
/// naming the layer when a tile cannot fit (with the smallest buffer that would), or for anything the machine cannot
/// represent.
Program compile(const QuantizedNetwork& network, const AcceleratorConfig& config, const Mapping* mapping = nullptr);

/// Writes a tensor's integers [1, c, h, w] into memory at its placement, and reads them back.
void pack_tensor(const IntTensor& values, std::int32_t zero_point, const TensorPlacement& placement,
                 std::vector<std::uint8_t>& memory);
IntTensor unpack_tensor(const Shape& shape, const TensorPlacement& placement, const std::vector<std::uint8_t>& memory);

}  // namespace systoliq::model
