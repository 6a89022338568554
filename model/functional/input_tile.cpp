// SPDX-License-Identifier: Apache-2.0
// Gathering of an EXECUTE's activations.
#include "model/functional/input_tile.h"

#include <algorithm>

namespace systoliq::model {
namespace {

constexpr std::int64_t kMostUnits = std::int64_t{1} << 26;

/// Positions of one direction. A kernel of one tap leaves no gap between the pixels that it uses.
std::int64_t positions(int outputs, int kernel, int stride, int dilation) {
  if (kernel == 1) return outputs;
  return (outputs - 1) * std::int64_t{stride} + (kernel - 1) * std::int64_t{dilation} + 1;
}

}  // namespace

bool InputTile::fits(const Execute& e, int depth) {
  if (std::min({e.stride_height, e.stride_width, e.dilation_height, e.dilation_width}) < 1) return false;
  const std::int64_t rows = positions(e.output_height, e.kernel_height, e.stride_height, e.dilation_height);
  const std::int64_t columns = positions(e.output_width, e.kernel_width, e.stride_width, e.dilation_width);
  const std::int64_t pixel_units = unit_count(OperandWidth::kWord, depth);
  return rows <= kMostUnits && columns <= kMostUnits && rows * columns <= kMostUnits / pixel_units;
}

InputTile::Axis::Axis(int outputs, int kernel, int stride, int dilation, int pad_before, int source_size)
    : size(static_cast<int>(positions(outputs, kernel, stride, dilation))),
      output_step(kernel == 1 ? 1 : stride),
      tap_step(dilation),
      source_step(kernel == 1 ? stride : 1),
      pad(pad_before),
      used(static_cast<std::size_t>(size)) {
  for (int output = 0; output < outputs; ++output) {
    for (int tap = 0; tap < kernel; ++tap) used[static_cast<std::size_t>(output * output_step + tap * tap_step)] = true;
  }
  while (first < size && source(first) < 0) ++first;
  end = first;
  while (end < size && source(end) < source_size) ++end;
}

void InputTile::gather(Storage& state, const Execute& e, int depth, VectorTarget target, OperandWidth width) {
  const Axis rows(e.output_height, e.kernel_height, e.stride_height, e.dilation_height, e.pad_top, e.input_height);
  const Axis columns(e.output_width, e.kernel_width, e.stride_width, e.dilation_width, e.pad_left, e.input_width);
  target_ = target;
  width_ = width;
  depth_ = depth;
  pixel_units_ = unit_count(width, depth);
  pad_units_.resize(static_cast<std::size_t>(pixel_units_));
  lanes_.assign(static_cast<std::size_t>(depth), static_cast<std::int16_t>(e.pad_value));
  pack_activations(target, width, lanes_.data(), depth, pad_units_.data());
  const std::ptrdiff_t row_units = std::ptrdiff_t{columns.size} * pixel_units_;
  units_.resize(static_cast<std::size_t>(rows.size * row_units));
  for (int y = 0; y < rows.size; ++y) {
    if (!rows.used[static_cast<std::size_t>(y)]) continue;
    std::uint32_t* units = units_.data() + y * row_units;
    if (y < rows.first || y >= rows.end) {
      fill_pad(columns.size, units);
    } else {
      gather_row(state, e, columns, rows.source(y), units);
    }
  }
  lay_out(e, rows, columns);
}

void InputTile::gather_row(Storage& state, const Execute& e, const Axis& columns, int iy, std::uint32_t* units) {
  const int inside = columns.end - columns.first;
  fill_pad(columns.first, units);
  fill_pad(columns.size - columns.end, units + std::ptrdiff_t{columns.end} * pixel_units_);
  if (inside == 0) return;
  const int rows = state.config.array.rows;
  const std::int64_t row = e.input_address + std::int64_t{iy} * e.input_row_pitch;
  const bool one_piece = e.input_blocks == 1 || e.input_block_pitch == 1;
  const bool whole_row = one_piece && depth_ == e.input_blocks * rows && e.input_pixel_pitch == e.input_blocks &&
                         columns.source_step == 1 && depth_ % operands_per_unit(width_) == 0;
  units += std::ptrdiff_t{columns.first} * pixel_units_;
  if (whole_row && columns.used[static_cast<std::size_t>(columns.first)] &&
      columns.used[static_cast<std::size_t>(columns.end - 1)]) {
    const std::int16_t* lanes = state.activations.words(
        row + std::int64_t{columns.source(columns.first)} * e.input_pixel_pitch, std::int64_t{inside} * e.input_blocks);
    return pack_activations(target_, width_, lanes, inside * depth_, units);
  }
  for (int x = columns.first; x < columns.end; ++x, units += pixel_units_) {
    if (!columns.used[static_cast<std::size_t>(x)]) continue;
    const std::int64_t pixel = row + std::int64_t{columns.source(x)} * e.input_pixel_pitch;
    if (one_piece) {
      pack_activations(target_, width_, state.activations.words(pixel, e.input_blocks), depth_, units);
      continue;
    }
    for (int block = 0; block < e.input_blocks; ++block) {
      const int count = std::min(rows, depth_ - block * rows);
      std::copy_n(state.activations.words(pixel + std::int64_t{block} * e.input_block_pitch), count,
                  lanes_.data() + std::ptrdiff_t{block} * rows);
    }
    pack_activations(target_, width_, lanes_.data(), depth_, units);
  }
}

void InputTile::lay_out(const Execute& e, const Axis& rows, const Axis& columns) {
  pixel_offsets_.clear();
  for (int y = 0; y < e.output_height; ++y) {
    for (int x = 0; x < e.output_width; ++x)
      pixel_offsets_.push_back((y * rows.output_step * columns.size + x * columns.output_step) * pixel_units_);
  }
  tap_offsets_.clear();
  for (int y = 0; y < e.kernel_height; ++y) {
    for (int x = 0; x < e.kernel_width; ++x)
      tap_offsets_.push_back((y * rows.tap_step * columns.size + x * columns.tap_step) * pixel_units_);
  }
}

void InputTile::fill_pad(int count, std::uint32_t* units) const {
  for (int i = 0; i < count; ++i) units = std::copy(pad_units_.begin(), pad_units_.end(), units);
}

ActivationTile InputTile::view() const {
  return {units_.data(), pixel_offsets_.data(), tap_offsets_.data(), static_cast<int>(pixel_offsets_.size())};
}

}  // namespace systoliq::model
