// SPDX-License-Identifier: Apache-2.0
// What most commands share on the command line: options that name network, data, machine and quantization.
#pragma once

#include "tb/cli/common/option_rules.h"
#include "tb/cli/common/quantize_arguments.h"
#include "tb/workload/workload.h"

namespace systoliq::cli {

/// Command-line spelling of tb::WorkloadRequest, of which the parser fills all but what `quantize` says.
struct WorkloadArguments {
  tb::WorkloadRequest request;
  QuantizeArguments quantize;
};
/// Adds NET, --config, --dataset, --input, --images, --float and the quantization options. A command takes away again
/// what it has no use for (option_rules.h).
void add_workload_options(Command command, WorkloadArguments& arguments);

/// What was parsed, resolved.
tb::WorkloadRequest request_of(const WorkloadArguments& arguments);

/// tb::load_workload() and tb::load_network() of what was parsed; remarks go to standard error, so that output stays
/// data.
tb::Workload load_workload(const WorkloadArguments& arguments);
tb::Workload load_network(const WorkloadArguments& arguments);
/// The integers of load_network(), for a command that writes no network: a normalization of pixels then only serves
/// calibration, and is refused where nothing is calibrated.
QuantizedNetwork load_integers(const WorkloadArguments& arguments);

/// tb::load_graph(), with its remark on standard error.
Graph load_graph(const std::string& network);

}  // namespace systoliq::cli
