// SPDX-License-Identifier: Apache-2.0
// The ISA's table as text: the tables of docs/architecture.md, and the SystemVerilog package that the RTL reads.
#pragma once

#include <string>

#include "model/isa/command.h"

namespace systoliq::model {

/// Markdown: the opcode's fields with ranges and meanings, and its rules.
std::string isa_document(Opcode opcode);
/// The lines of `document` with what stands between `<!-- isa OPCODE: ` and `<!-- isa OPCODE end -->` written anew.
/// Throws InternalError where a marker is missing.
std::string with_isa_tables(const std::string& document);
/// rtl_cosim/rtl/common/systoliq_isa_pkg.sv.
std::string isa_package();

}  // namespace systoliq::model
