// SPDX-License-Identifier: Apache-2.0
// Feeds the machine's tensors to the comparison with a folder.
#include "tb/cli/compare_against.h"

#include <iostream>

#include "tb/compare/bench.h"

namespace systoliq::cli {

void add_against_options(Command command, AgainstArguments& arguments) {
  const Option against =
      command.add_option("--against", arguments.options.folder,
                         "folder of arrays that another tool dumped, NAME.npy for the name of a layer's output (or as "
                         "`run --output DIR --all-layers` writes them): compare every layer with them instead");
  command
      .add_option("--names", arguments.options.names,
                  "with --against: JSON object of names of tensors or layers to files there (default: its names.json)")
      .needs(against);
  command.add_option("--layout", arguments.layout, "with --against: nchw or nhwc, of the arrays")
      .one_of({"nchw", "nhwc"})
      .needs(against)
      .show_default();
  command
      .add_option("--tolerance", arguments.options.tolerance,
                  "with --against: steps of the output's scale that are no difference")
      .in_range(0.0, 65536.0)
      .needs(against)
      .show_default();
}

void compare_against(const AgainstArguments& arguments, const tb::Workload& workload, model::Level level, bool json,
                     Outcome& outcome) {
  tb::BenchOptions bench;
  bench.level = level;
  bench.keep_outputs = true;
  const tb::NetworkReport report = tb::run_bench(workload.network, nullptr, workload.images, workload.config, bench);
  tb::AgainstOptions options = arguments.options;
  options.layout = arguments.layout == "nhwc" ? tb::ArrayLayout::kNhwc : tb::ArrayLayout::kNchw;
  const tb::AgainstReport compared = tb::compare_against(workload.network, report.outputs, options);
  std::cout << (json ? tb::to_json(compared) : tb::to_text(compared));
  if (!compared.agree()) outcome.comparison_failed = true;
}

}  // namespace systoliq::cli
