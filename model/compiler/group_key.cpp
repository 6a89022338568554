// SPDX-License-Identifier: Apache-2.0
// Texts that name all that a group's commands depend on.
#include "model/compiler/group_key.h"

#include <algorithm>
#include <initializer_list>

#include "types/util/index.h"

namespace systoliq::model {
namespace {

void put(std::string* text, std::initializer_list<std::int64_t> values) {
  for (const std::int64_t value : values) *text += std::to_string(value) + ",";
}

void put(std::string* text, const Window& w) {
  put(text, {w.kernel_height, w.kernel_width, w.stride_height, w.stride_width, w.dilation_height, w.dilation_width,
             w.pad_top, w.pad_left});
}

void put(std::string* text, const Convolution& c) {
  put(text, c.window);
  put(text, {c.lattice.y, c.lattice.x, c.lattice.step_y, c.lattice.step_x, c.lattice.height, c.lattice.width, c.groups,
             c.weight_bits, c.channels, c.channel_offset, c.weights == nullptr ? 1 : 0});
  put(text, {c.packed.packing.kernel_rows, c.packed.packing.kernel_columns, c.packed.row_step, c.packed.column_step,
             c.packed.lanes});
  for (const int source : c.source_channels) put(text, {source});
  // Blocks whose channels have other indices of operand 0 are stored whole.
  const bool alike = std::adjacent_find(c.zeros.begin(), c.zeros.end(), std::not_equal_to<>()) == c.zeros.end();
  if (!alike) {
    for (const std::int16_t zero : c.zeros) put(text, {zero});
  } else if (!c.zeros.empty()) {
    put(text, {c.zeros.front() == kNoZero ? 1 : 0});
  }
}

}  // namespace

GroupKeys::GroupKeys(const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network)
    : lowered_layers_(lowered_layers), network_(network) {
  for (const LoweredLayer& lowered : lowered_layers) {
    std::string text;
    put(&text, lowered.window);
    put(&text, {lowered.post.op, static_cast<std::int64_t>(lowered.table.size())});
    for (const Convolution& c : lowered.convolutions) put(&text, c);
    layers_.push_back(std::move(text));
  }
}

std::string GroupKeys::of(const OpenGroup& open) const {
  std::string key;
  std::vector<int> tensors;  // by first appearance
  const auto number = [&](int tensor) {
    const auto found = std::find(tensors.begin(), tensors.end(), tensor);
    if (found != tensors.end()) return static_cast<std::int64_t>(found - tensors.begin());
    tensors.push_back(tensor);
    return static_cast<std::int64_t>(tensors.size()) - 1;
  };
  for (int i = open.group.first; i < open.group.first + open.group.count; ++i) {
    const LoweredLayer& lowered = nth(lowered_layers_, i);
    key += nth(layers_, i) + "(";
    for (const int input : lowered.inputs) put(&key, {number(input)});
    for (const Convolution& c : lowered.convolutions) put(&key, {number(c.input)});
    key += ")";
    put(&key, {number(lowered.output)});
  }
  for (const int tensor : tensors) {
    const QuantizedTensor& t = nth(network_.tensors, tensor);
    put(&key, {t.shape[1], t.shape[2], t.shape[3], t.bits,
               static_cast<std::int64_t>(nth(open.state.plan.tensors, tensor).home)});
    const bool output = std::find(network_.outputs.begin(), network_.outputs.end(), tensor) != network_.outputs.end();
    key += output ? "o;" : ";";
  }
  return key;
}

}  // namespace systoliq::model
