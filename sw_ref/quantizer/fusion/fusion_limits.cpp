// SPDX-License-Identifier: Apache-2.0
// What a network may make the walk allocate and enumerate, so that a small file cannot ask for more than its user would
// expect.
#include <algorithm>
#include <string>

#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/error.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kLongestAxis = std::int64_t{1} << 23;
constexpr std::int64_t kMostOffsets = std::int64_t{1} << 25;  ///< of the axes of all values
constexpr std::int64_t kMostPlaces = std::int64_t{1} << 24;   ///< of one value, looked at one by one
constexpr std::int64_t kMostPlacesInAll = std::int64_t{1} << 26;

}  // namespace

/// Every value's axes become lists of offsets.
void Lowering::check_axes() const {
  std::int64_t offsets = 0;
  for (const auto& [name, value] : graph_.values) {
    if (value.is_constant) continue;
    for (const std::int64_t size : value.shape) {
      if (size > kLongestAxis) {
        throw InputError("tensor '" + name + "' has shape " + to_string(value.shape) + "; accepted: axes of up to " +
                         std::to_string(kLongestAxis));
      }
      offsets += size;
    }
  }
  if (offsets > kMostOffsets) {
    throw InputError("the sizes of all axes of the network's tensors add up to " + std::to_string(offsets) +
                     "; accepted: up to " + std::to_string(kMostOffsets));
  }
}

/// Counts elements that are looked at one by one, before they are. Throws InputError.
void Lowering::charge(const std::string& where, const Shape& shape) {
  const std::int64_t count = element_count(shape);
  if (count > kMostPlaces) {
    throw InputError(where + ": " + to_string(shape) + " has " + std::to_string(count) +
                     " elements that lie in another order or meet a constant; accepted: up to " +
                     std::to_string(kMostPlaces));
  }
  places_ += count;
  if (places_ > kMostPlacesInAll) {
    throw InputError(where + ": the network's elements that lie in another order or meet a constant are more than " +
                     std::to_string(kMostPlacesInAll) + "; accepted: up to those");
  }
}

/// True where the constant has one value for each channel of a value whose elements lie as those of `image` do, in
/// order.
bool Lowering::varies_by_channel_alone(const Shape& constant, const std::vector<Offsets>& axes, const Shape& image) {
  const std::size_t rank = axes.size();
  if (rank < 3 || rank > 4 || axes[0].size() != 1 || !is_row_major(axes) || constant.size() > rank) return false;
  if (static_cast<std::int64_t>(axes[1].size()) != image[1]) return false;
  for (std::size_t i = 0; i < constant.size(); ++i) {  // from the last axis
    const std::size_t axis = rank - 1 - i;
    if (axis != 1 && constant[constant.size() - 1 - i] != 1) return false;
  }
  return true;
}

/// The axes cut to elements that stand for all, where the constant does not vary over the others.
std::vector<Offsets> Lowering::one_of_each_channel(const Shape& constant, const std::vector<Offsets>& axes,
                                                   const Shape& image) {
  std::vector<Offsets> part = axes;
  if (varies_by_channel_alone(constant, axes, image)) {
    for (std::size_t axis = 2; axis < part.size(); ++axis) part[axis].resize(1);
  } else {
    Shape shape;
    for (const Offsets& axis : axes) shape.push_back(static_cast<std::int64_t>(axis.size()));
    charge("a bias", shape);
  }
  return part;
}

/// `name`, with underscores behind it until neither graph nor network has a tensor of that name.
std::string Lowering::fresh_name(std::string name) {
  const auto taken = [&] { return graph_.values.count(name) != 0 && !graph_.values.at(name).is_constant; };
  while (name.empty() || taken() || is_tensor_name(name)) name += '_';
  return name;
}

/// True for a name that a tensor of the network bears or has borne.
bool Lowering::is_tensor_name(const std::string& name) {
  if (named_ > network_.tensors.size()) named_ = 0;
  for (; named_ < network_.tensors.size(); ++named_) tensor_names_.insert(network_.tensors[named_].name);
  return tensor_names_.count(name) != 0;
}

}  // namespace systoliq::sw_ref
