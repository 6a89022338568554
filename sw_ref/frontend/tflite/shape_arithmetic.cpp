// SPDX-License-Identifier: Apache-2.0
// Integers that a file computes of shapes: sizes are known when it is read, so these are too.
#include <algorithm>

#include "sw_ref/frontend/tflite/tflite_builder.h"

namespace systoliq::sw_ref {

/// Integers that a fold or the file itself gives; nullopt where they are computed at run time.
std::optional<Tensor<std::int64_t>> TfliteBuilder::known_integers(std::size_t index) {
  if (!has_input(index)) return std::nullopt;
  const auto folded = folded_.find(inputs_[index]);
  if (folded != folded_.end()) return folded->second;
  const TfliteTensor& tensor = input(index);
  const bool integers = tensor.type == ElementType::kInt32 || tensor.type == ElementType::kInt64;
  if (!tensor.is_constant() || !integers) return std::nullopt;
  return file_.integers(tensor);
}

/// SHAPE, and STRIDED_SLICE, PACK and CONCATENATION of at least one number that was folded: true where the operator
/// is done. Throws InputError where such numbers go into something else.
bool TfliteBuilder::fold_shapes() {
  if (op_name_ == "SHAPE") {
    const Shape shape = input(0).shape;
    if (shape_of(placed(0).value) != channels_first(shape) && placed(0).image.empty()) {
      refuse_here("the shape of '" + input(0).name + "' is known at run time only; accepted: one that the file says");
    }
    return fold({{static_cast<std::int64_t>(shape.size())}, {shape.begin(), shape.end()}});
  }
  const bool folds = std::any_of(inputs_.begin(), inputs_.end(), [this](auto i) { return folded_.count(i) != 0; });
  if (!folds) return false;
  if (op_name_ == "STRIDED_SLICE") return fold_slice();
  if (op_name_ == "PACK" || op_name_ == "CONCATENATION") return fold_join();
  return false;
}

bool TfliteBuilder::fold(Tensor<std::int64_t> integers) {
  folded_[outputs_.at(0)] = std::move(integers);
  return true;
}

/// A part of a vector, or one number of it.
bool TfliteBuilder::fold_slice() {
  const tflite::StridedSliceOptions& given = options(op_->builtin_options_as_StridedSliceOptions());
  const std::optional<Tensor<std::int64_t>> from = known_integers(0);
  const std::vector<std::int64_t> starts = integer_input(1, "begin"), ends = integer_input(2, "end");
  const std::vector<std::int64_t> steps = integer_input(3, "strides");
  const bool plain = given.ellipsis_mask() == 0 && given.new_axis_mask() == 0 && !given.offset();
  if (!from || from->shape.size() != 1 || starts.size() != 1 || ends.size() != 1 || steps.size() != 1 || !plain) {
    refuse_here("takes a part of a shape by other operands; accepted: begin, end and stride of a vector");
  }
  if (steps[0] < 1) refuse_here("stride " + std::to_string(steps[0]) + "; accepted: 1 or more");
  const std::int64_t size = from->shape[0];
  const auto from_end = [size](std::int64_t at) { return at < 0 ? at + size : at; };
  const bool shrinks = (given.shrink_axis_mask() & 1) != 0;
  const std::int64_t begin = (given.begin_mask() & 1) != 0 && !shrinks ? 0 : from_end(starts[0]);
  const std::int64_t end = shrinks ? begin + 1 : (given.end_mask() & 1) != 0 ? size : from_end(ends[0]);
  if (begin < 0 || end > size || begin >= end) {
    refuse_here("takes places " + std::to_string(begin) + " to " + std::to_string(end) + " of " + std::to_string(size));
  }
  std::vector<std::int64_t> taken;
  for (std::int64_t i = begin; i < end; i += steps[0]) taken.push_back(from->data[static_cast<std::size_t>(i)]);
  const Shape shape = shrinks ? Shape{} : Shape{static_cast<std::int64_t>(taken.size())};
  return fold({shape, std::move(taken)});
}

/// Numbers, or vectors, one behind the other.
bool TfliteBuilder::fold_join() {
  const std::size_t rank = op_name_ == "PACK" ? 0 : 1;
  std::vector<std::int64_t> joined;
  for (std::size_t i = 0; i < input_count(); ++i) {
    const std::optional<Tensor<std::int64_t>> part = known_integers(i);
    if (!part) refuse_here("joins a shape and '" + input(i).name + "', which is known at run time only");
    if (part->shape.size() != rank) refuse_here("joins numbers of a shape and of an array; accepted: vectors");
    joined.insert(joined.end(), part->data.begin(), part->data.end());
  }
  const auto count = static_cast<std::int64_t>(joined.size());
  return fold({{count}, std::move(joined)});
}

void TfliteBuilder::refuse_run_time_shape() {
  refuse_here("joins values that are computed at run time; accepted: sizes of tensors, and constants beside them");
}

}  // namespace systoliq::sw_ref
