// SPDX-License-Identifier: Apache-2.0
// The Verilated systoliq_cosim_top on its memory, for every parameter set.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "model/hw/csr.h"
#include "rtl_cosim/accelerator/accelerator_device.h"
#include "rtl_cosim/accelerator/axi_memory.h"
#include "rtl_cosim/core/device_trace.h"
#include "rtl_cosim/core/port_word.h"
#include "types/error.h"

namespace systoliq::rtl {

template <typename Model>
class VerilatedAccelerator final : public AcceleratorDevice {
 public:
  VerilatedAccelerator(std::string name, const model::AcceleratorConfig& config)
      : name_(std::move(name)),
        config_(config),
        context_(new VerilatedContext),
        model_(new Model(context_.get())),
        memory_(config.memory, {}) {
    context_->fatalOnError(false);
    context_->traceEverOn(IsTraced<Model>::value);
  }
  ~VerilatedAccelerator() override {
    enter_context();  // which the model leaves
    model_->final();
  }

  const std::string& name() const override { return name_; }
  std::int64_t cycle() const override { return cycle_; }

  void start(std::int64_t command_address, std::uint32_t command_count, std::vector<std::uint8_t> memory) override {
    memory_ = AxiMemory(config_.memory, std::move(memory));
    state_.configure(config_);
    context_->gotError(false);  // of a run before
    quiet();
    model_->rst_ni = 0;
    step();
    step();
    model_->rst_ni = 1;
    step();
    write_register(model::Csr::kCommandAddressLow, static_cast<std::uint32_t>(command_address));
    write_register(model::Csr::kCommandAddressHigh, static_cast<std::uint32_t>(command_address >> 32));
    write_register(model::Csr::kCommandCount, command_count);
    write_register(model::Csr::kControl, 1);
    cycle_ = 1;
  }

  AcceleratorEvents step() override {
    enter_context();
    model_->clk_i = 0;
    drive();
    model_->eval();
    if (tracer_) tracer_->sample(cycle_);
    const AcceleratorEvents events = sample();
    serve();
    mirror();
    model_->clk_i = 1;
    model_->eval();
    check(!context_->gotError(), "an assertion of the RTL failed in cycle " + std::to_string(cycle_));
    ++cycle_;
    return events;
  }

  void trace(DeviceTrace* trace) override { tracer_ = make_tracer(*model_, trace); }

  model::MachineState& state() override { return state_; }
  std::vector<std::uint8_t>& memory() override { return memory_.bytes(); }

  std::uint32_t read_register(std::uint32_t offset) override {
    model_->axil_arvalid_i = 1;
    model_->axil_araddr_i = offset;
    step();
    model_->axil_arvalid_i = 0;
    step();
    check(model_->axil_rresp_o == 0, "a register read is refused");
    return read_data_;
  }

 private:
  /// Assertions report to the context that the thread is in, which may be another device's by now.
  void enter_context() { Verilated::threadContextp(context_.get()); }

  void quiet() {
    model_->axil_awvalid_i = model_->axil_wvalid_i = model_->axil_arvalid_i = 0;
    model_->axil_bready_i = model_->axil_rready_i = 1;
    model_->axi_arready_i = model_->axi_awready_i = model_->axi_wready_i = 1;
    model_->axi_rresp_i = model_->axi_bresp_i = 0;
  }

  /// The write is accepted in the first of two cycles.
  void write_register(model::Csr csr, std::uint32_t value) {
    model_->axil_awvalid_i = model_->axil_wvalid_i = 1;
    model_->axil_awaddr_i = static_cast<std::uint32_t>(csr);
    model_->axil_wdata_i = value;
    model_->axil_wstrb_i = 0xF;
    step();
    model_->axil_awvalid_i = model_->axil_wvalid_i = 0;
    check(model_->axil_bvalid_o != 0 && model_->axil_bresp_o == 0, "a register write is refused");
    if (csr != model::Csr::kControl) step();
  }

  /// What the memory shows in this cycle.
  void drive() {
    const AxiMemory::Beat beat = memory_.read_beat(cycle_);
    model_->axi_rvalid_i = beat.valid;
    model_->axi_rlast_i = beat.last;
    if (beat.valid) {
      for (int i = 0; i < config_.memory.bytes_per_cycle; ++i) {
        set_lane(model_->axi_rdata_i, i, 8, memory_.byte(beat.address + i));
      }
    }
    model_->axi_bvalid_i = memory_.response(cycle_);
  }

  AcceleratorEvents sample() {
    AcceleratorEvents events;
    for (std::size_t e = 0; e < events.done.size(); ++e) events.done[e] = (model_->done_o >> e & 1) != 0;
    events.retired = model_->retire_o != 0;
    events.interrupt = model_->interrupt_o != 0;
    if (model_->axil_rvalid_o != 0) read_data_ = model_->axil_rdata_o;
    return events;
  }

  /// What the memory takes in this cycle.
  void serve() {
    if (model_->rst_ni == 0) return;
    if (model_->axi_rvalid_i != 0 && model_->axi_rready_o != 0) memory_.take_read_beat();
    if (model_->axi_bvalid_i != 0 && model_->axi_bready_o != 0) memory_.take_response();
    if (model_->axi_wvalid_o != 0) {
      const std::int64_t address = memory_.accept_beat(cycle_, model_->axi_wlast_o != 0);
      for (int i = 0; i < config_.memory.bytes_per_cycle; ++i) {
        if (lane(model_->axi_wstrb_o, i, 1) == 0) continue;
        memory_.set_byte(address + i, static_cast<std::uint8_t>(lane(model_->axi_wdata_o, i, 8)));
      }
    }
    if (model_->axi_arvalid_o != 0) {
      memory_.accept_read(cycle_, static_cast<std::int64_t>(model_->axi_araddr_o), model_->axi_arlen_o + 1);
    }
    if (model_->axi_awvalid_o != 0) {
      memory_.accept_write(static_cast<std::int64_t>(model_->axi_awaddr_o), model_->axi_awlen_o + 1);
    }
  }

  /// Keeps a copy of the buffers.
  void mirror() {
    const int rows = config_.array.rows;
    const int cols = config_.array.cols;
    for (int port = 0; port < 3; ++port) {
      if ((model_->activation_write_o >> port & 1) == 0) continue;
      std::int16_t* word = state_.activations.words(lane(model_->activation_address_o, port, 32));
      for (int r = 0; r < rows; ++r) {
        if (lane(model_->activation_mask_o, port * rows + r, 1) == 0) continue;
        word[r] = static_cast<std::int16_t>(
            lane(model_->activation_data_o, port * rows + r, config_.datatypes.activation_bits));
      }
    }
    if (model_->weight_write_o != 0) {
      std::int16_t* word = state_.weights.words(model_->weight_address_o);
      for (int c = 0; c < cols; ++c) {
        word[c] = static_cast<std::int16_t>(lane(model_->weight_data_o, c, config_.datatypes.weight_bits));
      }
    }
    if (model_->accumulator_write_o != 0) {
      std::int64_t* word = state_.accumulators.words(model_->accumulator_address_o);
      for (int c = 0; c < cols; ++c) word[c] = lane(model_->accumulator_data_o, c, config_.datatypes.accumulator_bits);
    }
    if (model_->param_write_o == 0) return;
    model::ParamEntry* entries = state_.params.words(model_->param_address_o);
    for (int c = 0; c < cols; ++c) {
      entries[c].bias = lane(model_->param_data_o, 2 * c, 64);
      entries[c].multiplier = static_cast<std::int32_t>(lane(model_->param_data_o, 4 * c + 2, 32));
      entries[c].shift = static_cast<std::int32_t>(lane(model_->param_data_o, 4 * c + 3, 32));
    }
  }

  std::string name_;
  model::AcceleratorConfig config_;
  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Tracer> tracer_;
  AxiMemory memory_;
  model::MachineState state_;
  std::int64_t cycle_ = 0;
  std::uint32_t read_data_ = 0;
};

}  // namespace systoliq::rtl
