// SPDX-License-Identifier: Apache-2.0
// One cycle of both sides at a time; the last ones are kept until it is known which are to be shown.
#include "rtl_cosim/waves/wave_pair.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <set>
#include <sstream>
#include <utility>

#include "types/error.h"

namespace systoliq::rtl {
namespace {

constexpr std::size_t kListed = 12;  ///< differing signals that are told

std::string make_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw InputError("--trace '" + folder + "': the folder cannot be made: " + error.message());
  return folder;
}

/// As the trace of the model knows registers: "sum_q", "count_q_3".
bool is_register(const std::string& name) {
  const std::size_t at = name.rfind("_q");
  return at != std::string::npos && (at + 2 == name.size() || name[at + 2] == '_');
}

std::uint64_t mask(int bits) { return bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1; }

}  // namespace

/// The waveform of one side, whose values are put into `values` before every cycle.
struct WavePair::Side {
  Values values;
  traces::CycleTrace trace;

  Side(const traces::TraceOptions& options, const std::vector<CommonSignal>& signals, const model::Program& program)
      : values(signals.size(), 0), trace(options) {
    std::vector<std::string> open;
    for (std::size_t i = 0; i < signals.size(); ++i) {
      const CommonSignal& signal = signals[i];
      const auto same = std::mismatch(open.begin(), open.end(), signal.blocks.begin(), signal.blocks.end());
      const auto depth = static_cast<std::size_t>(same.first - open.begin());
      for (; open.size() > depth; open.pop_back()) trace.leave();
      for (; open.size() < signal.blocks.size(); open.push_back(signal.blocks[open.size()])) {
        trace.enter(signal.blocks[open.size()]);
      }
      trace.add_variable({signal.name, &values[i], 8, signal.bits});
    }
    for (; !open.empty(); open.pop_back()) trace.leave();
    trace.begin(program);
  }

  void show(std::int64_t cycle, const Values& of) {
    values = of;  // as long as before: the addresses stay
    trace.latch();
    trace.sample(cycle);
  }
};

std::string WaveReport::text() const {
  if (rtl_path.empty()) return "no waveforms: " + reason;
  std::ostringstream text;
  text << "waveforms of cycles " << first_cycle << " to " << last_cycle << ":\n  " << rtl_path << "\n  " << model_path;
  if (differing_cycle < 0) {
    text << "\n  none of " << signals << " signals differs in the " << cycles << " cycles looked at";
    return text.str();
  }
  text << "\n  first differing signals, cycle " << differing_cycle << ":";
  for (std::size_t i = 0; i < std::min(differing.size(), kListed); ++i) {
    text << "\n    " << differing[i].signal << ": model 0x" << std::hex << differing[i].model << ", RTL 0x"
         << differing[i].rtl << std::dec;
  }
  if (differing.size() > kListed) text << "\n    and " << differing.size() - kListed << " more";
  return text.str();
}

WavePair::WavePair(WaveOptions options, const model::AcceleratorConfig& config, std::int64_t from, std::int64_t seen)
    : options_(std::move(options)), config_(config), from_(from), seen_(seen) {
  report_.rtl_path = make_folder(options_.folder) + "/rtl.vcd";
  report_.model_path = options_.folder + "/model.vcd";
  if (!options_.fixed) end_ = seen_ + options_.around;
}

WavePair::~WavePair() = default;

bool WavePair::enter(const std::string& block) {
  blocks_.push_back(block);
  return true;
}

void WavePair::leave() { blocks_.pop_back(); }

void WavePair::add_variable(const Variable& variable) { variables_.push_back({blocks_, variable}); }

void WavePair::begin(const model::Program& program) {
  check(reader_.header_read(), "the RTL has not named its signals");
  signals_ = common_signals(variables_, reader_.wires(), config_);
  for (const CommonSignal& signal : signals_) {
    registers_.push_back(is_register(signal.name));
    if (signal.source == CommonSignal::Source::kWire) continue;
    followers_.try_emplace(signal.blocks.back(), signal.blocks.back(), program, reader_.wires());
  }
  latched_.assign(signals_.size(), 0);
  starts_.assign(program.commands.size(), -1);
  ends_ = starts_;
  now_.model = now_.rtl = latched_;
  report_.signals = signals_.size();
  check_scopes();
  if (!options_.fixed && options_.scopes.empty()) options_.scopes.push_back({"systoliq_accelerator", -1});
  traces::TraceOptions options;
  options.scopes = options_.scopes;
  if (options_.fixed) options.window = options_.window;
  const auto side = [&](const std::string& path) {
    options.path = path;
    return std::make_unique<Side>(options, signals_, program);
  };
  rtl_side_ = side(report_.rtl_path);
  model_side_ = side(report_.model_path);
}

/// Blocks of the model that share no signal with the RTL are in neither file.
void WavePair::check_scopes() const {
  const auto plain = [](const std::string& block) { return block.rfind("u_", 0) == 0 ? block.substr(2) : block; };
  const auto has = [&](const auto& all, const std::string& block) {
    return std::any_of(all.begin(), all.end(), [&](const auto& each) {
      return std::any_of(each.blocks.begin(), each.blocks.end(),
                         [&](const std::string& name) { return plain(name) == plain(block); });
    });
  };
  for (const traces::TraceScope& scope : options_.scopes) {
    if (has(signals_, scope.block) || !has(variables_, scope.block)) continue;  // the trace refuses what nobody has
    std::set<std::string> blocks;
    for (const CommonSignal& signal : signals_) blocks.insert(signal.blocks.begin(), signal.blocks.end());
    std::string accepted;
    for (const std::string& name : blocks) {
      if (name.rfind("pe_", 0) != 0) accepted += name + ", ";
    }
    throw InputError("--trace-scope '" + scope.block + "': only the model has signals of this block, which " +
                     "run --trace shows, and nothing lies beside them; accepted: " + accepted +
                     "and single PEs, as pe_0_0");
  }
}

void WavePair::command_started(int command, std::int32_t layer, std::int64_t cycle) {
  starts_[static_cast<std::size_t>(command)] = cycle;
  for (Side* side : {rtl_side_.get(), model_side_.get()}) side->trace.command_started(command, layer, cycle);
}

void WavePair::command_ended(int command, std::int32_t layer, std::int64_t cycle) {
  ends_[static_cast<std::size_t>(command)] = cycle;
  for (Side* side : {rtl_side_.get(), model_side_.get()}) side->trace.command_ended(command, layer, cycle);
}

std::uint64_t WavePair::model_value(const CommonSignal& signal) const {
  const Variable& variable = variables_[signal.variable].variable;
  std::uint64_t value = 0;
  std::memcpy(&value, variable.address, static_cast<std::size_t>(variable.bytes));  // little endian
  return value & mask(signal.bits);
}

std::uint64_t WavePair::rtl_value(const CommonSignal& signal) {
  if (signal.source == CommonSignal::Source::kWire) {
    return reader_.bits(reader_.wires()[signal.wire], signal.first_bit, signal.bits);
  }
  const CommandFollower& follower = followers_.at(signal.blocks.back());
  const bool command = signal.source == CommonSignal::Source::kCommand;
  return static_cast<std::uint64_t>(command ? follower.command() : follower.layer()) & mask(signal.bits);
}

void WavePair::latch() {
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    if (registers_[i]) latched_[i] = model_value(signals_[i]);
  }
}

void WavePair::sample(std::int64_t cycle) {
  now_.number = cycle;
  for (Side* side : {rtl_side_.get(), model_side_.get()}) side->trace.pass(cycle);
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    now_.model[i] = registers_[i] ? latched_[i] : model_value(signals_[i]);
  }
  model_done_ = true;
  if (model_shown_) model_shown_(cycle);
  if (rtl_done_) close_cycle();
  model_done_ = false;
}

void WavePair::shown(std::int64_t cycle) {
  now_.number = cycle;
  for (auto& [block, follower] : followers_) {
    if (!rtl_began_) follower.begin(cycle, starts_, ends_);
    follower.step(reader_);
  }
  rtl_began_ = true;
  for (std::size_t i = 0; i < signals_.size(); ++i) now_.rtl[i] = rtl_value(signals_[i]);
  rtl_done_ = true;
  if (!model_done_) return;
  close_cycle();
}

void WavePair::close_cycle() {
  rtl_done_ = false;
  if (enough_) return;
  ++report_.cycles;
  if (report_.differing_cycle < 0) compare();
  if (options_.fixed) {
    write(now_);
    enough_ = options_.window.kind == traces::TraceWindow::Kind::kCycles && now_.number >= options_.window.last;
    return;
  }
  past_.push_back(now_);
  if (static_cast<std::int64_t>(past_.size()) > 2 * options_.around + 1) past_.pop_front();
  enough_ = now_.number >= end_;
}

/// On both sides, since a handshake may be missing on one.
bool WavePair::counts(std::size_t signal) const {
  if (!signals_[signal].compared) return false;
  const int strobe = signals_[signal].strobe;
  if (strobe < 0) return true;
  const auto at = static_cast<std::size_t>(strobe);
  return now_.model[at] != 0 && now_.rtl[at] != 0;
}

void WavePair::compare() {
  if (now_.model == now_.rtl) return;
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    if (now_.model[i] == now_.rtl[i] || !counts(i)) continue;
    report_.differing.push_back({signals_[i].path(), now_.model[i], now_.rtl[i]});
  }
  if (report_.differing.empty()) return;
  report_.differing_cycle = now_.number;
  end_ = now_.number + options_.around;
}

void WavePair::write(const Cycle& cycle) {
  const std::int64_t before = model_side_->trace.sampled_cycles();
  model_side_->show(cycle.number, cycle.model);
  rtl_side_->show(cycle.number, cycle.rtl);
  if (model_side_->trace.sampled_cycles() == before) return;
  if (before == 0) report_.first_cycle = cycle.number;
  report_.last_cycle = cycle.number;
}

WaveReport WavePair::finish() {
  check(model_side_ != nullptr, "the model has not named its signals");
  for (const Cycle& cycle : past_) write(cycle);
  past_.clear();
  model_side_->trace.finish();
  rtl_side_->trace.finish();
  return report_;
}

}  // namespace systoliq::rtl
