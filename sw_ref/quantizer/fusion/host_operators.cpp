// SPDX-License-Identifier: Apache-2.0
// Which operators the host may compute: all that the float executor has, but for sums of products and windows.
#include "sw_ref/quantizer/fusion/host_operators.h"

#include <set>

#include "types/error.h"

namespace systoliq::sw_ref {
namespace {

const std::set<std::string>& anywhere() {
  static const std::set<std::string> kOperators = {
      "ArgMax",
      "ArgMin",
      "Cast",
      "Div",
      "DynamicQuantizeLinear",
      "Gather",
      "GroupNormalization",
      "InstanceNormalization",
      "LRN",
      "LogSoftmax",
      "Resize",
      "LayerNormalization",
      "Max",
      "Min",
      "TopK",
      "NonMaxSuppression",
      "Pow",
      "Softmax",
      "Transpose",
      "Upsample",
  };
  return kOperators;
}

const std::set<std::string>& behind_host() {
  static const std::set<std::string> kOperators = {
      "Abs",
      "Add",
      "And",
      "BatchNormalization",
      "Ceil",
      "Celu",
      "Clip",
      "Concat",
      "ConvInteger",
      "Cos",
      "DepthToSpace",
      "Dropout",
      "Elu",
      "Equal",
      "Erf",
      "Exp",
      "Expand",
      "Flatten",
      "Floor",
      "Gelu",
      "Greater",
      "GreaterOrEqual",
      "HardSigmoid",
      "HardSwish",
      "Identity",
      "LeakyRelu",
      "Less",
      "LessOrEqual",
      "Log",
      "MatMulInteger",
      "Mean",
      "Mish",
      "Mod",
      "Mul",
      "Neg",
      "Not",
      "Or",
      "PRelu",
      "Reciprocal",
      "ReduceL1",
      "ReduceL2",
      "ReduceLogSum",
      "ReduceLogSumExp",
      "ReduceMax",
      "ReduceMean",
      "ReduceMin",
      "ReduceProd",
      "ReduceSum",
      "ReduceSumSquare",
      "Relu",
      "Reshape",
      "Round",
      "Selu",
      "Sigmoid",
      "Sign",
      "Sin",
      "Slice",
      "Softplus",
      "Softsign",
      "SpaceToDepth",
      "Split",
      "Sqrt",
      "Squeeze",
      "Sub",
      "Sum",
      "Swish",
      "Tanh",
      "ThresholdedRelu",
      "Tile",
      "Unsqueeze",
      "Where",
      "Xor",
  };
  return kOperators;
}

/// What the tails of detectors begin with.
const std::set<std::string>& tail() {
  static const std::set<std::string> kOperators = {"Concat", "Exp", "Log", "Mul", "Slice", "Split", "Sqrt", "Sub"};
  return kOperators;
}

}  // namespace

HostUse host_use(const Node& node) {
  if (!node.domain.empty()) return HostUse::kNever;
  if (anywhere().count(node.op) != 0) return HostUse::kAnywhere;
  if (tail().count(node.op) != 0) return HostUse::kTail;
  if (node.op == "Conv" || node.op == "Gemm" || node.op == "MatMul") return HostUse::kFloatProduct;
  return behind_host().count(node.op) != 0 ? HostUse::kBehindHost : HostUse::kNever;
}

bool follows_host(const Node& node) {
  const HostUse use = host_use(node);
  return use != HostUse::kNever && use != HostUse::kFloatProduct;
}

std::string host_operator_names() {
  std::string names;
  for (const std::string& name : anywhere()) names += (names.empty() ? "" : ", ") + name;
  return names;
}

std::vector<std::string> without_repetition(const std::vector<std::string>& obstacles) {
  std::set<std::string> said;
  std::vector<std::string> brief(obstacles.size());
  for (std::size_t i = obstacles.size(); i-- > 0;) {
    const std::size_t remedy = obstacles[i].find("; accepted: ");
    const bool again = remedy != std::string::npos && !said.insert(obstacles[i].substr(remedy)).second;
    brief[i] = again ? obstacles[i].substr(0, remedy) : obstacles[i];
  }
  return brief;
}

void refuse_obstacles(const std::string& network, const std::vector<std::string>& obstacles) {
  if (obstacles.empty()) return;
  if (obstacles.size() == 1) throw InputError(obstacles.front());
  std::string text =
      "network '" + network + "' cannot be executed, for " + std::to_string(obstacles.size()) + " reasons";
  const std::vector<std::string> brief = without_repetition(obstacles);
  for (std::size_t i = 0; i < brief.size(); ++i) {
    text += (i == 0 ? ": (" : "; (") + std::to_string(i + 1) + ") " + brief[i];
  }
  throw InputError(text);
}

}  // namespace systoliq::sw_ref
