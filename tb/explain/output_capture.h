// SPDX-License-Identifier: Apache-2.0
// Watches a run, of the model or of the RTL, and keeps what its buffers held of one output.
#pragma once

#include <cstdint>
#include <vector>

#include "model/functional/command_observer.h"
#include "model/functional/operands.h"
#include "tb/explain/output_place.h"

namespace systoliq::tb {

struct CapturedExecute {
  std::int64_t start = 0, end = 0;  ///< cycles
  std::vector<model::ExecuteOperand> operands;
  std::int64_t bias = 0;  ///< of the param word; 0 where the command goes on from the accumulator
  std::int64_t accumulator = 0;
};

/// Empty where the run never came to a command.
struct CapturedOutput {
  std::vector<CapturedExecute> executes;  ///< as OutputPlace::executes
  std::vector<model::PostOperand> operands;
  std::int64_t accumulator = 0;  ///< requantize
  model::ParamEntry params;      ///< requantize
  std::int64_t table_entry = 0;  ///< look-up
  std::int64_t post_start = 0, post_end = 0, write_cycle = 0, store_end = 0;
  std::int64_t result = 0;  ///< the lane after the POST
};

class OutputCapture final : public model::CommandObserver {
 public:
  /// Both must outlive this object.
  OutputCapture(const model::Program& program, const OutputPlace& place);

  void started(std::int64_t command, std::int64_t cycle, model::Storage& state) override;
  void ended(std::int64_t command, std::int64_t cycle, model::Storage& state) override;
  void activations_written(std::int64_t command, std::int64_t cycle, std::int64_t address, int lane,
                           int lanes) override;

  /// Throws InternalError where the run did not reach the POST.
  const CapturedOutput& captured() const;

 private:
  std::size_t execute_index(std::int64_t command) const;
  void start_post(model::Storage& state);

  const model::Program& program_;
  const OutputPlace& place_;
  CapturedOutput captured_;
  int rows_ = 1;
  bool complete_ = false;
};

}  // namespace systoliq::tb
