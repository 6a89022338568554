// SPDX-License-Identifier: Apache-2.0
// A Verilated requantization unit behind the interface of requantize_cosim.h. Pins: clk_i, rst_ni, valid_i, preset_i,
// accumulator_i, multiplier_i, shift_i, valid_o, result_o and, where the unit can make its input wait, ready_o.
#pragma once

#include <verilated.h>

#include <memory>
#include <type_traits>

#include "rtl_cosim/core/device_trace.h"
#include "rtl_cosim/core/port_word.h"
#include "rtl_cosim/unit/requantize_cosim.h"
#include "types/error.h"

namespace systoliq::rtl {

struct RequantizeShape {
  int accumulator_bits = 32, multiplier_bits = 32, result_bits = 34;
};

template <typename Verilated>
class VerilatedRequantize final : public RequantizeUnit {
 public:
  explicit VerilatedRequantize(const RequantizeShape& shape)
      : shape_(shape), context_(std::make_unique<VerilatedContext>()), unit_(context_.get()) {
    context_->fatalOnError(false);
  }
  ~VerilatedRequantize() override {
    enter_context();
    unit_.final();
  }
  VerilatedRequantize(const VerilatedRequantize&) = delete;
  VerilatedRequantize& operator=(const VerilatedRequantize&) = delete;

  int accumulator_bits() const override { return shape_.accumulator_bits; }
  int multiplier_bits() const override { return shape_.multiplier_bits; }
  int result_bits() const override { return shape_.result_bits; }

  void reset() override {
    enter_context();
    context_->gotError(false);
    drive(nullptr);
    unit_.clk_i = 0;
    unit_.rst_ni = 0;
    unit_.eval();
    clock();
    unit_.rst_ni = 1;
    unit_.eval();
  }

  void drive(const RequantizeVector* vector) override {
    unit_.valid_i = vector != nullptr;
    if (vector == nullptr) return;
    unit_.preset_i = static_cast<CData>(vector->preset);
    set_lane(unit_.accumulator_i, 0, shape_.accumulator_bits, vector->accumulator);
    unit_.multiplier_i = static_cast<IData>(vector->multiplier);
    unit_.shift_i = static_cast<IData>(vector->shift);
  }

  bool accepts() override { return ready(unit_, 0); }

  void clock() override {
    edge(1);
    edge(0);
    check(!context_->gotError(), "an assertion of the unit failed");
  }

  void open_trace(const std::string& path) override {
    if constexpr (IsTraced<Verilated>::value) {  // units beside this one may be
      context_->traceEverOn(true);
      trace_ = std::make_unique<VerilatedVcdC>();
      unit_.trace(trace_.get(), 99);
      trace_->open(path.c_str());
    } else {
      RequantizeUnit::open_trace(path);
    }
  }
  void close_trace() override {
    if (trace_) trace_->close();
    trace_.reset();
  }

  bool has_result() const override { return unit_.valid_o != 0; }
  std::int64_t result() const override { return lane(unit_.result_o, 0, shape_.result_bits); }

 private:
  /// Assertions report to the context that the thread is in, which is another unit's after that one was made or run.
  void enter_context() { ::Verilated::threadContextp(context_.get()); }

  /// Preferred where the unit has the pin.
  template <typename Unit>
  static auto ready(Unit& unit, int) -> decltype(unit.ready_o, bool()) {
    unit.eval();  // ready_o may depend on the inputs
    return unit.ready_o != 0;
  }
  template <typename Unit>
  static bool ready(Unit&, long) {
    return true;
  }

  void edge(CData level) {
    unit_.clk_i = level;
    unit_.eval();
    if (!trace_) return;
    context_->timeInc(5);
    trace_->dump(context_->time());
  }

  RequantizeShape shape_;
  std::unique_ptr<VerilatedContext> context_;
  Verilated unit_;
  std::unique_ptr<VerilatedVcdC> trace_;
};

}  // namespace systoliq::rtl
