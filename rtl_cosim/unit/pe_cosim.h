// SPDX-License-Identifier: Apache-2.0
// Golden processing elements, systoliq_pe.sv and systoliq_output_pe.sv: the products and sums of
// model/functional/execute.cpp one at a time, narrowed by model::narrow(), in the registers that the RTL's headers
// describe.
#pragma once

#include <memory>

#include "rtl_cosim/unit/cell_cosim.h"

namespace systoliq::rtl {

struct PeShape {
  int activation_bits = 8, operand_bits = 9, accumulator_bits = 32;
  bool saturate = false;
  /// Of the output stationary PE's start value, which may be a bias that fits no accumulator.
  int start_bits() const {
    const int product = activation_bits + operand_bits;
    return (product > accumulator_bits ? product : accumulator_bits) + 1;
  }
};

/// Inputs and outputs in the order of the values.
enum PeInput { kPeActivation, kPeSwap, kPeLoad, kPeOperand, kPeSum };
enum PeOutput { kPeActivationRight, kPeSwapRight, kPeSumBelow };
enum OutputPeInput {
  kOutputPeActivation,
  kOutputPeValid,
  kOutputPeFirst,
  kOutputPeTake,
  kOutputPeOperand,
  kOutputPeStartWrite,
  kOutputPeStart
};
enum OutputPeOutput {
  kOutputPeActivationRight,
  kOutputPeValidRight,
  kOutputPeFirstRight,
  kOutputPeTakeRight,
  kOutputPeOperandBelow,
  kOutputPeDrain
};

std::unique_ptr<CellModel> make_pe_model(const PeShape& shape);
std::unique_ptr<CellModel> make_output_pe_model(const PeShape& shape);

}  // namespace systoliq::rtl
