// SPDX-License-Identifier: Apache-2.0
// Queues of bursts.
#include "rtl_cosim/accelerator/axi_memory.h"

#include <string>
#include <utility>

#include "types/error.h"

namespace systoliq::rtl {

AxiMemory::AxiMemory(const model::MemoryConfig& config, std::vector<std::uint8_t> bytes)
    : config_(config), bytes_(std::move(bytes)) {}

AxiMemory::Beat AxiMemory::read_beat(std::int64_t cycle) const {
  if (reads_.empty() || reads_.front().time > cycle) return {};
  return {true, reads_.front().beats_left == 1, reads_.front().address};
}

void AxiMemory::take_read_beat() {
  Burst& burst = reads_.front();
  burst.address += config_.bytes_per_cycle;
  if (--burst.beats_left == 0) reads_.pop_front();
}

bool AxiMemory::response(std::int64_t cycle) const { return !responses_.empty() && responses_.front().time <= cycle; }

void AxiMemory::take_response() { responses_.pop_front(); }

AxiMemory::Burst AxiMemory::checked(const AxiAddress& address, std::int64_t time) const {
  constexpr int kIncrementing = 1;
  constexpr std::int64_t kPage = 4096;
  const std::int64_t width = config_.bytes_per_cycle;
  const std::int64_t size = static_cast<std::int64_t>(bytes_.size());
  const std::string where = "the RTL's burst of " + std::to_string(address.beats) + " beats from address " +
                            std::to_string(address.address) + " on ";
  check(std::int64_t{1} << address.size == width,
        where + "has beats of " + std::to_string(1 << address.size) + " bytes on a bus of " + std::to_string(width));
  check(address.burst == kIncrementing, where + "is of type " + std::to_string(address.burst) + "; accepted: 1, INCR");
  check(address.address < static_cast<std::uint64_t>(size), where + "begins outside of memory");
  const std::int64_t first = static_cast<std::int64_t>(address.address) / width * width;
  const std::int64_t last = first + (address.beats - 1) * width;
  check(last < size, where + "ends outside of memory");
  check(first / kPage == (last + width - 1) / kPage, where + "crosses a boundary of 4 KiB");
  return {first, address.beats, time};
}

void AxiMemory::accept_read(std::int64_t cycle, const AxiAddress& address) {
  check(static_cast<int>(reads_.size()) < config_.outstanding, "the RTL has too many read bursts in flight");
  reads_.push_back(checked(address, cycle + config_.latency_cycles));
}

void AxiMemory::accept_write(const AxiAddress& address) {
  check(static_cast<int>(writes_.size() + responses_.size()) < config_.outstanding,
        "the RTL has too many write bursts in flight");
  writes_.push_back(checked(address, 0));
}

std::int64_t AxiMemory::accept_beat(std::int64_t cycle, bool last) {
  check(!writes_.empty(), "the RTL writes data without an address");
  Burst& burst = writes_.front();
  check(last == (burst.beats_left == 1), "WLAST is not at the last beat of the burst");
  const std::int64_t address = burst.address;
  burst.address += config_.bytes_per_cycle;
  if (--burst.beats_left == 0) {
    burst.time = cycle + config_.latency_cycles;
    responses_.push_back(burst);
    writes_.pop_front();
  }
  return address;
}

std::uint8_t AxiMemory::byte(std::int64_t address) const {
  const auto size = static_cast<std::int64_t>(bytes_.size());
  const std::int64_t beat = address / config_.bytes_per_cycle * config_.bytes_per_cycle;
  check(address >= 0 && beat < size, "the RTL reads address " + std::to_string(address) + ", outside of memory");
  return address < size ? bytes_[static_cast<std::size_t>(address)] : std::uint8_t{0};
}

void AxiMemory::set_byte(std::int64_t address, std::uint8_t value) {
  check(address >= 0 && address < static_cast<std::int64_t>(bytes_.size()),
        "the RTL writes to address " + std::to_string(address) + ", outside of memory");
  bytes_[static_cast<std::size_t>(address)] = value;
}

}  // namespace systoliq::rtl
