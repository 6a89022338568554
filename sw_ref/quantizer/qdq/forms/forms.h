// SPDX-License-Identifier: Apache-2.0
// Quantized forms, each brought to one: QuantizeLinear and DequantizeLinear around float operators. A form is one file
// of this folder and one row of the table in forms.cpp.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "types/graph.h"
#include "types/preset.h"

namespace systoliq::sw_ref {

class Rewriting;

/// Puts nodes of the one form in the place of `node`; false where the node is not of this form, and then it has done
/// nothing. Throws InputError naming the node, the value and what is accepted.
using RewriteForm = bool (*)(const Node& node, Rewriting* rewriting);

struct CanonicalGraph {
  Graph graph;
  std::map<std::string, std::string> names;  ///< float tensors that stand for integers, under those integers' name
  std::optional<Preset> preset;              ///< the arithmetic that the forms stand for, where they say
  std::vector<std::string> notes;            ///< what changed that a user should know, a line each
};

/// The same network with the one form alone. Throws InputError as the forms do.
CanonicalGraph canonical_form(const Graph& graph);

namespace forms {

bool rewrite_qlinear_convolution(const Node& node, Rewriting* rewriting);
bool rewrite_qlinear_matmul(const Node& node, Rewriting* rewriting);
bool rewrite_qgemm(const Node& node, Rewriting* rewriting);
bool rewrite_qlinear_binary(const Node& node, Rewriting* rewriting);
bool rewrite_qlinear_unary(const Node& node, Rewriting* rewriting);
bool rewrite_qlinear_pool(const Node& node, Rewriting* rewriting);
bool rewrite_qlinear_concat(const Node& node, Rewriting* rewriting);
bool rewrite_microsoft_quantization(const Node& node, Rewriting* rewriting);
bool rewrite_second_quantization(const Node& node, Rewriting* rewriting);
bool rewrite_clipped_quantization(const Node& node, Rewriting* rewriting);
bool rewrite_clipped_constant(const Node& node, Rewriting* rewriting);
bool rewrite_clipped_dequantization(const Node& node, Rewriting* rewriting);
bool rewrite_integer_operator(const Node& node, Rewriting* rewriting);
bool rewrite_product_before_requant(const Node& node, Rewriting* rewriting);
bool rewrite_requant_shift(const Node& node, Rewriting* rewriting);
bool rewrite_qonnx_quant(const Node& node, Rewriting* rewriting);
bool rewrite_before_trunc(const Node& node, Rewriting* rewriting);
bool rewrite_qonnx_trunc(const Node& node, Rewriting* rewriting);
bool rewrite_qonnx_bipolar(const Node& node, Rewriting* rewriting);

}  // namespace forms
}  // namespace systoliq::sw_ref
