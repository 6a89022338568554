// SPDX-License-Identifier: Apache-2.0
// Between NumPy's arrays and tensors.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "tb/workload/input_arrays.h"
#include "types/tensor.h"

namespace systoliq::python {

template <typename T>
using Array = nanobind::ndarray<nanobind::numpy, T>;

/// An array that owns the values.
template <typename T>
Array<T> to_array(const Shape& shape, std::vector<T> values) {
  auto owned = std::make_unique<std::vector<T>>(std::move(values));
  const std::vector<std::size_t> sizes(shape.begin(), shape.end());
  T* const data = owned->data();
  const nanobind::capsule owner(owned.release(), [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return Array<T>(data, sizes.size(), sizes.data(), owner);
}

/// Tensors of one shape [1, …] as one array [n, …].
template <typename T>
Array<T> to_batch(const std::vector<Tensor<T>>& tensors, Shape shape) {
  std::vector<T> values;
  for (const Tensor<T>& tensor : tensors) values.insert(values.end(), tensor.data.begin(), tensor.data.end());
  shape.at(0) = static_cast<std::int64_t>(tensors.size());
  return to_array(shape, std::move(values));
}

/// Reads images from what numpy.save() wrote, with the checks that a .npy file gets; None: an empty function. May be
/// called without Python's lock.
std::function<std::vector<FloatTensor>(const tb::InputForm&)> image_reader(const nanobind::object& npy);

}  // namespace systoliq::python
