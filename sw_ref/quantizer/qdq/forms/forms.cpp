// SPDX-License-Identifier: Apache-2.0
// The table of forms, and the walk that applies it.
#include "sw_ref/quantizer/qdq/forms/forms.h"

#include <algorithm>

#include "sw_ref/quantizer/qdq/forms/rewriting.h"

namespace systoliq::sw_ref {
namespace {

constexpr const char* kMicrosoft = "com.microsoft";
constexpr const char* kQonnx = "qonnx.custom_op.general";

struct Row {
  const char* domain;
  const char* op;
  RewriteForm rewrite;
  bool quantized;  ///< such a node makes the network a quantized one
};

/// In this order: the first row that takes a node rewrites it.
constexpr Row kForms[] = {
    {"", "QLinearConv", forms::rewrite_qlinear_convolution, true},
    {"", "QLinearMatMul", forms::rewrite_qlinear_matmul, true},
    {kMicrosoft, "QGemm", forms::rewrite_qgemm, true},
    {kMicrosoft, "QLinearAdd", forms::rewrite_qlinear_binary, true},
    {kMicrosoft, "QLinearMul", forms::rewrite_qlinear_binary, true},
    {kMicrosoft, "QLinearSigmoid", forms::rewrite_qlinear_unary, true},
    {kMicrosoft, "QLinearLeakyRelu", forms::rewrite_qlinear_unary, true},
    {kMicrosoft, "QLinearSoftmax", forms::rewrite_qlinear_unary, true},
    {kMicrosoft, "QLinearAveragePool", forms::rewrite_qlinear_pool, true},
    {kMicrosoft, "QLinearGlobalAveragePool", forms::rewrite_qlinear_pool, true},
    {kMicrosoft, "QLinearConcat", forms::rewrite_qlinear_concat, true},
    {"", "QuantizeLinear", forms::rewrite_clipped_quantization, true},
    {kMicrosoft, "QuantizeLinear", forms::rewrite_clipped_quantization, true},
    {"", "QuantizeLinear", forms::rewrite_second_quantization, true},
    {kMicrosoft, "QuantizeLinear", forms::rewrite_second_quantization, true},
    {"", "Clip", forms::rewrite_clipped_constant, false},
    {"", "DequantizeLinear", forms::rewrite_clipped_dequantization, true},
    {kMicrosoft, "DequantizeLinear", forms::rewrite_clipped_dequantization, true},
    {kMicrosoft, "QuantizeLinear", forms::rewrite_microsoft_quantization, true},
    {kMicrosoft, "DequantizeLinear", forms::rewrite_microsoft_quantization, true},
    {"", "ConvInteger", forms::rewrite_integer_operator, true},
    {"", "MatMulInteger", forms::rewrite_integer_operator, true},
    {"", "Conv", forms::rewrite_product_before_requant, false},
    {"", "Gemm", forms::rewrite_product_before_requant, false},
    {"", "MatMul", forms::rewrite_product_before_requant, false},
    {"", "RequantShift", forms::rewrite_requant_shift, true},
    {kQonnx, "Quant", forms::rewrite_qonnx_quant, true},
    {kQonnx, "BipolarQuant", forms::rewrite_qonnx_bipolar, true},
};

bool matches(const Row& row, const Node& node) { return node.op == row.op && node.domain == row.domain; }

}  // namespace

CanonicalGraph canonical_form(const Graph& graph) {
  Rewriting rewriting(graph);
  for (const Node& node : graph.nodes) {
    if (rewriting.is_absorbed(node)) continue;
    const bool rewritten = std::any_of(std::begin(kForms), std::end(kForms), [&](const Row& row) {
      return matches(row, node) && row.rewrite(node, &rewriting);
    });
    if (!rewritten) rewriting.emit(node);
  }
  return rewriting.take();
}

bool is_quantized_form(const Node& node) {
  return std::any_of(std::begin(kForms), std::end(kForms),
                     [&](const Row& row) { return row.quantized && matches(row, node); });
}

}  // namespace systoliq::sw_ref
