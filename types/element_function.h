// SPDX-License-Identifier: Apache-2.0
// A function of one element as the float operators that compute it, so that its table can be computed anew, and written
// as ONNX, wherever the network goes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "types/graph.h"

namespace systoliq {

/// An operand of a step: the function's argument, the result of an earlier step, a constant, or nothing where an
/// operator's optional input is absent.
struct FunctionOperand {
  enum class Kind { kArgument, kStep, kConstant, kAbsent } kind = Kind::kArgument;
  int step = 0;           ///< kStep: index of an earlier one
  float constant = 0.0F;  ///< kConstant
};

/// One operator of ai.onnx, of the newest opset that has it, on single elements.
struct FunctionStep {
  std::string op;
  std::map<std::string, Attribute> attributes;
  std::vector<FunctionOperand> operands;
};

/// y = the last step's result; without steps y = x.
using ElementFunction = std::vector<FunctionStep>;

}  // namespace systoliq
