// SPDX-License-Identifier: Apache-2.0
// Rows and columns are treated alike.
#include "sw_ref/quantizer/qdq/forms/quotient_places.h"

#include <algorithm>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/window_geometry.h"

namespace systoliq::sw_ref::forms {
namespace {

/// Rows or columns of a window.
struct Axis {
  std::int64_t kernel = 1, stride = 1, dilation = 1, pad = 0, in = 1, out = 1;

  std::optional<std::int64_t> tap() const {
    for (std::int64_t k = 0; k < kernel; ++k) {
      const std::int64_t behind = k * dilation - pad;  // of the output's first place
      if (behind >= 0 && behind < stride && (out - 1) * stride + behind < in) return k;
    }
    return std::nullopt;
  }

  std::vector<std::int64_t> places() const {
    std::vector<std::int64_t> from;
    if (stride == 1 && in == out) return from;
    for (std::int64_t i = 0; i < in; ++i) from.push_back(std::min(i / stride, out - 1));
    return from;
  }
};

}  // namespace

std::optional<QuotientPlaces> quotient_places(const Node& convolution, const Shape& in, const Shape& weights,
                                              const Shape& out) {
  if (in.size() != out.size() || in.size() < 3) return std::nullopt;
  const Window w = window_of(convolution, in, weights);
  const Shape from = with_height(in), to = with_height(out);
  const Axis rows = {w.kernel_height, w.stride_height, w.dilation_height, w.pad_top, from.at(2), to.at(2)};
  const Axis columns = {w.kernel_width, w.stride_width, w.dilation_width, w.pad_left, from.at(3), to.at(3)};
  const std::optional<std::int64_t> row = rows.tap(), column = columns.tap();
  if (!row || !column) return std::nullopt;
  QuotientPlaces places;
  places.tap = static_cast<std::size_t>(*row * w.kernel_width + *column);
  places.rows = rows.places();
  places.columns = columns.places();
  places.groups = int_attribute(convolution, "group", 1);
  return places;
}

std::vector<std::int64_t> channels_by_group(std::int64_t groups, std::int64_t inputs, std::int64_t outputs,
                                            std::int64_t copies) {
  std::vector<std::int64_t> channels;
  if (groups == 1) return channels;
  for (std::int64_t group = 0; group < groups; ++group) {
    for (std::int64_t i = 0; i < inputs / groups; ++i) channels.push_back(group * (inputs / groups) + i);
    for (std::int64_t copy = 0; copy < copies; ++copy) {
      for (std::int64_t o = 0; o < outputs / groups; ++o) {
        channels.push_back(inputs + copy * outputs + group * (outputs / groups) + o);
      }
    }
  }
  return channels;
}

}  // namespace systoliq::sw_ref::forms
