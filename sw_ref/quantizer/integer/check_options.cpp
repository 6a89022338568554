// SPDX-License-Identifier: Apache-2.0
// Which options of the quantizer go together.
#include <string>

#include "sw_ref/quantizer/integer/divisor_form.h"
#include "sw_ref/quantizer/integer/quantize_steps.h"
#include "sw_ref/quantizer/options.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

void check_bits(const char* name, int bits, int highest) {
  if (bits >= 2 && bits <= highest) return;
  throw InputError(std::string(name) + " = " + std::to_string(bits) + "; accepted: 2 to " + std::to_string(highest));
}

/// For codebooks, whose entries have 8 bits, and the power-of-two observer.
bool takes_what_was_seen(RangeMethod method) { return method == RangeMethod::kMinMax || method == RangeMethod::kAuto; }

void check_weights(const QuantizeOptions& options) {
  if (options.per_channel && !options.symmetric_weights) {
    throw InputError(
        "affine weights with a scale per channel would need a zero point per channel, which no supported "
        "stack executes; accepted: affine weights per tensor, or symmetric weights");
  }
  if (options.codebook != CodebookKind::kNone &&
      (!options.symmetric_weights || !takes_what_was_seen(options.weight_range))) {
    throw InputError(
        "codebook entries are symmetric and reach as far as the clusters do; accepted: symmetric weights with the "
        "range that was seen (minmax)");
  }
  if (options.weight_range == RangeMethod::kMovingAverage) {
    throw InputError(
        "weight range moving-average: weights are seen once; accepted: minmax, which is the same, or another");
  }
  if (options.weight_range == RangeMethod::kGiven) {
    throw InputError("weight range given: training gives ranges of activations only; accepted: another range");
  }
  if (options.symmetric_scale == SymmetricScale::kSpan &&
      (options.codebook != CodebookKind::kNone || !options.symmetric_weights)) {
    throw InputError("symmetric scale span is for linear symmetric weights; accepted: no codebook, no affine weights");
  }
}

void check_scales(const QuantizeOptions& options) {
  if (is_shift_only(options.preset) && !options.power_of_two) {
    throw InputError("preset " + std::string(to_string(options.preset)) +
                     " only shifts; accepted: power_of_two scales with it");
  }
  if (options.power_of_two_observer &&
      (!options.power_of_two || !options.symmetric_activations || !options.symmetric_weights ||
       options.codebook != CodebookKind::kNone || !takes_what_was_seen(options.weight_range) ||
       (!takes_what_was_seen(options.activation_range) && options.activation_range != RangeMethod::kGiven))) {
    throw InputError(
        "the power-of-two observer is symmetric and takes the range seen; accepted with it: power_of_two, symmetric "
        "activations and weights, ranges minmax (or given, for activations), no codebook");
  }
  if (options.affine == AffineMode::kClip && options.symmetric_activations && options.symmetric_weights) {
    throw InputError("affine mode clip, but weights and activations are symmetric; accepted: one of them affine");
  }
  if (!(options.sigmas > 0.0)) throw InputError("sigmas = " + number_text(options.sigmas) + "; accepted: above 0");
  if (!(options.percentile > 50.0 && options.percentile <= 100.0)) {
    throw InputError("percentile = " + number_text(options.percentile) + "; accepted: above 50, at most 100");
  }
}

void check_forms(const QuantizeOptions& options) {
  if (options.scale_form == ScaleForm::kDivisor && (options.power_of_two || !takes_divisors(options.preset))) {
    throw InputError(
        "the divisor form needs an integer multiplier that rounds once and scales that are free; accepted with it: "
        "preset " +
        presets_with_divisors() + ", no power_of_two");
  }
  if (options.bias_form == BiasForm::kOwnScale && options.bias_correction) {
    throw InputError(
        "bias correction moves biases by steps of Sx * Sw, which biases of an own scale do not have; accepted: one of "
        "both");
  }
}

void check_equalization(const QuantizeOptions& options) {
  if (options.equalize && options.activation_range == RangeMethod::kGiven) {
    throw InputError(
        "equalization scales the channels of tensors, whose given ranges then no longer hold; accepted with it: ranges "
        "that are measured");
  }
}

}  // namespace

void check_options(const QuantizeOptions& options) {
  check_bits("weight_bits", options.weight_bits, 8);
  check_bits("activation_bits", options.activation_bits, 8);
  check_bits("bias_bits", options.bias_bits, 16);
  check_weights(options);
  check_scales(options);
  check_forms(options);
  check_equalization(options);
}

}  // namespace systoliq::sw_ref
