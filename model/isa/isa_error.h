// SPDX-License-Identifier: Apache-2.0
// Why a run ends with an error: the codes of the register error_code, bits 7 to 0.
#pragma once

#include <cstdint>

namespace systoliq::model {

enum class ErrorReason : std::uint8_t {
  kNone = 0,
  kUnknownOpcode = 1,       ///< word 0
  kReserved = 2,            ///< a reserved bit or word is not 0
  kRange = 3,               ///< a field is out of its range
  kRule = 4,                ///< fields do not fit together, or an extent leaves a buffer or the address space
  kSemaphore = 5,           ///< a semaphore is awaited by a second engine
  kSemaphoreOverflow = 16,  ///< a counter would pass its maximum; not an error of the decoder
  kBusRead = 17,            ///< the memory answered a read with an error
  kBusWrite = 18,           ///< the memory answered a write with an error
};

}  // namespace systoliq::model
