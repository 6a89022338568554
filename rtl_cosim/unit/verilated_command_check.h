// SPDX-License-Identifier: Apache-2.0
// A Verilated systoliq_command_check behind the interface of command_check_cosim.h.
#pragma once

#include <verilated.h>

#include <memory>
#include <string>
#include <utility>

#include "rtl_cosim/core/port_word.h"
#include "rtl_cosim/unit/command_check_cosim.h"
#include "types/error.h"

namespace systoliq::rtl {

template <typename Verilated>
class VerilatedCommandCheck final : public CommandCheckUnit {
 public:
  VerilatedCommandCheck(std::string name, const model::AcceleratorConfig& config)
      : name_(std::move(name)), config_(config), context_(std::make_unique<VerilatedContext>()), unit_(context_.get()) {
    context_->fatalOnError(false);
  }
  ~VerilatedCommandCheck() override {
    ::Verilated::threadContextp(context_.get());
    unit_.final();
  }
  VerilatedCommandCheck(const VerilatedCommandCheck&) = delete;
  VerilatedCommandCheck& operator=(const VerilatedCommandCheck&) = delete;

  const std::string& name() const override { return name_; }
  const model::AcceleratorConfig& config() const override { return config_; }

  model::Verdict check(const model::CommandWords& words, bool claimed) override {
    ::Verilated::threadContextp(context_.get());
    for (std::size_t i = 0; i < words.size(); ++i) set_port_word(unit_.words_i, i, words[i]);
    unit_.claimed_i = claimed;
    unit_.eval();
    systoliq::check(!context_->gotError(), "an assertion of the block failed");
    return {static_cast<model::ErrorReason>(unit_.reason_o), unit_.word_o};
  }

 private:
  std::string name_;
  model::AcceleratorConfig config_;
  std::unique_ptr<VerilatedContext> context_;
  Verilated unit_;
};

}  // namespace systoliq::rtl
