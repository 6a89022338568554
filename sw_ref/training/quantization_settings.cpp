// SPDX-License-Identifier: Apache-2.0
// [quantization] of a recipe, to and from text.
#include "sw_ref/training/quantization_settings.h"

#include <limits>
#include <sstream>

#include "sw_ref/networks/folding.h"
#include "sw_ref/quantizer/integer/quantize_steps.h"
#include "sw_ref/training/recipe_values.h"
#include "types/util/toml_table.h"

namespace systoliq::sw_ref {
namespace {

enum class Mode { kLinear, kPowerOfTwo, kPowerOfTwoObserver, kCodebook };
constexpr const char* kModeNames[] = {"linear", "power-of-two", "power-of-two-observer", "codebook"};
constexpr const char* kObserverNames[] = {"minmax", "moving-average"};
constexpr const char* kScaleNames[] = {"highest", "span"};
constexpr const char* kAffineNames[] = {"normal", "clip"};
constexpr const char* kCodebookNames[] = {"none", "per-tensor", "per-channel"};

Mode mode_of(const QuantizeOptions& options) {
  if (options.codebook != CodebookKind::kNone) return Mode::kCodebook;
  if (options.power_of_two_observer) return Mode::kPowerOfTwoObserver;
  return options.power_of_two ? Mode::kPowerOfTwo : Mode::kLinear;
}

void read_mode(TomlTable* table, QuantizeOptions* options) {
  if (!table->has("mode")) table->refuse("mode", "is needed; accepted: \"linear\", \"power-of-two\", …");
  Mode mode = Mode::kLinear;
  table->read_name("mode", &mode, kModeNames);
  options->power_of_two = mode == Mode::kPowerOfTwo || mode == Mode::kPowerOfTwoObserver;
  options->power_of_two_observer = mode == Mode::kPowerOfTwoObserver;
  options->symmetric_activations = options->power_of_two_observer;  // where nothing else is said
  if (mode == Mode::kCodebook) options->codebook = CodebookKind::kPerTensor;
  if (table->has("codebook") && mode != Mode::kCodebook) {
    table->refuse("codebook", "goes with mode \"codebook\" only; accepted: that mode, or no such key");
  }
  table->read_name("codebook", &options->codebook, kCodebookNames);
  if (mode == Mode::kCodebook && options->codebook == CodebookKind::kNone) {
    table->refuse("codebook", "= \"none\"; accepted with mode \"codebook\": \"per-tensor\", \"per-channel\"");
  }
}

void read_options(TomlTable* table, QuantizeOptions* options) {
  table->read_integer("weight_bits", &options->weight_bits, 2, 8);
  table->read_integer("activation_bits", &options->activation_bits, 2, 8);
  table->read("per_channel", &options->per_channel);
  table->read("symmetric_activations", &options->symmetric_activations);
  table->read("symmetric_weights", &options->symmetric_weights);
  table->read_name("symmetric_scale", &options->symmetric_scale, kScaleNames);
  table->read_name("affine", &options->affine, kAffineNames);
  table->read("codebook_optimal", &options->codebook_optimal);
  table->read_integer("codebook_seed", &options->codebook_seed, 0, std::numeric_limits<std::int64_t>::max());
  std::string preset(to_string(options->preset));
  table->read("preset", &preset);
  try {
    options->preset = parse_preset(preset);
  } catch (const InputError& error) {
    table->refuse("preset", std::string("is refused: ") + error.what());
  }
}

}  // namespace

QuantizationSettings read_quantization(TomlTable* table) {
  QuantizationSettings quantization;
  quantization.options.activation_range = RangeMethod::kGiven;
  read_mode(table, &quantization.options);
  read_options(table, &quantization.options);
  table->read("quantize_activations", &quantization.quantize_activations);
  table->read("fold_batch_normalization", &quantization.fold_batch_normalization);
  table->read_name("observer", &quantization.observer, kObserverNames);
  table->read("observer_momentum", &quantization.observer_momentum);
  table->read_integer("observe_epochs", &quantization.observe_epochs, 0, 10000);
  table->read("centroids_only", &quantization.centroids_only);
  table->finish();
  return quantization;
}

void validate(const QuantizationSettings& quantization, const NetworkDescription& network) {
  check_options(quantization.options);
  require("observer_momentum", quantization.observer_momentum, 0.0, 1.0, false);
  for (const NetworkLayer& layer : network.layers) {
    const bool table = layer.op == NetworkOp::kSigmoid;
    if (!table && layer.op != NetworkOp::kAveragePool && layer.op != NetworkOp::kSoftmax) continue;
    throw InputError("[quantization]: layer " + layer.name + " of network " + network.name + " is " +
                     (table ? "a sigmoid" : "an average pooling or softmax") +
                     ", which training does not round as the machine does; accepted: networks without such layers");
  }
  const bool codebook = quantization.options.codebook != CodebookKind::kNone;
  if (!codebook && !quantization.centroids_only) {
    throw InputError("centroids_only = false goes with mode \"codebook\" only; accepted: that mode, or no such key");
  }
  if (!quantization.fold_batch_normalization && !has_batch_normalization(network)) {
    throw InputError("fold_batch_normalization = false, but network " + network.name +
                     " has no batch normalization; accepted: no such key");
  }
  if (!codebook && !quantization.fold_batch_normalization) {
    throw InputError("fold_batch_normalization = false, but network " + network.name +
                     " has batch normalization, which the quantizer folds into the weights before it rounds them; "
                     "accepted: true, or mode \"codebook\"");
  }
}

std::string to_text(const QuantizationSettings& q) {
  const QuantizeOptions& o = q.options;
  std::ostringstream text;
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  text << "mode=" << kModeNames[static_cast<int>(mode_of(o))] << " weight_bits=" << o.weight_bits
       << " activation_bits=" << o.activation_bits << " per_channel=" << flag(o.per_channel)
       << " symmetric_activations=" << flag(o.symmetric_activations)
       << " symmetric_weights=" << flag(o.symmetric_weights)
       << " symmetric_scale=" << kScaleNames[static_cast<int>(o.symmetric_scale)]
       << " affine=" << kAffineNames[static_cast<int>(o.affine)] << " preset=" << to_string(o.preset);
  if (o.codebook != CodebookKind::kNone) {
    text << " codebook=" << kCodebookNames[static_cast<int>(o.codebook)]
         << " codebook_optimal=" << flag(o.codebook_optimal) << " codebook_seed=" << o.codebook_seed
         << " centroids_only=" << flag(q.centroids_only);
  }
  text << " quantize_activations=" << flag(q.quantize_activations)
       << " fold_batch_normalization=" << flag(q.fold_batch_normalization);
  if (q.quantize_activations) {
    text << " observer=" << kObserverNames[static_cast<int>(q.observer)]
         << " observer_momentum=" << shortest(q.observer_momentum) << " observe_epochs=" << q.observe_epochs;
  }
  return text.str();
}

std::string quantize_flags(const QuantizationSettings& q) {
  const QuantizeOptions& o = q.options;
  std::ostringstream text;
  text << "--preset " << to_string(o.preset) << " --weight-bits " << o.weight_bits << " --activation-bits "
       << o.activation_bits;
  if (q.quantize_activations) text << " --activation-range given";
  if (o.weight_bits < 8 && o.codebook == CodebookKind::kNone && !o.power_of_two_observer) {
    text << " --weight-range minmax";
  }
  if (!o.per_channel) text << " --per-tensor";
  if (o.symmetric_activations) text << " --symmetric-activations";
  if (!o.symmetric_weights) text << " --affine-weights";
  if (o.symmetric_scale == SymmetricScale::kSpan) text << " --symmetric-scale span";
  if (o.affine == AffineMode::kClip) text << " --affine clip";
  if (o.power_of_two_observer) {
    text << " --power-of-two-observer";
  } else if (o.power_of_two) {
    text << " --power-of-two";
  }
  if (o.codebook != CodebookKind::kNone) {
    // Folded into it, batch normalization gives every channel a table of its own.
    const bool channels = o.codebook == CodebookKind::kPerChannel || !q.fold_batch_normalization;
    text << " --codebook " << (channels ? "per-channel" : "per-tensor");
  }
  return text.str();
}

}  // namespace systoliq::sw_ref
