// SPDX-License-Identifier: Apache-2.0
// The model's arithmetic for SystemVerilog through DPI-C, and for anything else that can call C: shared library
// libsystoliq_dpi. The SystemVerilog declarations are in systoliq_dpi_pkg.sv. Presets are numbered as in
// types/preset.h: 0 tflite_ref, 1 tflite_single, 2 ort_mlas, 3 floor, 4 half_up, 5 half_even, 6 half_away, 7 pot_floor,
// 8 pot_half_up.
//
// An argument outside its range gives 0 and a message from sq_error(); nothing is thrown and nothing is printed.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

#define SQ_EXPORT __attribute__((visibility("default")))

/// accumulator scaled and rounded by the preset, before the zero point, limited to +-2^62: model::requantize().
/// accumulator: 48 bits; shift: -255 to 31 (pot presets, ort_mlas: to 255); multiplier as in model/isa/param_word.h.
SQ_EXPORT long long sq_requantize(int preset, long long accumulator, int multiplier, int shift);

/// One multiply-accumulate of the array: sum + activation * operand, brought back into accumulator_bits (12 to 48) by
/// wrapping (saturate 0) or saturating (1). activation 16 bits, operand 17 bits, sum accumulator_bits.
SQ_EXPORT long long sq_mac(long long sum, int activation, int operand, int accumulator_bits, int saturate);

/// Operand of a linear weight: stored - zero_point; both 16 bits.
SQ_EXPORT int sq_decode_weight(int stored, int zero_point);

/// Operand of a codebook weight: table[the lower weight_bits (2 to 8) bits of stored]; table has 2^weight_bits entries.
SQ_EXPORT int sq_decode_codebook_weight(int stored, int weight_bits, const short* table);

/// round(multiplier * 2^shift * sum / divisor), half even for ort_mlas, else half away: model::exact_average().
/// multiplier 0 or more, divisor above 0, shift -255 to 255.
SQ_EXPORT long long sq_average(int preset, long long sum, int multiplier, int shift, long long divisor);

/// Residual add of two centered operands (17 bits), before the zero point, in the preset's form: model::residual_add().
SQ_EXPORT long long sq_add(int preset, int a, int b, int multiplier_a, int shift_a, int multiplier_b, int shift_b,
                           int multiplier_sum, int shift_sum);

/// What was wrong with an argument of the last call that was refused in this thread; "" when none was since the last
/// sq_error(). Valid until the next call.
SQ_EXPORT const char* sq_error(void);

#ifdef __cplusplus
}
#endif
