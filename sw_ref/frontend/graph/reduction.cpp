// SPDX-License-Identifier: Apache-2.0
// Reductions: a walk over the input with the reduced axes innermost.
#include "sw_ref/frontend/graph/reduction.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/movement.h"
#include "sw_ref/frontend/graph/quantization_parameters.h"

namespace systoliq::sw_ref {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// result = finish(sum of step(accumulated, x) from start, count).
struct Combination {
  double start;
  double (*step)(double accumulated, double x);
  double (*finish)(double accumulated, double count);
};

double add(double sum, double x) { return sum + x; }
double add_square(double sum, double x) { return sum + x * x; }
double same(double value, double) { return value; }

const Combination& combination(const std::string& op) {
  static const std::map<std::string, Combination> kCombinations = {
      {"ReduceL1", {0.0, [](double sum, double x) { return sum + std::fabs(x); }, same}},
      {"ReduceL2", {0.0, add_square, [](double sum, double) { return std::sqrt(sum); }}},
      {"ReduceLogSum", {0.0, add, [](double sum, double) { return std::log(sum); }}},
      {"ReduceLogSumExp",
       {0.0, [](double sum, double x) { return sum + std::exp(x); }, [](double sum, double) { return std::log(sum); }}},
      {"ReduceMax", {-kInfinity, [](double most, double x) { return std::max(most, x); }, same}},
      {"ReduceMean", {0.0, add, [](double sum, double count) { return sum / count; }}},
      {"ReduceMin", {kInfinity, [](double least, double x) { return std::min(least, x); }, same}},
      {"ReduceProd", {1.0, [](double product, double x) { return product * x; }, same}},
      {"ReduceSum", {0.0, add, same}},
      {"ReduceSumSquare", {0.0, add_square, same}},
  };
  return kCombinations.at(op);
}

/// The input with the reduced axes behind the others.
FloatTensor reduced_axes_last(const FloatTensor& x, const std::vector<bool>& axes) {
  std::vector<std::size_t> order;
  for (const bool reduced : {false, true}) {
    for (std::size_t axis = 0; axis < axes.size(); ++axis) {
      if (axes[axis] == reduced) order.push_back(axis);
    }
  }
  if (std::is_sorted(order.begin(), order.end())) return x;
  return moved(x, permuted_walk(whole_walk(x.shape), order, x.shape));
}

}  // namespace

std::vector<bool> reduced_axes(const NodeView& view, std::size_t rank) {
  const bool by_input = view.opset >= (view.node.op == "ReduceSum" ? 13 : 18);
  std::vector<std::int64_t> given;
  if (!by_input) {
    given = ints_attribute(view.node, "axes", {});
  } else if (optional_input(view, 1) != nullptr) {
    given = constant_integers(view, 1, "axes");
  }
  const bool none_is_all = int_attribute(view.node, "noop_with_empty_axes", 0) == 0;
  std::vector<bool> axes(rank, given.empty() && none_is_all);
  for (const std::int64_t axis : given) axes[normalized_axis(view.node, axis, rank)] = true;
  return axes;
}

FloatTensor reduced(const std::string& op, const FloatTensor& x, const std::vector<bool>& axes, const Shape& shape) {
  const Combination& combine = combination(op);
  const FloatTensor ordered = reduced_axes_last(x, axes);
  FloatTensor result(shape);
  if (result.data.empty()) return result;
  const std::size_t count = ordered.data.size() / result.data.size();
  auto next = ordered.data.begin();
  for (float& element : result.data) {
    double accumulated = combine.start;
    for (std::size_t i = 0; i < count; ++i) accumulated = combine.step(accumulated, double{*next++});
    element = static_cast<float>(combine.finish(accumulated, static_cast<double>(count)));
  }
  return result;
}

FloatTensor extreme_positions(const FloatTensor& x, std::size_t axis, bool largest, bool last, const Shape& shape) {
  const AxisLayout layout = axis_layout(x.shape, axis);
  FloatTensor result(shape);
  auto next = result.data.begin();
  for (std::int64_t outer = 0; outer < layout.outer; ++outer) {
    for (std::int64_t inner = 0; inner < layout.inner; ++inner) {
      const float* row = x.data.data() + outer * layout.channels * layout.inner + inner;
      std::int64_t best = 0;
      for (std::int64_t i = 1; i < layout.channels; ++i) {
        const float value = row[i * layout.inner], chosen = row[best * layout.inner];
        if ((largest ? value > chosen : value < chosen) || (last && value == chosen)) best = i;
      }
      *next++ = static_cast<float>(best);
    }
  }
  return result;
}

}  // namespace systoliq::sw_ref
