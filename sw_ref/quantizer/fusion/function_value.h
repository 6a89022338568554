// SPDX-License-Identifier: Apache-2.0
// Values of functions of one element, by the same formulas as the float executor.
#pragma once

#include <functional>
#include <string>

#include "types/element_function.h"

namespace systoliq::sw_ref {

/// True for operators of ai.onnx that a function may consist of; those with several operands take the argument more
/// than once, or constants.
bool is_function_operator(const std::string& op);

/// x -> f(x) in float32, step by step as FloatExecutor computes them. Throws InternalError for an operator that
/// is_function_operator() does not accept.
std::function<float(float)> value_of(const ElementFunction& function);

}  // namespace systoliq::sw_ref
