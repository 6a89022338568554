// SPDX-License-Identifier: Apache-2.0
// Random affine maps as sampling grids.
#include "sw_ref/training/augmentation.h"

#include <cmath>

namespace systoliq::sw_ref {
namespace {

constexpr double kBlack = -1.0, kDegree = 3.14159265358979323846 / 180.0;

/// Splitmix64's finalizer (Steele, Lea and Flood, 2014).
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

/// Uniform in [-limit, limit).
double symmetric(std::mt19937_64& generator, double limit) {
  return limit * (static_cast<double>(generator() >> 11) * 0x1p-52 - 1.0);
}

}  // namespace

std::mt19937_64 epoch_generator(std::uint64_t seed, int epoch, RandomStream stream) {
  return std::mt19937_64(mix(mix(mix(seed) + static_cast<std::uint64_t>(epoch)) + static_cast<std::uint64_t>(stream)));
}

std::vector<std::int64_t> shuffled(std::int64_t count, std::mt19937_64& generator) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[generator() % i]);
  return order;
}

torch::Tensor distort(const torch::Tensor& images, const Augmentation& a, std::mt19937_64& generator) {
  if (a.shift_pixels == 0.0 && a.rotate_degrees == 0.0 && a.scale_fraction == 0.0 && !a.mirror) return images;
  const std::int64_t count = images.size(0);
  const auto height = static_cast<double>(images.size(2)), width = static_cast<double>(images.size(3));
  torch::Tensor maps = torch::empty({count, 2, 3}, torch::kFloat32);
  float* map = maps.data_ptr<float>();
  for (std::int64_t i = 0; i < count; ++i, map += 6) {
    const double angle = symmetric(generator, a.rotate_degrees) * kDegree;
    const double size = 1.0 + symmetric(generator, a.scale_fraction);
    const double flip = symmetric(generator, 1.0) < 0.0 && a.mirror ? -1.0 : 1.0;
    // Maps a place of the result, in [-1, 1] both ways, to the place it is taken from; one pixel is 2 / side.
    map[0] = static_cast<float>(flip * std::cos(angle) / size);
    map[1] = static_cast<float>(-std::sin(angle) / size * height / width);
    map[2] = static_cast<float>(symmetric(generator, a.shift_pixels) * 2.0 / width);
    map[3] = static_cast<float>(flip * std::sin(angle) / size * width / height);
    map[4] = static_cast<float>(std::cos(angle) / size);
    map[5] = static_cast<float>(symmetric(generator, a.shift_pixels) * 2.0 / height);
  }
  constexpr std::int64_t kBilinear = 0, kZeros = 0;
  const torch::Tensor grid = torch::affine_grid_generator(maps, images.sizes(), false);
  return torch::grid_sampler(images - kBlack, grid, kBilinear, kZeros, false) + kBlack;
}

}  // namespace systoliq::sw_ref
