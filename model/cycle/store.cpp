// SPDX-License-Identifier: Apache-2.0
// Reading of words, addresses, and the sending of data.
#include "model/cycle/store.h"

#include <cstring>

#include "model/isa/lane_packing.h"

namespace systoliq::model::cycle {

void StoreBlock::clear() {
  EngineBlock::clear();
  started_.clear();
  offering_ = reading_ = sending_ = 0;
  slots_filled_ = bursts_sent_ = 0;
  burst_valid_o = burst_ready_i = activation_read_o = false;
}

void StoreBlock::declare(TraceSink& trace) const {
  trace.enter("u_store");
  declare_handshake(trace);
  trace.add("activation_read_o", &activation_read_o);
  trace.add("activation_read_address_o", &activation_read_address_o);
  trace.add("burst_valid_o", &burst_valid_o);
  trace.add("burst_ready_i", &burst_ready_i);
  trace.add("bursts_read_q", &slots_filled_, 32);
  trace.add("bursts_sent_q", &bursts_sent_, 32);
  trace.leave();
}

void StoreBlock::start() {
  if (start_if(started_.empty() || !started_.back().addresses.busy())) {
    const Store& store = std::get<Store>(in_flight().back().queued.command.body);
    const MemoryRows rows = plain_rows(store.memory_address, store.memory_row_pitch,
                                       std::int64_t{store.row_words} * store.memory_word_bytes, store.rows);
    started_.emplace_back();
    Transfer& transfer = started_.back();
    transfer.addresses.start(rows, machine().config().memory.burst_bytes);
    transfer.slots = transfer.addresses;
    transfer.words = std::int64_t{store.rows} * store.row_words;
    transfer.word_bytes = store.memory_word_bytes;
    transfer.row_address = store.buffer_address;
  }
  burst_valid_o = burst_ready_i = activation_read_o = false;
}

bool StoreBlock::offers() {
  while (offering_ < started_.size() && !started_[offering_].addresses.busy()) ++offering_;
  if (offering_ == started_.size()) return false;
  const Transfer& transfer = started_[offering_];
  burst_valid_o = transfer.read * transfer.word_bytes >= transfer.offered_until + transfer.addresses.burst().bytes;
  return burst_valid_o;
}

void StoreBlock::accepted() {
  Transfer& transfer = started_[offering_];
  LayerCounters& counts = in_flight()[offering_].counts;
  const int bytes = transfer.addresses.burst().bytes;
  transfer.offered_until += bytes;
  transfer.addresses.take();
  ++transfer.responses_left;
  counts.memory_write_bytes += bytes;
  ++counts.memory_write_bursts;
  burst_ready_i = true;
}

/// Bursts are numbered through all STOREs; number n takes the slot of number n - slots once that has been sent.
bool StoreBlock::slot_free(Transfer& transfer) {
  const std::int64_t slots = machine().config().memory.outstanding;
  while (transfer.read * transfer.word_bytes >= transfer.slot_end) {
    if (slots_filled_ - bursts_sent_ >= slots) return false;
    transfer.slot_end += transfer.slots.burst().bytes;
    transfer.slots.take();
    ++slots_filled_;
  }
  return true;
}

void StoreBlock::read_word() {
  while (reading_ < started_.size() && started_[reading_].read == started_[reading_].words) {
    for (Transfer& read = started_[reading_]; read.slots.busy(); read.slots.take()) ++slots_filled_;
    ++reading_;
  }
  if (reading_ == started_.size() || !slot_free(started_[reading_])) return;
  Transfer& transfer = started_[reading_];
  const Store& store = std::get<Store>(in_flight()[reading_].queued.command.body);
  const std::int64_t address = transfer.row_address + std::int64_t{transfer.x} * store.buffer_word_pitch;
  const std::size_t at = transfer.bytes.size();
  const int lanes = machine().config().array.rows;
  const int bits = machine().config().datatypes.activation_bits;
  transfer.bytes.resize(at + static_cast<std::size_t>(transfer.word_bytes));
  pack_lanes(machine().state.activations.words(address), bits, lanes, transfer.bytes.data() + at);
  activation_read_o = true;
  activation_read_address_o = static_cast<std::int32_t>(address);
  ++in_flight()[reading_].counts.sram_read_words;
  ++transfer.read;
  if (++transfer.x == store.row_words) {
    transfer.x = 0;
    transfer.row_address += store.buffer_row_pitch;
  }
}

void StoreBlock::send(std::uint8_t* place, int bytes, bool last) {
  while (started_[sending_].sent == static_cast<std::int64_t>(started_[sending_].bytes.size())) ++sending_;
  Transfer& transfer = started_[sending_];
  std::memcpy(place, transfer.bytes.data() + transfer.sent, static_cast<std::size_t>(bytes));
  transfer.sent += bytes;
  if (last) ++bursts_sent_;
}

void StoreBlock::response() {
  Transfer& oldest = started_.front();
  if (--oldest.responses_left > 0 || oldest.addresses.busy()) return;
  set_done(StallCause::kMemory);
  started_.pop_front();
  for (std::size_t* index : {&offering_, &reading_, &sending_}) {
    if (*index > 0) --*index;
  }
}

}  // namespace systoliq::model::cycle
