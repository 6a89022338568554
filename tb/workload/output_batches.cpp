// SPDX-License-Identifier: Apache-2.0
// Tensors of single images, one after the other.
#include "tb/workload/output_batches.h"

#include <algorithm>

#include "sw_ref/quantizer/integer/stored_values.h"
#include "types/error.h"

namespace systoliq::tb {

const std::string& output_name(const QuantizedNetwork& network, std::size_t output) {
  return network.output_names.at(output);
}

Shape batch_of(Shape one, std::size_t images) {
  const auto count = static_cast<std::int64_t>(images);
  if (!one.empty() && one.front() == 1) {
    one.front() = count;
  } else if (count > 1) {
    one.insert(one.begin(), count);
  }
  return one;
}

Shape host_batch_shape(const HostValues& images, const std::string& name) {
  const Shape& first = images.at(0).at(name).shape;
  for (const std::map<std::string, FloatTensor>& image : images) {
    const Shape& shape = image.at(name).shape;
    if (shape == first) continue;
    throw InputError("output '" + name + "' has shape " + to_string(first) + " for the first image and " +
                     to_string(shape) + " for another; accepted: one image at a time");
  }
  return images.size() == 1 ? first : batch_of(first, images.size());
}

FloatTensor host_batch(const HostValues& images, const std::string& name, const Shape& batch) {
  FloatTensor all(batch);
  auto next = all.data.begin();
  for (const std::map<std::string, FloatTensor>& image : images) {
    const std::vector<float>& one = image.at(name).data;
    next = std::copy(one.begin(), one.end(), next);
  }
  return all;
}

FloatTensor real_batch(const QuantizedNetwork& network, const ImageTensors& images, int tensor, const Shape& batch,
                       const Layout& layout) {
  FloatTensor all(batch);
  auto next = all.data.begin();
  for (const std::vector<IntTensor>& image : images) {
    for (const std::int32_t stored : layout.to_graph(nth(image, tensor).data)) {
      *next++ = sw_ref::to_real(stored, nth(network.tensors, tensor));
    }
  }
  return all;
}

}  // namespace systoliq::tb
