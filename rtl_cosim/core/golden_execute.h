// SPDX-License-Identifier: Apache-2.0
// What the RTL's compute core has to do for one EXECUTE, word by word and cycle by cycle, computed plainly; the model's
// own results, computed in bulk, must come to the same.
#pragma once

#include <vector>

#include "model/functional/storage.h"
#include "model/isa/command.h"
#include "rtl_cosim/core/core_device.h"

namespace systoliq::rtl {

/// One pass: kernel tap and channel block, with where its weights begin.
struct Pass {
  int ky = 0, kx = 0, block = 0, lanes = 0;
  std::int64_t weight_address = 0;
};

std::vector<Pass> passes_of(const model::Execute& execute, int rows);
inline int pixels_of(const model::Execute& execute) { return execute.output_height * execute.output_width; }

/// What row `lane` of the array receives for a pixel.
std::int64_t activation(model::Storage& state, const model::Execute& execute, const Pass& pass, int pixel, int lane);
/// The decoded weight of a lane; 0 in columns outside the tile.
std::int64_t operand(model::Storage& state, const model::Execute& execute, const Pass& pass, int lane, int column);

/// Every accumulator word that `execute` writes, with its cycle counted from the command's start, product by product in
/// the machine's order, and the command's end. R rows, C columns, M pixels, T words of codebooks.
/// Weight stationary, a word for every pixel of every pass: pixel m of pass p is issued in cycle S(p) + m, S(0) = T +
/// lanes(0), S(p+1) = S(p) + max(M, lanes(p+1)), and written R + C + 3 cycles later.
/// Output stationary, a word for every pixel: group g of P(g) pixels begins in S(g), S(0) = T + 1 + P(0), S(g+1) = S(g)
/// + sum over passes of max(lanes(p), pixels of the next pass, for p = 0 and g > 0 also P(g-1)); its pixel r is written
/// in S(g+1) + r + R + C + 2. Does not change `state`. Source: systoliq_weight_stationary.sv,
/// systoliq_output_stationary.sv.
std::vector<AccumulatorWrite> expected_writes(model::Storage& state, const model::Execute& execute);

/// Words that `execute` reads, pixel by pixel: model/accounting/access_counts.h, but for padding, which the RTL does
/// not read.
CoreReads expected_reads(model::Storage& state, const model::Execute& execute);

}  // namespace systoliq::rtl
