// SPDX-License-Identifier: Apache-2.0
// Sums of a ConvInteger or MatMulInteger that leave the machine in two parts of 8 bits.
#pragma once

#include <vector>

#include "sw_ref/quantizer/qdq/forms/biased_product.h"

namespace systoliq::sw_ref::forms {

/// Where a layer with a rounded bias would give other integers than the file: writes the operator as two layers,
///   h = round((acc - c) / 255), l = acc - c - 255 h,
/// of which the second reads h too, and 255 h + l + c on the host, where the file's float operators follow. Sums that
/// no h reaches have an integer of the file that does not depend on them. Channels come without bounds.
/// False, with nothing written, where layers agree with the file, or where the form does not apply: a window of which
/// no tap stays within a step of its output (quotient_places.h), a zero point of the weights near their lowest value,
/// or a range of sums that is too wide.
bool rewrite_as_exact_sums(const Node& node, const Node& quantize, std::vector<BiasedChannel> channels,
                           Rewriting* rewriting);

}  // namespace systoliq::sw_ref::forms
