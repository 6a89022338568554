// SPDX-License-Identifier: Apache-2.0
// Which kernel computes which operator.
#include "sw_ref/float/kernels.h"

#include <map>
#include <string>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/elementwise.h"
#include "sw_ref/frontend/graph/operator_rules.h"

namespace systoliq::sw_ref {

namespace {

using Maker = Kernel (*)(const KernelRequest&);

using Makers = std::map<std::string, Maker>;

/// Operators on floats beyond those that the importer's own functions and movements compute.
const Makers& float_makers() {
  static const Makers kMakers = {
      {"ArgMax", make_arg_extreme},
      {"ArgMin", make_arg_extreme},
      {"AveragePool", make_average_pool},
      {"BatchNormalization", make_batch_normalization},
      {"Cast", make_cast},
      {"Concat", make_concat},
      {"Conv", make_convolution},
      {"ConvTranspose", make_convolution_transpose},
      {"Dropout", make_same_elements},
      {"Flatten", make_same_elements},
      {"Gemm", make_gemm},
      {"GlobalAveragePool", make_global_average_pool},
      {"GlobalMaxPool", make_global_max_pool},
      {"GroupNormalization", make_group_normalization},
      {"Identity", make_same_elements},
      {"InstanceNormalization", make_instance_normalization},
      {"LRN", make_lrn},
      {"LayerNormalization", make_layer_normalization},
      {"LogSoftmax", make_softmax},
      {"MatMul", make_matmul},
      {"Max", make_variadic},
      {"MaxPool", make_max_pool},
      {"Mean", make_variadic},
      {"Min", make_variadic},
      {"NonMaxSuppression", make_non_max_suppression},
      {"Not", make_logical_not},
      {"Reshape", make_same_elements},
      {"Resize", make_resize},
      {"Softmax", make_softmax},
      {"Squeeze", make_same_elements},
      {"Sum", make_variadic},
      {"TopK", make_top_k},
      {"Unsqueeze", make_same_elements},
      {"Upsample", make_resize},
      {"Where", make_where},
  };
  return kMakers;
}

/// Operators between integers, or between floats and integers.
const Makers& integer_makers() {
  static const Makers kMakers = {
      {"ConvInteger", make_convolution_integer},
      {"DequantizeLinear", make_dequantize},
      {"DynamicQuantizeLinear", make_dynamic_quantize},
      {"MatMulInteger", make_matmul_integer},
      {"QLinearConv", make_qlinear_convolution},
      {"QLinearMatMul", make_qlinear_matmul},
      {"QuantizeLinear", make_quantize},
      {"RequantShift", make_requant_shift},
      {"com.microsoft.DequantizeLinear", make_dequantize},
      {"com.microsoft.QGemm", make_qgemm},
      {"com.microsoft.QLinearAdd", make_qlinear_binary},
      {"com.microsoft.QLinearAveragePool", make_qlinear_average_pool},
      {"com.microsoft.QLinearConcat", make_qlinear_concat},
      {"com.microsoft.QLinearGlobalAveragePool", make_qlinear_global_average_pool},
      {"com.microsoft.QLinearLeakyRelu", make_qlinear_unary},
      {"com.microsoft.QLinearMul", make_qlinear_binary},
      {"com.microsoft.QLinearSigmoid", make_qlinear_unary},
      {"com.microsoft.QLinearSoftmax", make_qlinear_softmax},
      {"com.microsoft.QuantizeLinear", make_quantize},
      {"qonnx.custom_op.general.BipolarQuant", make_bipolar_quant},
      {"qonnx.custom_op.general.Quant", make_quant},
      {"qonnx.custom_op.general.Trunc", make_trunc},
  };
  return kMakers;
}

bool is_reduction(const Node& node) { return node.domain.empty() && node.op.rfind("Reduce", 0) == 0; }

}  // namespace

Kernel make_kernel(const KernelRequest& request) {
  const Node& node = request.view.node;
  for (const Makers* makers : {&float_makers(), &integer_makers()}) {
    const auto found = makers->find(node.domain.empty() ? node.op : node.domain + "." + node.op);
    if (found != makers->end()) return found->second(request);
  }
  const OperatorRule* rule = find_rule(node.domain, node.op);
  if (rule != nullptr && rule->move != nullptr) return make_moved(request);
  if (unary_function(request.view) != nullptr) return make_unary(request);
  if (node.domain.empty() && binary_operation(node.op) != nullptr) return make_binary(request);
  if (is_reduction(node)) return make_reduction(request);
  refuse(node, "the operator cannot be executed");
}

}  // namespace systoliq::sw_ref
