// SPDX-License-Identifier: Apache-2.0
// One pass over the values, forwards and backwards.
#include "sw_ref/training/fake_quantize.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kGrain = 1 << 15;

/// Added and taken away, these leave an integer in the lowest bits of the significand; libm's rounding does not inline.
template <typename Real>
constexpr Real kRoundOff = std::is_same_v<Real, float> ? Real{12582912.0} : Real{6755399441055744.0};

template <typename Real>
Real round_half_even(Real value) {
  return (value + kRoundOff<Real>)-kRoundOff<Real>;
}

template <typename Real>
Real floor_of(Real value) {
  const Real rounded = round_half_even(value);
  return rounded > value ? rounded - 1 : rounded;
}

template <typename Real>
Real round_half_up(Real value) {
  const Real below = floor_of(value);
  return value - below >= Real{0.5} ? below + 1 : below;
}

template <Rounding kRounding, typename Real>
Real rounded(Real value) {
  if constexpr (kRounding == Rounding::kFloor) return floor_of(value);
  if constexpr (kRounding == Rounding::kHalfUp) return round_half_up(value);
  if constexpr (kRounding == Rounding::kHalfAway) return std::copysign(round_half_up(std::abs(value)), value);
  return round_half_even(value);
}

/// Values of one scale. Comparisons let what is not a number pass.
template <Rounding kRounding, typename Real, typename Stored>
void quantize_run(const Stored* in, Stored* out, bool* inside, std::int64_t count, double wide_scale,
                  const IntegerGrid& grid) {
  const Real scale = static_cast<Real>(wide_scale), low = static_cast<Real>(grid.lowest);
  const Real high = static_cast<Real>(grid.highest);
  for (std::int64_t i = 0; i < count; ++i) {
    Real value = static_cast<Real>(static_cast<float>(in[i])) / scale;
    value = value < low - 1 ? low - 1 : value;
    value = value > high + 1 ? high + 1 : value;
    Real integer = rounded<kRounding>(value);
    inside[i] = integer >= low && integer <= high;
    integer = integer < low ? low : integer;
    integer = integer > high ? high : integer;
    out[i] = static_cast<Stored>(static_cast<float>(integer * scale));
  }
}

template <typename Real, typename Stored>
void quantize_run(const Stored* in, Stored* out, bool* inside, std::int64_t count, double scale,
                  const IntegerGrid& grid) {
  switch (grid.rounding) {
    case Rounding::kHalfEven:
      return quantize_run<Rounding::kHalfEven, Real>(in, out, inside, count, scale, grid);
    case Rounding::kHalfAway:
      return quantize_run<Rounding::kHalfAway, Real>(in, out, inside, count, scale, grid);
    case Rounding::kHalfUp:
      return quantize_run<Rounding::kHalfUp, Real>(in, out, inside, count, scale, grid);
    case Rounding::kFloor:
      return quantize_run<Rounding::kFloor, Real>(in, out, inside, count, scale, grid);
  }
}

template <typename Stored>
void quantize_all(const torch::Tensor& x, const IntegerGrid& grid, torch::Tensor* out, torch::Tensor* inside) {
  const Stored* from = x.data_ptr<Stored>();
  Stored* to = out->data_ptr<Stored>();
  bool* mask = inside->data_ptr<bool>();
  const auto runs = static_cast<std::int64_t>(grid.scales.size());
  const std::int64_t run = x.numel() / runs;
  at::parallel_for(0, x.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end;) {
      const std::int64_t index = i / run;
      const std::int64_t count = std::min(end, (index + 1) * run) - i;
      const double scale = grid.scales[static_cast<std::size_t>(index)];
      if (grid.in_double) {
        quantize_run<double>(from + i, to + i, mask + i, count, scale, grid);
      } else {
        quantize_run<float>(from + i, to + i, mask + i, count, scale, grid);
      }
      i += count;
    }
  });
}

/// Dense memory; a single scale does not care for its order.
torch::Tensor dense(const torch::Tensor& x, bool any_order) {
  return any_order && x.is_non_overlapping_and_dense() ? x : x.contiguous();
}

class FakeQuantize final : public torch::autograd::Function<FakeQuantize> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               const IntegerGrid& grid) {
    const torch::Tensor values = dense(x, grid.scales.size() == 1);
    torch::Tensor out = torch::empty_like(values);
    torch::Tensor inside = torch::empty_like(values, values.options().dtype(torch::kBool));
    if (values.scalar_type() == torch::kBFloat16) {
      quantize_all<c10::BFloat16>(values, grid, &out, &inside);
    } else {
      quantize_all<float>(values, grid, &out, &inside);
    }
    context->save_for_backward({inside});
    return out;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    return {gradients[0] * context->get_saved_variables()[0], torch::Tensor()};
  }
};

class LookUp final : public torch::autograd::Function<LookUp> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& centroids,
                               const torch::Tensor& indices) {
    context->save_for_backward({indices});
    context->saved_data["shape"] = centroids.sizes().vec();
    const torch::Tensor table = centroids.contiguous();
    torch::Tensor weights = torch::empty(indices.sizes(), torch::kFloat32);
    const auto* index = indices.data_ptr<std::int32_t>();
    const float* values = table.data_ptr<float>();
    std::transform(index, index + indices.numel(), weights.data_ptr<float>(),
                   [values](std::int32_t i) { return values[i]; });
    return weights;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const torch::Tensor indices = context->get_saved_variables()[0];
    const torch::Tensor gradient = gradients[0].contiguous();
    torch::Tensor sums = torch::zeros(context->saved_data["shape"].toIntVector(), torch::kFloat64);
    const auto* index = indices.data_ptr<std::int32_t>();
    const float* from = gradient.data_ptr<float>();
    double* to = sums.data_ptr<double>();
    for (std::int64_t i = 0; i < indices.numel(); ++i) to[index[i]] += double{from[i]};
    return {sums.to(torch::kFloat32), torch::Tensor()};
  }
};

template <typename Stored>
Extremes extremes(const torch::Tensor& values) {
  const Stored* data = values.data_ptr<Stored>();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Extremes all{double{kInfinity}, -double{kInfinity}};
  std::mutex mutex;
  at::parallel_for(0, values.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    float low = kInfinity, high = -kInfinity;
    for (std::int64_t i = begin; i < end; ++i) {
      const auto value = static_cast<float>(data[i]);
      low = value < low ? value : low;
      high = value > high ? value : high;
    }
    const std::lock_guard<std::mutex> lock(mutex);
    all = {std::min(all.low, double{low}), std::max(all.high, double{high})};
  });
  return all;
}

}  // namespace

torch::Tensor fake_quantize(const torch::Tensor& x, const IntegerGrid& grid) { return FakeQuantize::apply(x, grid); }

Extremes extremes_of(const torch::Tensor& x) {
  if (x.numel() == 0) return {};
  const torch::Tensor values = dense(x.detach(), true);
  return values.scalar_type() == torch::kBFloat16 ? extremes<c10::BFloat16>(values) : extremes<float>(values);
}

torch::Tensor look_up(const torch::Tensor& centroids, const torch::Tensor& indices) {
  return LookUp::apply(centroids, indices);
}

}  // namespace systoliq::sw_ref
