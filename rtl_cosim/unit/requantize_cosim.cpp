// SPDX-License-Identifier: Apache-2.0
// The scoreboard: vectors taken and not yet answered wait in a queue.
#include "rtl_cosim/unit/requantize_cosim.h"

#include <algorithm>
#include <deque>
#include <vector>

#include "model/arith/requantize.h"
#include "rtl_cosim/core/differing_bits.h"
#include "types/error.h"

namespace systoliq::rtl {
namespace {

constexpr std::int64_t kPatience = 10000;  ///< cycles without a result, or without taking a vector

struct Pending {
  RequantizeVector vector;
  std::int64_t number = 0, cycle = 0;
};

std::string describe(const Pending& pending) {
  const RequantizeVector& v = pending.vector;
  return "vector " + std::to_string(pending.number) + ", taken in cycle " + std::to_string(pending.cycle) +
         ": preset " + std::string(to_string(v.preset)) + ", accumulator " + std::to_string(v.accumulator) +
         ", multiplier " + std::to_string(v.multiplier) + ", shift " + std::to_string(v.shift);
}

class Scoreboard final {
 public:
  Scoreboard(int result_bits, RequantizeReport* report) : result_bits_(result_bits), report_(*report) {}

  void taken(const RequantizeVector& vector, std::int64_t cycle) {
    pending_.push_back({vector, report_.vectors++, cycle});
  }

  void answered(std::int64_t found, std::int64_t cycle) {
    if (pending_.empty()) {
      report_.mismatch = "cycle " + std::to_string(cycle) + ": result " + std::to_string(found) + " to no vector";
      return;
    }
    const Pending& pending = pending_.front();
    const std::int64_t expected = expected_result(pending.vector, result_bits_);
    if (found != expected) {
      report_.mismatched_bits = differing_bits(found, expected, result_bits_);
      report_.mismatch = describe(pending) + ": expected " + std::to_string(expected) + ", found " +
                         std::to_string(found) + " in cycle " + std::to_string(cycle);
    }
    const std::int64_t latency = cycle - pending.cycle;
    report_.shortest_latency = first_ ? latency : std::min(report_.shortest_latency, latency);
    report_.longest_latency = std::max(report_.longest_latency, latency);
    first_ = false;
    pending_.pop_front();
  }

  void stuck(const char* what) {
    report_.mismatch = std::string(what) + " for " + std::to_string(kPatience) + " cycles" +
                       (pending_.empty() ? "" : "; oldest without a result: " + describe(pending_.front()));
  }
  bool all_answered() const { return pending_.empty(); }

 private:
  int result_bits_;
  RequantizeReport& report_;
  std::deque<Pending> pending_;
  bool first_ = true;
};

}  // namespace

std::int64_t expected_result(const RequantizeVector& vector, int result_bits) {
  const std::int64_t high = (std::int64_t{1} << (result_bits - 1)) - 1;
  return std::clamp(model::requantize(vector.preset, vector.accumulator, vector.multiplier, vector.shift), -high - 1,
                    high);
}

bool supports(const RequantizeUnit& unit, Preset preset) { return multiplier_suffices(preset, unit.multiplier_bits()); }

void RequantizeUnit::open_trace(const std::string& path) {
  throw InputError("no waveform " + path + ": the unit was built without TRACE");
}

namespace {

template <typename Next>
RequantizeReport send(RequantizeUnit& unit, Next next, std::int64_t vectors, std::uint64_t seed,
                      const RequantizeTrace* trace) {
  RequantizeReport report;
  Scoreboard scoreboard(unit.result_bits(), &report);
  Random bubbles(~seed);
  unit.reset();
  RequantizeVector vector = next();
  std::int64_t idle = 0;
  const auto goes_on = [&] {
    if (trace != nullptr) return report.cycles <= trace->last_cycle;
    return report.mismatch.empty() && (report.vectors < vectors || !scoreboard.all_answered());
  };
  while (goes_on()) {
    if (trace != nullptr && report.cycles == std::max<std::int64_t>(trace->first_cycle, 0))
      unit.open_trace(trace->path);
    const bool offers = report.vectors < vectors && !bubbles.one_in(8);
    unit.drive(offers ? &vector : nullptr);
    const bool taken = offers && unit.accepts();
    unit.clock();
    ++report.cycles;
    ++idle;
    if (taken) {
      scoreboard.taken(vector, report.cycles - 1);
      vector = next();
      idle = 0;
    }
    if (unit.has_result()) {
      scoreboard.answered(unit.result(), report.cycles - 1);
      idle = 0;
    }
    if (idle > kPatience) scoreboard.stuck("neither a vector taken nor a result given");
  }
  unit.close_trace();
  return report;
}

}  // namespace

RequantizeReport cosim_requantize(RequantizeUnit& unit, Preset preset, std::int64_t vectors, std::uint64_t seed,
                                  const RequantizeTrace* trace) {
  RequantizeVectors source(preset, unit.accumulator_bits(), unit.multiplier_bits(), seed);
  return send(
      unit, [&source] { return source.next(); }, vectors, seed, trace);
}

RequantizeReport cosim_mixed_requantize(RequantizeUnit& unit, std::int64_t vectors, std::uint64_t seed) {
  std::vector<RequantizeVectors> sources;
  for (std::size_t i = 0; i < kRtlPresets; ++i) {
    const auto preset = static_cast<Preset>(i);
    if (!supports(unit, preset)) continue;
    sources.emplace_back(preset, unit.accumulator_bits(), unit.multiplier_bits(), mix_seed(seed, i));
    sources.back().skip(sources.back().corners());
  }
  Random choice(seed);
  return send(
      unit, [&] { return sources[choice.next() % sources.size()].next(); }, vectors, seed, nullptr);
}

}  // namespace systoliq::rtl
