// SPDX-License-Identifier: Apache-2.0
// Cuts an image into inputs.
#include "sw_ref/float/image_inputs.h"

#include "types/error.h"

namespace systoliq::sw_ref {

std::map<std::string, FloatTensor> float_inputs(const Graph& graph, const FloatTensor& image) {
  const std::int64_t needed = element_count(image_shape_of(graph));
  if (static_cast<std::int64_t>(image.data.size()) != needed) {
    throw InputError("network '" + graph.name + "': an image of shape " + to_string(image.shape) + " is given, " +
                     std::to_string(needed) + " elements are needed");
  }
  std::map<std::string, FloatTensor> inputs;
  auto next = image.data.begin();
  for (const std::string& name : graph.inputs) {
    const Shape& shape = graph.values.at(name).shape;
    const auto end = next + element_count(shape);
    inputs[name] = FloatTensor(shape, std::vector<float>(next, end));
    next = end;
  }
  return inputs;
}

Shape image_shape_of(const Graph& graph) {
  if (graph.inputs.size() == 1) return graph.values.at(graph.inputs.front()).shape;
  std::int64_t all = 0;
  for (const std::string& name : graph.inputs) all += element_count(graph.values.at(name).shape);
  return {all};
}

}  // namespace systoliq::sw_ref
