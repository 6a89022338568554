// SPDX-License-Identifier: Apache-2.0
// Collects layer outputs as they are written to the activation buffer, for comparison; the machine does not know of it.
#pragma once

#include <cstdint>
#include <vector>

#include "model/functional/storage.h"
#include "model/isa/program.h"

namespace systoliq::model {

class ProbeRecorder final {
 public:
  ProbeRecorder() = default;
  /// Records nothing unless `enabled`.
  ProbeRecorder(const Program& program, bool enabled);

  /// To be called when POST number `command` has committed its words.
  void completed(std::int64_t command, const Post& post, Storage& state);

  /// Stored integers of every observed tensor, indexed as the network's; empty where nothing was observed.
  std::vector<IntTensor> take() { return std::move(tensors_); }

 private:
  const Program* program_ = nullptr;
  std::size_t last_found_ = 0;  ///< probes ascend and so do POST commands
  std::vector<IntTensor> tensors_;
};

}  // namespace systoliq::model
