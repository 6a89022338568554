// SPDX-License-Identifier: Apache-2.0
// C functions around model/arith/requantize.h; no exception leaves them.
#include "rtl_cosim/dpi/systoliq_dpi.h"

#include <exception>
#include <string>

#include "model/arith/requantize.h"
#include "types/error.h"

namespace {

using systoliq::InputError;
using systoliq::Preset;

std::string& pending_error() {
  thread_local std::string error;
  return error;
}

std::int64_t checked(const char* name, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high) {
    throw InputError(std::string(name) + " = " + std::to_string(value) + "; accepted: " + std::to_string(low) + " to " +
                     std::to_string(high));
  }
  return value;
}

std::int64_t checked_bits(const char* name, std::int64_t value, int bits) {
  const std::int64_t high = (std::int64_t{1} << (bits - 1)) - 1;
  return checked(name, value, -high - 1, high);
}

Preset checked_preset(int preset) {
  return static_cast<Preset>(checked("preset", preset, 0, static_cast<int>(systoliq::kRtlPresets) - 1));
}

/// A single rounding of an integer multiplier is not defined for scales above 2^31.
int checked_shift(const char* name, Preset preset, int shift) {
  const bool wide = preset == Preset::kOrtMlas || systoliq::is_shift_only(preset);
  return static_cast<int>(checked(name, shift, -255, wide ? 255 : 31));
}

template <typename Compute>
auto guarded(const char* function, Compute compute) -> decltype(compute()) {
  try {
    return compute();
  } catch (const std::exception& error) {
    pending_error() = std::string(function) + ": " + error.what();
  }
  return {};
}

}  // namespace

extern "C" {

long long sq_requantize(int preset, long long accumulator, int multiplier, int shift) {
  return guarded("sq_requantize", [&]() -> long long {
    const Preset chosen = checked_preset(preset);
    checked_bits("accumulator", accumulator, 48);
    if (chosen == Preset::kOrtMlas) checked("multiplier", multiplier, 0, (1 << 24) - 1);
    return systoliq::model::requantize(chosen, accumulator, multiplier, checked_shift("shift", chosen, shift));
  });
}

long long sq_mac(long long sum, int activation, int operand, int accumulator_bits, int saturate) {
  return guarded("sq_mac", [&]() -> long long {
    checked("accumulator_bits", accumulator_bits, 12, 48);
    checked_bits("sum", sum, accumulator_bits);
    checked_bits("activation", activation, 16);
    checked_bits("operand", operand, 17);
    const auto overflow =
        checked("saturate", saturate, 0, 1) != 0 ? systoliq::Overflow::kSaturate : systoliq::Overflow::kWrap;
    bool overflowed = false;
    return systoliq::model::narrow(sum + std::int64_t{activation} * operand, accumulator_bits, overflow, &overflowed);
  });
}

int sq_decode_weight(int stored, int zero_point) {
  return guarded("sq_decode_weight", [&] {
    return static_cast<int>(checked_bits("stored", stored, 16) - checked_bits("zero_point", zero_point, 16));
  });
}

int sq_decode_codebook_weight(int stored, int weight_bits, const short* table) {
  return guarded("sq_decode_codebook_weight", [&] {
    checked("weight_bits", weight_bits, 2, 8);
    if (table == nullptr) throw InputError("no table");
    return int{table[stored & ((1 << weight_bits) - 1)]};
  });
}

long long sq_average(int preset, long long sum, int multiplier, int shift, long long divisor) {
  return guarded("sq_average", [&]() -> long long {
    const Preset chosen = checked_preset(preset);
    checked_bits("sum", sum, 48);
    checked("multiplier", multiplier, 0, 0x7FFFFFFF);
    checked("shift", shift, -255, 255);
    checked("divisor", divisor, 1, (std::int64_t{1} << 62) - 1);
    return systoliq::model::exact_average(chosen, sum, multiplier, shift, divisor);
  });
}

long long sq_add(int preset, int a, int b, int multiplier_a, int shift_a, int multiplier_b, int shift_b,
                 int multiplier_sum, int shift_sum) {
  return guarded("sq_add", [&]() -> long long {
    const Preset chosen = checked_preset(preset);
    checked_bits("a", a, 17);
    checked_bits("b", b, 17);
    const bool single = systoliq::traits_of(chosen).add_form == systoliq::AddForm::kSingleRounding;
    checked("shift_a", shift_a, -255, single ? 0 : 31);
    checked("shift_b", shift_b, -255, single ? 0 : 31);
    checked("shift_sum", shift_sum, chosen == Preset::kOrtMlas ? 0 : -255, chosen == Preset::kOrtMlas ? 62 : 31);
    return systoliq::model::residual_add(chosen, a, b,
                                         {multiplier_a, shift_a, multiplier_b, shift_b, multiplier_sum, shift_sum});
  });
}

const char* sq_error(void) {
  thread_local std::string shown;
  shown.swap(pending_error());
  pending_error().clear();
  return shown.c_str();
}

}  // extern "C"
