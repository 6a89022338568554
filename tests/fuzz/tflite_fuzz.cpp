// SPDX-License-Identifier: Apache-2.0
// The TensorFlow Lite reader with all that `systoliq info` does of a network, under every preset that has such files.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>

#include "sw_ref/frontend/tflite/tflite_reader.h"
#include "sw_ref/quantizer/fusion/is_quantized.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "sw_ref/quantizer/tflite/read_tflite_network.h"
#include "tests/fuzz/target.h"
#include "tests/sw_ref/frontend/tflite_writer.h"
#include "types/error.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace systoliq::fuzz {
namespace {

using sw_ref::test::TfliteWriter;
constexpr auto kInt8 = tflite::TensorType_INT8;

/// A network of one operator on the image x.
class OneOperator final {
 public:
  OneOperator() {
    w_.builder().ForceDefaults(true);  // so that every field can be changed in place
    x_ = w_.tensor("x", {1, 4, 4, 4}, kInt8, {0.05F}, {-3});
  }

  TfliteWriter& writer() { return w_; }
  std::int32_t x() const { return x_; }
  std::int32_t numbers(const std::vector<std::int32_t>& values, const std::vector<std::int32_t>& shape) {
    return w_.tensor("n", shape, tflite::TensorType_INT32, {}, {}, w_.buffer(values));
  }
  std::string finish(std::int32_t code, const std::vector<std::int32_t>& inputs, const std::vector<std::int32_t>& shape,
                     tflite::BuiltinOptions type = tflite::BuiltinOptions_NONE, flatbuffers::Offset<void> options = 0) {
    const std::int32_t y = w_.tensor("y", shape, kInt8, {0.05F}, {-3});
    w_.add(code, inputs, {y}, type, options);
    return w_.finish({x_}, {y});
  }

 private:
  TfliteWriter w_;
  std::int32_t x_;
};

void add_plain(std::vector<std::string>* files) {
  for (const std::int32_t code : {14, 19, 21, 28, 114, 117}) {
    OneOperator one;
    files->push_back(one.finish(code, {one.x()}, {1, 4, 4, 4}));
  }
  OneOperator sum, product, difference;
  files->push_back(sum.finish(0, {sum.x(), sum.x()}, {1, 4, 4, 4}, tflite::BuiltinOptions_AddOptions,
                              tflite::CreateAddOptions(sum.writer().builder()).Union()));
  files->push_back(product.finish(18, {product.x(), product.x()}, {1, 4, 4, 4}, tflite::BuiltinOptions_MulOptions,
                                  tflite::CreateMulOptions(product.writer().builder()).Union()));
  files->push_back(difference.finish(41, {difference.x(), difference.x()}, {1, 4, 4, 4},
                                     tflite::BuiltinOptions_SubOptions,
                                     tflite::CreateSubOptions(difference.writer().builder()).Union()));
}

void add_moving(std::vector<std::string>* files) {
  const auto with = [&](std::int32_t code, const std::vector<std::vector<std::int32_t>>& operands,
                        const std::vector<std::int32_t>& shape) {
    OneOperator one;
    std::vector<std::int32_t> inputs = {one.x()};
    for (const std::vector<std::int32_t>& values : operands) {
      const auto count = static_cast<std::int32_t>(values.size());
      inputs.push_back(one.numbers(values, count == 8 ? std::vector<std::int32_t>{4, 2} : std::vector{count}));
    }
    files->push_back(one.finish(code, inputs, shape));
  };
  with(34, {{0, 0, 1, 1, 1, 1, 0, 0}}, {1, 6, 6, 4});
  with(39, {{0, 1, 2, 3}}, {1, 4, 4, 4});
  with(65, {{0, 1, 1, 0}, {1, 2, 2, 4}}, {1, 2, 2, 4});
  with(22, {{1, 4, 4, 4}}, {1, 4, 4, 4});
}

void add_with_options(std::vector<std::string>* files) {
  for (const std::int32_t code : {1, 17}) {
    OneOperator one;
    const auto options = tflite::CreatePool2DOptions(one.writer().builder(), tflite::Padding_VALID, 2, 2, 2, 2).Union();
    files->push_back(one.finish(code, {one.x()}, {1, 2, 2, 4}, tflite::BuiltinOptions_Pool2DOptions, options));
  }
  OneOperator joined;
  const auto axis = tflite::CreateConcatenationOptions(joined.writer().builder(), 3).Union();
  files->push_back(
      joined.finish(2, {joined.x(), joined.x()}, {1, 4, 4, 8}, tflite::BuiltinOptions_ConcatenationOptions, axis));
  OneOperator mean;
  const std::int32_t axes = mean.numbers({1, 2}, {2});
  const auto reduce = tflite::CreateReducerOptions(mean.writer().builder(), false).Union();
  files->push_back(mean.finish(40, {mean.x(), axes}, {1, 4}, tflite::BuiltinOptions_ReducerOptions, reduce));
  OneOperator resize;
  const std::int32_t size = resize.numbers({8, 8}, {2});
  const auto nearest = tflite::CreateResizeNearestNeighborOptions(resize.writer().builder()).Union();
  files->push_back(resize.finish(97, {resize.x(), size}, {1, 8, 8, 4},
                                 tflite::BuiltinOptions_ResizeNearestNeighborOptions, nearest));
}

std::string float_operators() {
  TfliteWriter w;
  w.builder().ForceDefaults(true);
  constexpr auto kFloat = tflite::TensorType_FLOAT32;
  const std::int32_t x = w.tensor("x", {1, 4, 4, 2}, kFloat);
  const std::int32_t filter = w.tensor("filter", {1, 3, 3, 2}, kFloat, {}, {}, w.buffer(std::vector<float>(18, 0.25F)));
  const std::int32_t bias = w.tensor("bias", {2}, kFloat, {}, {}, w.buffer(std::vector<float>{1, -1}));
  const std::int32_t d = w.tensor("d", {1, 4, 4, 2}, kFloat);
  const std::int32_t y = w.tensor("y", {1, 4, 4, 2}, kFloat);
  w.add(sw_ref::test::kDepthwiseConv2d, {x, filter, bias}, {d}, tflite::BuiltinOptions_DepthwiseConv2DOptions,
        tflite::CreateDepthwiseConv2DOptions(w.builder(), tflite::Padding_SAME, 1, 1, 1).Union());
  w.add(sw_ref::test::kLogistic, {d}, {y});
  return w.finish({x}, {y});
}

/// INT16 activations: a convolution with a bias of 64 bits, a function, copies, a sum and a Softmax.
std::string wide_operators() {
  TfliteWriter w;
  w.builder().ForceDefaults(true);
  constexpr auto kWide = tflite::TensorType_INT16;
  const std::int32_t x = w.tensor("x", {1, 2, 2, 2}, kWide, {0.001F}, {0});
  const std::int32_t filter =
      w.tensor("f", {2, 1, 1, 2}, kInt8, {0.01F, 0.02F}, {0, 0}, w.buffer(std::vector<std::int8_t>{1, 2, 3, 4}));
  const std::int32_t bias = w.tensor("b", {2}, tflite::TensorType_INT64, {1e-5F, 2e-5F}, {0, 0},
                                     w.buffer(std::vector<std::int64_t>{7, std::int64_t{1} << 40}));
  const std::int32_t a = w.tensor("a", {1, 2, 2, 2}, kWide, {0.002F}, {0});
  const std::int32_t g = w.tensor("g", {1, 2, 2, 2}, kWide, {0x1p-15F}, {0});
  const std::int32_t copies =
      w.tensor("copies", {4}, tflite::TensorType_INT32, {}, {}, w.buffer(std::vector<std::int32_t>{1, 2, 1, 1}));
  const std::int32_t t = w.tensor("t", {1, 4, 2, 2}, kWide, {0x1p-15F}, {0});
  const std::int32_t s = w.tensor("s", {1, 4, 2, 2}, kWide, {0.003F}, {0});
  const std::int32_t flat = w.tensor("flat", {1, 16}, kWide, {0.003F}, {0});
  const std::int32_t y = w.tensor("y", {1, 16}, kWide, {0x1p-15F}, {0});
  w.add(sw_ref::test::kConv2d, {x, filter, bias}, {a}, tflite::BuiltinOptions_Conv2DOptions,
        tflite::CreateConv2DOptions(w.builder(), tflite::Padding_VALID, 1, 1).Union());
  w.add(sw_ref::test::kLogistic, {a}, {g});
  w.add(69, {g, copies}, {t});
  w.add(sw_ref::test::kAdd, {t, t}, {s}, tflite::BuiltinOptions_AddOptions,
        tflite::CreateAddOptions(w.builder(), tflite::ActivationFunctionType_NONE, false).Union());
  w.add(sw_ref::test::kReshape, {s}, {flat});
  w.add(sw_ref::test::kSoftmax, {flat}, {y}, tflite::BuiltinOptions_SoftmaxOptions,
        tflite::CreateSoftmaxOptions(w.builder(), 1.0F).Union());
  return w.finish({x}, {y});
}

}  // namespace

void read(const std::string& bytes) {
  const sw_ref::TfliteNetwork file = sw_ref::parse_tflite(bytes, "fuzzed.tflite");
  try {
    sw_ref::lower_any(file.graph);
  } catch (const InputError&) {
  }
  if (!sw_ref::is_quantized(file.graph)) return;
  for (const Preset preset :
       {Preset::kTfliteRef, Preset::kTfliteSingle, Preset::kXnnFp32, Preset::kTflite16x8, Preset::kLitert16x8}) {
    try {
      sw_ref::read_quantized(file, preset);
    } catch (const InputError&) {
      continue;
    }
  }
}

std::vector<std::string> seeds() {
  std::vector<std::string> files = {sw_ref::test::small_network(), float_operators(), wide_operators()};
  add_plain(&files);
  add_moving(&files);
  add_with_options(&files);
  return files;
}

std::vector<std::string> words() { return {"TFL3"}; }

/// Writes one to four aligned words in place, since whatever moves in a flatbuffer breaks it.
void overwrite(std::uint8_t* data, std::size_t size, unsigned int seed) {
  static constexpr std::array<std::int32_t, 24> kNumbers = {
      0,  1,   2,   3,    4,     5,       6,  7,  8,    9,       16,        32,
      64, 128, 255, 1000, 65536, 1 << 24, -1, -2, -128, 1 << 30, INT32_MAX, INT32_MIN};
  static constexpr std::array<float, 8> kReals = {0.0F, 1.0F, -1.0F, 0.5F, 1e-38F, 1e30F, 0.00390625F, 6.0F};
  std::minstd_rand random(seed);
  for (unsigned int count = 1 + random() % 4; count > 0; --count) {
    const std::size_t place = random() % (size / 4) * 4;
    const unsigned int kind = random() % 8;
    if (kind == 0) {
      std::memcpy(data + place, &kReals[random() % kReals.size()], 4);
    } else if (kind < 4) {
      std::memcpy(data + place, &kNumbers[random() % kNumbers.size()], 4);
    } else if (kind < 6) {
      data[place + random() % 4] = static_cast<std::uint8_t>(random() % (kind == 4 ? 160 : 8));
    } else {
      std::memcpy(data + place, data + random() % (size / 4) * 4, 4);
    }
  }
}

}  // namespace systoliq::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed) {
  if (seed % 4 == 0 || size < 8) return LLVMFuzzerMutate(data, size, most);
  systoliq::fuzz::overwrite(data, size, seed);
  return size;
}
