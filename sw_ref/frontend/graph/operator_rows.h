// SPDX-License-Identifier: Apache-2.0
// Rows of the table of operators by kind, so that each says only what is its own. Internal to the importer.
#pragma once

#include <vector>

#include "sw_ref/frontend/graph/operator_rules.h"
#include "sw_ref/frontend/graph/rules.h"

namespace systoliq::sw_ref::rows {

inline constexpr const char* kMicrosoft = "com.microsoft";
inline constexpr int kEver = 1000;

inline constexpr AttributeKind kInt = AttributeKind::kInt, kFloat = AttributeKind::kFloat,
                               kString = AttributeKind::kString, kInts = AttributeKind::kInts,
                               kFloats = AttributeKind::kFloats, kTensor = AttributeKind::kTensor,
                               kNumber = AttributeKind::kNumber;

using Attributes = std::vector<AttributeRule>;
using Rules = std::vector<OperatorRule>;

inline Attributes window(const Attributes& others) {
  Attributes all = {{"auto_pad", kString}, {"kernel_shape", kInts}, {"pads", kInts}, {"strides", kInts}};
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

/// Reduce operators: the axes became an input in opset `since`.
inline OperatorRule reduction(const char* op, int since) {
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

inline OperatorRule unary(const char* op, int since, const Attributes& attributes = {}) {
  return {"", op, since, kEver, 1, 1, attributes, infer_unary, fold_unary};
}

inline OperatorRule binary(const char* op, int since, const Attributes& attributes = {}) {
  return {"", op, since, kEver, 2, 2, attributes, infer_binary, fold_binary};
}

inline OperatorRule variadic(const char* op) {
  return {"", op, 1, kEver, 1, kMostOperands, {}, infer_variadic, fold_variadic};
}

inline OperatorRule same_elements(const char* op, std::size_t least, std::size_t most, const Attributes& attributes,
                                  InferenceRule infer) {
  return {"", op, 1, kEver, least, most, attributes, infer, fold_same_elements};
}

inline OperatorRule movement(const char* op, int since, std::size_t least, std::size_t most,
                             const Attributes& attributes, MoveRule move) {
  return {"", op, since, kEver, least, most, attributes, infer_moved, fold_moved, move};
}

inline OperatorRule run_time(const char* op, int since, std::size_t least, std::size_t most,
                             const Attributes& attributes, InferenceRule infer) {
  return {"", op, since, kEver, least, most, attributes, infer};
}

inline OperatorRule microsoft(const char* op, std::size_t least, std::size_t most, const Attributes& attributes,
                              InferenceRule infer, FoldRule fold = nullptr) {
  return {kMicrosoft, op, 1, kEver, least, most, attributes, infer, fold};
}

inline OperatorRule of_constants(const char* op, int since, std::size_t least, std::size_t most,
                                 const Attributes& attributes, InferenceRule infer, FoldRule fold) {
  return {"", op, since, kEver, least, most, attributes, infer, fold, nullptr, 1, true};
}

inline OperatorRule split() {
  OperatorRule rule =
      movement("Split", 2, 1, 2, {{"axis", kInt}, {"split", kInts, 1, 12}, {"num_outputs", kInt, 18}}, move_split);
  rule.outputs = kMostOperands;
  return rule;
}

inline OperatorRule dynamic_quantize() {
  OperatorRule rule = run_time("DynamicQuantizeLinear", 11, 1, 1, {}, infer_dynamic_quantize);
  rule.outputs = 3;
  return rule;
}

inline OperatorRule top_k() {
  OperatorRule rule = run_time(
      "TopK", 1, 1, 2, {{"axis", kInt}, {"k", kInt, 1, 9}, {"largest", kInt, 11}, {"sorted", kInt, 11}}, infer_top_k);
  rule.outputs = 2;
  return rule;
}

inline OperatorRule qonnx(const char* op, std::size_t inputs, const Attributes& attributes, InferenceRule infer) {
  return {"qonnx.custom_op.general", op, 1, kEver, inputs, inputs, attributes, infer};
}

inline OperatorRule upsample() {
  OperatorRule rule = run_time("Upsample", 7, 1, 2, {{"mode", kString}, {"scales", kFloats, 7, 8}}, infer_resize);
  rule.until = 9;
  return rule;
}

inline const Attributes kScaling = {{"alpha", kFloat}, {"beta", kFloat}, {"transA", kInt}, {"transB", kInt}};
inline const Attributes kAxis = {{"axis", kInt}};
inline const Attributes kArgument = {{"axis", kInt}, {"keepdims", kInt}, {"select_last_index", kInt, 12}};

/// Rows of shape arithmetic, integers and other domains (operator_table_integers.cpp).
Rules constants();
Rules integers();
Rules others();

}  // namespace systoliq::sw_ref::rows
