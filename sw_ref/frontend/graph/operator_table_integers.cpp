// SPDX-License-Identifier: Apache-2.0
// The table's rows of shape arithmetic, of integers, and of domains other than ai.onnx.
#include "sw_ref/frontend/graph/operator_rows.h"

namespace systoliq::sw_ref::rows {

/// What exporters compute shapes with.
Rules constants() {
  return {
      {"", "Constant", 1, kEver, 0, 0, {}, nullptr, nullptr, nullptr, 1, true},
      of_constants("ConstantOfShape", 9, 1, 2, {{"value", kTensor}}, infer_constant_of_shape, fold_constant_of_shape),
      of_constants("Range", 11, 3, 3, {}, infer_range, fold_range),
      of_constants("Shape", 1, 1, 1, {{"start", kInt, 15}, {"end", kInt, 15}}, infer_shape, fold_shape),
      of_constants("Size", 1, 1, 1, {}, infer_size, fold_shape),
  };
}

Rules integers() {
  return {
      run_time("ConvInteger", 10, 2, 4, window({{"dilations", kInts}, {"group", kInt}}), infer_convolution_integer),
      run_time("DequantizeLinear", 10, 2, 3, {{"axis", kInt, 13}, {"block_size", kInt, 21}, {"output_dtype", kInt, 23}},
               infer_dequantize),
      dynamic_quantize(),
      run_time("MatMulInteger", 10, 2, 4, {}, infer_matmul_integer),
      run_time("QLinearConv", 10, 8, 9, window({{"dilations", kInts}, {"group", kInt}}), infer_qlinear_convolution),
      run_time("QLinearMatMul", 10, 8, 8, {}, infer_qlinear_matmul),
      {"",
       "QuantizeLinear",
       10,
       kEver,
       2,
       3,
       {{"axis", kInt, 13},
        {"saturate", kInt, 19},
        {"block_size", kInt, 21},
        {"output_dtype", kInt, 21},
        {"precision", kInt, 23}},
       infer_quantize,
       fold_quantize},
      run_time("RequantShift", 1, 3, 3,
               {{"div", kNumber}, {"n_levels", kNumber}, {"n_levels_out", kNumber}, {"signed", kNumber}},
               infer_requant_shift),
  };
}

/// Other domains.
Rules others() {
  return {
      microsoft("DequantizeLinear", 2, 3, kAxis, infer_dequantize),
      microsoft("QGemm", 6, 9, {{"alpha", kFloat}, {"transA", kInt}, {"transB", kInt}}, infer_qgemm),
      microsoft("QLinearAdd", 7, 8, {}, infer_qlinear_binary),
      microsoft("QLinearAveragePool", 4, 5,
                window({{"ceil_mode", kInt}, {"channels_last", kInt}, {"count_include_pad", kInt}}),
                infer_qlinear_average_pool),
      microsoft("QLinearConcat", 5, kMostOperands, kAxis, infer_qlinear_concat),
      microsoft("QLinearGlobalAveragePool", 4, 5, {{"channels_last", kInt}}, infer_qlinear_global_average_pool),
      microsoft("QLinearLeakyRelu", 4, 5, {{"alpha", kFloat}}, infer_qlinear_unary),
      microsoft("QLinearMul", 7, 8, {}, infer_qlinear_binary),
      microsoft("QLinearSigmoid", 4, 5, {}, infer_qlinear_unary),
      microsoft("QLinearSoftmax", 4, 5, {{"axis", kInt}, {"opset", kInt}}, infer_qlinear_softmax),
      microsoft("QuantizeLinear", 2, 3, kAxis, infer_quantize, fold_quantize),
      qonnx("BipolarQuant", 2, {}, infer_bipolar_quant),
      qonnx("Quant", 4, {{"narrow", kInt}, {"rounding_mode", kString}, {"signed", kInt}}, infer_quant),
      qonnx("Trunc", 5, {{"rounding_mode", kString}}, infer_trunc),
  };
}

}  // namespace systoliq::sw_ref::rows
