// SPDX-License-Identifier: Apache-2.0
// `systoliq explain`: options, and what they do. Two programs carry the command out: `systoliq`, and with --rtl
// systoliq-cosim, which links the RTL.
#pragma once

#include <functional>
#include <string>

#include "model/config/accelerator_config.h"
#include "tb/cli/common/program.h"
#include "tb/explain/explain.h"

namespace systoliq::cli {

/// The word before the options by which systoliq-cosim is told to explain instead of to co-simulate.
inline constexpr const char* kExplainWord = "--command=explain";

/// As `systoliq --help` lists it.
inline constexpr const char* kExplainDescription =
    "how one output of a layer came about: operands, sums, requantization, command and cycle";

/// What the program has for --rtl.
struct ExplainRtl {
  /// Hands the command over to the program that has the RTL; does not return. Null: this is that program.
  std::function<void()> hand_over;
  /// The RTL of a machine, `origin` naming where it comes from. Throws InputError where no such RTL was built.
  std::function<tb::ObservedRun(const model::AcceleratorConfig& config, const std::string& origin)> make;
};

/// Adds the options; the callback explains and prints.
void add_explain_options(Command command, Outcome& outcome, const ExplainRtl& rtl);

}  // namespace systoliq::cli
