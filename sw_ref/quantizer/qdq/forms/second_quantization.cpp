// SPDX-License-Identifier: Apache-2.0
// A real value that is quantized for one consumer in one way and used otherwise by another: what computes it is
// computed once more, and every use has integers of its own.
#include <algorithm>
#include <functional>

#include "sw_ref/quantizer/qdq/forms/rewriting.h"

namespace systoliq::sw_ref::forms {
namespace {

bool is_quantize(const Node& node) { return node.op == "QuantizeLinear"; }

/// Equal constants, or the same absent operand.
bool same_operand(const Node& a, const Node& b, std::size_t input, const Rewriting& rewriting) {
  if (operand(a, input) == operand(b, input)) return true;
  if (operand(a, input).empty() || operand(b, input).empty()) return false;
  const Value& va = rewriting.value_of(a, input);
  const Value& vb = rewriting.value_of(b, input);
  return va.is_constant && vb.is_constant && va.type == vb.type && va.floats.data == vb.floats.data &&
         va.integers.data == vb.integers.data;
}

/// True where another consumer keeps the value as it is made: an activation that is fused behind it, or an earlier
/// QuantizeLinear with other parameters.
bool is_used_otherwise(const Node& node, const Rewriting& rewriting) {
  const std::vector<const Node*> users = rewriting.users_of(node.inputs[0]);
  if (std::count(users.begin(), users.end(), nullptr) != 0) return false;  // a float output, refused elsewhere
  const auto is_fused = [](const Node* user) { return user->op == "Relu" || user->op == "Clip"; };
  if (!std::all_of(users.begin(), users.end(),
                   [&](const Node* user) { return is_quantize(*user) || is_fused(user); })) {
    return false;
  }
  return std::any_of(users.begin(), users.end(), [&](const Node* user) {
    if (is_fused(user)) return true;
    if (user == &node || !std::less<>()(user, &node)) return false;
    return !same_operand(*user, node, 1, rewriting) || !same_operand(*user, node, 2, rewriting);
  });
}

/// The tensor computed once more, from the next dequantized values on.
std::string compute_again(const std::string& name, Rewriting* rewriting) {
  const Node* maker = rewriting->maker_of(name);
  if (maker == nullptr || rewriting->is_constant(name) || maker->op == "DequantizeLinear") return name;
  std::vector<std::string> inputs;
  for (const std::string& input : maker->inputs) inputs.push_back(compute_again(input, rewriting));
  Node again = *maker;
  again.inputs = std::move(inputs);
  again.outputs = {rewriting->add_tensor(name + ".again", Shape(rewriting->graph().values.at(name).shape))};
  again.name = maker->name + ".again";
  rewriting->emit(again);
  return again.outputs[0];
}

}  // namespace

bool rewrite_second_quantization(const Node& node, Rewriting* rewriting) {
  const Node* maker = rewriting->maker_of(node.inputs.at(0));
  if (maker == nullptr || maker->op == "DequantizeLinear" || !is_used_otherwise(node, *rewriting)) return false;
  Node copy = node;
  copy.domain.clear();
  copy.inputs[0] = compute_again(node.inputs[0], rewriting);
  rewriting->add_note(describe(*maker) + " is computed once more, since " + describe(node) +
                      " quantizes its output in another way than other consumers");
  rewriting->emit(copy);
  return true;
}

}  // namespace systoliq::sw_ref::forms
