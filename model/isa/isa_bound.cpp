// SPDX-License-Identifier: Apache-2.0
// Values and spellings of bounds.
#include "model/isa/isa_bound.h"

#include <algorithm>

namespace systoliq::model {
namespace {

/// The term as a number of this machine.
std::int64_t term_value(Term term, const AcceleratorConfig& config) {
  switch (term) {
    case Term::kNone:
      return 0;
    case Term::kRows:
      return config.array.rows;
    case Term::kCols:
      return config.array.cols;
    case Term::kActivationHalf:
      return std::int64_t{1} << (config.datatypes.activation_bits - 1);
    case Term::kWeightHalf:
      return std::int64_t{1} << (config.datatypes.weight_bits - 1);
    case Term::kActivationWords:
      return config.activation_words();
    case Term::kWeightWords:
      return config.weight_words();
    case Term::kAccumulatorWords:
      return config.accumulator_words();
    case Term::kParamWords:
      return config.param_words();
    case Term::kTargetWords:
      return std::max({config.activation_words(), config.weight_words(), std::int64_t{config.param_words()}});
    case Term::kSourceWords:
      return std::max(config.activation_words(), std::int64_t{config.accumulator_words()});
    case Term::kActivationLanes:
      return config.activation_words() * config.array.rows;
    case Term::kActivationBits:
      return config.datatypes.activation_bits;
    case Term::kLaneHalf:
      return std::int64_t{1} << (std::max(config.datatypes.activation_bits, config.datatypes.weight_bits) - 1);
    case Term::kMostLanes:
      return std::max(config.array.rows, config.array.cols);
    case Term::kTargetLanes:
      return std::max({config.activation_words() * config.array.rows, config.weight_words() * config.array.cols,
                       std::int64_t{config.param_words()} * config.array.cols});
  }
  throw InternalError("unknown term of a bound");
}

struct Spelling {
  const char* text;
  const char* system_verilog;
};

Spelling spelling_of(Term term) {
  switch (term) {
    case Term::kNone:
      return {"0", "32'sd0"};
    case Term::kRows:
      return {"array.rows", "rows"};
    case Term::kCols:
      return {"array.cols", "cols"};
    case Term::kActivationHalf:
      return {"2^(activation_bits − 1)", "(32'sd1 <<< (activation_bits - 32'sd1))"};
    case Term::kWeightHalf:
      return {"2^(weight_bits − 1)", "(32'sd1 <<< (weight_bits - 32'sd1))"};
    case Term::kActivationWords:
      return {"activation_words", "activation_words"};
    case Term::kWeightWords:
      return {"weight_words", "weight_words"};
    case Term::kAccumulatorWords:
      return {"accumulator_words", "accumulator_words"};
    case Term::kParamWords:
      return {"param_words", "param_words"};
    case Term::kTargetWords:
      return {"target_words", "target_words"};
    case Term::kSourceWords:
      return {"source_words", "source_words"};
    case Term::kActivationLanes:
      return {"activation_words · array.rows", "(activation_words * rows)"};
    case Term::kActivationBits:
      return {"activation_bits", "activation_bits"};
    case Term::kLaneHalf:
      return {"2^(lane_bits − 1)", "(32'sd1 <<< (lane_bits - 32'sd1))"};
    case Term::kMostLanes:
      return {"most_lanes", "most_lanes"};
    case Term::kTargetLanes:
      return {"target_lanes", "target_lanes"};
  }
  throw InternalError("unknown term of a bound");
}

/// 2^30 − 1 reads better than 1073741823.
std::string number_text(std::int64_t value) {
  if (value < 0) return "−" + number_text(-value);
  for (int bits = 16; bits < 32; ++bits) {
    if (value == (std::int64_t{1} << bits) - 1) return "2^" + std::to_string(bits) + " − 1";
  }
  return std::to_string(value);
}

}  // namespace

std::int64_t Bound::value(const AcceleratorConfig& config) const { return factor * term_value(term, config) + offset; }

std::string Bound::text() const {
  if (term == Term::kNone) {
    const bool compound = offset < -1000;
    return compound ? "−(" + number_text(-offset) + ")" : number_text(offset);
  }
  std::string text = (factor < 0 ? "−" : "") + std::string(spelling_of(term).text);
  if (offset != 0) text += (offset < 0 ? " − " : " + ") + std::to_string(offset < 0 ? -offset : offset);
  return text;
}

std::string Bound::system_verilog() const {
  const auto number = [](std::int64_t value) {
    return (value < 0 ? "-32'sd" : "32'sd") + std::to_string(value < 0 ? -value : value);
  };
  if (term == Term::kNone) return number(offset);
  std::string text = (factor < 0 ? "-" : "") + std::string(spelling_of(term).system_verilog);
  if (offset != 0) text += (offset < 0 ? " - " : " + ") + number(offset < 0 ? -offset : offset);
  return text;
}

}  // namespace systoliq::model
