// SPDX-License-Identifier: Apache-2.0
// The feeder's work in bulk: the activations of one EXECUTE with their padding, packed for the vector units, each read
// from the buffer once however many taps use it.
#pragma once

#include <cstdint>
#include <vector>

#include "model/arith/matmul.h"
#include "model/functional/storage.h"

namespace systoliq::model {

class InputTile final {
 public:
  /// True if the tile, gaps of strides included, is of a size worth building.
  static bool fits(const Execute& execute, int depth);

  /// Packs the `depth` lanes of every pixel that a tap of some output pixel uses. Throws InternalError where the
  /// command reads outside the buffer.
  void gather(Storage& state, const Execute& execute, int depth, VectorTarget target, OperandWidth width);
  /// Valid until the next gather().
  ActivationTile view() const;

 private:
  /// One direction, rows or columns: which of the tile's positions are used, and where in the source they are.
  struct Axis {
    Axis(int outputs, int kernel, int stride, int dilation, int pad, int source_size);
    int size = 0;         ///< positions
    int output_step = 1;  ///< positions from one output to the next
    int tap_step = 1;     ///< positions from one tap to the next
    int source_step = 1;  ///< source pixels from one position to the next
    int pad = 0;
    int first = 0, end = 0;  ///< positions that lie inside the source
    std::vector<bool> used;
    int source(int position) const { return position * source_step - pad; }
  };

  void gather_row(Storage& state, const Execute& execute, const Axis& columns, int iy, std::uint32_t* units);
  void lay_out(const Execute& execute, const Axis& rows, const Axis& columns);
  void fill_pad(int count, std::uint32_t* units) const;

  VectorTarget target_ = VectorTarget::kPortable;
  OperandWidth width_ = OperandWidth::kWord;
  int depth_ = 0, pixel_units_ = 0;
  std::vector<std::uint32_t> units_, pad_units_;
  std::vector<std::int16_t> lanes_;
  std::vector<std::int32_t> pixel_offsets_, tap_offsets_;
};

}  // namespace systoliq::model
