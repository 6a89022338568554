// SPDX-License-Identifier: Apache-2.0
// What both walks say in the same words.
#include <algorithm>

#include "tb/explain/sides.h"

namespace systoliq::tb {

std::string rounding_name(Rounding rounding) {
  constexpr const char* kNames[] = {"floor", "half up", "half even", "half away"};
  return kNames[static_cast<int>(rounding)];
}

std::string requantization_rounding(Preset preset) {
  const PresetTraits& traits = traits_of(preset);
  switch (traits.scaling) {
    case Scaling::kFixedPointDouble:
      return "half up, then " + rounding_name(traits.rounding);
    case Scaling::kSignificand:
      return "twice to 24 bits, then " + rounding_name(traits.rounding);
    case Scaling::kBinary64:
      return "to 53 bits, then " + rounding_name(traits.rounding);
    case Scaling::kFixedPoint:
    case Scaling::kShift:
      break;
  }
  return rounding_name(traits.rounding);
}

void add_output_steps(const QuantizedTensor& tensor, std::int64_t clamp_min, std::int64_t clamp_max,
                      std::int64_t before_clamp, ExplainedSide* side) {
  const std::int64_t stored = std::clamp(before_clamp, clamp_min, clamp_max);
  side->result = stored;
  side->steps.push_back({"before the clamp", before_clamp});
  side->steps.push_back({"clamp, lowest", clamp_min});
  side->steps.push_back({"clamp, highest", clamp_max});
  side->steps.push_back({"stored", stored});
  side->steps.push_back({"real", double{tensor.scale} * static_cast<double>(stored - tensor.zero_point)});
}

}  // namespace systoliq::tb
