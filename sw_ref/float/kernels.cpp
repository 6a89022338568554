// SPDX-License-Identifier: Apache-2.0
// Which kernel computes which operator.
#include "sw_ref/float/kernels.h"

#include <map>
#include <string>

#include "sw_ref/frontend/graph/attributes.h"

namespace systoliq::sw_ref {

Kernel make_kernel(const KernelRequest& request) {
  using Maker = Kernel (*)(const KernelRequest&);
  static const std::map<std::string, Maker> kMakers = {
      {"Add", make_add},
      {"AveragePool", make_average_pool},
      {"BatchNormalization", make_batch_normalization},
      {"Clip", make_clip},
      {"Concat", make_concat},
      {"Conv", make_convolution},
      {"DequantizeLinear", make_dequantize},
      {"Dropout", make_same_elements},
      {"Flatten", make_same_elements},
      {"Gemm", make_gemm},
      {"GlobalAveragePool", make_global_average_pool},
      {"Identity", make_same_elements},
      {"MatMul", make_matmul},
      {"MaxPool", make_max_pool},
      {"Pad", make_pad},
      {"QLinearConv", make_qlinear_convolution},
      {"QLinearMatMul", make_qlinear_matmul},
      {"QuantizeLinear", make_quantize},
      {"Relu", make_relu},
      {"Reshape", make_same_elements},
      {"Sigmoid", make_sigmoid},
      {"Softmax", make_softmax},
      {"Squeeze", make_same_elements},
      {"Tanh", make_tanh},
      {"Transpose", make_transpose},
      {"Unsqueeze", make_same_elements},
      {"com.microsoft.QLinearAveragePool", make_qlinear_average_pool},
      {"com.microsoft.QLinearGlobalAveragePool", make_qlinear_global_average_pool},
  };
  const Node& node = request.view.node;
  const auto found = kMakers.find(node.domain.empty() ? node.op : node.domain + "." + node.op);
  if (found == kMakers.end()) refuse(node, "the operator cannot be executed");
  return found->second(request);
}

}  // namespace systoliq::sw_ref
