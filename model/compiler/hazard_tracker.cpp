// SPDX-License-Identifier: Apache-2.0
// Read-after-write, write-after-read and write-after-write between engines, by overlap of intervals.
#include "model/compiler/hazard_tracker.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "types/error.h"
#include "types/util/index.h"

namespace systoliq::model {

std::array<std::array<std::int64_t, HazardTracker::kEngineCount>, HazardTracker::kEngineCount>
HazardTracker::all_none() {
  std::array<std::array<std::int64_t, kEngineCount>, kEngineCount> none{};
  for (auto& row : none) row.fill(-1);
  return none;
}

int semaphore_of(int producer, int consumer) { return producer * 3 + (consumer < producer ? consumer : consumer - 1); }

void HazardTracker::record(int engine, std::int64_t command, const Access& access, Needed* needed) {
  if (access.count == 0) return;
  std::vector<Record>& records = nth(records_, access.storage);
  const std::int64_t first = access.first;
  const std::int64_t end = access.first + access.count;
  // What this access covers is answered for by it from now on: by order within an engine, by the wait between engines.
  const auto superseded = [&](const Record& r) {
    if (r.end <= first || r.first >= end) return false;
    if (r.engine != engine && (access.write || r.write)) {
      std::int64_t& need = nth(*needed, r.engine);
      need = std::max(need, r.command);
    }
    const bool covered = r.first >= first && r.end <= end;
    return covered && (access.write || (r.engine == engine && !r.write));
  };
  records.erase(std::remove_if(records.begin(), records.end(), superseded), records.end());
  records.push_back({first, end, engine, command, access.write});
  std::size_t& limit = nth(compact_at_, access.storage);
  if (records.size() < limit) return;
  compact(&records);
  limit = std::max(kLookBack, 2 * records.size());
}

std::int64_t HazardTracker::distant(int engine) const {
  const std::vector<std::int64_t>& history = nth(commands_of_, engine);
  return history.size() < kLookBack ? -1 : history[history.size() - kLookBack];
}

/// Two neighbors that nothing tells apart any more: whoever needs one of them waits for the same later command.
void HazardTracker::compact(std::vector<Record>* records) const {
  const auto of = [](const Record& r) { return std::make_tuple(r.engine, r.write, r.first); };
  std::sort(records->begin(), records->end(), [&](const Record& a, const Record& b) { return of(a) < of(b); });
  std::vector<Record> joined;
  for (const Record& r : *records) {
    Record* last = joined.empty() ? nullptr : &joined.back();
    const bool same = last != nullptr && last->engine == r.engine && last->write == r.write && r.first <= last->end &&
                      std::max(r.command, last->command) <= distant(r.engine);
    if (!same) {
      joined.push_back(r);
      continue;
    }
    last->end = std::max(last->end, r.end);
    last->command = std::max(last->command, r.command);
  }
  *records = std::move(joined);
}

void HazardTracker::add(std::vector<Command>* commands, std::initializer_list<Access> accesses) {
  const int engine = static_cast<int>(commands->back().body.index()) - static_cast<int>(Opcode::kLoad);
  check(engine >= 0 && engine < kEngineCount, "only commands of an engine have hazards");
  const std::int64_t index = static_cast<std::int64_t>(commands->size()) - 1;
  Needed needed, needed_late;
  needed.fill(-1);
  needed_late.fill(-1);
  for (const Access& access : accesses) record(engine, index, access, access.late ? &needed_late : &needed);
  commands->back().wait = wait_for(needed, engine, commands);
  const std::uint16_t late = wait_for(needed_late, engine, commands);
  if (auto* execute = std::get_if<Execute>(&commands->back().body))
    execute->stream_wait = late;
  else
    check(late == 0, "only an EXECUTE needs anything late");
  nth(commands_of_, engine).push_back(index);
}

std::uint16_t HazardTracker::wait_for(const Needed& needed, int engine, std::vector<Command>* commands) {
  unsigned mask = 0;
  for (int producer = 0; producer < kEngineCount; ++producer) {
    std::int64_t need = nth(needed, producer);
    std::int64_t& waited = nth(nth(waited_, producer), engine);
    if (need <= waited) continue;
    const std::vector<std::int64_t>& history = nth(commands_of_, producer);
    if (history.size() > kLookBack) need = std::max(need, history[history.size() - kLookBack]);
    waited = need;
    const unsigned bit = 1U << semaphore_of(producer, engine);
    mask |= bit;
    Command& signaller = nth(*commands, need);
    signaller.signal = static_cast<std::uint16_t>(signaller.signal | bit);
  }
  return static_cast<std::uint16_t>(mask);
}

}  // namespace systoliq::model
