// SPDX-License-Identifier: Apache-2.0
// A graph while quantized forms are rewritten: what a form reads of it, and what it puts in a node's place.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/quantizer/qdq/forms/forms.h"
#include "types/graph.h"

namespace systoliq::sw_ref {

class Rewriting final {
 public:
  explicit Rewriting(const Graph& graph);

  const Graph& graph() const { return result_.graph; }
  /// As it was.
  const Graph& source() const { return source_; }
  /// The value of that name. Throws InputError naming the node where it has none.
  const Value& value_of(const Node& node, std::size_t input) const;
  bool is_constant(const std::string& name) const;
  /// True for tensors and constants of integers.
  bool is_integer(const std::string& name) const;
  /// Nodes of the source that read the tensor; an output of the graph counts as nullptr.
  std::vector<const Node*> users_of(const std::string& name) const;
  /// The node of the source that makes the tensor, or nullptr.
  const Node* maker_of(const std::string& name) const;

  /// A name that nothing bears yet.
  std::string fresh(const std::string& base);
  /// New constants; they return their names.
  std::string add_floats(const std::string& base, const Shape& shape, std::vector<float> values);
  std::string add_integers(const std::string& base, ElementType type, const Shape& shape,
                           std::vector<std::int64_t> values);
  /// Gives a tensor of the graph the constant integers that it has been found to hold.
  void set_constant(const std::string& name, ElementType type, const Shape& shape, std::vector<std::int64_t> values);
  void set_type(const std::string& name, ElementType type) { result_.graph.values.at(name).type = type; }
  /// A new float tensor; returns its name.
  std::string add_tensor(const std::string& base, const Shape& shape);

  /// Appends a node whose values are known.
  void emit(Node node) { result_.graph.nodes.push_back(std::move(node)); }
  /// A DequantizeLinear of `data` in front of `node`; `zero` may be empty. Returns the float tensor.
  std::string dequantize(const Node& node, const std::string& data, const std::string& scale, const std::string& zero,
                         std::int64_t axis = 0);
  /// The same of operand `data`, with the scale and the zero point at `scale` and `scale` + 1.
  std::string dequantize(const Node& node, std::size_t data, std::size_t scale, std::int64_t axis = 0);
  /// `node` as the float operator `op` on `inputs`, then a QuantizeLinear to the node's own output, whose name the
  /// tensor keeps.
  void emit_quantized(const Node& node, const std::string& op, std::vector<std::string> inputs,
                      const std::string& scale, const std::string& zero);
  /// `node` as `op` of the standard domain.
  static Node renamed(const Node& node, const std::string& op, std::vector<std::string> inputs,
                      const std::string& output);

  /// The node that makes `output` is part of another one's form and is left out.
  void absorb(const Node& node) { absorbed_.insert(node.outputs.at(0)); }
  bool is_absorbed(const Node& node) const { return absorbed_.count(node.outputs.at(0)) != 0; }
  /// The tensor is known under another name.
  void show_as(const std::string& tensor, const std::string& name) { result_.names[tensor] = name; }
  /// Integers of the tensor, or weights, have a width that their form gives.
  void set_bits(const std::string& tensor, int bits) { bits_[tensor] = bits; }
  /// 0 where no form has said.
  int bits_of(const std::string& tensor) const;
  void add_note(const std::string& note) { result_.notes.push_back(note); }
  /// The arithmetic that the form stands for. Throws InputError naming the node where another form asks for another.
  void require_preset(const Node& node, Preset preset);

  CanonicalGraph take() { return std::move(result_); }

 private:
  const Graph& source_;
  CanonicalGraph result_;
  std::multimap<std::string, const Node*> users_;
  std::map<std::string, const Node*> makers_;
  std::set<std::string> absorbed_;
  std::map<std::string, int> bits_;
  std::map<std::string, int> numbers_;  ///< the last one behind a base in fresh()
  std::string preset_from_;             ///< the node that asked for the preset
};

/// Name of operand `input`, empty where it is absent.
inline std::string operand(const Node& node, std::size_t input) {
  return input < node.inputs.size() ? node.inputs[input] : std::string();
}

}  // namespace systoliq::sw_ref
