// SPDX-License-Identifier: Apache-2.0
// How one output of a convolution was added up, product by product: the form in which reference and model tell it.
#pragma once

#include <cstdint>
#include <vector>

namespace systoliq {

/// One product, in the terms of the layer.
struct TracedProduct {
  std::int64_t kernel_row = 0, kernel_column = 0, channel = 0;  ///< of the weight; the channel is the input's
  std::int64_t row = 0, column = 0;                             ///< in the input; outside of it where it is padding
  bool padding = false;
  std::int64_t activation = 0;  ///< stored
  std::int64_t weight = 0;      ///< stored: with a codebook the index
  std::int64_t operand = 0;     ///< weight - zero point, or the codebook's entry
  std::int64_t product = 0;
  std::int64_t sum = 0;  ///< what the product was added to, after it was added and narrowed
  bool narrowed = false;
};

/// One pass of the array. Weight stationary its products are added from 0 on and their sum once to the accumulator;
/// output stationary each is added to the accumulator.
struct TracedPass {
  std::int64_t command = -1;  ///< the model's EXECUTE; -1 in the reference
  std::vector<TracedProduct> products;
  std::int64_t accumulator = 0;  ///< after the pass
  bool narrowed = false;         ///< when the pass was added to it
};

}  // namespace systoliq
