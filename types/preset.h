// SPDX-License-Identifier: Apache-2.0
// Names of the requantization presets; their arithmetic is written twice, in sw_ref/reference and in model/arith.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "types/error.h"

namespace systoliq {

/// One preset per software stack whose integers are reproduced (docs/numerics.md).
enum class Preset {
  kTfliteRef,
  kTfliteSingle,
  kOrtMlas,
  kFloor,
  kHalfUp,
  kHalfEven,
  kHalfAway,
  kPotFloor,
  kPotHalfUp,
};

inline constexpr std::array<std::string_view, 9> kPresetNames = {"tflite_ref", "tflite_single", "ort_mlas",
                                                                 "floor",      "half_up",       "half_even",
                                                                 "half_away",  "pot_floor",     "pot_half_up"};

inline std::string_view to_string(Preset preset) { return kPresetNames[static_cast<std::size_t>(preset)]; }

/// The preset of that name. Throws InputError listing the accepted names.
inline Preset parse_preset(std::string_view name) {
  std::string accepted;
  for (std::size_t i = 0; i < kPresetNames.size(); ++i) {
    if (kPresetNames[i] == name) return static_cast<Preset>(i);
    accepted += (i ? ", " : "") + std::string(kPresetNames[i]);
  }
  throw InputError("unknown requantization preset '" + std::string(name) + "'; accepted: " + accepted);
}

/// True for the presets that only shift, so that every scale must be a power of two.
inline bool is_shift_only(Preset preset) { return preset == Preset::kPotFloor || preset == Preset::kPotHalfUp; }

}  // namespace systoliq
