// SPDX-License-Identifier: Apache-2.0
// The table of supported operators, after the ONNX operator schemas of opset 7 to 24 and ONNX Runtime's contributed
// operators: one row each.
#include "sw_ref/frontend/graph/operator_rules.h"
#include "sw_ref/frontend/graph/rules.h"

namespace systoliq::sw_ref {
namespace {

constexpr const char* kMicrosoft = "com.microsoft";
constexpr int kEver = 1000;

constexpr AttributeKind kInt = AttributeKind::kInt, kFloat = AttributeKind::kFloat, kString = AttributeKind::kString,
                        kInts = AttributeKind::kInts, kFloats = AttributeKind::kFloats,
                        kTensor = AttributeKind::kTensor, kNumber = AttributeKind::kNumber;

using Attributes = std::vector<AttributeRule>;

Attributes window(const Attributes& others) {
  Attributes all = {{"auto_pad", kString}, {"kernel_shape", kInts}, {"pads", kInts}, {"strides", kInts}};
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

/// Reduce operators: the axes became an input in opset `since`.
OperatorRule reduction(const char* op, int since) {
  return {"",
          op,
          1,
          kEver,
          1,
          2,
          {{"axes", kInts, 1, since - 1}, {"keepdims", kInt}, {"noop_with_empty_axes", kInt, since}},
          infer_reduction,
          fold_reduction};
}

OperatorRule unary(const char* op, int since, const Attributes& attributes = {}) {
  return {"", op, since, kEver, 1, 1, attributes, infer_unary, fold_unary};
}

OperatorRule binary(const char* op, int since, const Attributes& attributes = {}) {
  return {"", op, since, kEver, 2, 2, attributes, infer_binary, fold_binary};
}

OperatorRule variadic(const char* op) {
  return {"", op, 1, kEver, 1, kMostOperands, {}, infer_variadic, fold_variadic};
}

OperatorRule same_elements(const char* op, std::size_t least, std::size_t most, const Attributes& attributes,
                           InferenceRule infer) {
  return {"", op, 1, kEver, least, most, attributes, infer, fold_same_elements};
}

OperatorRule movement(const char* op, int since, std::size_t least, std::size_t most, const Attributes& attributes,
                      MoveRule move) {
  return {"", op, since, kEver, least, most, attributes, infer_moved, fold_moved, move};
}

OperatorRule run_time(const char* op, int since, std::size_t least, std::size_t most, const Attributes& attributes,
                      InferenceRule infer) {
  return {"", op, since, kEver, least, most, attributes, infer};
}

OperatorRule microsoft(const char* op, std::size_t least, std::size_t most, const Attributes& attributes,
                       InferenceRule infer, FoldRule fold = nullptr) {
  return {kMicrosoft, op, 1, kEver, least, most, attributes, infer, fold};
}

OperatorRule of_constants(const char* op, int since, std::size_t least, std::size_t most, const Attributes& attributes,
                          InferenceRule infer, FoldRule fold) {
  return {"", op, since, kEver, least, most, attributes, infer, fold, nullptr, 1, true};
}

OperatorRule split() {
  OperatorRule rule =
      movement("Split", 2, 1, 2, {{"axis", kInt}, {"split", kInts, 1, 12}, {"num_outputs", kInt, 18}}, move_split);
  rule.outputs = kMostOperands;
  return rule;
}

OperatorRule dynamic_quantize() {
  OperatorRule rule = run_time("DynamicQuantizeLinear", 11, 1, 1, {}, infer_dynamic_quantize);
  rule.outputs = 3;
  return rule;
}

OperatorRule top_k() {
  OperatorRule rule = run_time(
      "TopK", 1, 1, 2, {{"axis", kInt}, {"k", kInt, 1, 9}, {"largest", kInt, 11}, {"sorted", kInt, 11}}, infer_top_k);
  rule.outputs = 2;
  return rule;
}

OperatorRule qonnx(const char* op, std::size_t inputs, const Attributes& attributes, InferenceRule infer) {
  return {"qonnx.custom_op.general", op, 1, kEver, inputs, inputs, attributes, infer};
}

OperatorRule upsample() {
  OperatorRule rule = run_time("Upsample", 7, 1, 2, {{"mode", kString}, {"scales", kFloats, 7, 8}}, infer_resize);
  rule.until = 9;
  return rule;
}

const Attributes kScaling = {{"alpha", kFloat}, {"beta", kFloat}, {"transA", kInt}, {"transB", kInt}};
const Attributes kAxis = {{"axis", kInt}};
const Attributes kArgument = {{"axis", kInt}, {"keepdims", kInt}, {"select_last_index", kInt, 12}};

std::vector<OperatorRule> table() {
  return {
      unary("Abs", 1),
      binary("Add", 7),
      binary("And", 7),
      run_time("ArgMax", 1, 1, 1, kArgument, infer_arg_extreme),
      run_time("ArgMin", 1, 1, 1, kArgument, infer_arg_extreme),
      run_time("AveragePool", 1, 1, 1,
               window({{"ceil_mode", kInt, 10}, {"count_include_pad", kInt, 7}, {"dilations", kInts, 19}}), infer_pool),
      run_time("BatchNormalization", 7, 5, 5,
               {{"epsilon", kFloat}, {"momentum", kFloat}, {"spatial", kInt, 1, 8}, {"training_mode", kInt, 14}},
               infer_batch_normalization),
      {"",
       "Cast",
       6,
       kEver,
       1,
       1,
       {{"to", kInt}, {"saturate", kInt, 19}, {"round_mode", kString, 24}},
       infer_cast,
       fold_cast},
      unary("Ceil", 1),
      unary("Celu", 12, {{"alpha", kFloat}}),
      {"", "Clip", 6, kEver, 1, 3, {{"min", kFloat, 6, 10}, {"max", kFloat, 6, 10}}, infer_clip, fold_unary},
      {"", "Concat", 4, kEver, 1, kMostOperands, kAxis, infer_concat, fold_concat},
      {"", "Constant", 1, kEver, 0, 0, {}, nullptr, nullptr, nullptr, 1, true},
      of_constants("ConstantOfShape", 9, 1, 2, {{"value", kTensor}}, infer_constant_of_shape, fold_constant_of_shape),
      run_time("Conv", 1, 2, 3, window({{"dilations", kInts}, {"group", kInt}}), infer_convolution),
      run_time("ConvInteger", 10, 2, 4, window({{"dilations", kInts}, {"group", kInt}}), infer_convolution_integer),
      run_time("ConvTranspose", 1, 2, 3,
               window({{"dilations", kInts}, {"group", kInt}, {"output_padding", kInts}, {"output_shape", kInts}}),
               infer_convolution_transpose),
      unary("Cos", 7),
      movement("DepthToSpace", 1, 1, 1, {{"blocksize", kInt}, {"mode", kString, 11}}, move_depth_to_space),
      run_time("DequantizeLinear", 10, 2, 3, {{"axis", kInt, 13}, {"block_size", kInt, 21}, {"output_dtype", kInt, 23}},
               infer_dequantize),
      binary("Div", 7),
      same_elements("Dropout", 1, 3, {{"ratio", kFloat, 1, 11}, {"seed", kInt, 12}}, infer_dropout),
      dynamic_quantize(),
      unary("Elu", 6, {{"alpha", kFloat}}),
      binary("Equal", 7),
      unary("Erf", 9),
      unary("Exp", 6),
      movement("Expand", 8, 2, 2, {}, move_expand),
      same_elements("Flatten", 1, 1, kAxis, infer_flatten),
      unary("Floor", 1),
      movement("Gather", 1, 2, 2, kAxis, move_gather),
      unary("Gelu", 20, {{"approximate", kString}}),
      run_time("Gemm", 7, 2, 3, kScaling, infer_gemm),
      run_time("GlobalAveragePool", 1, 1, 1, {}, infer_global_pool),
      run_time("GlobalMaxPool", 1, 1, 1, {}, infer_global_pool),
      binary("Greater", 7),
      binary("GreaterOrEqual", 12),
      run_time("GroupNormalization", 18, 3, 3, {{"epsilon", kFloat}, {"num_groups", kInt}, {"stash_type", kInt, 21}},
               infer_group_normalization),
      unary("HardSigmoid", 6, {{"alpha", kFloat}, {"beta", kFloat}}),
      unary("HardSwish", 14),
      same_elements("Identity", 1, 1, {}, infer_identity),
      run_time("InstanceNormalization", 6, 3, 3, {{"epsilon", kFloat}}, infer_instance_normalization),
      run_time("LRN", 1, 1, 1, {{"alpha", kFloat}, {"beta", kFloat}, {"bias", kFloat}, {"size", kInt}}, infer_lrn),
      run_time("LayerNormalization", 17, 2, 3, {{"axis", kInt}, {"epsilon", kFloat}, {"stash_type", kInt}},
               infer_layer_normalization),
      unary("LeakyRelu", 6, {{"alpha", kFloat}}),
      binary("Less", 7),
      binary("LessOrEqual", 12),
      unary("Log", 6),
      run_time("LogSoftmax", 1, 1, 1, kAxis, infer_softmax),
      run_time("MatMul", 1, 2, 2, {}, infer_matmul),
      run_time("MatMulInteger", 10, 2, 4, {}, infer_matmul_integer),
      variadic("Max"),
      run_time("MaxPool", 1, 1, 1,
               window({{"ceil_mode", kInt, 10}, {"dilations", kInts, 10}, {"storage_order", kInt, 8}}), infer_pool),
      variadic("Mean"),
      variadic("Min"),
      unary("Mish", 18),
      binary("Mod", 10, {{"fmod", kInt}}),
      binary("Mul", 7),
      unary("Neg", 6),
      {"", "Not", 1, kEver, 1, 1, {}, infer_logical_not, fold_logical_not},
      binary("Or", 7),
      {"", "PRelu", 7, kEver, 2, 2, {}, infer_prelu, fold_binary},
      movement("Pad", 2, 1, 4, {{"mode", kString}, {"pads", kInts, 2, 10}, {"value", kFloat, 2, 10}}, move_pad),
      binary("Pow", 7),
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
      of_constants("Range", 11, 3, 3, {}, infer_range, fold_range),
      unary("Reciprocal", 6),
      reduction("ReduceL1", 18),
      reduction("ReduceL2", 18),
      reduction("ReduceLogSum", 18),
      reduction("ReduceLogSumExp", 18),
      reduction("ReduceMax", 18),
      reduction("ReduceMean", 18),
      reduction("ReduceMin", 18),
      reduction("ReduceProd", 18),
      reduction("ReduceSum", 13),
      reduction("ReduceSumSquare", 18),
      unary("Relu", 6),
      run_time("RequantShift", 1, 3, 3,
               {{"div", kNumber}, {"n_levels", kNumber}, {"n_levels_out", kNumber}, {"signed", kNumber}},
               infer_requant_shift),
      same_elements("Reshape", 2, 2, {{"allowzero", kInt, 14}}, infer_reshape),
      run_time("Resize", 10, 2, 4,
               {{"mode", kString},
                {"antialias", kInt, 18},
                {"axes", kInts, 18},
                {"coordinate_transformation_mode", kString, 11},
                {"cubic_coeff_a", kFloat, 11},
                {"exclude_outside", kInt, 11},
                {"extrapolation_value", kFloat, 11},
                {"keep_aspect_ratio_policy", kString, 18},
                {"nearest_mode", kString, 11}},
               infer_resize),
      unary("Round", 11),
      unary("Selu", 6, {{"alpha", kFloat}, {"gamma", kFloat}}),
      of_constants("Shape", 1, 1, 1, {{"start", kInt, 15}, {"end", kInt, 15}}, infer_shape, fold_shape),
      unary("Sigmoid", 6),
      unary("Sign", 9),
      unary("Sin", 7),
      of_constants("Size", 1, 1, 1, {}, infer_size, fold_shape),
      movement("Slice", 1, 1, 5, {{"axes", kInts, 1, 9}, {"ends", kInts, 1, 9}, {"starts", kInts, 1, 9}}, move_slice),
      run_time("Softmax", 1, 1, 1, kAxis, infer_softmax),
      unary("Softplus", 1),
      unary("Softsign", 1),
      movement("SpaceToDepth", 1, 1, 1, {{"blocksize", kInt}}, move_space_to_depth),
      split(),
      unary("Sqrt", 6),
      same_elements("Squeeze", 1, 2, {{"axes", kInts, 1, 12}}, infer_squeeze),
      binary("Sub", 7),
      variadic("Sum"),
      unary("Swish", 24, {{"alpha", kFloat}}),
      unary("Tanh", 6),
      unary("ThresholdedRelu", 10, {{"alpha", kFloat}}),
      movement("Tile", 6, 2, 2, {}, move_tile),
      top_k(),
      movement("Transpose", 1, 1, 1, {{"perm", kInts}}, move_transpose),
      same_elements("Unsqueeze", 1, 2, {{"axes", kInts, 1, 12}}, infer_unsqueeze),
      upsample(),
      {"", "Where", 9, kEver, 3, 3, {}, infer_where, fold_where},
      binary("Xor", 7),
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
  };
}

}  // namespace

const std::vector<OperatorRule>& operator_table() {
  static const std::vector<OperatorRule> kTable = table();
  return kTable;
}

}  // namespace systoliq::sw_ref
