// SPDX-License-Identifier: Apache-2.0
// The buffer words that a command reads, and those that a LOAD writes, as intervals from the first to the last.
#pragma once

#include <array>
#include <cstddef>

#include "model/config/accelerator_config.h"
#include "model/isa/command.h"
#include "model/tlm/write_log.h"

namespace systoliq::model {

struct CommandReads {
  std::array<BufferInterval, 4> intervals{};
  std::size_t count = 0;
  void add(BufferInterval::Buffer buffer, std::int64_t first, std::int64_t words) {
    if (words > 0) intervals[count++] = {buffer, first, words};
  }
  bool overwritten(const WriteLog& log, std::uint64_t since) const {
    return log.written_since(since, intervals.data(), count);
  }
};

CommandReads reads_of(const Execute& execute, const AcceleratorConfig& config);
CommandReads reads_of(const Post& post, const AcceleratorConfig& config);
CommandReads reads_of(const Store& store);

/// The words that a LOAD writes.
BufferInterval writes_of(const Load& load);

}  // namespace systoliq::model
