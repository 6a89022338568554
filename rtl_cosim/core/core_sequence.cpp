// SPDX-License-Identifier: Apache-2.0
// Lock-step of commands that run into one another.
#include <algorithm>
#include <chrono>
#include <sstream>
#include <utility>

#include "model/functional/execute.h"
#include "model/timing/execute_flow.h"
#include "rtl_cosim/core/core_cosim.h"
#include "rtl_cosim/core/differing_bits.h"
#include "rtl_cosim/core/golden_execute.h"

namespace systoliq::rtl {
namespace {

using model::Execute;

/// What the model expects; the offers' times of the stream's semaphores are set on the way.
CoreSequence expect(model::Storage& state, std::vector<CoreOffer>* offers, std::int64_t* overflows) {
  model::ExecuteFlow flow;
  CoreSequence expected;
  std::int64_t start = -1;
  for (CoreOffer& offer : *offers) {
    const Execute& e = std::get<Execute>(offer.command.body);
    const model::ExecuteTiming timing = model::execute_timing(e, state.config);
    start = std::max({start + 1, offer.visible, offer.granted, flow.start_from(timing)});
    offer.stream_withheld = start;
    offer.stream_granted += start;
    const std::int64_t take = std::max(flow.take_from(timing, start), offer.stream_granted);
    const model::ExecuteTimes& times = flow.begin(timing, start, take);
    expected.starts.push_back(start);
    expected.ends.push_back(times.end);
    expected.signals.push_back(offer.command.signal);
    // On an array at rest its end would come so much earlier, and with it every word.
    for (AccumulatorWrite& write : expected_writes(state, e)) {
      write.cycle += times.end - timing.total();
      expected.writes.push_back(std::move(write));
    }
    const CoreReads reads = expected_reads(state, e);
    expected.reads.activation += reads.activation;
    expected.reads.weight += reads.weight;
    expected.reads.accumulator += reads.accumulator;
    expected.reads.param += reads.param;
    model::Staged staged;
    model::LayerCounters counters;
    model::compute_execute(state, e, &staged, &counters);
    model::commit_execute(state, e, staged);
    *overflows += counters.overflows;
  }
  return expected;
}

template <typename T>
std::string list(const std::vector<T>& values) {
  std::ostringstream text;
  for (const T& value : values) text << ' ' << value;
  return text.str();
}

/// The first write that differs, and its bits.
std::string write_difference(const CoreSequence& expected, const CoreSequence& found, int bits, CoreReport* report) {
  for (std::size_t i = 0; i < std::min(expected.writes.size(), found.writes.size()); ++i) {
    const AccumulatorWrite& wanted = expected.writes[i];
    const AccumulatorWrite& got = found.writes[i];
    if (wanted.cycle == got.cycle && wanted.address == got.address && wanted.values == got.values) continue;
    report->cycle_difference = got.cycle - wanted.cycle;
    for (std::size_t c = 0; c < wanted.values.size(); ++c) {
      report->mismatched_bits += differing_bits(wanted.values[c], got.values[c], bits);
    }
    return "  accumulator write " + std::to_string(i) + ": expected cycle " + std::to_string(wanted.cycle) + ", word " +
           std::to_string(wanted.address) + ", values" + list(wanted.values) + "; found cycle " +
           std::to_string(got.cycle) + ", word " + std::to_string(got.address) + ", values" + list(got.values) + "\n";
  }
  if (expected.writes.size() == found.writes.size()) return "";
  return "  accumulator writes: expected " + std::to_string(expected.writes.size()) + ", found " +
         std::to_string(found.writes.size()) + "\n";
}

}  // namespace

void run_core_sequence(CoreDevice& device, model::Storage& state, std::vector<CoreOffer> offers, CoreReport* report) {
  CoreFailure before{state, offers.front().command, 0, 0};
  std::string title = "core " + device.name() + ", commands from " + std::to_string(report->commands) + " on:\n";
  for (const CoreOffer& offer : offers) title += "  " + model::disassemble(offer.command) + "\n";
  const CoreSequence expected = expect(state, &offers, &report->overflows);
  before.cycles = expected.ends.back();
  const auto start = std::chrono::steady_clock::now();
  const std::int64_t first_cycle = device.cycle();
  CoreSequence found;
  try {
    found = device.execute(offers, 2 * expected.ends.back() + 100);
  } catch (const InternalError& error) {  // an assertion of the RTL, its protocol, or no end
    report->failure = std::move(before);
    report->divergence = title + "  " + error.what() + '\n';
    return;
  }
  report->seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report->cycles += device.cycle() - first_cycle;
  report->commands += static_cast<std::int64_t>(offers.size());
  report->words += static_cast<std::int64_t>(found.writes.size());

  std::string text = write_difference(expected, found, device.config().datatypes.accumulator_bits, report);
  const auto compare = [&text](const char* what, const auto& wanted, const auto& got) {
    if (wanted != got) text += std::string("  ") + what + ": expected" + list(wanted) + ", found" + list(got) + "\n";
  };
  compare("starts", expected.starts, found.starts);
  compare("ends", expected.ends, found.ends);
  compare("signaled semaphores", expected.signals, found.signals);
  if (!(expected.reads == found.reads)) text += "  other words were read\n";
  const std::vector<std::int64_t> buffer = device.accumulators();
  const std::int64_t* held = state.accumulators.words(0, device.config().accumulator_words());
  if (!std::equal(buffer.begin(), buffer.end(), held)) text += "  the accumulator buffer holds other words\n";
  if (text.empty()) return;
  report->failure = std::move(before);
  report->divergence = title + text;
}

}  // namespace systoliq::rtl
