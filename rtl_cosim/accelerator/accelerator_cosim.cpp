// SPDX-License-Identifier: Apache-2.0
// Steps the RTL and compares whenever a command ends.
#include "rtl_cosim/accelerator/accelerator_cosim.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <deque>
#include <optional>
#include <utility>

#include "model/isa/command_error.h"
#include "model/isa/csr.h"
#include "model/isa/rtl_coverage.h"
#include "model/run_program.h"
#include "rtl_cosim/accelerator/golden_commands.h"
#include "rtl_cosim/core/differing_bits.h"
#include "types/error.h"

namespace systoliq::rtl {
namespace {

constexpr std::size_t kDecoder = 4;          ///< after the four engines: FENCE and HALT
constexpr std::int64_t kPatience = 100'000;  ///< cycles beyond the model's in which the RTL may still end

class LockStep final {
 public:
  LockStep(AcceleratorDevice& device, const model::Program& program, const model::AcceleratorConfig& config,
           const std::vector<std::uint8_t>& memory, const AcceleratorCosimOptions& options)
      : device_(device), program_(program), memory_(memory), options_(options), golden_(program, config, memory) {
    run_model(config);
    for (const std::string& layer : program.layer_names) report_.layers.push_back({layer, 0, 0, 0, 0});
    for (std::size_t i = 0; i < program.commands.size(); ++i) {
      if (model_.command_end_cycle[i] == 0) {  // behind the end of the run, or dropped
        golden_.skip(i);
        continue;
      }
      const std::size_t opcode = program.commands[i].body.index();
      pending_[opcode < 2 ? kDecoder : opcode - 2].push_back(i);
    }
  }

  AcceleratorReport run() {
    const std::clock_t begin = std::clock();
    start();
    while (!report_.first_divergence && !ended_) step();
    if (!report_.first_divergence) finish();
    report_.seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    return std::move(report_);
  }

 private:
  void run_model(const model::AcceleratorConfig& config) {
    model::require_rtl(program_, "co-simulation");
    try {
      model_ = model::run_program(program_, config, model::Level::kTransaction, memory_);
    } catch (const model::CommandError& error) {
      bad_ = error;
      model_.cycles = error.cycles();
      model_.memory = error.done().memory;
      model_.command_end_cycle = error.done().command_end_cycle;
    }
    last_ = model_.command_end_cycle.size() - 1;
    model_.command_end_cycle.resize(program_.commands.size(), 0);
  }

  void start() {
    try {
      device_.start(program_.command_address, static_cast<std::uint32_t>(program_.commands.size()), memory_);
    } catch (const InternalError& error) {
      diverge(-1, 0, "a started machine", error.what(), "reset and start, through the registers");
    }
  }

  void step() {
    const std::int64_t cycle = device_.cycle();
    if (cycle > model_.cycles + kPatience) return report_missing_end(cycle, "not ended");
    AcceleratorEvents events;
    try {
      events = device_.step();
    } catch (const InternalError& error) {  // an assertion of the RTL, or the protocol of its ports
      return report_missing_end(cycle, error.what());
    }
    for (std::size_t e = 0; e < events.done.size(); ++e) {
      if (events.done[e]) ended(e, cycle + 1);
      if (report_.first_divergence) return;
    }
    if (events.retired) ended(kDecoder, cycle + 1);
    if (events.interrupt && !ended_ && !report_.first_divergence) stopped(cycle);
  }

  /// The interrupt rose without a HALT: the run took `cycles`.
  void stopped(std::int64_t cycles) {
    if (!bad_ || oldest_pending() < program_.commands.size())
      return report_missing_end(cycles, "an error in its status");
    ended_ = true;
    report_.cycles = cycles;
    report_.checks += 1;
    if (cycles == model_.cycles) return;
    report_.cycle_difference = cycles - model_.cycles;
    diverge(-1, cycles, std::to_string(model_.cycles), std::to_string(cycles), "end by a bad command, in cycles");
  }

  void ended(std::size_t engine, std::int64_t end) {
    if (pending_[engine].empty()) return report_unknown_end(engine, end);
    const std::size_t index = pending_[engine].front();
    pending_[engine].pop_front();
    const std::int64_t expected = model_.command_end_cycle[index];
    report_.checks += 1;
    report_.commands += 1;
    report_.cycles = end;
    LayerChecks& layer = layer_of(index);
    ++layer.commands;
    layer.rtl_end = std::max(layer.rtl_end, end);
    layer.model_end = std::max(layer.model_end, expected);
    if (end != expected) {
      report_.cycle_difference = end - expected;
      return diverge(static_cast<std::int64_t>(index), end, std::to_string(expected), std::to_string(end),
                     "end of the command, in cycles");
    }
    ended_ = !bad_ && index == last_;
    if (options_.data && engine != kDecoder) compare_writes(index, end);
  }

  void compare_writes(std::size_t index, std::int64_t end) {
    const CommandWrites writes = golden_.take(index);
    std::optional<Difference> first;
    for (const WrittenLanes& piece : writes.pieces) {
      for (std::size_t i = 0; i < piece.values.size(); ++i) {
        const int lane = piece.lane + static_cast<int>(i);
        const std::int64_t found = held_lane(device_.state(), device_.memory(), writes.where, piece.address, lane);
        ++report_.checks;
        ++layer_of(index).values;
        if (found == piece.values[i]) continue;
        report_.mismatched_bits += differing_bits(found, piece.values[i], writes.bits);
        if (!first) first = Difference{piece.address, lane, piece.values[i], found};
      }
    }
    if (!first) return;
    const Explanation explanation = explain(program_, index, *first, device_.state());
    diverge(static_cast<std::int64_t>(index), end, std::to_string(first->expected), std::to_string(first->found),
            explanation.text());
    report_.first_divergence->explanation = explanation;
  }

  LayerChecks& layer_of(std::size_t command) {
    const auto layer = static_cast<std::size_t>(program_.commands[command].layer);
    return layer < report_.layers.size() ? report_.layers[layer] : unnamed_;
  }
  std::string layer_name(std::int32_t layer) const {
    const auto index = static_cast<std::size_t>(layer);
    return index < program_.layer_names.size() ? program_.layer_names[index] : "";
  }

  /// After the run: commands that never ended, memory as a whole, and the registers that software reads.
  void finish() {
    if (oldest_pending() < program_.commands.size()) return report_missing_end(report_.cycles, "not ended before HALT");
    report_.cycle_difference = report_.cycles - model_.cycles;
    const std::vector<std::uint8_t>& found = device_.memory();
    report_.checks += static_cast<std::int64_t>(found.size()) + 1;
    for (std::size_t i = 0; i < found.size() && options_.data; ++i) {
      if (found[i] == model_.memory[i]) continue;
      report_.mismatched_bits += differing_bits(found[i], model_.memory[i], 8);
      if (report_.first_divergence) continue;
      diverge(-1, report_.cycles, std::to_string(model_.memory[i]), std::to_string(found[i]),
              "byte " + std::to_string(i) + " of memory after the last command");
    }
    if (!report_.first_divergence) compare_registers();
  }

  void compare_registers() {
    using model::Csr;
    const std::int64_t low = model_.cycles & 0xFFFF'FFFF;
    if (compare_register(Csr::kCyclesLow, low, "register of cycles") != low) return;
    compare_register(Csr::kCyclesHigh, model_.cycles >> 32, "register of cycles, high word");
    compare_register(Csr::kStatus, bad_ ? model::kStatusError : model::kStatusDone, "register of status");
    const std::int64_t command =
        compare_register(Csr::kErrorCommand, bad_ ? bad_->command() : 0, "register of the bad command");
    const std::int64_t code = compare_register(Csr::kErrorCode, bad_ ? bad_->code() : 0, "register of the error");
    if (!bad_ || report_.first_divergence) return;
    report_.bad_command = command;
    report_.error_code = static_cast<std::uint32_t>(code);
  }

  /// What the register holds; nothing is read any more once something differs.
  std::int64_t compare_register(model::Csr csr, std::int64_t expected, const std::string& what) {
    if (report_.first_divergence) return 0;
    std::int64_t found = 0;
    try {
      found = device_.read_register(static_cast<std::uint32_t>(csr));
    } catch (const InternalError& error) {
      diverge(-1, report_.cycles, std::to_string(expected), error.what(), what);
      return 0;
    }
    report_.checks += 1;
    if (found == expected) return found;
    if (csr == model::Csr::kCyclesLow) report_.cycle_difference = found - expected;
    diverge(-1, report_.cycles, std::to_string(expected), std::to_string(found), what);
    return found;
  }

  /// The oldest command that has not ended; none: the program's length.
  std::size_t oldest_pending() const {
    std::size_t index = program_.commands.size();
    for (const auto& pending : pending_) {
      if (!pending.empty()) index = std::min(index, pending.front());
    }
    return index;
  }

  void report_unknown_end(std::size_t engine, std::int64_t cycle) {
    constexpr std::array<const char*, 5> kNames = {"a LOAD", "an EXECUTE", "a POST", "a STORE", "a FENCE or HALT"};
    const std::size_t index = oldest_pending();
    const bool after = index == program_.commands.size();
    diverge(after ? -1 : static_cast<std::int64_t>(index), cycle, "no further end",
            std::string("the end of ") + kNames[engine] + " that the RTL was not given",
            after ? "ends of commands" : "ends of commands; this one is the oldest that has not ended");
  }

  void report_missing_end(std::int64_t cycle, const std::string& found) {
    const std::size_t index = oldest_pending();
    if (index == program_.commands.size())
      return diverge(-1, cycle, bad_ ? "the end by a bad command" : "an idle machine", found,
                     "the machine after its last command");
    const std::int64_t expected = model_.command_end_cycle[index];
    report_.cycle_difference = cycle - expected;
    diverge(static_cast<std::int64_t>(index), cycle, std::to_string(expected), found, "end of the command, in cycles");
  }

  void diverge(std::int64_t command, std::int64_t cycle, const std::string& expected, const std::string& found,
               const std::string& what) {
    Divergence divergence;
    divergence.command = command;
    divergence.cycle = cycle;
    divergence.expected = expected;
    divergence.found = found;
    std::string place = cycle == 0 ? "before the first command" : "after the last command";
    if (command >= 0) {
      const model::Command& of = program_.commands[static_cast<std::size_t>(command)];
      divergence.layer = layer_name(of.layer);
      place = "layer " + std::to_string(of.layer) + " '" + divergence.layer + "', command " + std::to_string(command) +
              ", RTL cycle " + std::to_string(cycle) + "\n  " + model::disassemble(of);
    }
    divergence.text = place + "\n  " + what + "\n  expected " + expected + ", found " + found;
    report_.first_divergence = std::move(divergence);
  }

  AcceleratorDevice& device_;
  const model::Program& program_;
  const std::vector<std::uint8_t>& memory_;
  AcceleratorCosimOptions options_;
  GoldenCommands golden_;
  model::RunResult model_;
  std::array<std::deque<std::size_t>, 5> pending_;  ///< commands not yet ended, per engine and for the decoder
  std::optional<model::CommandError> bad_;          ///< the model's run ended by it
  AcceleratorReport report_;
  LayerChecks unnamed_;   ///< of layers that the program does not name
  std::size_t last_ = 0;  ///< command that was decoded; without a bad command it is HALT
  bool ended_ = false;    ///< the run, by HALT or by a bad command
};

}  // namespace

AcceleratorReport run_accelerator_cosim(AcceleratorDevice& device, const model::Program& program,
                                        const model::AcceleratorConfig& config, const std::vector<std::uint8_t>& memory,
                                        const AcceleratorCosimOptions& options) {
  return LockStep(device, program, config, memory, options).run();
}

}  // namespace systoliq::rtl
