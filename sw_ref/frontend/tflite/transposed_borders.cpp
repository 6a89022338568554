// SPDX-License-Identifier: Apache-2.0
// Networks of other frameworks have their channels first, behind a TRANSPOSE at every input and before one at every
// output: in the graph, where channels are first anyway, both move nothing.
#include <algorithm>

#include "sw_ref/frontend/tflite/tflite_builder.h"

namespace systoliq::sw_ref {
namespace {

const std::vector<std::int64_t> kToChannelsLast = {0, 2, 3, 1}, kToChannelsFirst = {0, 3, 1, 2};

template <typename Values>
bool contains(const Values& values, std::int32_t index) {
  return std::find(values.begin(), values.end(), index) != values.end();
}

}  // namespace

void TfliteBuilder::find_file_order() {
  for (const std::uint32_t place : needed_) {
    const tflite::Operator& op = *file_.graph().operators()->Get(place);
    if (file_.name_of(op) != "TRANSPOSE" || op.inputs() == nullptr || op.inputs()->size() != 2 ||
        op.outputs()->size() != 1) {
      continue;
    }
    const TfliteTensor& operand = file_.tensor(op.inputs()->Get(1));
    if (!operand.is_constant() || operand.type != ElementType::kInt32 || operand.shape != Shape{4}) continue;
    const std::vector<std::int64_t> permutation = file_.integers(operand).data;
    if (permutation == kToChannelsLast) mark_file_order(op.inputs()->Get(0), true);
    if (permutation == kToChannelsFirst) mark_file_order(op.outputs()->Get(0), false);
  }
}

/// Marks the tensor and those beyond changes of type, up to an input or output; nothing where another operator is met.
void TfliteBuilder::mark_file_order(std::int32_t tensor, bool towards_input) {
  std::set<std::int32_t> chain;
  const auto& ends = towards_input ? *file_.graph().inputs() : *file_.graph().outputs();
  while (chain.insert(tensor).second) {
    const bool is_end = contains(ends, tensor);
    if (readers_[tensor] != (towards_input || !is_end ? 1 : 0) ||
        (towards_input && outputs_of_network_.count(tensor))) {
      return;
    }
    if (is_end) {
      in_file_order_.insert(chain.begin(), chain.end());
      return;
    }
    const auto& next = towards_input ? maker_ : reader_;
    const auto place = next.find(tensor);
    if (place == next.end()) return;
    const tflite::Operator& op = *file_.graph().operators()->Get(place->second);
    const std::string name = file_.name_of(op);
    const bool changes_type = name == "QUANTIZE" || name == "DEQUANTIZE";
    if (!changes_type || op.inputs()->size() != 1 || op.outputs()->size() != 1) return;
    tensor = towards_input ? op.inputs()->Get(0) : op.outputs()->Get(0);
  }
}

/// Shape of a tensor in the graph.
Shape TfliteBuilder::graph_shape(std::int32_t index) {
  const Shape& shape = file_.tensor(index).shape;
  return in_file_order_.count(index) != 0 ? shape : channels_first(shape);
}

/// True where the graph has another shape than the file, or the same one with its elements in another order, as of
/// [n, 6, 6, 6].
bool TfliteBuilder::lies_otherwise(std::int32_t index) {
  const Shape& shape = file_.tensor(index).shape;
  return graph_shape(index) != shape || (in_file_order_.count(index) == 0 && !keeps_order(shape));
}

}  // namespace systoliq::sw_ref
