// SPDX-License-Identifier: Apache-2.0
// An imported network, free of protobuf: ONNX operators in topological order with typed constants and inferred shapes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "types/tensor.h"

namespace systoliq {

enum class ElementType { kFloat, kInt8, kUint8, kInt32, kInt64, kBool, kInt16, kUint16, kInt4, kUint4 };

using Attribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>>;

/// A constant or named tensor. Float constants hold `floats`, all integer types hold `integers`.
struct Value {
  std::string name;
  ElementType type = ElementType::kFloat;
  Shape shape;  ///< inferred, batch fixed to 1 where it was symbolic
  bool is_constant = false;
  FloatTensor floats;
  Tensor<std::int64_t> integers;
};

/// One operator. `op` is the ONNX name; com.microsoft operators keep their name and set `domain`.
struct Node {
  std::string name;  ///< never empty: "<op>_<index>" where ONNX gave none
  std::string op;
  std::string domain;
  std::vector<std::string> inputs;  ///< an absent optional input is ""
  std::vector<std::string> outputs;
  std::map<std::string, Attribute> attributes;
};

struct Graph {
  std::string name;
  std::vector<Node> nodes;  ///< topological order
  std::map<std::string, Value> values;
  std::vector<std::string> inputs;  ///< without initializers
  std::vector<std::string> outputs;
  std::map<std::string, std::string> metadata;
  std::int64_t opset = 0;
  std::int64_t batch = 1;  ///< images that the file states, where the graph was read for one
};

}  // namespace systoliq
