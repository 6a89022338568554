// SPDX-License-Identifier: Apache-2.0
// What a run gives for a tensor, over all images: as reals and as the file's integers, under the graph's name and in
// its shape.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "types/quantized_network.h"
#include "types/tensor.h"
#include "types/util/index.h"

namespace systoliq::tb {

/// Per image, every tensor's stored integers.
using ImageTensors = std::vector<std::vector<IntTensor>>;

/// Per image, what the host computed, by name.
using HostValues = std::vector<std::map<std::string, FloatTensor>>;

/// What an output of the graph is called.
const std::string& output_name(const QuantizedNetwork& network, std::size_t output);

/// The shape of one image with all images along the first axis.
Shape batch_of(Shape one, std::size_t images);

/// batch_of() of a value of the host. Throws InputError where images give different shapes, as a NonMaxSuppression may.
Shape host_batch_shape(const HostValues& images, const std::string& name);

/// A value of the host of all images, in the shape of batch_of().
FloatTensor host_batch(const HostValues& images, const std::string& name, const Shape& batch);

/// The same of a value whose elements are whole numbers.
template <typename Element>
Tensor<Element> whole_batch(const HostValues& images, const std::string& name, const Shape& batch) {
  const FloatTensor reals = host_batch(images, name, batch);
  return Tensor<Element>(batch, std::vector<Element>(reals.data.begin(), reals.data.end()));
}

/// A tensor of all images as reals, in the shape of batch_of().
/// Elements lie as `layout` says.
FloatTensor real_batch(const QuantizedNetwork& network, const ImageTensors& images, int tensor, const Shape& batch,
                       const Layout& layout = {});

/// The same as the integers of the file: int8 or int16 by its width, or uint8 or uint16 where it has an
/// offset.
template <typename Element>
Tensor<Element> stored_batch(const QuantizedNetwork& network, const ImageTensors& images, int tensor,
                             const Shape& batch, const Layout& layout = {}) {
  Tensor<Element> all(batch);
  const std::int32_t offset = nth(network.tensors, tensor).storage_offset;
  auto next = all.data.begin();
  for (const std::vector<IntTensor>& image : images) {
    for (const std::int32_t value : layout.to_graph(nth(image, tensor).data))
      *next++ = static_cast<Element>(value + offset);
  }
  return all;
}

}  // namespace systoliq::tb
