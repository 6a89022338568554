// SPDX-License-Identifier: Apache-2.0
// The steps that level cycle takes in a cycle, those of one engine.
#include "rtl_cosim/waves/clocked_engine.h"

namespace systoliq::rtl {
namespace {

void show(model::cycle::ExecuteBlock& block) { block.show(); }
void show(model::cycle::PostBlock&) {}  // its registers are where the trace reads them

}  // namespace

template <typename Block>
ClockedEngine<Block>::ClockedEngine(WavePair& pair, const model::Storage& state, const model::Command& command,
                                    std::int64_t ungranted)
    : pair_(pair), ungranted_(ungranted) {
  machine_.trace = &pair;
  machine_.state = state;
  machine_.accounts.clear(1);
  semaphores_.clear();
  block_.clear();
  program_.layer_names = {"unit"};
  program_.commands = {command};
  model::Command& only = program_.commands.front();
  only.layer = 0;
  only.wait = ungranted_ > 0 ? 1 : 0;
  only.signal = 0;
}

template <typename Block>
void ClockedEngine<Block>::declare() {
  pair_.enter("systoliq_accelerator");
  block_.declare(pair_);
  pair_.leave();
  pair_.begin(program_);
}

template <typename Block>
void ClockedEngine<Block>::begin(std::int64_t before) {
  before_ = before;
  begun_ = true;
  declare();
  block_.push(machine_.accounts.dispatched(0), program_.commands.front());
}

template <typename Block>
void ClockedEngine<Block>::end() const {
  if (failure_) std::rethrow_exception(failure_);
}

template <typename Block>
void ClockedEngine<Block>::shown(std::int64_t cycle) {
  try {
    pair_.shown(cycle - before_);
    step();
  } catch (...) {  // not through the RTL, whose own errors are to be expected
    failure_ = std::current_exception();
    begun_ = false;
  }
}

template <typename Block>
void ClockedEngine<Block>::step() {
  ++machine_.cycle;
  block_.retire();
  show(block_);
  pair_.latch();
  if (ungranted_ > 0 && machine_.cycle == ungranted_ + 1) {
    semaphores_.signal(1, model::StallCause::kOther, model::Engine::kLoad, 0);
  }
  block_.start();
  block_.step();
  pair_.sample(machine_.cycle);
}

template class ClockedEngine<model::cycle::ExecuteBlock>;
template class ClockedEngine<model::cycle::PostBlock>;

}  // namespace systoliq::rtl
