// SPDX-License-Identifier: Apache-2.0
// A waveform of the machine at level cycle: which blocks, which cycles, and the files that show them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "model/cycle/trace_sink.h"
#include "traces/vcd_writer.h"

namespace systoliq::traces {

/// Blocks named `block` (with or without "u_") and what lies up to `depth` levels below them; depth -1: all.
struct TraceScope {
  std::string block;
  int depth = -1;
};
/// "u_execute" or "u_execute:1". Throws InputError.
TraceScope parse_scope(const std::string& text);
/// Throws InputError for a scope whose block is not among `blocks`.
void check_scopes(const std::vector<TraceScope>& scopes, const std::set<std::string>& blocks);

struct TraceWindow {
  enum class Kind { kAll, kCycles, kLayer, kCommands } kind = Kind::kAll;
  std::int64_t first = 0, last = 0;  ///< cycles or commands, both included
  std::string layer;
  std::string text;  ///< as it was given, for messages
};
/// "1000:2000" (cycles), "layer:conv2" (a layer's name or number) or "command:12:15". A layer's or command's window
/// runs from its first command's start to the end of its last. Throws InputError.
TraceWindow parse_window(const std::string& text);

struct TraceOptions {
  std::string path;                ///< FILE.vcd; FILE.gtkw is written beside it
  std::vector<TraceScope> scopes;  ///< none: every block but the single PEs
  TraceWindow window;
};

/// One cycle is 10 units of 100 ps: what the viewer calls 1 ns is a cycle, and the number of nanoseconds is the number
/// of the cycle. The rising edge of clk_i begins it.
class CycleTrace final : public model::TraceSink {
 public:
  /// Throws InputError if the path does not end in .vcd or cannot be written.
  explicit CycleTrace(const TraceOptions& options);
  ~CycleTrace() override;

  bool enter(const std::string& block) override;
  void leave() override;
  void add_variable(const Variable& variable) override;
  /// Throws InputError where scope or window name something that does not exist.
  void begin(const model::Program& program) override;
  void command_started(int command, std::int32_t layer, std::int64_t cycle) override;
  void command_ended(int command, std::int32_t layer, std::int64_t cycle) override;
  void latch() override;
  void sample(std::int64_t cycle) override;
  /// Writes everything out. Throws InputError if a file cannot be written, or the window was never reached.
  void finish();

  /// Tells a cycle that is not sampled, so that messages know how long the run was.
  void pass(std::int64_t cycle) { last_seen_ = std::max(last_seen_, cycle); }
  std::int64_t sampled_cycles() const { return sampled_; }
  std::size_t variables() const { return variables_.size(); }

 private:
  struct Traced {
    const void* address = nullptr;
    int bytes = 0;
    std::uint64_t mask = 0, last = 0;
    std::uint64_t latched = 0;
    bool is_register = false;
    std::size_t wire = 0;
    std::string path;  ///< as the viewer knows it
    int bits = 0;
  };
  bool selected() const;
  void open_window(const model::Program& program);
  bool in_window(std::int64_t cycle) const;
  std::string save_file() const;

  TraceOptions options_;
  std::unique_ptr<VcdWriter> writer_;
  std::vector<std::string> blocks_;       ///< entered and not left
  std::vector<std::string> known_names_;  ///< of all blocks, for messages
  std::vector<Traced> variables_;
  std::size_t clock_ = 0, cycle_wire_ = 0;
  std::vector<bool> wanted_commands_;
  std::int64_t wanted_left_ = 0, first_sampled_ = -1, last_sampled_ = -1, last_seen_ = 0, sampled_ = 0;
  bool running_ = false, finished_ = false;
};

}  // namespace systoliq::traces
