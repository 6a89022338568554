// SPDX-License-Identifier: Apache-2.0
// The residual add of preset ort_x86: the machine's integers against the reference's floats, for every pair of 8-bit
// values, and corner cases by hand.
#include "sw_ref/reference/float_add.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "model/arith/bulk_requantize.h"
#include "model/arith/requantize.h"

namespace systoliq::model {
namespace {

QuantizedTensor tensor(float scale, std::int32_t file_zero_point, std::int32_t offset, int bits = 8) {
  QuantizedTensor made;
  made.scale = scale;
  made.zero_point = file_zero_point - offset;
  made.storage_offset = offset;
  made.bits = bits;
  return made;
}

SummedTensor summed(const QuantizedTensor& t) { return {t.scale, t.zero_point + t.storage_offset}; }

/// Every pair of stored values; the scales and zero points that fail are named.
void expect_equal(const QuantizedTensor& a, const QuantizedTensor& b, const QuantizedTensor& out, int step = 1) {
  const AddScales scales = derive_float_add_scales(summed(a), summed(b), summed(out));
  const sw_ref::FloatAdd reference =
      sw_ref::derive_float_add({{a, a.storage_offset}, {b, b.storage_offset}, {out, out.storage_offset}});
  const int half = 1 << (a.bits - 1);
  for (int left = -half; left < half; left += step) {
    for (int right = -half; right < half; right += step) {
      const std::int32_t x = left + a.storage_offset, y = right + b.storage_offset;
      ASSERT_EQ(residual_add(Preset::kOrtX86, x, y, scales), sw_ref::apply_float_add(reference, x, y))
          << x << " + " << y << ", scales " << a.scale << ", " << b.scale << ", " << out.scale << ", zero points "
          << a.zero_point << ", " << b.zero_point << ", " << out.zero_point << ", offset " << a.storage_offset;
    }
  }
}

class Draw {
 public:
  explicit Draw(std::uint32_t seed) : random_(seed) {}
  std::int32_t between(std::int32_t low, std::int32_t high) {
    return std::uniform_int_distribution<std::int32_t>(low, high)(random_);
  }
  float scale(double low, double high) {
    return static_cast<float>(std::exp2(std::uniform_real_distribution<double>(low, high)(random_)));
  }

 private:
  std::mt19937 random_;
};

TEST(FloatAdd, EveryPairEqualsTheReference) {
  Draw draw(17);
  for (int i = 0; i < 60; ++i) {
    const int offset = i % 2 == 0 ? 0 : 128;
    float a = draw.scale(-8, 2), b = draw.scale(-8, 2), out = draw.scale(-8, 2);
    if (i % 5 == 0) b = a;
    if (i % 7 == 0) out = 2.0F * a;  // ties
    if (i % 11 == 0) a = b = 1.0F, out = 2.0F;
    const auto zero = [&] { return draw.between(-128, 127) + offset; };
    ASSERT_NO_FATAL_FAILURE(
        expect_equal(tensor(a, zero(), offset), tensor(b, zero(), offset), tensor(out, zero(), offset)));
  }
}

TEST(FloatAdd, DistantScalesAndSixteenBits) {
  Draw draw(18);
  for (int i = 0; i < 40; ++i) {
    const float out = draw.scale(-3, 3);
    const float a = out * draw.scale(-39, 20), b = out * draw.scale(-39, 20);
    const auto zero = [&] { return draw.between(-32768, 32767); };
    ASSERT_NO_FATAL_FAILURE(expect_equal(tensor(a, draw.between(-128, 127), 0), tensor(b, draw.between(-128, 127), 0),
                                         tensor(out, draw.between(-128, 127), 0), 3));
    ASSERT_NO_FATAL_FAILURE(
        expect_equal(tensor(a, zero(), 0, 16), tensor(b, zero(), 0, 16), tensor(out, zero(), 0, 16), 511));
  }
}

std::int64_t add(std::int32_t a, std::int32_t b, float sa, float sb, float out, std::int32_t zero = 0) {
  return residual_add(Preset::kOrtX86, a, b, derive_float_add_scales({sa, 0}, {sb, 0}, {out, zero}));
}

TEST(FloatAdd, CornerCases) {
  EXPECT_EQ(add(-1, 0, 1.0F, 1.0F, 2.0F), 0);    // -0.5, half even
  EXPECT_EQ(add(-3, 0, 1.0F, 1.0F, 2.0F), -2);   // -1.5
  EXPECT_EQ(add(3, 0, 1.0F, 1.0F, 2.0F, 1), 2);  // 2.5: the zero point is added before the rounding
  EXPECT_EQ(add(127, 127, 0.1F, 0.1F, 0.1F), 254);
  EXPECT_EQ(add(0, 0, 1.0F, 1.0F, 1.0F, -7), -7);
}

TEST(FloatAdd, DistantRatiosAreRefused) {
  EXPECT_THROW(add(0, 0, 0x1p-41F, 1.0F, 1.0F), InputError);
  EXPECT_THROW(add(0, 0, 0x1p21F, 1.0F, 1.0F), InputError);
  EXPECT_NO_THROW(add(0, 0, 0x1p-40F, 0x1.fp20F, 1.0F));
  const QuantizedTensor far = tensor(0x1p-41F, 0, 0), one = tensor(1.0F, 0, 0);
  EXPECT_THROW(sw_ref::derive_float_add({{far, 0}, {one, 0}, {one, 0}}), InputError);
}

/// Whatever multipliers and shifts a command holds, there is a result.
TEST(FloatAdd, AnyCommandHasAResult) {
  Draw draw(19);
  for (int i = 0; i < 20000; ++i) {
    const auto word = [&] { return draw.between(INT32_MIN, INT32_MAX); };
    const AddScales scales = {word(), draw.between(-64, 63), word(), draw.between(-64, 63),
                              word(), draw.between(-64, 63)};
    const std::int64_t sum =
        residual_add(Preset::kOrtX86, draw.between(-65535, 65535), draw.between(-65535, 65535), scales);
    EXPECT_LE(std::abs(sum), std::int64_t{1} << 62);
  }
}

TEST(FloatAdd, TilesEqualSingleSums) {
  Draw draw(20);
  const QuantizedTensor a = tensor(0.3F, 12, 128), b = tensor(0.17F, 200, 128), out = tensor(0.41F, 99, 128);
  const AddScales scales = derive_float_add_scales(summed(a), summed(b), summed(out));
  std::vector<std::int16_t> x(257), y(257), z(257);
  for (auto* values : {&x, &y}) {
    for (std::int16_t& value : *values) value = static_cast<std::int16_t>(draw.between(-128, 127));
  }
  const BulkAdder adder(Preset::kOrtX86, scales, -128, -128, {-128, -128, 127}, 8);
  adder.run(x.data(), y.data(), 257, z.data());
  for (std::size_t i = 0; i < z.size(); ++i) {
    const std::int64_t sum = residual_add(Preset::kOrtX86, x[i] + 128, y[i] + 128, scales) - 128;
    EXPECT_EQ(z[i], std::clamp<std::int64_t>(sum, -128, 127)) << i;
  }
}

}  // namespace
}  // namespace systoliq::model
