// SPDX-License-Identifier: Apache-2.0
// Wiring of the blocks.
// In RTL: systoliq_accelerator.sv (rtl_cosim/rtl/).
#include "model/tlm/accelerator.h"

namespace systoliq::model {

AcceleratorModule::AcceleratorModule(const sc_core::sc_module_name& name)
    : sc_module(name),
      command_processor_("command_processor", context_, port_, semaphores_,
                         {&load_.queue(), &execute_.queue(), &post_.queue(), &store_.queue()}) {
  csr_socket(command_processor_.csr_socket);
  port_.socket(memory_socket);
  command_processor_.interrupt_o(interrupt_o);
}

void AcceleratorModule::clear() {
  semaphores_.clear();
  port_.clear();
  for (EngineModule* engine : std::initializer_list<EngineModule*>{&load_, &execute_, &post_, &store_}) engine->clear();
  command_processor_.clear();
}

void AcceleratorModule::configure(const AcceleratorConfig& config, Level level, std::size_t layers) {
  check(level != Level::kFunctional, "the SystemC accelerator has no functional level");
  context_.configure(config, level, layers);
  clear();
}

void AcceleratorModule::reset() {
  clear();  // first, since a thread that is reset runs at once from its beginning
  context_.reset_threads();
}

std::string AcceleratorModule::describe_wait() const {
  std::string text = command_processor_.describe_wait();
  for (const EngineModule* engine : std::initializer_list<const EngineModule*>{&load_, &execute_, &post_, &store_}) {
    const std::string wait = engine->describe_wait();
    if (!wait.empty()) text += (text.empty() ? "" : "; ") + wait;
  }
  return text;
}

}  // namespace systoliq::model
