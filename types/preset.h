// SPDX-License-Identifier: Apache-2.0
// The requantization presets: names and facts in one table. Their arithmetic is written three times, in
// sw_ref/reference, in model/arith and in rtl_cosim/rtl/post.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "types/error.h"

namespace systoliq {

/// One preset per software stack whose integers are reproduced (docs/numerics.md). The value is the code in POST's
/// field `preset`.
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
  kXnnFp32,
  kOrtX86,
  kTflite16x8,
  kLitert16x8,
};

/// The codes of POST's field `preset` that the RTL and level cycle have end with this one.
inline constexpr Preset kLastRtlPreset = Preset::kPotHalfUp;
inline constexpr std::size_t kRtlPresets = static_cast<std::size_t>(kLastRtlPreset) + 1;

/// To an integer: towards -infinity; to the nearest, ties towards +infinity, to the even one, or away from zero.
enum class Rounding { kFloor, kHalfUp, kHalfEven, kHalfAway };

/// How an accumulator is scaled before its last rounding.
enum class Scaling {
  kFixedPoint,        ///< by a 31-bit multiplier and a shift, rounded once
  kFixedPointDouble,  ///< the same with two roundings: the high half of the doubled product, then the shift
  kSignificand,       ///< as fp32 does: operand and product are rounded to 24 significant bits
  kShift,             ///< by a power of two
  kBinary64,          ///< as fp64 does: the product with a double is rounded to 53 significant bits
};

/// How a residual add brings both operands to one scale.
enum class AddForm {
  kDoubleRounding,  ///< TFLite's, every rescaling with two roundings
  kSingleRounding,  ///< TFLite's, every rescaling with one rounding, ties up
  kDoubleOf15,      ///< TFLite's of 16-bit tensors: operands times 2^15 in place of 2^20, two roundings
  kRatios,          ///< ONNX Runtime's: products with 22-bit ratios, summed, rounded once, ties away from zero
  kRatiosUp,        ///< XNNPACK's: products with 21-bit ratios, summed, rounded once, ties up
  kFloat,           ///< ONNX Runtime's on x86: two fused multiply-adds in fp32, then half even
};

struct PresetTraits {
  Preset preset;
  std::string_view name;
  Scaling scaling;
  Rounding rounding;          ///< the last one of a requantization
  Rounding average_rounding;  ///< the only one of an average pooling
  AddForm add_form;
  int fewest_multiplier_bits;    ///< requant.multiplier_bits, sign included; 0: the unit needs no multiplier
  std::string_view description;  ///< one line
};

inline constexpr std::array<PresetTraits, 13> kPresets = {{
    {Preset::kTfliteRef, "tflite_ref", Scaling::kFixedPointDouble, Rounding::kHalfAway, Rounding::kHalfAway,
     AddForm::kDoubleRounding, 8, "TensorFlow Lite (Micro): double rounding"},
    {Preset::kTfliteSingle, "tflite_single", Scaling::kFixedPoint, Rounding::kHalfUp, Rounding::kHalfAway,
     AddForm::kSingleRounding, 8, "TensorFlow Lite with TFLITE_SINGLE_ROUNDING"},
    {Preset::kOrtMlas, "ort_mlas", Scaling::kSignificand, Rounding::kHalfEven, Rounding::kHalfEven, AddForm::kRatios,
     25, "ONNX Runtime: fp32 scale, ties to even"},
    {Preset::kFloor, "floor", Scaling::kFixedPoint, Rounding::kFloor, Rounding::kHalfAway, AddForm::kDoubleRounding, 8,
     "integer multiplier, rounded towards -infinity"},
    {Preset::kHalfUp, "half_up", Scaling::kFixedPoint, Rounding::kHalfUp, Rounding::kHalfAway, AddForm::kDoubleRounding,
     8, "integer multiplier, ties towards +infinity"},
    {Preset::kHalfEven, "half_even", Scaling::kFixedPoint, Rounding::kHalfEven, Rounding::kHalfAway,
     AddForm::kDoubleRounding, 8, "integer multiplier, ties to even"},
    {Preset::kHalfAway, "half_away", Scaling::kFixedPoint, Rounding::kHalfAway, Rounding::kHalfAway,
     AddForm::kDoubleRounding, 8, "integer multiplier, ties away from zero"},
    {Preset::kPotFloor, "pot_floor", Scaling::kShift, Rounding::kFloor, Rounding::kHalfAway, AddForm::kSingleRounding,
     0, "power-of-two scales, rounded towards -infinity"},
    {Preset::kPotHalfUp, "pot_half_up", Scaling::kShift, Rounding::kHalfUp, Rounding::kHalfAway,
     AddForm::kSingleRounding, 0, "power-of-two scales, ties towards +infinity"},
    {Preset::kXnnFp32, "xnn_fp32", Scaling::kSignificand, Rounding::kHalfEven, Rounding::kHalfAway, AddForm::kRatiosUp,
     25, "LiteRT with XNNPACK: fp32 scale, ties to even"},
    {Preset::kOrtX86, "ort_x86", Scaling::kSignificand, Rounding::kHalfEven, Rounding::kHalfEven, AddForm::kFloat, 25,
     "ONNX Runtime on x86: as ort_mlas, sums in fp32"},
    {Preset::kTflite16x8, "tflite_16x8", Scaling::kFixedPoint, Rounding::kHalfUp, Rounding::kHalfAway,
     AddForm::kDoubleOf15, 16, "TensorFlow Lite (Micro) on 16-bit activations: 16-bit multiplier, rounded once"},
    {Preset::kLitert16x8, "litert_16x8", Scaling::kBinary64, Rounding::kHalfAway, Rounding::kHalfAway,
     AddForm::kDoubleOf15, 16, "LiteRT on 16-bit activations: as tflite_16x8, fully connected layers in fp64"},
}};

namespace preset_detail {

constexpr bool in_order() {
  for (std::size_t i = 0; i < kPresets.size(); ++i) {
    if (kPresets[i].preset != static_cast<Preset>(i)) return false;
  }
  return true;
}
static_assert(in_order(), "a preset's value is its place in the table");

constexpr std::array<std::string_view, kPresets.size()> names() {
  std::array<std::string_view, kPresets.size()> list = {};
  for (std::size_t i = 0; i < kPresets.size(); ++i) list[i] = kPresets[i].name;
  return list;
}

}  // namespace preset_detail

/// The table's names alone, in its order.
inline constexpr std::array<std::string_view, kPresets.size()> kPresetNames = preset_detail::names();

/// Throws InternalError for a value that is no preset's.
constexpr const PresetTraits& traits_of(Preset preset) {
  const auto index = static_cast<std::size_t>(preset);
  return index < kPresets.size() ? kPresets[index] : throw InternalError("unknown preset");
}
constexpr std::string_view to_string(Preset preset) { return traits_of(preset).name; }

/// True for the presets that only shift, so that every scale must be a power of two.
constexpr bool is_shift_only(Preset preset) { return traits_of(preset).scaling == Scaling::kShift; }

/// True where a sum of two tensors is one of products with ratios of their scales.
constexpr bool adds_with_ratios(Preset preset) {
  const AddForm form = traits_of(preset).add_form;
  return form == AddForm::kRatios || form == AddForm::kRatiosUp;
}

/// True for the presets of TensorFlow Lite's networks of 16-bit activations and 8-bit weights.
constexpr bool is_16x8(Preset preset) { return traits_of(preset).add_form == AddForm::kDoubleOf15; }

/// Bits by which TFLite's forms of a residual add shift their operands to the left.
constexpr int add_left_shift(AddForm form) { return form == AddForm::kDoubleOf15 ? 15 : 20; }

/// True where an average at equal scales and zero points divides the raw sum.
constexpr bool averages_raw_sums(Preset preset) { return traits_of(preset).average_rounding != Rounding::kHalfEven; }

/// True where a requantization unit whose multiplier has so many bits, sign included, can run the preset.
constexpr bool multiplier_suffices(Preset preset, int multiplier_bits) {
  return multiplier_bits >= traits_of(preset).fewest_multiplier_bits;
}

/// The preset of that name. Throws InputError listing the accepted names.
inline Preset parse_preset(std::string_view name) {
  std::string accepted;
  for (const PresetTraits& traits : kPresets) {
    if (traits.name == name) return traits.preset;
    accepted += (accepted.empty() ? "" : ", ") + std::string(traits.name);
  }
  throw InputError("unknown requantization preset '" + std::string(name) + "'; accepted: " + accepted);
}

}  // namespace systoliq
