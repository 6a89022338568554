// SPDX-License-Identifier: Apache-2.0
// Constants of a network on their way into layers: real numbers of a float network, or the stored integers and scales
// of a quantized one. Doubles hold both exactly, so that lowering moves either kind without knowing which it is.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "types/graph.h"

namespace systoliq::sw_ref {

/// `values` are real numbers while `scales` is empty; else stored integers with real = scale * (value - zero_point).
struct Constant {
  std::string name;
  Tensor<double> values;
  std::vector<float> scales;    ///< one, or one per index of `axis`
  std::size_t axis = 0;         ///< of per-axis scales
  std::int32_t zero_point = 0;  ///< stored domain
  ElementType type = ElementType::kFloat;
  int bits = 8;  ///< of quantized weights

  bool is_quantized() const { return !scales.empty(); }
};

/// The constants a lowering may use: given ones first, else those of the graph; results of folding are added.
class ConstantPool final {
 public:
  ConstantPool(const Graph& graph, std::map<std::string, Constant> given)
      : graph_(graph), constants_(std::move(given)) {}

  /// nullptr where `name` is no constant.
  const Constant* find(const std::string& name);
  /// Folds an operator that only moves a constant's elements (Reshape and its like, Transpose, Identity); true if it
  /// did.
  bool fold(const Node& node);

 private:
  const Graph& graph_;
  std::map<std::string, Constant> constants_;
};

/// The constant with its dimensions permuted: output dimension i is input dimension permutation[i].
Constant transpose(const Constant& constant, const std::vector<std::size_t>& permutation);

/// The permutation of a Transpose node over `rank` dimensions (absent: reversed). Throws InputError naming the node.
std::vector<std::size_t> permutation_of(const Node& node, std::size_t rank);

/// True for operators that keep all elements in row-major order, whatever the shape.
bool is_reshape(const Node& node);

}  // namespace systoliq::sw_ref
