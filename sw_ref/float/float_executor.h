// SPDX-License-Identifier: Apache-2.0
// Executes a Graph in float with oneDNN, keeping every intermediate tensor by name.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "types/graph.h"

namespace systoliq::sw_ref {

/// A graph prepared once (primitives and weights cached) for many runs.
class FloatExecutor final {
 public:
  /// Throws InputError naming the node for an operator that is not supported. `graph` must outlive the executor.
  explicit FloatExecutor(const Graph& graph);
  ~FloatExecutor();
  FloatExecutor(const FloatExecutor&) = delete;
  FloatExecutor& operator=(const FloatExecutor&) = delete;

  /// All tensors by name, inputs included; what depends on constants alone is computed once and appears only where it
  /// is an output of the graph. QuantizeLinear, DequantizeLinear and the QLinear operators are executed by ONNX's
  /// definitions (QLinearConv and QLinearMatMul as ONNX Runtime does); integer tensors then hold their integers as
  /// float. Computes in the calling thread; may be called from several threads at once. Throws InputError for inputs
  /// that are missing, unknown, of another shape than the graph's, or no integers of their type.
  std::map<std::string, FloatTensor> run(const std::map<std::string, FloatTensor>& inputs) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One run of a FloatExecutor made for it.
std::map<std::string, FloatTensor> run_float(const Graph& graph, const std::map<std::string, FloatTensor>& inputs);

}  // namespace systoliq::sw_ref
