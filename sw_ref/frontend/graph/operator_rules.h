// SPDX-License-Identifier: Apache-2.0
// What the importer knows of each supported operator, one row of a table each: since when it exists, its inputs,
// outputs and attributes, what it yields, and how it is computed of constants. The rules refuse everything that the
// executor cannot compute, so that an error names the node before anything runs. Internal.
#pragma once

#include <string>
#include <vector>

#include "sw_ref/frontend/graph/movement.h"
#include "sw_ref/frontend/graph/node_view.h"

namespace systoliq::sw_ref {

/// Type and shape of a tensor.
struct TensorType {
  ElementType type = ElementType::kFloat;
  Shape shape;
};

/// The output of a node whose inputs are known. Throws InputError naming the node for what is not supported.
using InferenceRule = TensorType (*)(const NodeView& view);
/// The output of a node whose inputs are constants, of the type that was inferred. Throws InputError.
using FoldRule = Value (*)(const NodeView& view, const TensorType& type);
/// Where an operator that computes nothing takes each element of its output from.
using MoveRule = Movement (*)(const NodeView& view);

enum class AttributeKind { kInt, kFloat, kString, kInts, kFloats, kTensor, kNumber };

/// An attribute and the opsets that have it. A tensor becomes a constant input behind the others; a number is a float
/// or a tensor of one element, and a float in the graph.
struct AttributeRule {
  const char* name;
  AttributeKind kind;
  int since = 1, until = 1000;
};

inline constexpr std::size_t kMostOperands = 1024;

struct OperatorRule {
  const char* domain;  ///< "" for ai.onnx
  const char* op;
  int since, until;  ///< opsets that have it
  std::size_t least_inputs, most_inputs;
  std::vector<AttributeRule> attributes;
  InferenceRule infer;
  FoldRule fold = nullptr;    ///< null: left to run time, also of constants
  MoveRule move = nullptr;    ///< of operators that only move elements of their first input
  std::size_t outputs = 1;    ///< that can be used; a node of the graph has one, attribute `output` tells which
  bool of_constants = false;  ///< supported only where it can be computed at import
};

/// The table, by domain and name.
const std::vector<OperatorRule>& operator_table();

/// The rule of an operator, or null.
const OperatorRule* find_rule(const std::string& domain, const std::string& op);
/// "Abs, Add, …, com.microsoft.QLinearGlobalAveragePool".
std::string supported_operators();

/// Throws InputError where the opset does not have the node's operator, or the operator not one of its attributes.
void check_node(const NodeView& view);

/// Finds the node's rule, checks the number of inputs and infers the output. Throws InputError.
TensorType infer_output(const NodeView& view);

/// True where the node's output is known at import: its operator can be folded, and its inputs are constants. Shape and
/// Size need no more of their input than its shape.
bool folds(const NodeView& view, const OperatorRule& rule);

/// Attributes that the reader adds to nodes of operators with several outputs: which one this node has, and how many
/// there are in the file. No operator has attributes of these names.
inline constexpr const char* kOutputAttribute = "output";
inline constexpr const char* kOutputCountAttribute = "output_count";

}  // namespace systoliq::sw_ref
