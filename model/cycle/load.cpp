// SPDX-License-Identifier: Apache-2.0
// Bursts, the data buffer's slots, and the writing of words.
#include "model/cycle/load.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace systoliq::model::cycle {

void LoadBlock::clear() {
  EngineBlock::clear();
  cutter_ = {};
  started_.clear();
  receiving_ = 0;
  slots_taken_ = 0;
  arrived_q = 0;
  burst_valid_o = burst_ready_i = beat_valid_i = false;
  activation_write_o = weight_write_o = param_write_o = false;
  const ArrayConfig& array = machine().config().array;
  const bool traced = machine().trace != nullptr;
  activation_write_data_o.assign(traced ? static_cast<std::size_t>(array.rows) : 0, 0);
  weight_write_data_o.assign(traced ? static_cast<std::size_t>(array.cols) : 0, 0);
  param_write_data_o.assign(traced ? 2 * static_cast<std::size_t>(array.cols) : 0, 0);
}

void LoadBlock::declare(TraceSink& trace) const {
  trace.enter("u_load");
  declare_handshake(trace);
  trace.add("burst_valid_o", &burst_valid_o);
  trace.add("burst_ready_i", &burst_ready_i);
  trace.add("slots_taken_q", &slots_taken_, 8);
  trace.add("beat_valid_i", &beat_valid_i);
  trace.add("arrived_bytes", &arrived_q);
  trace.add("activation_write_o", &activation_write_o);
  trace.add("activation_write_address_o", &write_address_o);
  trace.add("weight_write_o", &weight_write_o);
  trace.add("weight_write_address_o", &write_address_o);
  trace.add("param_write_o", &param_write_o);
  trace.add("param_write_address_o", &write_address_o);
  const DatatypeConfig& types = machine().config().datatypes;
  const auto add_lanes = [&trace](const std::string& name, const auto& word, int bits) {
    for (std::size_t i = 0; i < word.size(); ++i) trace.add(name + "_" + std::to_string(i), &word[i], bits);
  };
  add_lanes("activation_write_data_o", activation_write_data_o, types.activation_bits);
  add_lanes("weight_write_data_o", weight_write_data_o, types.weight_bits);
  add_lanes("param_write_data_o", param_write_data_o, 64);
  trace.leave();
}

void LoadBlock::start() {
  const auto places = static_cast<std::size_t>(machine().config().memory.outstanding) + 1;
  if (start_if(!cutter_.busy() && in_flight().size() < places)) {
    const Load& load = std::get<Load>(in_flight().back().queued.command.body);
    const MemoryRows rows = load_rows(load);
    cutter_.start(rows, machine().config().memory.burst_bytes);
    started_.emplace_back();
    Transfer& transfer = started_.back();
    if (!spare_.empty()) {
      transfer.bytes = std::move(spare_.back());
      spare_.pop_back();
      transfer.bytes.clear();
    }
    transfer.expected = rows.bytes();
    transfer.words.start(load, machine().state);
  }
  burst_ready_i = beat_valid_i = activation_write_o = weight_write_o = param_write_o = false;
  offer();
}

void LoadBlock::accepted() {
  const Burst burst = cutter_.burst();
  cutter_.take();
  Transfer& newest = started_.back();
  newest.accepted += burst.bytes;
  newest.bursts.push_back(newest.accepted);
  ++slots_taken_;
  burst_ready_i = true;
  LayerCounters& counts = in_flight().back().counts;
  counts.memory_read_bytes += burst.bytes;
  ++counts.memory_read_bursts;
}

void LoadBlock::beat(const std::uint8_t* data, int bytes, bool) {
  while (static_cast<std::int64_t>(started_[receiving_].bytes.size()) == started_[receiving_].expected) ++receiving_;
  std::vector<std::uint8_t>& stream = started_[receiving_].bytes;
  stream.insert(stream.end(), data, data + bytes);
  beat_valid_i = true;
}

/// Lanes that are not written show 0, as the RTL's.
void LoadBlock::show_word(const Load& load) {
  Storage& state = machine().state;
  const std::int64_t address = write_address_o;
  switch (static_cast<LoadTarget>(load.target)) {
    case LoadTarget::kActivation: {
      const bool some = load.pack_kernel_width != 0 && load.clear_lanes == 0;
      const int first = some ? load.lane_offset : 0;
      const int count = some ? load.pack_kernel_width * load.pack_channels : machine().config().array.rows;
      std::fill(activation_write_data_o.begin(), activation_write_data_o.end(), std::int16_t{0});
      std::copy_n(state.activations.words(address) + first, count, activation_write_data_o.begin() + first);
      break;
    }
    case LoadTarget::kWeight:
      std::copy_n(state.weights.words(address), weight_write_data_o.size(), weight_write_data_o.begin());
      break;
    case LoadTarget::kParam:
      std::memcpy(param_write_data_o.data(), state.params.words(address), 8 * param_write_data_o.size());
      break;
  }
}

void LoadBlock::write_word() {
  if (started_.empty()) return;
  Transfer& oldest = started_.front();
  const auto arrived = static_cast<std::int64_t>(oldest.bytes.size());
  arrived_q = static_cast<std::int32_t>(arrived);
  if (!oldest.words.done() && oldest.words.needed() <= arrived) {
    const Load& load = std::get<Load>(in_flight().front().queued.command.body);
    activation_write_o = load.target == static_cast<std::int32_t>(LoadTarget::kActivation);
    weight_write_o = load.target == static_cast<std::int32_t>(LoadTarget::kWeight);
    param_write_o = load.target == static_cast<std::int32_t>(LoadTarget::kParam);
    write_address_o = static_cast<std::int32_t>(oldest.words.address());
    oldest.words.write(oldest.bytes.data());
    if (machine().trace != nullptr) show_word(load);
    ++in_flight().front().counts.sram_write_words;
  }
  // A burst leaves its slot when it has come and no unwritten word ends in it.
  while (!oldest.bursts.empty() && oldest.bursts.front() <= arrived &&
         (oldest.words.done() || oldest.words.needed() > oldest.bursts.front())) {
    oldest.bursts.pop_front();
    --slots_taken_;
  }
  if (!oldest.words.done() || arrived != oldest.expected) return;
  const Load& load = std::get<Load>(in_flight().front().queued.command.body);
  set_done(load.target == static_cast<std::int32_t>(LoadTarget::kWeight) ? StallCause::kWeights : StallCause::kMemory);
  spare_.push_back(std::move(oldest.bytes));
  started_.pop_front();
  if (receiving_ > 0) --receiving_;
}

}  // namespace systoliq::model::cycle
