// SPDX-License-Identifier: Apache-2.0
// What does not fit 32 bits is refused with its name, by the conversion and by the compiler.
#include "model/compiler/to_field.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "tests/model/compiler/compiler_networks.h"
#include "types/error.h"

namespace systoliq::model {
namespace {

template <typename Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(ToField, KeepsWhatFitsAndNamesWhatDoesNot) {
  const std::string layer = "conv1";
  const ToField to_field(layer, "LOAD");
  for (const std::int64_t value : {std::int64_t{INT32_MIN}, std::int64_t{-1}, std::int64_t{0}, std::int64_t{INT32_MAX}})
    EXPECT_EQ(to_field("rows", value), value);
  EXPECT_EQ(error_of([&] { to_field("rows", std::int64_t{INT32_MAX} + 1); }),
            "layer 'conv1': rows of LOAD = 2147483648 does not fit a command; accepted: -2147483648 to 2147483647");
  EXPECT_NE(error_of([&] { to_field("rows", std::int64_t{INT32_MIN} - 1); }), "");
}

/// Rows INT32_MAX apart: the third chunk's padding lies below the smallest 32-bit integer.
TEST(ToField, CompilerRefusesAPaddingBeyondTheField) {
  AcceleratorConfig config;
  config.buffers.weight_kib = 1;  // a chunk for each kernel row
  QuantizedNetwork network = test::NetworkBuilder({1, 64, 1, 1}).convolution(16, test::square(1)).build();
  network.tensors[0].shape = {1, 64, 4, 1};
  QuantizedLayer& layer = network.layers[0];
  layer.weights = IntTensor({16, 64, 3, 1});
  layer.window.kernel_height = 3;
  layer.window.dilation_height = INT32_MAX;
  layer.window.pad_bottom = INT32_MAX;
  layer.window.pad_top = INT32_MAX - 4;
  const std::string refused = error_of([&] { compile(network, config); });
  EXPECT_EQ(refused, "layer '" + layer.name +
                         "': pad_top of EXECUTE = -2147483651 does not fit a command; accepted: -2147483648 to "
                         "2147483647");
  layer.window.pad_top = INT32_MAX - 1;  // the rows then begin three higher: all fields fit, but not their ranges
  EXPECT_EQ(error_of([&] { compile(network, config); }),
            "layer '" + layer.name +
                "': this machine has no such command: command 3: EXECUTE.dilation_height = "
                "2147483647; accepted: 1 to 1073741823");
}

}  // namespace
}  // namespace systoliq::model
