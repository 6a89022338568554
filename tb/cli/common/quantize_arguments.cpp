// SPDX-License-Identifier: Apache-2.0
// The command line's spelling of every choice that the quantizer offers.
#include "tb/cli/common/quantize_arguments.h"

#include <map>

#include "tb/cli/common/option_rules.h"
#include "tb/workload/widths.h"
#include "types/error.h"

namespace systoliq::cli {
namespace {

constexpr const char* kQuantizeGroup = "Quantization (of a float network)";

const std::map<std::string, sw_ref::RangeMethod> kRangeMethods = {
    {"auto", sw_ref::RangeMethod::kAuto},
    {"minmax", sw_ref::RangeMethod::kMinMax},
    {"sigma", sw_ref::RangeMethod::kSigma},
    {"percentile", sw_ref::RangeMethod::kPercentile},
    {"mse", sw_ref::RangeMethod::kMse},
    {"kl", sw_ref::RangeMethod::kKl},
    {"moving-average", sw_ref::RangeMethod::kMovingAverage},
    {"given", sw_ref::RangeMethod::kGiven}};

std::vector<std::string> range_names() {
  std::vector<std::string> names;
  for (const auto& entry : kRangeMethods) names.push_back(entry.first);
  return names;
}

const std::map<std::string, sw_ref::CodebookKind> kCodebookKinds = {{"per-tensor", sw_ref::CodebookKind::kPerTensor},
                                                                    {"per-channel", sw_ref::CodebookKind::kPerChannel}};

std::vector<std::string> preset_names() { return {kPresetNames.begin(), kPresetNames.end()}; }

}  // namespace

void add_quantize_options(Command command, QuantizeArguments& arguments) {
  const char* const group = kQuantizeGroup;
  arguments.command = command;
  sw_ref::QuantizeOptions& options = arguments.options;
  command.add_option("--preset", arguments.preset, "requantization arithmetic")
      .one_of(preset_names())
      .show_default()
      .group(group);
  command.add_option("--weight-bits", options.weight_bits, "bits of a stored weight")
      .in_range(2, 8)
      .show_default()
      .group(group);
  command
      .add_option_function<std::string>(
          "--widths", [&options](const std::string& widths) { tb::set_widths(widths, &options); },
          "widths that differ by layer: LAYER=W or LAYER=W/A (bits of weights and activations), comma-separated, or a "
          "TOML file")
      .group(group);
  command.add_option("--activation-bits", options.activation_bits, "bits of a stored activation")
      .in_range(2, 8)
      .show_default()
      .group(group);
  command.add_flag("--per-tensor", arguments.per_tensor, "one weight scale a layer instead of one per output channel")
      .group(group);
  command.add_flag("--symmetric-activations", options.symmetric_activations, "activation zero points of 0")
      .group(group);
  command.add_flag("!--affine-weights", options.symmetric_weights, "weights with a zero point").group(group);
  command.add_flag("--unsigned-activations", options.unsigned_activations, "uint8 activations in ONNX").group(group);
  command.add_flag("--power-of-two", options.power_of_two, "power-of-two scales (for the pot presets)").group(group);
  command
      .add_option_function<std::string>(
          "--codebook", [&options](const std::string& kind) { options.codebook = kCodebookKinds.at(kind); },
          "weights as indices into tables of 2^weight-bits int8 operands, for machines with codec codebook")
      .one_of({"per-tensor", "per-channel"})
      .group(group);
  command.add_flag("--codebook-optimal", options.codebook_optimal, "tables of the least squared error, not k-means")
      .group(group);
  command.add_option("--codebook-seed", options.codebook_seed, "of the k-means++ seeding")
      .whole_number(UINT64_MAX)
      .show_default()
      .group(group);
  command
      .add_option_function<std::string>(
          "--affine",
          [&options](const std::string& mode) {
            options.affine = mode == "clip" ? sw_ref::AffineMode::kClip : sw_ref::AffineMode::kNormal;
          },
          "affine scales from the stored range (normal, the default) or of one bit more, saturating (clip)")
      .one_of({"normal", "clip"})
      .group(group);
  command
      .add_option_function<std::string>(
          "--calibration",
          [&options](const std::string& order) {
            options.calibration =
                order == "layerwise" ? sw_ref::CalibrationOrder::kLayerwise : sw_ref::CalibrationOrder::kAtOnce;
          },
          "ranges from the float network (at-once, the default) or behind layers quantized before (layerwise)")
      .one_of({"at-once", "layerwise"})
      .group(group);
  command
      .add_flag("--power-of-two-observer", options.power_of_two_observer,
                "power-of-two scales with exponents -8 to 8, symmetric, integers from -128 on")
      .group(group);
  command
      .add_option_function<std::string>(
          "--symmetric-scale",
          [&options](const std::string& rule) {
            options.symmetric_scale = rule == "span" ? sw_ref::SymmetricScale::kSpan : sw_ref::SymmetricScale::kHighest;
          },
          "max|x| / 127 (highest, the default) or 2 max|x| / 255 (span)")
      .one_of({"highest", "span"})
      .group(group);
  command
      .add_flag("--equalize", options.equalize, "equal weight ranges on both sides of every channel between two layers")
      .group(group);
  command
      .add_flag("--bias-correction", options.bias_correction, "biases take out what the layers' mean outputs are off")
      .group(group);
  command
      .add_option_function<std::string>(
          "--scale-form",
          [&options](const std::string& form) {
            options.scale_form = form == "divisor" ? sw_ref::ScaleForm::kDivisor : sw_ref::ScaleForm::kFree;
          },
          "requantize by the scales' quotient (free, the default) or by one integer divisor per weight scale (divisor)")
      .one_of({"free", "divisor"})
      .group(group);
  command
      .add_option_function<std::string>(
          "--bias-form",
          [&options](const std::string& form) {
            options.bias_form = form == "own-scale" ? sw_ref::BiasForm::kOwnScale : sw_ref::BiasForm::kAccumulator;
          },
          "biases at Sx * Sw (accumulator, the default) or rounded at max|b| / (2^bits - 1) before (own-scale)")
      .one_of({"accumulator", "own-scale"})
      .group(group);
  command.add_option("--bias-bits", options.bias_bits, "bits of a bias's magnitude, for --bias-form own-scale")
      .in_range(2, 16)
      .show_default()
      .group(group);
  command
      .add_option("--weight-range", arguments.weight_range,
                  "how a weight range is chosen; auto: minmax with 8 bits, mse with fewer")
      .one_of(range_names())
      .show_default()
      .group(group);
  command
      .add_option("--activation-range", arguments.activation_range, "how an activation range is chosen; auto likewise")
      .one_of(range_names())
      .show_default()
      .group(group);
  command.add_option("--sigmas", options.sigmas, "half width for range sigma").show_default().group(group);
  command.add_option("--percentile", options.percentile, "for range percentile, in percent")
      .show_default()
      .group(group);
  command
      .add_option("--calibration-images", arguments.calibration_images, "images of the training part to calibrate on")
      .in_range(1, 100000)
      .show_default()
      .group(group);
}

sw_ref::QuantizeOptions resolve(const QuantizeArguments& arguments) {
  sw_ref::QuantizeOptions options = arguments.options;
  options.preset = parse_preset(arguments.preset);
  options.per_channel = !arguments.per_tensor;
  options.power_of_two = options.power_of_two || is_shift_only(options.preset) || options.power_of_two_observer;
  options.symmetric_activations = options.symmetric_activations || options.power_of_two_observer;
  options.weight_range = kRangeMethods.at(arguments.weight_range);
  options.activation_range = kRangeMethods.at(arguments.activation_range);
  return options;
}

void check_effects(const QuantizeArguments& arguments) {
  if (!arguments.command.exists()) return;
  const sw_ref::QuantizeOptions& options = arguments.options;
  const auto refuse = [&](const char* option, bool effective, const char* accepted) {
    if (effective || !is_given(arguments.command, option)) return;
    throw InputError(std::string(option) + ": has no effect here; accepted: with " + accepted);
  };
  const auto ranges_by = [&](const char* method) {
    return arguments.weight_range == method || arguments.activation_range == method;
  };
  const bool codebooks = options.codebook != sw_ref::CodebookKind::kNone;
  refuse("--sigmas", ranges_by("sigma"), "--weight-range sigma or --activation-range sigma");
  refuse("--percentile", ranges_by("percentile"), "--weight-range percentile or --activation-range percentile");
  refuse("--bias-bits", options.bias_form == sw_ref::BiasForm::kOwnScale, "--bias-form own-scale");
  refuse("--codebook-optimal", codebooks, "--codebook");
  refuse("--codebook-seed", codebooks && !options.codebook_optimal, "--codebook, without --codebook-optimal");
}

std::vector<std::string> given_quantize_options(const QuantizeArguments& arguments) {
  std::vector<std::string> names;
  if (!arguments.command.exists()) return names;
  for (const Option option : arguments.command.options()) {
    if (option.heading() == kQuantizeGroup && option.is_given()) names.push_back(option.name());
  }
  return names;
}

}  // namespace systoliq::cli
