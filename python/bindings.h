// SPDX-License-Identifier: Apache-2.0
// The objects that Python holds, and the functions that tell it of them. Objects share what they are made of, so that
// they may go in any order.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <string>
#include <vector>

#include "tb/compare/bench.h"
#include "tb/compare/compiled_network.h"
#include "tb/workload/workload.h"

namespace systoliq::python {

/// A network as its file has it.
struct LoadedNetwork {
  Graph graph;
  std::vector<std::string> remarks;
};

/// Integers, beside their float network.
struct IntegerNetwork {
  tb::Workload workload;
};

/// An integer network compiled for a machine.
struct MachineProgram {
  MachineProgram(std::shared_ptr<const IntegerNetwork> given, const model::AcceleratorConfig& config)
      : network(std::move(given)), compiled(network->workload.network, config) {}

  const Graph& float_graph() const { return *network->workload.float_graph; }

  std::shared_ptr<const IntegerNetwork> network;
  tb::CompiledNetwork compiled;
};

/// What a run found.
struct RunReport {
  std::shared_ptr<const IntegerNetwork> network;
  tb::NetworkReport report;
};

void bind_errors(nanobind::module_& module);
void bind_networks(nanobind::module_& module);
void bind_machines(nanobind::module_& module);
void bind_reports(nanobind::module_& module);

}  // namespace systoliq::python
