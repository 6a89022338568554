// SPDX-License-Identifier: Apache-2.0
// The table of supported operators, after the ONNX operator schemas of opset 7 to 24 and ONNX Runtime's contributed
// operators: one row each.
#include <algorithm>

#include "sw_ref/frontend/graph/operator_rows.h"

namespace systoliq::sw_ref {
namespace rows {
namespace {

/// Functions of one element.
Rules functions() {
  return {
      unary("Abs", 1),
      unary("Ceil", 1),
      unary("Celu", 12, {{"alpha", kFloat}}),
      {"", "Clip", 6, kEver, 1, 3, {{"min", kFloat, 6, 10}, {"max", kFloat, 6, 10}}, infer_clip, fold_unary},
      unary("Cos", 7),
      unary("Elu", 6, {{"alpha", kFloat}}),
      unary("Erf", 9),
      unary("Exp", 6),
      unary("Floor", 1),
      unary("Gelu", 20, {{"approximate", kString}}),
      unary("HardSigmoid", 6, {{"alpha", kFloat}, {"beta", kFloat}}),
      unary("HardSwish", 14),
      unary("LeakyRelu", 6, {{"alpha", kFloat}}),
      unary("Log", 6),
      unary("Mish", 18),
      unary("Neg", 6),
      {"", "Not", 1, kEver, 1, 1, {}, infer_logical_not, fold_logical_not},
      unary("Reciprocal", 6),
      unary("Relu", 6),
      unary("Round", 11),
      unary("Selu", 6, {{"alpha", kFloat}, {"gamma", kFloat}}),
      unary("Sigmoid", 6),
      unary("Sign", 9),
      unary("Sin", 7),
      unary("Softplus", 1),
      unary("Softsign", 1),
      unary("Sqrt", 6),
      unary("Swish", 24, {{"alpha", kFloat}}),
      unary("Tanh", 6),
      unary("ThresholdedRelu", 10, {{"alpha", kFloat}}),
  };
}

/// Of the elements of several tensors, and conversion.
Rules operations() {
  return {
      {"",
       "Cast",
       6,
       kEver,
       1,
       1,
       {{"to", kInt}, {"saturate", kInt, 19}, {"round_mode", kString, 24}},
       infer_cast,
       fold_cast},
      binary("Add", 7),
      binary("And", 7),
      binary("Div", 7),
      binary("Equal", 7),
      binary("Greater", 7),
      binary("GreaterOrEqual", 12),
      binary("Less", 7),
      binary("LessOrEqual", 12),
      variadic("Max"),
      variadic("Mean"),
      variadic("Min"),
      binary("Mod", 10, {{"fmod", kInt}}),
      binary("Mul", 7),
      binary("Or", 7),
      {"", "PRelu", 7, kEver, 2, 2, {}, infer_prelu, fold_binary},
      binary("Pow", 7),
      binary("Sub", 7),
      variadic("Sum"),
      {"", "Where", 9, kEver, 3, 3, {}, infer_where, fold_where},
      binary("Xor", 7),
  };
}

Rules normalizations() {
  return {
      run_time("BatchNormalization", 7, 5, 5,
               {{"epsilon", kFloat}, {"momentum", kFloat}, {"spatial", kInt, 1, 8}, {"training_mode", kInt, 14}},
               infer_batch_normalization),
      run_time("GroupNormalization", 18, 3, 3, {{"epsilon", kFloat}, {"num_groups", kInt}, {"stash_type", kInt, 21}},
               infer_group_normalization),
      run_time("InstanceNormalization", 6, 3, 3, {{"epsilon", kFloat}}, infer_instance_normalization),
      run_time("LRN", 1, 1, 1, {{"alpha", kFloat}, {"beta", kFloat}, {"bias", kFloat}, {"size", kInt}}, infer_lrn),
      run_time("LayerNormalization", 17, 2, 3, {{"axis", kInt}, {"epsilon", kFloat}, {"stash_type", kInt}},
               infer_layer_normalization),
      run_time("LogSoftmax", 1, 1, 1, kAxis, infer_softmax),
      run_time("Softmax", 1, 1, 1, kAxis, infer_softmax),
  };
}

Rules windows() {
  return {
      run_time("AveragePool", 1, 1, 1,
               window({{"ceil_mode", kInt, 10}, {"count_include_pad", kInt, 7}, {"dilations", kInts, 19}}), infer_pool),
      run_time("Conv", 1, 2, 3, window({{"dilations", kInts}, {"group", kInt}}), infer_convolution),
      run_time("ConvTranspose", 1, 2, 3,
               window({{"dilations", kInts}, {"group", kInt}, {"output_padding", kInts}, {"output_shape", kInts}}),
               infer_convolution_transpose),
      run_time("Gemm", 7, 2, 3, kScaling, infer_gemm),
      run_time("GlobalAveragePool", 1, 1, 1, {}, infer_global_pool),
      run_time("GlobalMaxPool", 1, 1, 1, {}, infer_global_pool),
      run_time("MatMul", 1, 2, 2, {}, infer_matmul),
      run_time("MaxPool", 1, 1, 1,
               window({{"ceil_mode", kInt, 10}, {"dilations", kInts, 10}, {"storage_order", kInt, 8}}), infer_pool),
  };
}

Rules reductions() {
  return {
      run_time("ArgMax", 1, 1, 1, kArgument, infer_arg_extreme),
      run_time("ArgMin", 1, 1, 1, kArgument, infer_arg_extreme),
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
      top_k(),
      run_time("NonMaxSuppression", 10, 2, 5, {{"center_point_box", kInt}}, infer_non_max_suppression),
  };
}

/// The same elements in the same order, and concatenation.
Rules shapes() {
  return {
      {"", "Concat", 4, kEver, 1, kMostOperands, kAxis, infer_concat, fold_concat},
      same_elements("Dropout", 1, 3, {{"ratio", kFloat, 1, 11}, {"seed", kInt, 12}}, infer_dropout),
      same_elements("Flatten", 1, 1, kAxis, infer_flatten),
      same_elements("Identity", 1, 1, {}, infer_identity),
      same_elements("Reshape", 2, 2, {{"allowzero", kInt, 14}}, infer_reshape),
      same_elements("Squeeze", 1, 2, {{"axes", kInts, 1, 12}}, infer_squeeze),
      same_elements("Unsqueeze", 1, 2, {{"axes", kInts, 1, 12}}, infer_unsqueeze),
  };
}

Rules movements() {
  return {
      movement("DepthToSpace", 1, 1, 1, {{"blocksize", kInt}, {"mode", kString, 11}}, move_depth_to_space),
      movement("Expand", 8, 2, 2, {}, move_expand),
      movement("Gather", 1, 2, 2, kAxis, move_gather),
      movement("Pad", 2, 1, 4, {{"mode", kString}, {"pads", kInts, 2, 10}, {"value", kFloat, 2, 10}}, move_pad),
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
      movement("Slice", 1, 1, 5, {{"axes", kInts, 1, 9}, {"ends", kInts, 1, 9}, {"starts", kInts, 1, 9}}, move_slice),
      movement("SpaceToDepth", 1, 1, 1, {{"blocksize", kInt}}, move_space_to_depth),
      split(),
      movement("Tile", 6, 2, 2, {}, move_tile),
      movement("Transpose", 1, 1, 1, {{"perm", kInts}}, move_transpose),
      upsample(),
  };
}

}  // namespace
}  // namespace rows

const std::vector<OperatorRule>& operator_table() {
  static const std::vector<OperatorRule> kTable = [] {
    std::vector<OperatorRule> all;
    using namespace rows;
    for (const auto group :
         {functions, operations, normalizations, windows, reductions, shapes, movements, constants, integers, others}) {
      const std::vector<OperatorRule> some = group();
      all.insert(all.end(), some.begin(), some.end());
    }
    std::sort(all.begin(), all.end(), [](const OperatorRule& a, const OperatorRule& b) {
      return std::pair(std::string(a.domain), std::string(a.op)) < std::pair(std::string(b.domain), std::string(b.op));
    });
    return all;
  }();
  return kTable;
}

}  // namespace systoliq::sw_ref
