// SPDX-License-Identifier: Apache-2.0
// Reading of words, addresses, and the sending of data.
#include "model/cycle/store.h"

#include <algorithm>
#include <cstring>

namespace systoliq::model::cycle {
namespace {

/// A pixel ends with its byte.
std::int64_t record_bytes_of(const Store& store) {
  return (std::int64_t{store.record_lanes} * store.element_bits + 7) / 8;
}

}  // namespace

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
                                       std::int64_t{store.row_records} * record_bytes_of(store), store.rows);
    started_.emplace_back();
    Transfer& transfer = started_.back();
    transfer.addresses.start(rows, machine().config().memory.burst_bytes);
    transfer.slots = transfer.addresses;
    transfer.words = std::int64_t{store.rows} * store.row_records * store.record_words;
    transfer.lanes_left = store.record_lanes;
    transfer.row_address = store.buffer_address;
  }
  burst_valid_o = burst_ready_i = activation_read_o = false;
}

bool StoreBlock::offers() {
  while (offering_ < started_.size() && !started_[offering_].addresses.busy()) ++offering_;
  if (offering_ == started_.size()) return false;
  const Transfer& transfer = started_[offering_];
  burst_valid_o = transfer.complete_bytes() >= transfer.offered_until + transfer.addresses.burst().bytes;
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
  while (transfer.complete_bytes() >= transfer.slot_end) {
    if (slots_filled_ - bursts_sent_ >= slots) return false;
    transfer.slot_end += transfer.slots.burst().bytes;
    transfer.slots.take();
    ++slots_filled_;
  }
  return true;
}

/// A word's lanes bit by bit behind those before; a record ends with its byte.
void StoreBlock::append_word(const Store& store, const std::int16_t* word, Transfer* transfer) {
  const int lanes = std::min(machine().config().array.rows, transfer->lanes_left);
  for (int i = 0; i < lanes * store.element_bits; ++i) {
    if (transfer->bit == 0) transfer->bytes.push_back(0);
    const int set = word[i / store.element_bits] >> (i % store.element_bits) & 1;
    transfer->bytes.back() = static_cast<std::uint8_t>(transfer->bytes.back() | set << transfer->bit);
    transfer->bit = (transfer->bit + 1) % 8;
  }
  transfer->lanes_left -= lanes;
  if (transfer->lanes_left > 0) return;
  transfer->lanes_left = store.record_lanes;
  transfer->bit = 0;
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
  append_word(store, machine().state.activations.words(address), &transfer);
  activation_read_o = true;
  activation_read_address_o = static_cast<std::int32_t>(address);
  ++in_flight()[reading_].counts.sram_read_words;
  ++transfer.read;
  if (++transfer.x == store.row_records * store.record_words) {
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
