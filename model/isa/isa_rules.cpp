// SPDX-License-Identifier: Apache-2.0
// The rules of an opcode, and the first that a command breaks.
#include "model/isa/isa_rules.h"

#include "model/isa/isa_rule.h"

namespace systoliq::model {
namespace {

template <typename Body>
std::vector<RuleSpec> specs_of(const std::vector<Rule<Body>>& rules) {
  std::vector<RuleSpec> specs;
  for (const Rule<Body>& rule : rules) specs.push_back(rule.spec);
  return specs;
}

template <typename Body>
std::optional<int> first_broken(const std::vector<Rule<Body>>& rules, const Body& body, const AcceleratorConfig& c) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!rules[i].holds(body, c)) return static_cast<int>(i);
  }
  return std::nullopt;
}

}  // namespace

const std::vector<RuleSpec>& isa_rules(Opcode opcode) {
  static const std::vector<RuleSpec> none, load = specs_of(load_rules()), execute = specs_of(execute_rules()),
                                           post = specs_of(post_rules()), store = specs_of(store_rules());
  switch (opcode) {
    case Opcode::kLoad:
      return load;
    case Opcode::kExecute:
      return execute;
    case Opcode::kPost:
      return post;
    case Opcode::kStore:
      return store;
    case Opcode::kHalt:
    case Opcode::kFence:
      break;
  }
  return none;
}

std::optional<int> broken_rule(const Command& command, const AcceleratorConfig& config) {
  if (const auto* load = std::get_if<Load>(&command.body)) return first_broken(load_rules(), *load, config);
  if (const auto* execute = std::get_if<Execute>(&command.body)) return first_broken(execute_rules(), *execute, config);
  if (const auto* post = std::get_if<Post>(&command.body)) return first_broken(post_rules(), *post, config);
  if (const auto* store = std::get_if<Store>(&command.body)) return first_broken(store_rules(), *store, config);
  return std::nullopt;
}

}  // namespace systoliq::model
