// SPDX-License-Identifier: Apache-2.0
// Kernels that move elements without computing.
#include <algorithm>

#include "sw_ref/float/kernels.h"
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/operator_rules.h"
#include "sw_ref/frontend/graph/tensor_operations.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {

Kernel make_same_elements(const KernelRequest& request) {
  return {{0}, [shape = request.output](const Operands& operands) { return FloatTensor(shape, operands[0]->data); }};
}

Kernel make_transpose(const KernelRequest& request) {
  return {{0}, [order = permutation(request.view, request.output.size())](const Operands& operands) {
            return transposed(*operands[0], order);
          }};
}

Kernel make_concat(const KernelRequest& request) {
  const Node& node = request.view.node;
  const std::size_t axis = normalized_axis(node, int_attribute(node, "axis", 0), request.output.size());
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < request.view.inputs.size(); ++i) all.push_back(i);
  return {all,
          [axis, shape = request.output](const Operands& operands) { return concatenated(operands, axis, shape); }};
}

Kernel make_pad(const KernelRequest& request) {
  const std::vector<std::int64_t> pads = pad_amounts(request.view);
  const Shape strides = row_major_strides(request.output);
  std::int64_t first = 0;  // where the input's first element goes
  for (std::size_t axis = 0; axis < strides.size(); ++axis) first += pads[axis] * strides[axis];
  return {{0}, [first, strides, shape = request.output, value = pad_value(request.view)](const Operands& operands) {
            const FloatTensor& input = *operands[0];
            FloatTensor output(shape, value);
            Shape index(shape.size(), 0);
            std::int64_t target = first;
            for (const float element : input.data) {
              nth(output.data, target) = element;
              for (std::size_t axis = index.size(); axis-- > 0;) {
                target += strides[axis];
                if (++index[axis] < input.shape[axis]) break;
                target -= strides[axis] * input.shape[axis];
                index[axis] = 0;
              }
            }
            return output;
          }};
}

}  // namespace systoliq::sw_ref
