// SPDX-License-Identifier: Apache-2.0
// Small networks of integers with whatever names a test wants.
#pragma once

#include <string>
#include <vector>

#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq::test {

/// QLinearConv layers of one channel and a kernel of 1 × 1, one after the other, named as given, between uint8 tensors
/// [1, 1, 4, 4] of scale 0.5 and zero point 128; x is float, and so is y where it is `dequantized`.
inline std::string uint8_network(const std::vector<std::string>& layers, bool dequantized) {
  std::string graph = node("QuantizeLinear", {"x", "s", "z"}, "x.stored");
  std::string before = "x.stored";
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const bool last = i + 1 == layers.size();
    const std::string after = last && !dequantized ? "y" : "t" + std::to_string(i);
    graph += node("QLinearConv", {before, "s", "z", "w", "one", "zero", "s", "z"}, after, bytes(3, layers[i]));
    before = after;
  }
  if (dequantized) graph += node("DequantizeLinear", {before, "s", "z"}, "y");
  const auto byte = static_cast<std::int8_t>(static_cast<unsigned char>(128));
  return model(graph + input("x", {"1", "1", "4", "4"}) +
               output("y", {"1", "1", "4", "4"}, dequantized ? kFloat : kUint8) + floats("s", {}, {0.5F}) +
               int8s("z", {}, {byte}, kUint8) + int8s("w", {1, 1, 1, 1}, {1}) + floats("one", {}, {1.0F}) +
               int8s("zero", {}, {0}));
}

}  // namespace systoliq::test
