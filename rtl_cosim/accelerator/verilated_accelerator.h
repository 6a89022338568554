// SPDX-License-Identifier: Apache-2.0
// The Verilated systoliq_cosim_top on its memory, for every parameter set.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "model/isa/csr.h"
#include "rtl_cosim/accelerator/accelerator_device.h"
#include "rtl_cosim/accelerator/axi_memory.h"
#include "rtl_cosim/core/device_trace.h"
#include "rtl_cosim/core/port_word.h"
#include "types/error.h"

namespace systoliq::rtl {

template <typename Model>
class VerilatedAccelerator final : public AcceleratorDevice {
 public:
  VerilatedAccelerator(std::string name, const model::AcceleratorConfig& config, const Stalls& stalls)
      : name_(std::move(name)),
        config_(config),
        context_(new VerilatedContext),
        model_(new Model(context_.get())),
        memory_(config.memory, {}),
        stalls_(stalls) {
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
    begin(command_address, command_count);
  }

  void restart(std::int64_t command_address, std::uint32_t command_count, std::vector<std::uint8_t> memory) override {
    memory_.bytes() = std::move(memory);
    begin(command_address, command_count);
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
    ++bus_cycle_;
    return events;
  }

  void trace(DeviceTrace* trace) override { tracer_ = make_tracer(*model_, trace); }

  model::Storage& state() override { return state_; }
  std::vector<std::uint8_t>& memory() override { return memory_.bytes(); }

  std::uint32_t read_register(std::uint32_t offset) override {
    model_->axil_araddr_i = offset;
    offered_[kReadOffer] = true;
    step_until([this] { return !offered_[kReadOffer]; });
    read_done_ = false;
    step_until([this] { return read_done_; });
    check(read_response_ == 0, "a register read is refused");
    return read_data_;
  }

  bool write_register(std::uint32_t offset, std::uint32_t value) override {
    const bool okay = offer_write(offset, value);
    step_until([this] { return model_->axil_bvalid_o == 0; });
    return okay;
  }

 private:
  static constexpr int kSlaveError = 2;  ///< AxRESP

  /// What memory or host offers the machine.
  enum Offer : std::size_t { kAddressOffer, kDataOffer, kReadOffer, kBeatOffer, kResponseOffer, kOffers };

  /// Assertions report to the context that the thread is in, which may be another device's by now.
  void enter_context() { Verilated::threadContextp(context_.get()); }

  void quiet() {
    offered_ = {};
    shown_ = {};
    model_->axi_rvalid_i = 0;
    model_->axil_bready_i = model_->axil_rready_i = 1;
  }

  /// The next cycle is cycle 1, in which the start's response is still to be taken.
  void begin(std::int64_t command_address, std::uint32_t command_count) {
    const auto must_write = [&](model::Csr csr, std::uint32_t value) {
      check(write_register(static_cast<std::uint32_t>(csr), value), "a register write is refused");
    };
    must_write(model::Csr::kCommandAddressLow, static_cast<std::uint32_t>(command_address));
    must_write(model::Csr::kCommandAddressHigh, static_cast<std::uint32_t>(command_address >> 32));
    must_write(model::Csr::kCommandCount, command_count);
    check(offer_write(static_cast<std::uint32_t>(model::Csr::kControl), 1), "a start is refused");
    cycle_ = 1;
  }

  template <typename Condition>
  void step_until(const Condition& met) {
    constexpr int kPatience = 10'000;
    for (int steps = 0; !met(); ++steps) {
      check(steps < kPatience, "the RTL does not answer the access to a register");
      step();
    }
  }

  /// Steps until address and data are taken; whether the response, which is there then, accepts them.
  bool offer_write(std::uint32_t offset, std::uint32_t value) {
    model_->axil_awaddr_i = offset;
    model_->axil_wdata_i = value;
    model_->axil_wstrb_i = 0xF;
    offered_[kAddressOffer] = offered_[kDataOffer] = true;
    step_until([this] { return !offered_[kAddressOffer] && !offered_[kDataOffer]; });
    check(model_->axil_bvalid_o != 0, "a register write is not answered");
    return model_->axil_bresp_o == 0;
  }

  /// What memory and host show in this cycle. An offer stays until it is taken.
  void drive() {
    stalls_.next_cycle();
    const auto ready = [this](BusChannel channel) { return !stalls_.stalled(channel); };
    const auto show = [&](Offer offer, bool there, BusChannel channel) {
      return shown_[offer] = there && (shown_[offer] || ready(channel));
    };
    model_->axil_awvalid_i = show(kAddressOffer, offered_[kAddressOffer], BusChannel::kHostAddress);
    model_->axil_wvalid_i = show(kDataOffer, offered_[kDataOffer], BusChannel::kHostData);
    model_->axil_arvalid_i = show(kReadOffer, offered_[kReadOffer], BusChannel::kHostReadAddress);
    model_->axil_bready_i = ready(BusChannel::kHostResponse);
    model_->axil_rready_i = ready(BusChannel::kHostReadData);
    model_->axi_arready_i = ready(BusChannel::kReadAddress);
    model_->axi_awready_i = ready(BusChannel::kWriteAddress);
    model_->axi_wready_i = ready(BusChannel::kWriteData);
    const AxiMemory::Beat beat = memory_.read_beat(bus_cycle_);
    model_->axi_rvalid_i = show(kBeatOffer, beat.valid, BusChannel::kReadData);
    model_->axi_rlast_i = beat.last != (read_beats_ == stalls_.kind().wrong_last);
    model_->axi_rresp_i = read_beats_ == stalls_.kind().read_error ? kSlaveError : 0;
    model_->axi_bresp_i = responses_ == stalls_.kind().write_error ? kSlaveError : 0;
    if (model_->axi_rvalid_i != 0) {
      for (int i = 0; i < config_.memory.bytes_per_cycle; ++i) {
        set_lane(model_->axi_rdata_i, i, 8, memory_.byte(beat.address + i));
      }
    }
    model_->axi_bvalid_i = show(kResponseOffer, memory_.response(bus_cycle_), BusChannel::kWriteResponse);
  }

  AcceleratorEvents sample() {
    AcceleratorEvents events;
    for (std::size_t e = 0; e < events.done.size(); ++e) events.done[e] = (model_->done_o >> e & 1) != 0;
    events.retired = model_->retire_o != 0;
    events.interrupt = model_->interrupt_o != 0;
    if (model_->axil_rvalid_o != 0 && model_->axil_rready_i != 0) {
      read_data_ = model_->axil_rdata_o;
      read_response_ = model_->axil_rresp_o;
      read_done_ = true;
    }
    return events;
  }

  /// The device takes what this offer shows.
  void take(Offer offer) { offered_[offer] = shown_[offer] = false; }

  /// What is taken in this cycle, by memory and by the machine.
  void serve() {
    if (model_->rst_ni == 0) return;
    if (model_->axil_awvalid_i != 0 && model_->axil_awready_o != 0) take(kAddressOffer);
    if (model_->axil_wvalid_i != 0 && model_->axil_wready_o != 0) take(kDataOffer);
    if (model_->axil_arvalid_i != 0 && model_->axil_arready_o != 0) take(kReadOffer);
    if (model_->axi_rvalid_i != 0 && model_->axi_rready_o != 0) {
      memory_.take_read_beat();
      ++read_beats_;
      take(kBeatOffer);
    }
    if (model_->axi_bvalid_i != 0 && model_->axi_bready_o != 0) {
      memory_.take_response();
      ++responses_;
      take(kResponseOffer);
    }
    if (model_->axi_wvalid_o != 0 && model_->axi_wready_i != 0) write_beat();
    if (model_->axi_arvalid_o != 0 && model_->axi_arready_i != 0) {
      memory_.accept_read(bus_cycle_,
                          {model_->axi_araddr_o, model_->axi_arlen_o + 1, model_->axi_arsize_o, model_->axi_arburst_o});
    }
    if (model_->axi_awvalid_o != 0 && model_->axi_awready_i != 0) {
      memory_.accept_write(
          {model_->axi_awaddr_o, model_->axi_awlen_o + 1, model_->axi_awsize_o, model_->axi_awburst_o});
    }
  }

  void write_beat() {
    const std::int64_t address = memory_.accept_beat(bus_cycle_, model_->axi_wlast_o != 0);
    for (int i = 0; i < config_.memory.bytes_per_cycle; ++i) {
      if (lane(model_->axi_wstrb_o, i, 1) == 0) continue;
      memory_.set_byte(address + i, static_cast<std::uint8_t>(lane(model_->axi_wdata_o, i, 8)));
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
  model::Storage state_;
  BusStalls stalls_;
  std::array<bool, kOffers> offered_{};          ///< the host wants it taken
  std::array<bool, kOffers> shown_{};            ///< it is on the bus
  std::int64_t cycle_ = 0;                       ///< of the run
  std::int64_t bus_cycle_ = 0;                   ///< since the first one
  std::int64_t read_beats_ = 0, responses_ = 0;  ///< taken
  std::uint32_t read_data_ = 0, read_response_ = 0;
  bool read_done_ = false;
};

}  // namespace systoliq::rtl
