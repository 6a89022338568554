// SPDX-License-Identifier: Apache-2.0
// The whole machine's timing once more, in the way of RTL: registers and one step a cycle, nothing planned ahead. It
// shares with the model only what a command asks for (its bursts, and the closed formulas of EXECUTE and POST, which
// have tests of their own); queues, semaphores, fetch, arbitration, AXI channels and attribution are written
// independently here.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "model/accounting/access_counts.h"
#include "model/accounting/counters.h"
#include "model/isa/program.h"
#include "model/timing/compute_timing.h"
#include "model/timing/memory_timing.h"

namespace systoliq::model::test {

class CycleOracle final {
 public:
  enum class State : char { kIdle, kBusy, kStall };
  enum class Part : char { kNone, kStream, kFill, kDrain };  ///< of an EXECUTE that is busy
  struct Cycle {
    State state = State::kIdle;
    StallCause cause = StallCause::kOther;
    Part part = Part::kNone;
  };

  CycleOracle(const Program& program, const AcceleratorConfig& config) : program_(program), config_(config) {
    end_.assign(program.commands.size(), -1);
    start_.assign(program.commands.size(), -1);
    for (std::size_t i = 0; i < program.commands.size(); ++i) {
      std::vector<Burst> bursts;
      append_bursts(program.command_address + static_cast<std::int64_t>(i) * kCommandBytes, kCommandBytes,
                    config.memory, &bursts);
      fetch_bursts_.push_back(bursts);
    }
    fetch_beats_left_.assign(program.commands.size(), -1);
  }

  /// Cycles of the run; -1 if it has not ended after `limit` cycles.
  std::int64_t run(std::int64_t limit) {
    raise_fetch(0);
    for (std::int64_t cycle = 1; cycle < limit; ++cycle) {
      start_commands(cycle);
      step_read_address(cycle);
      step_write_address(cycle);
      step_decoder(cycle);
      step_read_data(cycle);
      step_write_data(cycle);
      step_load_writer(cycle);
      step_execute(cycle);
      raise_fetch(cycle);
      record(cycle);
      end_commands(cycle);
      if (total_ >= 0) return total_;
    }
    return -1;
  }

  /// A token that is there from the beginning.
  void give(std::size_t semaphore) { insert_token(semaphore, {0, StallCause::kOther}); }

  const std::vector<std::int64_t>& command_end_cycle() const { return end_; }
  /// Of FENCE and HALT the cycle that they take.
  const std::vector<std::int64_t>& command_start_cycle() const { return start_; }

  /// Busy, stalled and idle cycles per layer and engine.
  std::vector<std::array<EngineCycles, kEngines>> attribution(std::size_t layers) const {
    std::vector<std::int64_t> ends(layers, 0);
    for (std::size_t i = 0; i < end_.size(); ++i) {
      const Command& command = program_.commands[i];
      if (command.body.index() < 2) continue;
      std::int64_t& end = ends[static_cast<std::size_t>(command.layer)];
      end = std::max(end, end_[i]);
    }
    for (std::size_t i = 1; i < layers; ++i) ends[i] = std::max(ends[i], ends[i - 1]);
    ends.back() = total_;
    std::vector<std::array<EngineCycles, kEngines>> result(layers);
    std::size_t layer = 0;
    for (std::int64_t cycle = 0; cycle < total_; ++cycle) {
      while (cycle >= ends[layer]) ++layer;
      for (std::size_t e = 0; e < kEngines; ++e) count(history_[e], cycle, &result[layer][e]);
    }
    return result;
  }

  /// Cycles of EXECUTE per layer that count as that part.
  std::vector<std::int64_t> part_cycles(Part part, const std::vector<std::int64_t>& layer_cycles) const {
    std::vector<std::int64_t> result;
    std::size_t cycle = 0;
    for (const std::int64_t cycles : layer_cycles) {
      result.push_back(0);
      for (std::int64_t i = 0; i < cycles; ++i, ++cycle) {
        result.back() += cycle < history_[1].size() && history_[1][cycle].part == part ? 1 : 0;
      }
    }
    return result;
  }

 private:
  struct Queued {
    std::size_t index = 0;
    std::int64_t pushed = 0;
  };
  /// A LOAD, STORE, EXECUTE or POST between start and end.
  struct Active {
    std::size_t index = 0;
    std::vector<Burst> bursts;
    std::size_t accepted = 0;             ///< addresses
    std::int64_t beats_left = 0;          ///< of all bursts
    std::int64_t arrived = 0;             ///< LOAD: bytes
    std::size_t drained = 0;              ///< LOAD: bursts that have left the data buffer
    std::vector<std::int64_t> needs;      ///< LOAD: bytes that must have arrived before each word can be written
    std::vector<std::int64_t> completes;  ///< STORE: bytes that so many words complete
    std::int64_t complete() const { return completes[static_cast<std::size_t>(moved)]; }
    std::size_t first_burst = 0;        ///< STORE: bursts of all earlier ones
    std::int64_t words = 0, moved = 0;  ///< LOAD: written; STORE: read
    std::int64_t responses_left = 0;    ///< STORE
    std::int64_t cycles_left = 0;       ///< POST
  };
  /// An EXECUTE between start and end: it fills, streams its first pass and the rest, and drains.
  struct Executing {
    std::size_t index = 0;
    std::int64_t begun = -1;                                ///< first cycle of the stream
    std::int64_t fill = 0, first = 0, rest = 0, drain = 0;  ///< cycles left
    std::int64_t last_pass = 0, leaving = 0;
    bool one_pass = false;
    bool streams() const { return first + rest > 0; }
  };
  struct ReadBurst {
    bool is_fetch = false;
    std::size_t command = 0;
    std::int64_t may_begin = 0, beats_left = 0;
    Burst burst;
  };
  struct WriteBurst {
    std::size_t command = 0;
    std::int64_t may_begin = 0, beats_left = 0, response = -1;
  };
  struct Token {
    std::int64_t time = 0;
    StallCause cause = StallCause::kOther;
  };

  static std::size_t engine_of(const Command& command) { return command.body.index() - 2; }
  const Command& command(std::size_t index) const { return program_.commands[index]; }

  static void count(const std::vector<Cycle>& history, std::int64_t cycle, EngineCycles* cycles) {
    const Cycle at =
        static_cast<std::size_t>(cycle) < history.size() ? history[static_cast<std::size_t>(cycle)] : Cycle{};
    if (at.state == State::kIdle) ++cycles->idle;
    if (at.state == State::kBusy) ++cycles->busy;
    if (at.state == State::kStall) ++cycles->stall[static_cast<std::size_t>(at.cause)];
  }

  bool tokens_present(std::uint16_t wait) const {
    for (std::size_t s = 0; s < kSemaphores; ++s) {
      if ((wait >> s & 1) != 0 && tokens_[s].empty()) return false;
    }
    return true;
  }

  bool execute_free(const Command& next, std::int64_t cycle) const {
    if (executes_.empty()) return true;
    const Executing& last = executes_.back();
    if (last.begun < 0 || executes_.size() == 4) return false;
    const bool codebook = config_.weights.codec == WeightCodec::kCodebook;
    if (config_.array.dataflow == Dataflow::kOutputStationary && (codebook || std::get<Execute>(next.body).init == 1)) {
      return false;
    }
    if (!last.streams()) return true;
    return last.one_pass ? last.begun < cycle : last.first == 0 && last.rest < last.last_pass;
  }

  bool engine_free(std::size_t engine) const {
    const std::deque<Active>& active = active_[engine];
    if (active.empty()) return true;
    if (engine == 0 && static_cast<int>(active.size()) > config_.memory.outstanding) return false;
    const bool pipelined = engine == 0 || engine == 3;
    return pipelined && active.back().accepted == active.back().bursts.size();
  }

  void start_commands(std::int64_t cycle) {
    for (std::size_t engine = 0; engine < kEngines; ++engine) {
      popped_[engine] = false;
      std::deque<Queued>& queue = queue_[engine];
      if (queue.empty() || queue.front().pushed >= cycle || !engine_free(engine)) continue;
      const Command& next = command(queue.front().index);
      if (engine == 1 && !execute_free(next, cycle)) continue;
      if (!tokens_present(next.wait)) continue;
      take_tokens(next.wait, engine, cycle);
      start_[queue.front().index] = cycle;
      if (engine == 1) {
        const ExecuteTiming t = execute_timing(std::get<Execute>(next.body), config_);
        executes_.push_back({queue.front().index, -1, t.fill, t.first_pass, t.stream - t.first_pass, t.drain,
                             t.last_pass, t.leaving, t.stream == t.first_pass});
      } else {
        active_[engine].push_back(begin(queue.front().index, next));
      }
      queue.pop_front();
      popped_[engine] = true;
    }
  }

  /// Tokens of a mask that are there; the stall that ends now was for the last of them. Returns its cause.
  StallCause take_tokens(std::uint16_t mask, std::size_t engine, std::int64_t cycle) {
    Token last = {-1, StallCause::kMemory};
    for (std::size_t s = 0; s < kSemaphores; ++s) {
      if ((mask >> s & 1) == 0) continue;
      if (tokens_[s].front().time > last.time) last = tokens_[s].front();
      tokens_[s].pop_front();
    }
    if (last.time != cycle) return StallCause::kMemory;
    for (std::int64_t at = cycle - 1; at >= 0; --at) {
      Cycle& before = history_[engine][static_cast<std::size_t>(at)];
      if (before.state != State::kStall) break;
      before.cause = last.cause;
    }
    return last.cause;
  }

  /// A cycle of the array: what happens in it decides what EXECUTE is said to do.
  void step_execute(std::int64_t cycle) {
    if (leaving_ > 0) --leaving_;
    execute_now_ = {};
    bool fills = false, streams = false, drains = false;
    for (Executing& e : executes_) {
      if (e.begun < 0 || e.begun > cycle) {
        fills = fills || e.fill > 0;
        if (e.begun < 0 && e.fill > 0) --e.fill;
        continue;
      }
      if (!e.streams()) {
        drains = true;
        --e.drain;
        continue;
      }
      streams = true;
      if (e.first == 0) {
        --e.rest;
      } else if (e.first > 1 || leaving_ == 0) {
        --e.first;
      }
      if (!e.streams()) leaving_ = e.leaving;
    }
    if (executes_.empty()) return;
    execute_now_.state = streams || fills || drains ? State::kBusy : State::kStall;
    execute_now_.part = streams ? Part::kStream : (fills ? Part::kFill : (drains ? Part::kDrain : Part::kNone));
    execute_now_.cause = StallCause::kMemory;
    Executing& newest = executes_.back();
    if (newest.begun >= 0 || newest.fill > 0) return;
    for (const Executing& e : executes_) {
      if (e.begun >= 0 && e.streams()) return;
    }
    const auto mask = static_cast<std::uint16_t>(std::get<Execute>(command(newest.index).body).stream_wait);
    if (!tokens_present(mask)) return;
    execute_now_.cause = take_tokens(mask, 1, cycle);
    newest.begun = cycle + 1;
  }

  Active begin(std::size_t index, const Command& next) {
    Active active;
    active.index = index;
    if (const auto* load = std::get_if<Load>(&next.body)) {
      active.bursts = load_bursts(*load, config_.memory);
      active.words = std::int64_t{load->rows} * load->row_records * load->record_words;
      active.needs = needs_of(*load);
    } else if (const auto* store = std::get_if<Store>(&next.body)) {
      active.bursts = store_bursts(*store, config_.memory);
      active.words = std::int64_t{store->rows} * store->row_records * store->record_words;
      active.completes = completed_by(*store);
      active.responses_left = static_cast<std::int64_t>(active.bursts.size());
      active.first_burst = stored_bursts_;
      stored_bursts_ += active.bursts.size();
    } else {
      active.cycles_left = post_cycles(std::get<Post>(next.body), config_);
    }
    for (const Burst& burst : active.bursts) active.beats_left += beats(burst);
    return active;
  }

  /// Bytes of the LOAD's stream up to the last one that each word needs, pixel by pixel.
  std::vector<std::int64_t> needs_of(const Load& load) const {
    std::vector<std::int64_t> needs;
    if (load.pack_kernel_width == 0) return plain_needs_of(load);
    const std::int64_t pixel = (load.pack_channels * load.element_bits + 7) / 8;
    const std::int64_t first = std::max(0, -load.pack_pad_left);
    const std::int64_t end = std::min<std::int64_t>(
        load.pack_width, (load.row_records - 1) * load.pack_stride + load.pack_kernel_width - load.pack_pad_left);
    std::int64_t before = 0;
    for (int y = 0; y < load.rows; ++y) {
      const int row = y * load.pack_row_stride - load.pack_pad_top;
      const bool exists = row >= 0 && row < load.pack_height && end > first;
      std::int64_t reached = 0;  // pixels of this row
      for (int x = 0; x < load.row_records; ++x) {
        if (exists) {
          const int last = x * load.pack_stride + load.pack_kernel_width - 1 - load.pack_pad_left;
          reached = std::clamp<std::int64_t>(last + 1 - first, reached, end - first);
        }
        needs.push_back(before + reached * pixel);
      }
      if (exists) before += (end - first) * pixel;
    }
    return needs;
  }

  /// The same of a plain LOAD, element by element: the place of each in a row that begins on a byte.
  std::vector<std::int64_t> plain_needs_of(const Load& load) const {
    std::vector<std::int64_t> needs;
    std::int64_t place = 0;  // bits of the stream up to the next element
    for (int y = 0; y < load.rows; ++y) {
      place += load.memory_bit;
      for (int record = 0; record < load.row_records; ++record) {
        int left = load.record_lanes;
        for (int word = 0; word < load.record_words; ++word) {
          for (int i = 0; word >= load.lead_words && i < load.word_lanes && left > 0; ++i, --left) {
            place += load.element_bits;
          }
          needs.push_back((place + 7) / 8);
        }
        if (load.target == 0) place = (place + 7) / 8 * 8;
      }
      place = (place + 7) / 8 * 8;
    }
    return needs;
  }

  /// Bytes of a STORE's stream that are complete after each of its words; 0 before the first.
  std::vector<std::int64_t> completed_by(const Store& store) const {
    std::vector<std::int64_t> complete = {0};
    std::int64_t bits = 0;
    for (std::int64_t record = 0; record < std::int64_t{store.rows} * store.row_records; ++record) {
      for (int lane = 0; lane < store.record_lanes; ++lane) {
        bits += store.element_bits;
        const bool last = lane + 1 == store.record_lanes;
        if (last) bits = (bits + 7) / 8 * 8;
        if (last || (lane + 1) % config_.array.rows == 0) complete.push_back(bits / 8);
      }
    }
    return complete;
  }

  /// Beats on the bus, counted one by one.
  std::int64_t beats(const Burst& burst) const {
    std::int64_t count = 0;
    for (std::int64_t byte = burst.address; byte < burst.address + burst.bytes; ++byte) {
      if (byte == burst.address || byte % config_.memory.bytes_per_cycle == 0) ++count;
    }
    return count;
  }

  void step_read_address(std::int64_t cycle) {
    if (static_cast<int>(reads_.size()) >= config_.memory.outstanding) return;
    if (fetch_pending_ && fetch_raised_ < cycle) {
      const Burst& burst = fetch_bursts_[fetch_command_][fetch_burst_];
      reads_.push_back({true, fetch_command_, cycle + config_.memory.latency_cycles, beats(burst), burst});
      if (fetch_beats_left_[fetch_command_] < 0) {
        fetch_beats_left_[fetch_command_] = 0;
        for (const Burst& each : fetch_bursts_[fetch_command_]) fetch_beats_left_[fetch_command_] += beats(each);
      }
      fetch_pending_ = false;
      if (++fetch_burst_ == fetch_bursts_[fetch_command_].size()) {
        fetch_burst_ = 0;
        ++fetch_command_;
      }
      return;
    }
    int slots = 0;
    for (const Active& load : active_[0]) slots += static_cast<int>(load.accepted - load.drained);
    if (slots >= config_.memory.outstanding) return;
    for (Active& load : active_[0]) {
      if (load.accepted == load.bursts.size()) continue;
      const Burst& burst = load.bursts[load.accepted++];
      reads_.push_back({false, load.index, cycle + config_.memory.latency_cycles, beats(burst), burst});
      return;
    }
  }

  /// A request for the next burst of a command, or for the next command while fewer than 8 wait to be decoded.
  void raise_fetch(std::int64_t cycle) {
    if (fetch_pending_ || fetch_command_ == program_.commands.size()) return;
    if (fetch_burst_ == 0 && fetch_command_ - decoded_ >= 8) return;
    fetch_pending_ = true;
    fetch_raised_ = cycle;
  }

  void step_read_data(std::int64_t cycle) {
    if (reads_.empty() || reads_.front().may_begin > cycle) return;
    ReadBurst& burst = reads_.front();
    if (burst.is_fetch) {
      if (--fetch_beats_left_[burst.command] == 0) ++fetched_;
    } else {
      for (Active& load : active_[0]) {
        if (load.index != burst.command) continue;
        --load.beats_left;
        // A beat ends at the next multiple of the bus width, or with the burst.
        const std::int64_t width = config_.memory.bytes_per_cycle;
        const std::int64_t next = (burst.burst.address / width + 1) * width - burst.burst.address;
        const auto bytes = static_cast<int>(std::min<std::int64_t>(next, burst.burst.bytes));
        load.arrived += bytes;
        burst.burst.address += bytes;
        burst.burst.bytes -= bytes;
      }
    }
    if (--burst.beats_left == 0) reads_.pop_front();
  }

  void step_load_writer(std::int64_t) {
    if (active_[0].empty()) return;
    Active& load = active_[0].front();
    if (load.moved < load.words && load.needs[static_cast<std::size_t>(load.moved)] <= load.arrived) ++load.moved;
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < load.bursts.size(); ++i) {
      bytes += load.bursts[i].bytes;
      const bool words_done = load.moved == load.words || load.needs[static_cast<std::size_t>(load.moved)] > bytes;
      if (i >= load.drained && load.arrived >= bytes && words_done) load.drained = i + 1;
    }
  }

  void step_write_address(std::int64_t cycle) {
    std::deque<Active>& stores = active_[3];
    bool offered = false;
    for (Active& store : stores) {
      if (store.accepted == store.bursts.size() || offered) continue;
      offered = true;
      std::int64_t bytes = 0;
      for (std::size_t i = 0; i <= store.accepted; ++i) bytes += store.bursts[i].bytes;
      if (store.complete() < bytes || static_cast<int>(writes_.size()) >= config_.memory.outstanding) continue;
      writes_.push_back({store.index, cycle + 1, beats(store.bursts[store.accepted]), -1});
      ++store.accepted;
    }
    for (Active& store : stores) {  // one word a cycle, in order, into the slot of the burst that its first byte is in
      if (store.moved == store.words) continue;
      if (slot_is_free(store, store.complete(), cycle)) ++store.moved;
      break;
    }
  }

  /// Bursts are numbered through all STOREs; number n takes the slot of number n - outstanding once that has been sent.
  bool slot_is_free(const Active& store, std::int64_t byte, std::int64_t cycle) const {
    std::size_t index = 0;
    for (std::int64_t end = store.bursts[0].bytes; end <= byte; end += store.bursts[index].bytes) ++index;
    const std::size_t number = store.first_burst + index;
    const auto slots = static_cast<std::size_t>(config_.memory.outstanding);
    return number < slots || (number - slots < sent_.size() && sent_[number - slots] < cycle);
  }

  void step_write_data(std::int64_t cycle) {
    for (WriteBurst& burst : writes_) {
      if (burst.beats_left == 0) continue;
      if (burst.may_begin <= cycle && --burst.beats_left == 0) {
        burst.response = cycle + config_.memory.latency_cycles;
        sent_.push_back(cycle);
      }
      break;
    }
    if (writes_.empty() || writes_.front().response != cycle) return;
    for (Active& store : active_[3]) {
      if (store.index == writes_.front().command) --store.responses_left;
    }
    writes_.pop_front();
  }

  void step_decoder(std::int64_t cycle) {
    if (decoded_ >= fetched_) return;
    const Command& next = command(decoded_);
    if (next.body.index() < 2) {
      for (std::size_t engine = 0; engine < kEngines; ++engine) {
        if (!queue_[engine].empty() || !active_[engine].empty()) return;
      }
      if (!executes_.empty()) return;
      start_[decoded_] = cycle;
      end_[decoded_++] = cycle + 1;
      if (next.body.index() == 0) total_ = cycle + 1;
      return;
    }
    const std::size_t engine = engine_of(next);
    if (queue_[engine].size() + (popped_[engine] ? 1 : 0) >= 8) return;
    queue_[engine].push_back({decoded_++, cycle});
  }

  void record(std::int64_t cycle) {
    for (std::size_t engine = 0; engine < kEngines; ++engine) {
      std::vector<Cycle>& history = history_[engine];
      history.resize(static_cast<std::size_t>(cycle) + 1);
      if (engine == 1 && !executes_.empty()) {
        history.back() = execute_now_;
      } else if (!active_[engine].empty()) {
        history.back().state = State::kBusy;
      } else if (!queue_[engine].empty() && queue_[engine].front().pushed < cycle) {
        history.back() = {State::kStall, StallCause::kMemory};
      }
    }
  }

  StallCause cause_of(const Command& ended) const {
    if (const auto* load = std::get_if<Load>(&ended.body)) {
      return load->target == 1 ? StallCause::kWeights : StallCause::kMemory;
    }
    if (std::holds_alternative<Execute>(ended.body)) return StallCause::kAccumulators;
    return std::holds_alternative<Post>(ended.body) ? StallCause::kPost : StallCause::kMemory;
  }

  void end_commands(std::int64_t cycle) {
    if (!executes_.empty() && executes_.front().begun >= 0 && !executes_.front().streams() &&
        executes_.front().drain == 0) {
      ended(executes_.front().index, cycle);
      executes_.pop_front();
    }
    for (std::size_t engine = 0; engine < kEngines; ++engine) {
      if (active_[engine].empty()) continue;
      Active& active = active_[engine].front();
      bool ends = false;
      if (engine == 0) ends = active.beats_left == 0 && active.moved == active.words;
      if (engine == 3) ends = active.responses_left == 0;
      if (engine == 2) ends = --active.cycles_left == 0;
      if (!ends) continue;
      ended(active.index, cycle);
      active_[engine].pop_front();
    }
  }

  void ended(std::size_t index, std::int64_t cycle) {
    end_[index] = cycle + 1;
    const Command& ended = command(index);
    for (std::size_t s = 0; s < kSemaphores; ++s) {
      if ((ended.signal >> s & 1) != 0) insert_token(s, {cycle + 1, cause_of(ended)});
    }
  }

  void insert_token(std::size_t semaphore, Token token) {
    tokens_[semaphore].push_back(token);
    std::stable_sort(tokens_[semaphore].begin(), tokens_[semaphore].end(), [](const Token& a, const Token& b) {
      return a.time != b.time ? a.time < b.time : a.cause < b.cause;
    });
  }

  const Program& program_;
  AcceleratorConfig config_;
  std::int64_t total_ = -1;
  std::vector<std::int64_t> start_, end_;

  std::vector<std::vector<Burst>> fetch_bursts_;
  std::vector<std::int64_t> fetch_beats_left_;
  bool fetch_pending_ = false;
  std::int64_t fetch_raised_ = 0;
  std::size_t fetch_command_ = 0, fetch_burst_ = 0;  ///< the next to be requested
  std::size_t fetched_ = 0, decoded_ = 0;

  std::deque<ReadBurst> reads_;
  std::deque<WriteBurst> writes_;
  std::size_t stored_bursts_ = 0;
  std::vector<std::int64_t> sent_;  ///< cycle of the last beat of every written burst
  std::array<std::deque<Queued>, kEngines> queue_;
  std::array<bool, kEngines> popped_{};
  std::array<std::deque<Active>, kEngines> active_;  ///< but for EXECUTE
  std::deque<Executing> executes_;
  std::int64_t leaving_ = 0;  ///< pixels of the last stream whose sums are still in the array, output stationary
  Cycle execute_now_;
  std::array<std::deque<Token>, kSemaphores> tokens_;
  std::array<std::vector<Cycle>, kEngines> history_;
};

}  // namespace systoliq::model::test
