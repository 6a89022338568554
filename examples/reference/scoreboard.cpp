// SPDX-License-Identifier: Apache-2.0
// scoreboard PRESET: a requantization of one's own, a product, a constant and a shift, against the reference of that
// preset. Exit status: 0 equal, 1 different, 2 wrong use.
#include <systoliq/sw_ref/reference/requantization.h>
#include <systoliq/types/error.h>
#include <systoliq/types/preset.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <random>

namespace {

using systoliq::sw_ref::Requantization;

/// What is to be tested: round(accumulator * multiplier * 2^(exponent - 31)), ties up. exponent 0 or less.
std::int64_t own_requantize(std::int32_t accumulator, std::int32_t multiplier, int exponent) {
  const int shift = 31 - exponent;
  return (std::int64_t{accumulator} * multiplier + (std::int64_t{1} << (shift - 1))) >> shift;
}

/// The scales of a layer, and random accumulators for it.
bool equal(systoliq::Preset preset, const char* name) {
  const Requantization reference = systoliq::sw_ref::derive_requantization(preset, 0.0078F, 0.0031F, 0.052F, false);
  std::mt19937 random(1);
  std::uniform_int_distribution<std::int32_t> accumulators(-(1 << 20), 1 << 20);
  constexpr int kCount = 1'000'000;
  for (int i = 0; i < kCount; ++i) {
    const std::int32_t accumulator = accumulators(random);
    const std::int64_t own = own_requantize(accumulator, reference.multiplier, reference.exponent);
    const std::int64_t expected = systoliq::sw_ref::apply_requantization(reference, accumulator);
    if (own == expected) continue;
    std::printf("%s: accumulator %d, multiplier %d, exponent %d: own %lld, reference %lld\n", name, accumulator,
                reference.multiplier, reference.exponent, static_cast<long long>(own),
                static_cast<long long>(expected));
    return false;
  }
  std::printf("%s: %d accumulators, all equal\n", name, kCount);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: scoreboard PRESET\n");
    return 2;
  }
  try {
    const systoliq::Preset preset = systoliq::parse_preset(argv[1]);
    if (systoliq::traits_of(preset).scaling != systoliq::Scaling::kFixedPoint &&
        systoliq::traits_of(preset).scaling != systoliq::Scaling::kFixedPointDouble) {
      throw systoliq::InputError(std::string(argv[1]) + " has no integer multiplier, which this program needs");
    }
    return equal(preset, argv[1]) ? 0 : 1;
  } catch (const systoliq::InputError& error) {
    std::fprintf(stderr, "scoreboard: %s\n", error.what());
    return 2;
  }
}
