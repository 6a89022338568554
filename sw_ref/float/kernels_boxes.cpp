// SPDX-License-Identifier: Apache-2.0
// NonMaxSuppression: the best boxes of every class, less those that overlap a better one.
#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "sw_ref/float/kernels.h"
#include "sw_ref/frontend/graph/attributes.h"

namespace systoliq::sw_ref {
namespace {

/// Lower and upper ends along both axes.
struct Box {
  std::array<float, 2> low{}, high{};

  float area() const { return (high[0] - low[0]) * (high[1] - low[1]); }
};

/// [y1, x1, y2, x2], whichever corners these are, or [x center, y center, width, height].
Box box_of(const float* numbers, bool centered) {
  Box box;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const float a = numbers[axis], b = numbers[axis + 2];
    box.low[axis] = centered ? a - b / 2.0F : std::min(a, b);
    box.high[axis] = centered ? a + b / 2.0F : std::max(a, b);
  }
  return box;
}

/// True where intersection over union is above the threshold; boxes without an area overlap nothing.
bool overlap(const Box& a, const Box& b, float threshold) {
  Box common;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    common.low[axis] = std::max(a.low[axis], b.low[axis]);
    common.high[axis] = std::min(a.high[axis], b.high[axis]);
    if (common.high[axis] <= common.low[axis]) return false;
  }
  const float shared = common.area();
  const float all = a.area() + b.area() - shared;
  return a.area() > 0.0F && b.area() > 0.0F && all > 0.0F && shared / all > threshold;
}

struct Suppression {
  bool centered = false;
  std::size_t most = 0;
  float overlap_threshold = 0.0F, score_threshold = -std::numeric_limits<float>::infinity();

  /// Indices of the boxes that one class keeps, the best first; of equal scores the first.
  std::vector<std::size_t> keep(const float* boxes, const float* scores, std::size_t count) const {
    std::vector<std::size_t> order(count), kept;
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    for (const std::size_t candidate : order) {
      if (kept.size() == most || !(scores[candidate] > score_threshold)) break;
      const Box box = box_of(boxes + 4 * candidate, centered);
      const bool suppressed = std::any_of(kept.begin(), kept.end(), [&](std::size_t better) {
        return overlap(box, box_of(boxes + 4 * better, centered), overlap_threshold);
      });
      if (!suppressed) kept.push_back(candidate);
    }
    return kept;
  }
};

}  // namespace

/// The result has as many rows [image, class, box] as boxes are kept, at most those of the inferred shape.
Kernel make_non_max_suppression(const KernelRequest& request) {
  const Operands& constants = request.constants;
  const auto number = [&](std::size_t input, float absent) {
    const bool given = input < constants.size() && constants[input] != nullptr;
    return given ? constants[input]->data.at(0) : absent;
  };
  Suppression rule;
  rule.centered = int_attribute(request.view.node, "center_point_box", 0) != 0;
  rule.most = static_cast<std::size_t>(number(2, 0.0F));
  rule.overlap_threshold = number(3, 0.0F);
  rule.score_threshold = number(4, rule.score_threshold);
  return {{0, 1}, [rule](const Operands& operands) {
            const Shape& shape = operands[1]->shape;
            const auto classes = static_cast<std::size_t>(shape[1]), count = static_cast<std::size_t>(shape[2]);
            std::vector<float> rows;
            for (std::size_t image = 0; image < static_cast<std::size_t>(shape[0]); ++image) {
              const float* boxes = operands[0]->data.data() + image * count * 4;
              for (std::size_t c = 0; c < classes; ++c) {
                const float* scores = operands[1]->data.data() + (image * classes + c) * count;
                for (const std::size_t box : rule.keep(boxes, scores, count)) {
                  for (const std::size_t each : {image, c, box}) rows.push_back(static_cast<float>(each));
                }
              }
            }
            const Shape found = {static_cast<std::int64_t>(rows.size() / 3), 3};
            return FloatTensor(found, std::move(rows));
          }};
}

}  // namespace systoliq::sw_ref
