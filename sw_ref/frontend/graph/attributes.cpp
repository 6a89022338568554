// SPDX-License-Identifier: Apache-2.0
// Attribute look-up with the caller's default.
#include "sw_ref/frontend/graph/attributes.h"

namespace systoliq::sw_ref {
namespace {

template <typename T>
T attribute_or(const Node& node, const std::string& name, const T& fallback, const char* type) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return fallback;
  const T* value = std::get_if<T>(&found->second);
  if (value == nullptr) refuse(node, "attribute '" + name + "' has the wrong type; accepted: " + type);
  return *value;
}

}  // namespace

std::string describe(const Node& node) {
  const std::string domain = node.domain.empty() ? "" : node.domain + ".";
  return "node '" + node.name + "' (" + domain + node.op + ")";
}

void refuse(const Node& node, const std::string& what) { throw InputError(describe(node) + ": " + what); }

std::int64_t int_attribute(const Node& node, const std::string& name, std::int64_t fallback) {
  return attribute_or(node, name, fallback, "INT");
}

float float_attribute(const Node& node, const std::string& name, float fallback) {
  return attribute_or(node, name, fallback, "FLOAT");
}

std::string string_attribute(const Node& node, const std::string& name, const std::string& fallback) {
  return attribute_or(node, name, fallback, "STRING");
}

std::vector<std::int64_t> ints_attribute(const Node& node, const std::string& name,
                                         const std::vector<std::int64_t>& fallback) {
  return attribute_or(node, name, fallback, "INTS");
}

std::vector<float> floats_attribute(const Node& node, const std::string& name, const std::vector<float>& fallback) {
  return attribute_or(node, name, fallback, "FLOATS");
}

}  // namespace systoliq::sw_ref
