// SPDX-License-Identifier: Apache-2.0
// Read, add, write: a pipeline of three, evaluated from its end.
#include "model/cycle/accumulators.h"

#include <algorithm>
#include <utility>

namespace systoliq::model::cycle {

void Accumulators::configure() {
  const AcceleratorConfig& config = machine_.config();
  cols_ = config.array.cols;
  bits_ = config.datatypes.accumulator_bits;
  saturate_ = config.datatypes.overflow == Overflow::kSaturate;
  output_stationary_ = config.array.dataflow == Dataflow::kOutputStationary;
  add_sums_q.assign(static_cast<std::size_t>(cols_), 0);
  write_data_q.assign(static_cast<std::size_t>(cols_), 0);
  commands_.clear();
  fresh_q = true;
  add_q = add_last_q = write_q = write_last_q = false;
  accumulator_read_o = accumulator_write_o = valid_i = false;
}

void Accumulators::declare(TraceSink& trace) const {
  trace.enter("u_accumulators");
  trace.add("valid_i", &valid_i);
  trace.add("accumulator_read_o", &accumulator_read_o);
  trace.add("accumulator_read_address_o", &accumulator_read_address_o);
  trace.add("accumulator_write_o", &accumulator_write_o);
  trace.add("accumulator_write_address_o", &accumulator_write_address_o);
  for (std::size_t c = 0; c < write_data_q.size(); ++c) {
    trace.add("write_data_q_" + std::to_string(c), &write_data_q[c], bits_);
  }
  trace.leave();
}

void Accumulators::begin(const Execute& execute, std::vector<std::int64_t> bias, LayerCounters* counts) {
  commands_.push_back({execute.accumulator_address, execute.init == 0, std::move(bias), counts});
}

bool Accumulators::step(const Leaving& leaving, const std::int64_t* sums) {
  accumulator_write_o = write_q;
  const bool done = write_q && write_last_q;
  if (write_q) {
    accumulator_write_address_o = write_address_q;
    std::copy(write_data_q.begin(), write_data_q.end(), machine_.state.accumulators.words(write_address_q));
    ++write_counts_->sram_write_words;
  }
  write_q = add_q;
  if (add_q) add();
  add_q = valid_i = leaving.valid;
  accumulator_read_o = false;
  if (leaving.valid) leave(leaving, sums);
  return done;
}

void Accumulators::leave(const Leaving& leaving, const std::int64_t* sums) {
  const Context& command = commands_.front();
  if (fresh_q) {
    address_q = command.address;
    from_bias_q = command.from_bias;
  }
  fresh_q = leaving.command_last;
  if (output_stationary_) {  // complete already
    std::copy_n(sums, cols_, write_data_q.begin());
    write_address_q = address_q++;
    write_last_q = leaving.command_last;
    write_counts_ = command.counts;
    write_q = true;
    add_q = false;
  } else {
    accumulator_read_o = !from_bias_q;
    if (accumulator_read_o) {
      accumulator_read_address_o = address_q;
      ++command.counts->sram_read_words;
    }
    std::copy_n(sums, cols_, add_sums_q.begin());
    add_bias_q = from_bias_q;
    if (from_bias_q) bias_q = command.bias;
    add_last_q = leaving.command_last;
    add_address_q = address_q;
    add_counts_ = command.counts;
    address_q = leaving.pass_last ? command.address : address_q + 1;
    from_bias_q = from_bias_q && !leaving.pass_last;
  }
  if (leaving.command_last) commands_.pop_front();
}

/// Takes the word as it is after this cycle's write, which is what the RTL's forwarding gives.
void Accumulators::add() {
  write_counts_ = add_counts_;
  write_address_q = add_address_q;
  write_last_q = add_last_q;
  const std::int64_t* held = add_bias_q ? bias_q.data() : machine_.state.accumulators.words(add_address_q);
  const std::int64_t high = (std::int64_t{1} << (bits_ - 1)) - 1;
  std::int64_t overflows = 0;
  for (int c = 0; c < cols_; ++c) {
    const auto column = static_cast<std::size_t>(c);
    const auto total =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(held[c]) + static_cast<std::uint64_t>(add_sums_q[column]));
    const std::int64_t wrapped =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(total) << (64 - bits_)) >> (64 - bits_);
    const std::int64_t narrowed = saturate_ ? std::clamp(total, -high - 1, high) : wrapped;
    overflows += narrowed != total ? 1 : 0;
    write_data_q[column] = narrowed;
  }
  add_counts_->overflows += overflows;
}

}  // namespace systoliq::model::cycle
