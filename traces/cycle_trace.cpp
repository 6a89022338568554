// SPDX-License-Identifier: Apache-2.0
// Choice of blocks and cycles, and the writing of what changes.
#include "traces/cycle_trace.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <set>

#include "model/isa/program.h"
#include "traces/gtkwave_save.h"
#include "types/error.h"
#include "types/util/atomic_file.h"

namespace systoliq::traces {
namespace {

constexpr std::int64_t kCycleTime = 10;
constexpr const char* kTop = "systoliq_accelerator";
constexpr const char* kWindows = "accepted: FIRST:LAST (cycles), layer:NAME, command:FIRST:LAST";

bool to_number(const std::string& text, std::int64_t* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc{} && end == text.data() + text.size() && *number >= 0;
}

std::string without_prefix(const std::string& block) { return block.rfind("u_", 0) == 0 ? block.substr(2) : block; }

std::string stem(const std::string& path) { return path.substr(0, path.size() - 4); }

/// "sum_q", "count_q_3": registers.
bool is_register_name(const std::string& name) {
  const std::size_t at = name.rfind("_q");
  return at != std::string::npos && (at + 2 == name.size() || name[at + 2] == '_');
}

std::uint64_t read_value(const void* address, int bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, address, static_cast<std::size_t>(bytes));  // little endian
  return value;
}

}  // namespace

TraceScope parse_scope(const std::string& text) {
  TraceScope scope;
  const std::size_t colon = text.find(':');
  scope.block = text.substr(0, colon);
  std::int64_t depth = 0;
  const bool bad = scope.block.empty() || (colon != std::string::npos && !to_number(text.substr(colon + 1), &depth));
  if (bad || depth > 100) {
    throw InputError("--trace-scope '" + text + "': accepted: BLOCK or BLOCK:DEPTH, as u_execute or u_execute:1");
  }
  if (colon != std::string::npos) scope.depth = static_cast<int>(depth);
  return scope;
}

void check_scopes(const std::vector<TraceScope>& scopes, const std::set<std::string>& blocks) {
  for (const TraceScope& scope : scopes) {
    const bool known = std::any_of(blocks.begin(), blocks.end(), [&](const std::string& name) {
      return without_prefix(name) == without_prefix(scope.block);
    });
    if (known) continue;
    std::string accepted;
    for (const std::string& name : blocks) {
      if (name.rfind("pe_", 0) != 0) accepted += (accepted.empty() ? "" : ", ") + name;
    }
    throw InputError("--trace-scope '" + scope.block + "': there is no such block; accepted: " + accepted +
                     ", and single PEs, as pe_0_0");
  }
}

TraceWindow parse_window(const std::string& text) {
  TraceWindow window;
  window.text = text;
  std::string rest = text;
  window.kind = TraceWindow::Kind::kCycles;
  if (text.rfind("layer:", 0) == 0) {
    window.kind = TraceWindow::Kind::kLayer;
    window.layer = text.substr(6);
    if (window.layer.empty()) throw InputError("--trace-window '" + text + "': no layer named; " + kWindows);
    return window;
  }
  if (text.rfind("command:", 0) == 0) {
    window.kind = TraceWindow::Kind::kCommands;
    rest = text.substr(8);
    if (rest.find(':') == std::string::npos) rest += ":" + rest;
  }
  const std::size_t colon = rest.find(':');
  const bool numbers = colon != std::string::npos && to_number(rest.substr(0, colon), &window.first) &&
                       to_number(rest.substr(colon + 1), &window.last);
  if (!numbers || window.last < window.first) {
    throw InputError("--trace-window '" + text + "' is no range of numbers in ascending order; " + kWindows);
  }
  return window;
}

CycleTrace::CycleTrace(const TraceOptions& options) : options_(options) {
  const std::string& path = options.path;
  if (path.size() < 5 || path.substr(path.size() - 4) != ".vcd") {
    throw InputError("--trace '" + path + "': accepted: a file name that ends in .vcd");
  }
  writer_ = std::make_unique<VcdWriter>(path);
  clock_ = writer_->add({kTop}, "clk_i", 1);
  cycle_wire_ = writer_->add({kTop}, "cycle", 64);
}

CycleTrace::~CycleTrace() = default;

/// Without scopes: all but the single PEs, which lie four levels below the top.
bool CycleTrace::selected() const {
  if (options_.scopes.empty()) return blocks_.size() <= 4;
  return std::any_of(options_.scopes.begin(), options_.scopes.end(), [this](const TraceScope& scope) {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      if (without_prefix(blocks_[i]) != without_prefix(scope.block)) continue;
      if (scope.depth < 0 || static_cast<int>(blocks_.size() - 1 - i) <= scope.depth) return true;
    }
    return false;
  });
}

bool CycleTrace::enter(const std::string& block) {
  blocks_.push_back(block);
  known_names_.push_back(block);
  return selected();
}

void CycleTrace::leave() { blocks_.pop_back(); }

void CycleTrace::add_variable(const Variable& variable) {
  if (!selected()) return;
  Traced traced;
  traced.address = variable.address;
  traced.bytes = variable.bytes;
  traced.bits = variable.bits;
  traced.is_register = is_register_name(variable.name);
  traced.mask = variable.bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << variable.bits) - 1;
  traced.wire = writer_->add(blocks_, variable.name, variable.bits);
  for (const std::string& block : blocks_) traced.path += block + ".";
  traced.path += variable.name;
  if (variable.bits > 1) traced.path += "[" + std::to_string(variable.bits - 1) + ":0]";
  variables_.push_back(traced);
}

void CycleTrace::begin(const model::Program& program) {
  check_scopes(options_.scopes, {known_names_.begin(), known_names_.end()});
  open_window(program);
  writer_->begin("100 ps", "systoliq, level cycle; a cycle is 1 ns, cycle n begins at n ns");
}

void CycleTrace::open_window(const model::Program& program) {
  const TraceWindow& window = options_.window;
  if (window.kind == TraceWindow::Kind::kAll || window.kind == TraceWindow::Kind::kCycles) return;
  std::int64_t layer = -1;
  if (window.kind == TraceWindow::Kind::kLayer) {
    const auto name = std::find(program.layer_names.begin(), program.layer_names.end(), window.layer);
    if (name != program.layer_names.end()) {
      layer = name - program.layer_names.begin();
    } else if (!to_number(window.layer, &layer) || layer >= static_cast<std::int64_t>(program.layer_names.size())) {
      std::string names;
      for (const std::string& each : program.layer_names) names += (names.empty() ? "" : ", ") + each;
      throw InputError("--trace-window '" + window.text + "': there is no layer '" + window.layer + "'; accepted: " +
                       names + ", or their numbers, 0 to " + std::to_string(program.layer_names.size() - 1));
    }
  }
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    const bool for_engine = program.commands[i].body.index() >= 2;
    const bool wanted = layer >= 0 ? program.commands[i].layer == layer : index >= window.first && index <= window.last;
    wanted_commands_.push_back(for_engine && wanted);
    wanted_left_ += for_engine && wanted ? 1 : 0;
  }
  if (wanted_left_ == 0) {
    throw InputError("--trace-window '" + window.text +
                     "': no engine has a command in it; accepted: command:FIRST:LAST of the commands 0 to " +
                     std::to_string(program.commands.size() - 1));
  }
}

void CycleTrace::command_started(int command, std::int32_t, std::int64_t) {
  if (!wanted_commands_.empty() && wanted_commands_[static_cast<std::size_t>(command)]) running_ = true;
}

void CycleTrace::command_ended(int command, std::int32_t, std::int64_t) {
  if (wanted_commands_.empty() || !wanted_commands_[static_cast<std::size_t>(command)]) return;
  if (--wanted_left_ == 0) running_ = false;
}

bool CycleTrace::in_window(std::int64_t cycle) const {
  switch (options_.window.kind) {
    case TraceWindow::Kind::kAll:
      return true;
    case TraceWindow::Kind::kCycles:
      return cycle >= options_.window.first && cycle <= options_.window.last;
    case TraceWindow::Kind::kLayer:
    case TraceWindow::Kind::kCommands:
      break;
  }
  return running_;
}

void CycleTrace::latch() {
  if (finished_) return;
  for (Traced& traced : variables_) {
    if (traced.is_register) traced.latched = read_value(traced.address, traced.bytes);
  }
}

void CycleTrace::sample(std::int64_t cycle) {
  if (finished_) return;
  pass(cycle);
  if (!in_window(cycle)) return;
  const bool first = sampled_++ == 0;
  if (first) first_sampled_ = cycle;
  last_sampled_ = cycle;
  writer_->time(cycle * kCycleTime);
  writer_->change(clock_, 1);
  writer_->change(cycle_wire_, static_cast<std::uint64_t>(cycle));
  for (Traced& traced : variables_) {
    const std::uint64_t now = traced.is_register ? traced.latched : read_value(traced.address, traced.bytes);
    const std::uint64_t value = now & traced.mask;
    if (value == traced.last && !first) continue;
    traced.last = value;
    writer_->change(traced.wire, value);
  }
  writer_->time(cycle * kCycleTime + kCycleTime / 2);
  writer_->change(clock_, 0);
}

void CycleTrace::finish() {
  finished_ = true;
  if (sampled_ == 0)
    throw InputError("--trace-window '" + options_.window.text + "': the run ended with cycle " +
                     std::to_string(last_seen_) + ", before the window began; " + kWindows);
  writer_->time((last_sampled_ + 1) * kCycleTime);
  AtomicFile save(stem(options_.path) + ".gtkw");
  save.write(save_file());
  writer_->finish();
  save.commit();
}

std::string CycleTrace::save_file() const {
  std::vector<ShownSignal> signals = {{std::string(kTop) + ".clk_i", 1}, {std::string(kTop) + ".cycle[63:0]", 64}};
  for (const Traced& traced : variables_) signals.push_back({traced.path, traced.bits});
  const std::size_t slash = options_.path.rfind('/');
  const std::string file = slash == std::string::npos ? options_.path : options_.path.substr(slash + 1);
  return gtkwave_save(file, first_sampled_, signals);
}

}  // namespace systoliq::traces
