// SPDX-License-Identifier: Apache-2.0
// The Verilated systoliq_execute with its buffers, for every parameter set.
//
// A buffer delivers the word in the cycle after its address. A word that is not read, or read in the cycle in which it
// is written, comes out inverted, so that an RTL which uses it is found out.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "rtl_cosim/core/core_device.h"
#include "rtl_cosim/core/device_trace.h"
#include "rtl_cosim/core/port_word.h"
#include "types/error.h"

namespace systoliq::rtl {

/// A buffer in the bits of its port.
template <typename Port>
class PortMemory final {
 public:
  void resize(std::int64_t words, int lanes, int bits) {
    words_.assign(static_cast<std::size_t>(words), Port{});
    word_count_ = (static_cast<std::size_t>(lanes) * static_cast<std::size_t>(bits) + 31) / 32;
  }
  Port& word(std::int64_t address) {
    check(address >= 0 && address < static_cast<std::int64_t>(words_.size()), "the RTL addressed outside its buffer");
    return words_[static_cast<std::size_t>(address)];
  }
  const Port& word(std::int64_t address) const { return words_[static_cast<std::size_t>(address)]; }
  std::int64_t size() const { return static_cast<std::int64_t>(words_.size()); }

  /// What the port shows in the next cycle.
  void read(bool enabled, std::uint32_t address, bool collides, Port* port) {
    if (enabled) *port = word(address);
    if (enabled && !collides) return;
    for (std::size_t i = 0; i < word_count_; ++i) set_port_word(*port, i, ~port_word(*port, i));
  }

 private:
  std::vector<Port> words_;
  std::size_t word_count_ = 0;
};

template <typename Model>
class VerilatedCore final : public CoreDevice {
 public:
  VerilatedCore(std::string name, const model::AcceleratorConfig& config)
      : name_(std::move(name)), config_(config), context_(new VerilatedContext), model_(new Model(context_.get())) {
    context_->fatalOnError(false);
    context_->traceEverOn(IsTraced<Model>::value);
    activations_.resize(config.activation_words(), config.array.rows, config.datatypes.activation_bits);
    weights_.resize(config.weight_words(), config.array.cols, config.datatypes.weight_bits);
    accumulators_.resize(config.accumulator_words(), config.array.cols, config.datatypes.accumulator_bits);
    params_.resize(config.param_words(), config.array.cols, 128);
    VerilatedCore::reset();
  }
  ~VerilatedCore() override {
    enter_context();  // which the model leaves
    model_->final();
  }

  const std::string& name() const override { return name_; }
  const model::AcceleratorConfig& config() const override { return config_; }
  std::int64_t cycle() const override { return cycle_; }
  void trace(DeviceTrace* trace) override { tracer_ = make_tracer(*model_, trace); }

  void reset() override {
    context_->gotError(false);  // of a command before
    run_ = nullptr;
    model_->command_valid_i = 0;
    model_->drop_i = 0;
    model_->stream_granted_i = 1;
    model_->rst_ni = 0;
    step();
    step();
    model_->rst_ni = 1;
    cycle_ = 0;
  }

  void load(model::Storage& state) override {
    const auto copy = [](auto& buffer, auto& memory, int bits) {
      for (std::int64_t address = 0; address < memory.size(); ++address) {
        const auto* lanes = buffer.words(address);
        for (int i = 0; i < buffer.lanes(); ++i) set_lane(memory.word(address), i, bits, lanes[i]);
      }
    };
    copy(state.activations, activations_, config_.datatypes.activation_bits);
    copy(state.weights, weights_, config_.datatypes.weight_bits);
    copy(state.accumulators, accumulators_, config_.datatypes.accumulator_bits);
    for (std::int64_t address = 0; address < params_.size(); ++address) {
      const model::ParamEntry* entries = state.params.words(address);
      for (int c = 0; c < config_.array.cols; ++c) {
        set_lane(params_.word(address), 2 * c, 64, entries[c].bias);
        set_lane(params_.word(address), 4 * c + 2, 32, entries[c].multiplier);
        set_lane(params_.word(address), 4 * c + 3, 32, entries[c].shift);
      }
    }
  }

  CoreRun execute(const model::Command& command, int idle, int ungranted, std::int64_t limit) override {
    model_->command_valid_i = 0;
    model_->granted_i = 1;
    for (int i = 0; i < idle; ++i) step();
    offer(command);
    for (int i = 0; i < ungranted; ++i) {
      model_->granted_i = 0;
      step();
      check(!taken_, "the RTL took a command whose semaphores are not there");
    }
    model_->granted_i = 1;
    CoreRun run;
    run_ = &run;
    start_ = cycle_;
    do {
      step();
      check(cycle_ == start_ + 1 ? taken_ : !taken_, "the RTL took a command at the wrong time");
      check(cycle_ - start_ <= limit, "the RTL's command does not end");
      model_->command_valid_i = 0;
    } while (!done_);
    run_ = nullptr;
    run.cycles = cycle_ - start_;
    run.signal = done_signal_;
    return run;
  }

  CoreSequence execute(const std::vector<CoreOffer>& offers, std::int64_t limit) override {
    CoreSequence sequence;
    CoreRun run;
    run_ = &run;
    start_ = cycle_;
    while (sequence.ends.size() < offers.size()) {
      const std::int64_t now = cycle_ - start_;
      check(now <= limit, "the RTL's commands do not end");
      const std::size_t next = sequence.starts.size();
      const bool left = next < offers.size();
      model_->command_valid_i = 0;
      if (left && offers[next].visible <= now) offer(offers[next].command);
      model_->granted_i = left && offers[next].granted <= now ? 1 : 0;
      model_->stream_granted_i = 1;
      for (const CoreOffer& each : offers) {
        if (each.stream_withheld <= now && now < each.stream_granted) model_->stream_granted_i = 0;
      }
      step();
      if (taken_) sequence.starts.push_back(now);
      if (!done_) continue;
      sequence.ends.push_back(now + 1);
      sequence.signals.push_back(done_signal_);
    }
    model_->command_valid_i = 0;
    model_->stream_granted_i = 1;
    run_ = nullptr;
    sequence.writes = std::move(run.writes);
    sequence.reads = run.reads;
    return sequence;
  }

  std::vector<std::int64_t> accumulators() const override {
    std::vector<std::int64_t> values;
    for (std::int64_t address = 0; address < accumulators_.size(); ++address) {
      for (int c = 0; c < config_.array.cols; ++c) {
        values.push_back(lane(accumulators_.word(address), c, config_.datatypes.accumulator_bits));
      }
    }
    return values;
  }

 private:
  template <typename Port>
  using Word = std::remove_reference_t<Port>;

  void offer(const model::Command& command) {
    const model::CommandWords words = model::encode(command);
    for (std::size_t i = 3; i < words.size(); ++i) set_port_word(model_->command_i, i - 3, words[i]);
    set_port_word(model_->command_i, 61, words[2]);
    set_port_word(model_->command_i, 62, words[1] << 16 | words[1] >> 16);  // waited for in the upper half
    model_->command_valid_i = 1;
  }

  /// Assertions report to the context that the thread is in, which may be another device's by now.
  void enter_context() { Verilated::threadContextp(context_.get()); }

  /// One clock cycle: the outputs of this cycle, then the buffers' words for the next.
  void step() {
    enter_context();
    model_->clk_i = 0;
    model_->eval();
    if (tracer_) tracer_->sample(cycle_);
    taken_ = model_->command_ready_o != 0;
    done_ = model_->done_o != 0;
    done_signal_ = model_->done_signal_o;
    const bool write = model_->accumulator_write_o != 0;
    const bool collides = write && model_->accumulator_write_address_o == model_->accumulator_read_address_o;
    const bool reads[] = {model_->activation_read_o != 0, model_->weight_read_o != 0, model_->accumulator_read_o != 0,
                          model_->param_read_o != 0};
    const std::uint32_t addresses[] = {model_->activation_read_address_o, model_->weight_read_address_o,
                                       model_->accumulator_read_address_o, model_->param_read_address_o};
    const std::uint32_t write_address = model_->accumulator_write_address_o;
    const auto write_data = model_->accumulator_write_data_o;
    model_->clk_i = 1;
    model_->eval();
    check(!context_->gotError(), "an assertion of the RTL failed");
    activations_.read(reads[0], addresses[0], false, &model_->activation_read_data_i);
    weights_.read(reads[1], addresses[1], false, &model_->weight_read_data_i);
    accumulators_.read(reads[2], addresses[2], collides, &model_->accumulator_read_data_i);
    params_.read(reads[3], addresses[3], false, &model_->param_read_data_i);
    if (write) store(write_address, write_data);
    count(reads);
    ++cycle_;
  }

  void count(const bool (&reads)[4]) {
    if (run_ == nullptr) {
      check(!reads[0] && !reads[1] && !reads[2] && !reads[3], "the RTL read a buffer outside of a command");
      return;
    }
    run_->reads.activation += reads[0] ? 1 : 0;
    run_->reads.weight += reads[1] ? 1 : 0;
    run_->reads.accumulator += reads[2] ? 1 : 0;
    run_->reads.param += reads[3] ? 1 : 0;
  }

  template <typename Port>
  void store(std::uint32_t address, const Port& data) {
    accumulators_.word(address) = data;
    check(run_ != nullptr, "the RTL wrote an accumulator outside of a command");
    AccumulatorWrite write{cycle_ - start_, address, {}};
    for (int c = 0; c < config_.array.cols; ++c) {
      write.values.push_back(lane(data, c, config_.datatypes.accumulator_bits));
    }
    run_->writes.push_back(std::move(write));
  }

  std::string name_;
  model::AcceleratorConfig config_;
  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Tracer> tracer_;
  PortMemory<Word<decltype(Model::activation_read_data_i)>> activations_;
  PortMemory<Word<decltype(Model::weight_read_data_i)>> weights_;
  PortMemory<Word<decltype(Model::accumulator_read_data_i)>> accumulators_;
  PortMemory<Word<decltype(Model::param_read_data_i)>> params_;
  std::int64_t cycle_ = 0, start_ = 0;
  bool taken_ = false, done_ = false;
  std::uint16_t done_signal_ = 0;
  CoreRun* run_ = nullptr;  ///< of the command under way
};

}  // namespace systoliq::rtl
