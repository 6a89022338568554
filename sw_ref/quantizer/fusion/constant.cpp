// SPDX-License-Identifier: Apache-2.0
// Look-up and folding of constants. Only operators that move elements are folded: exporters put them between a weight
// and its operator.
#include "sw_ref/quantizer/fusion/constant.h"

#include <algorithm>
#include <numeric>

#include "sw_ref/frontend/graph/attributes.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {

const Constant* ConstantPool::find(const std::string& name) {
  const auto known = constants_.find(name);
  if (known != constants_.end()) return &known->second;
  const auto value = graph_.values.find(name);
  if (value == graph_.values.end() || !value->second.is_constant) return nullptr;
  Constant constant;
  constant.name = name;
  constant.type = value->second.type;
  constant.values.shape = value->second.shape;
  if (constant.type == ElementType::kFloat) {
    constant.values.data.assign(value->second.floats.data.begin(), value->second.floats.data.end());
  } else {
    constant.values.data.reserve(value->second.integers.data.size());
    for (const std::int64_t integer : value->second.integers.data) {
      constant.values.data.push_back(static_cast<double>(integer));
    }
  }
  return &constants_.emplace(name, std::move(constant)).first->second;
}

bool ConstantPool::fold(const Node& node) {
  const bool reshapes = is_reshape(node);
  if ((!reshapes && node.op != "Transpose") || node.inputs.empty()) return false;
  const Constant* input = find(node.inputs[0]);
  if (input == nullptr) return false;
  Constant result;
  if (reshapes) {
    result = *input;
    result.values.shape = graph_.values.at(node.outputs.at(0)).shape;
    if (result.scales.size() > 1 && result.values.shape != input->values.shape) {
      throw InputError(describe(node) + ": reshapes constant '" + input->name +
                       "', which has a scale per channel; accepted: one scale, or no reshape after DequantizeLinear");
    }
    check(element_count(result.values.shape) == static_cast<std::int64_t>(result.values.data.size()),
          describe(node) + ": inferred shape has another element count");
  } else {
    result = transpose(*input, permutation_of(node, input->values.shape.size()));
  }
  result.name = node.outputs.at(0);
  constants_[result.name] = std::move(result);
  return true;
}

Constant transpose(const Constant& constant, const std::vector<std::size_t>& permutation) {
  const Shape& shape = constant.values.shape;
  const std::size_t rank = shape.size();
  Constant result = constant;
  std::vector<std::int64_t> strides(rank, 1);
  for (std::size_t i = rank; i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  std::vector<std::int64_t> moved_strides(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    result.values.shape[i] = shape[permutation[i]];
    moved_strides[i] = strides[permutation[i]];
    if (permutation[i] == constant.axis) result.axis = i;
  }
  std::vector<std::int64_t> index(rank, 0);
  std::int64_t source = 0;
  for (double& value : result.values.data) {
    value = nth(constant.values.data, source);
    for (std::size_t i = rank; i-- > 0;) {
      source += moved_strides[i];
      if (++index[i] < result.values.shape[i]) break;
      source -= moved_strides[i] * index[i];
      index[i] = 0;
    }
  }
  return result;
}

std::vector<std::size_t> permutation_of(const Node& node, std::size_t rank) {
  std::vector<std::int64_t> reversed(rank);
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  const std::vector<std::int64_t> given = ints_attribute(node, "perm", reversed);
  std::vector<std::int64_t> sorted = given;
  std::sort(sorted.begin(), sorted.end());
  std::reverse(reversed.begin(), reversed.end());
  if (sorted != reversed) {
    throw InputError(describe(node) + ": perm " + to_string(given) + " is no permutation of " + std::to_string(rank) +
                     " dimensions");
  }
  return {given.begin(), given.end()};
}

bool is_reshape(const Node& node) {
  for (const char* op : {"Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout"}) {
    if (node.op == op) return true;
  }
  return false;
}

}  // namespace systoliq::sw_ref
