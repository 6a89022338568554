// SPDX-License-Identifier: Apache-2.0
// Transfers in order, one beat a cycle.
#include "model/cycle/axi_memory.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace systoliq::model::cycle {

void AxiMemory::configure(std::vector<std::uint8_t> bytes) {
  bytes_ = std::move(bytes);
  reads_.clear();
  writes_.clear();
  responses_.clear();
  arvalid_ = rvalid_ = rlast_ = awvalid_ = wvalid_ = wlast_ = bvalid_ = false;
  ar_cycle_ = aw_cycle_ = -1;
  const int width = machine_.config().memory.bytes_per_cycle;
  rdata_.assign(machine_.trace != nullptr ? static_cast<std::size_t>(width + 7) / 8 : 0, 0);
  wdata_ = rdata_;
}

void AxiMemory::declare(TraceSink& trace) const {
  trace.add("axi_arvalid_o", &arvalid_);
  trace.add("axi_araddr_o", &araddr_);
  trace.add("axi_ar_bytes", &arbytes_, 16);
  trace.add("axi_rvalid_i", &rvalid_);
  trace.add("axi_rlast_i", &rlast_);
  trace.add("axi_r_bytes", &rbytes_, 16);
  const int lanes = std::min(8, machine_.config().memory.bytes_per_cycle);
  for (std::size_t i = 0; i < rdata_.size(); ++i) trace.add("axi_rdata_i_" + std::to_string(i), &rdata_[i], 8 * lanes);
  for (std::size_t i = 0; i < wdata_.size(); ++i) trace.add("axi_wdata_o_" + std::to_string(i), &wdata_[i], 8 * lanes);
  trace.add("axi_awvalid_o", &awvalid_);
  trace.add("axi_awaddr_o", &awaddr_);
  trace.add("axi_aw_bytes", &awbytes_, 16);
  trace.add("axi_wvalid_o", &wvalid_);
  trace.add("axi_wlast_o", &wlast_);
  trace.add("axi_w_bytes", &wbytes_, 16);
  trace.add("axi_bvalid_i", &bvalid_);
}

void AxiMemory::require(const Burst& burst) const {
  const auto size = static_cast<std::int64_t>(bytes_.size());
  if (burst.address >= 0 && burst.address <= size && burst.bytes <= size - burst.address) return;
  throw InternalError("memory refuses " + std::to_string(burst.bytes) + " bytes at address " +
                      std::to_string(burst.address) + ": outside of " + std::to_string(size));
}

void AxiMemory::accept_read(const Burst& burst) {
  require(burst);
  reads_.push_back({burst.address, burst.bytes, machine_.cycle + machine_.config().memory.latency_cycles});
  ar_cycle_ = machine_.cycle;
  araddr_ = burst.address;
  arbytes_ = burst.bytes;
}

void AxiMemory::accept_write(const Burst& burst) {
  require(burst);
  writes_.push_back({burst.address, burst.bytes, machine_.cycle + 1});
  aw_cycle_ = machine_.cycle;
  awaddr_ = burst.address;
  awbytes_ = burst.bytes;
}

/// A beat ends at the next multiple of the bus width, or with the burst.
int AxiMemory::beat_bytes(const Transfer& transfer) const {
  const int width = machine_.config().memory.bytes_per_cycle;
  return std::min(transfer.left, width - static_cast<int>(transfer.address & (width - 1)));
}

bool AxiMemory::read_beat(ReadBeat* beat) {
  arvalid_ = ar_cycle_ == machine_.cycle;
  rvalid_ = !reads_.empty() && reads_.front().may_begin <= machine_.cycle;
  rlast_ = false;
  if (!rvalid_) return false;
  Transfer& transfer = reads_.front();
  beat->data = bytes_.data() + transfer.address;
  beat->bytes = rbytes_ = beat_bytes(transfer);
  if (!rdata_.empty()) show_data(transfer.address);
  transfer.address += beat->bytes;
  transfer.left -= beat->bytes;
  beat->last = rlast_ = transfer.left == 0;
  if (rlast_) reads_.pop_front();
  return true;
}

/// All lanes of the beat, those that nobody asked for too, as a memory delivers them.
void AxiMemory::show_data(std::int64_t address) {
  const std::int64_t width = machine_.config().memory.bytes_per_cycle;
  const std::int64_t first = address / width * width;
  std::fill(rdata_.begin(), rdata_.end(), 0);
  const std::int64_t count = std::min(width, static_cast<std::int64_t>(bytes_.size()) - first);
  std::memcpy(rdata_.data(), bytes_.data() + first, static_cast<std::size_t>(count));  // little endian
}

std::uint8_t* AxiMemory::write_beat(int* bytes, bool* last) {
  awvalid_ = aw_cycle_ == machine_.cycle;
  wvalid_ = !writes_.empty() && writes_.front().may_begin <= machine_.cycle;
  wlast_ = false;
  if (!wvalid_) return nullptr;
  Transfer& transfer = writes_.front();
  std::uint8_t* const place = bytes_.data() + transfer.address;
  *bytes = wbytes_ = beat_bytes(transfer);
  transfer.address += *bytes;
  transfer.left -= *bytes;
  *last = wlast_ = transfer.left == 0;
  if (wlast_) {
    writes_.pop_front();
    responses_.push_back(machine_.cycle + machine_.config().memory.latency_cycles);
  }
  return place;
}

/// Lanes that are not written show 0.
void AxiMemory::written(const std::uint8_t* place, int bytes) {
  if (wdata_.empty()) return;
  const std::int64_t lane = (place - bytes_.data()) % machine_.config().memory.bytes_per_cycle;
  std::fill(wdata_.begin(), wdata_.end(), 0);
  std::memcpy(reinterpret_cast<std::uint8_t*>(wdata_.data()) + lane, place, static_cast<std::size_t>(bytes));
}

bool AxiMemory::response() {
  bvalid_ = !responses_.empty() && responses_.front() == machine_.cycle;
  if (bvalid_) responses_.pop_front();
  return bvalid_;
}

}  // namespace systoliq::model::cycle
