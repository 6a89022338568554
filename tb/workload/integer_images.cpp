// SPDX-License-Identifier: Apache-2.0
// Scaling by a power of two, so that pixels come out exactly.
#include "tb/workload/integer_images.h"

#include <algorithm>
#include <cmath>

namespace systoliq::tb {

void to_input_integers(const Graph& graph, std::vector<FloatTensor>* images) {
  const ElementType type = graph.values.at(graph.inputs.at(0)).type;
  if (type != ElementType::kUint8 && type != ElementType::kInt8) return;
  const float offset = type == ElementType::kUint8 ? 128.0F : 0.0F;
  for (FloatTensor& image : *images) {
    for (float& value : image.data) {
      value = std::clamp(std::floor(value * 128.0F), -128.0F, 127.0F) + offset;
    }
  }
}

}  // namespace systoliq::tb
