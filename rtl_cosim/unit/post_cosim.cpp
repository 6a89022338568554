// SPDX-License-Identifier: Apache-2.0
// Model and engine start from the same buffers and are compared after each command.
#include "rtl_cosim/unit/post_cosim.h"

#include <algorithm>
#include <utility>

#include "model/functional/post.h"
#include "model/timing/compute_timing.h"
#include "rtl_cosim/core/differing_bits.h"
#include "rtl_cosim/unit/post_explain.h"
#include "rtl_cosim/unit/random_post.h"

namespace systoliq::rtl {
namespace {

constexpr std::int64_t kCommandsPerFilling = 16;  ///< of the activation and accumulator buffers

class PostCosim final {
 public:
  PostCosim(PostUnit& unit, std::uint64_t seed, bool exact_cycles)
      : unit_(unit), exact_cycles_(exact_cycles), random_(unit.build().config, seed), waits_(~seed) {
    model_.configure(unit.build().config);
  }

  PostReport run(model::PostOp op, Preset preset, std::int64_t commands) {
    unit_.reset();
    for (; report_.commands < commands && report_.mismatch.empty(); ++report_.commands) {
      if (report_.commands % kCommandsPerFilling == 0) random_.fill_buffers(model_);
      model::Command command;
      command.signal = static_cast<std::uint16_t>(waits_.next());
      command.layer = static_cast<std::int32_t>(report_.commands);
      command.body = random_.next(op, preset, model_);
      one(command);
    }
    return report_;
  }

  PostReport run_large_windows(Preset preset, int taps, std::int64_t commands) {
    unit_.reset();
    for (; report_.commands < commands && report_.mismatch.empty(); ++report_.commands) {
      random_.fill_buffers(model_);
      model::Command command;
      command.body = random_.large_window(model::PostOp::kAveragePool, preset, taps, report_.commands);
      one(command);
    }
    return report_;
  }

 private:
  void one(const model::Command& command) {
    const auto& post = std::get<model::Post>(command.body);
    rtl_ = before_ = model_;
    model::Staged staged;
    model::LayerCounters counters;
    model::compute_post(model_, post, &staged, &counters);
    model::commit_post(model_, staged);
    options_.waiting_cycles = waits_.one_in(2) ? 0 : static_cast<int>(waits_.between(1, 3));
    const PostRunReport found = unit_.run(command, options_, rtl_);
    noise_ = found.noise;
    report_.cycles += found.cycles;
    for (const model::StagedRun& run : staged.runs) report_.words += run.repeat;
    const std::int64_t cycles = model::post_cycles(post, unit_.build().config);
    if (!found.error.empty()) return fail(command, found.error);
    if (exact_cycles_ && found.cycles != cycles) {
      report_.cycle_difference = found.cycles - cycles;
      return fail(command, "expected " + std::to_string(cycles) + " cycles, found " + std::to_string(found.cycles));
    }
    if (found.signal != command.signal) return fail(command, "signals other semaphores");
    compare_buffers(command);
  }

  void compare_buffers(const model::Command& command) {
    const int rows = unit_.build().config.array.rows;
    const std::int64_t words = unit_.build().config.activation_words();
    const std::int16_t* expected = model_.activations.words(0, words);
    const std::int16_t* found = rtl_.activations.words(0, words);
    const auto at = std::mismatch(expected, expected + words * rows, found).first - expected;
    if (at == words * rows) return;
    for (std::int64_t i = at; i < words * rows; ++i) {
      report_.mismatched_bits += differing_bits(expected[i], found[i], unit_.build().config.datatypes.activation_bits);
    }
    fail(command,
         "word " + std::to_string(at / rows) + ", lane " + std::to_string(at % rows) + ": expected " +
             std::to_string(expected[at]) + ", found " + std::to_string(found[at]) + "\n  " +
             explain_post(std::get<model::Post>(command.body), at / rows, static_cast<int>(at % rows), model_));
  }

  void fail(const model::Command& command, const std::string& what) {
    report_.mismatch = unit_.build().name + ", command " + std::to_string(report_.commands) + ": " + what + "\n  " +
                       model::disassemble(command);
    PostFailure failure{std::move(before_), command, options_, options_.waiting_cycles};
    failure.options.noise = noise_;
    failure.cycles += model::post_cycles(std::get<model::Post>(command.body), unit_.build().config);
    report_.failure = std::move(failure);
  }

  PostUnit& unit_;
  bool exact_cycles_;
  RandomPost random_;
  Random waits_;
  model::Storage model_, rtl_, before_;
  PostRunOptions options_;
  Random noise_{0};  ///< of the last command
  PostReport report_;
};

}  // namespace

PostReport cosim_post(PostUnit& unit, model::PostOp op, Preset preset, std::int64_t commands, std::uint64_t seed,
                      bool exact_cycles) {
  return PostCosim(unit, seed, exact_cycles).run(op, preset, commands);
}

PostReport cosim_large_windows(PostUnit& unit, Preset preset, int taps, std::int64_t commands, std::uint64_t seed) {
  return PostCosim(unit, seed, true).run_large_windows(preset, taps, commands);
}

}  // namespace systoliq::rtl
