// SPDX-License-Identifier: Apache-2.0
// Seeded order of the images and their random distortion. Internal to training.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <random>
#include <vector>

#include "sw_ref/training/recipe.h"

namespace systoliq::sw_ref {

/// What the numbers of one epoch are for; streams of equal seed and epoch are unrelated.
enum class RandomStream : std::uint64_t { kOrder = 1, kDistortion = 2 };

/// A generator that depends on the seed, the epoch and the stream alone.
std::mt19937_64 epoch_generator(std::uint64_t seed, int epoch, RandomStream stream);

/// 0 .. count - 1 in random order.
std::vector<std::int64_t> shuffled(std::int64_t count, std::mt19937_64& generator);

/// Images [n, c, h, w] each shifted, rotated, scaled and mirrored at random, bilinear; what comes in from outside is -1
/// (black). Without augmentation the images themselves.
torch::Tensor distort(const torch::Tensor& images, const Augmentation& augmentation, std::mt19937_64& generator);

}  // namespace systoliq::sw_ref
