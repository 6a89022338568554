// SPDX-License-Identifier: Apache-2.0
// A oneDNN primitive between tensors in plain row-major order: reorders into the layouts that the primitive prefers are
// prepared with it. Internal to the importer.
#pragma once

#include <dnnl.hpp>
#include <optional>
#include <vector>

#include "types/tensor.h"

namespace systoliq::sw_ref {

/// The processor. One for the process, since oneDNN's primitive cache hangs on it.
const dnnl::engine& cpu_engine();

/// While it lives, oneDNN computes in the calling thread alone. Its threads wait by spinning, which makes small
/// networks a thousand times slower on a machine that is busy; images are what is worth distributing over threads.
/// Preparing and running must agree on the number of threads.
class OneThread final {
 public:
  OneThread();
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int threads_before_;
};

/// Attributes that let one primitive run in several threads at once: each run brings its scratchpad.
dnnl::primitive_attr run_time_scratchpad();

/// float32 of any layout, or of the given strides (row-major where empty).
dnnl::memory::desc any_layout(const Shape& shape);
dnnl::memory::desc plain_layout(const Shape& shape, const Shape& strides = {});

/// Runs `primitive` on plain tensors.
class DnnlOperation final {
 public:
  DnnlOperation(dnnl::primitive primitive, const dnnl::memory::desc& scratchpad)
      : primitive_(std::move(primitive)), scratchpad_(scratchpad) {}

  /// Adds an argument that each run supplies; runs supply them in the order of these calls.
  void add_input(int argument, const dnnl::memory::desc& plain, const dnnl::memory::desc& preferred);
  /// Adds an argument known now.
  void add_constant(int argument, const std::vector<float>& values, const dnnl::memory::desc& plain,
                    const dnnl::memory::desc& preferred);
  void set_output(const dnnl::memory::desc& plain, const dnnl::memory::desc& preferred);

  void run(const std::vector<const float*>& inputs, float* output) const;

 private:
  struct Reorder {
    dnnl::reorder primitive;
    dnnl::memory::desc scratchpad;
    void run(dnnl::stream& stream, dnnl::memory& from, dnnl::memory& to) const;
  };
  struct Argument {
    int index = 0;
    dnnl::memory::desc plain, preferred;
    std::optional<Reorder> reorder;  ///< absent where the layouts agree
  };
  static std::optional<Reorder> make_reorder(const dnnl::memory::desc& from, const dnnl::memory::desc& to);

  dnnl::primitive primitive_;
  dnnl::memory::desc scratchpad_;
  std::vector<Argument> inputs_;
  std::vector<std::pair<int, dnnl::memory>> constants_;
  Argument output_;
};

}  // namespace systoliq::sw_ref
