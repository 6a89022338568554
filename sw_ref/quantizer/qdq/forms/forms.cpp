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
};

/// In this order: the first row that takes a node rewrites it.
constexpr Row kForms[] = {
    {"", "QLinearConv", forms::rewrite_qlinear_convolution},
    {"", "QLinearMatMul", forms::rewrite_qlinear_matmul},
    {kMicrosoft, "QGemm", forms::rewrite_qgemm},
    {kMicrosoft, "QLinearAdd", forms::rewrite_qlinear_binary},
    {kMicrosoft, "QLinearMul", forms::rewrite_qlinear_binary},
    {kMicrosoft, "QLinearSigmoid", forms::rewrite_qlinear_unary},
    {kMicrosoft, "QLinearLeakyRelu", forms::rewrite_qlinear_unary},
    {kMicrosoft, "QLinearSoftmax", forms::rewrite_qlinear_unary},
    {kMicrosoft, "QLinearAveragePool", forms::rewrite_qlinear_pool},
    {kMicrosoft, "QLinearGlobalAveragePool", forms::rewrite_qlinear_pool},
    {kMicrosoft, "QLinearConcat", forms::rewrite_qlinear_concat},
    {"", "QuantizeLinear", forms::rewrite_clipped_quantization},
    {kMicrosoft, "QuantizeLinear", forms::rewrite_clipped_quantization},
    {"", "QuantizeLinear", forms::rewrite_second_quantization},
    {kMicrosoft, "QuantizeLinear", forms::rewrite_second_quantization},
    {"", "Clip", forms::rewrite_clipped_constant},
    {"", "DequantizeLinear", forms::rewrite_clipped_dequantization},
    {kMicrosoft, "DequantizeLinear", forms::rewrite_clipped_dequantization},
    {kMicrosoft, "QuantizeLinear", forms::rewrite_microsoft_quantization},
    {kMicrosoft, "DequantizeLinear", forms::rewrite_microsoft_quantization},
    {"", "ConvInteger", forms::rewrite_integer_operator},
    {"", "MatMulInteger", forms::rewrite_integer_operator},
    {"", "Conv", forms::rewrite_product_before_requant},
    {"", "Gemm", forms::rewrite_product_before_requant},
    {"", "MatMul", forms::rewrite_product_before_requant},
    {"", "RequantShift", forms::rewrite_requant_shift},
    {kQonnx, "Quant", forms::rewrite_qonnx_quant},
    {kQonnx, "BipolarQuant", forms::rewrite_qonnx_bipolar},
    {"", "AveragePool", forms::rewrite_before_trunc},
    {"", "GlobalAveragePool", forms::rewrite_before_trunc},
    {"", "Mul", forms::rewrite_before_trunc},
    {kQonnx, "Trunc", forms::rewrite_qonnx_trunc},
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

}  // namespace systoliq::sw_ref
