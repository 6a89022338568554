// SPDX-License-Identifier: Apache-2.0
// The accelerator's control and status registers: byte offsets of 32-bit words in its TLM (AXI4-Lite) target.
#pragma once

#include <cstdint>

namespace systoliq::model {

enum class Csr : std::uint64_t {
  kControl = 0x00,            ///< write 1: start. A start while busy is refused
  kStatus = 0x04,             ///< read: CsrStatus bits
  kCommandAddressLow = 0x08,  ///< byte address of the first command
  kCommandAddressHigh = 0x0C,
  kCommandCount = 0x10,
  kInterrupt = 0x14,  ///< read: 1 while raised; write 1: lower it
  kCyclesLow = 0x18,  ///< read: cycles of the last run
  kCyclesHigh = 0x1C,
  kErrorCommand = 0x20,  ///< read: number of the command that ended the run with an error
  kErrorCode = 0x24,     ///< read: bits 7..0 ErrorReason, bits 15..8 the word that it names; 0: no error
};
inline constexpr std::uint64_t kCsrBytes = 0x28;

inline constexpr std::uint32_t kStatusBusy = 1;
inline constexpr std::uint32_t kStatusDone = 2;
inline constexpr std::uint32_t kStatusError = 4;  ///< a command broke a rule; the accelerator needs a reset

}  // namespace systoliq::model
