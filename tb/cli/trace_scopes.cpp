// SPDX-License-Identifier: Apache-2.0
// The machine declares its blocks when it runs, so it runs a program that only halts.
#include "tb/cli/trace_scopes.h"

#include <set>

#include "model/run_program.h"

namespace systoliq::cli {
namespace {

/// Takes the names and nothing else.
class BlockNames final : public model::TraceSink {
 public:
  bool enter(const std::string& block) override {
    names.insert(block);
    return true;
  }
  void leave() override {}
  void add_variable(const Variable&) override {}
  void begin(const model::Program&) override {}
  void command_started(int, std::int32_t, std::int64_t) override {}
  void command_ended(int, std::int32_t, std::int64_t) override {}
  void latch() override {}
  void sample(std::int64_t) override {}

  std::set<std::string> names;
};

model::Program halting_program() {
  model::Program program;
  program.layer_names = {"none"};
  program.commands.resize(1);
  program.commands.front().body = model::Halt{};
  for (const std::uint32_t word : model::encode(program.commands.front())) {
    for (int shift = 0; shift < 32; shift += 8) program.image.push_back(static_cast<std::uint8_t>(word >> shift));
  }
  return program;
}

}  // namespace

void check_trace_scopes(const std::vector<traces::TraceScope>& scopes, const model::AcceleratorConfig& config) {
  if (scopes.empty()) return;
  BlockNames blocks;
  const model::Program program = halting_program();
  model::run_program(program, config, model::Level::kCycle, program.image, false, &blocks);
  traces::check_scopes(scopes, blocks.names);
}

}  // namespace systoliq::cli
