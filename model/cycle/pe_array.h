// SPDX-License-Identifier: Apache-2.0
// The PE array with the registers that skew what goes in and unskew what comes out; every register of every PE exists,
// in vectors. RTL: systoliq_pe_array.sv, systoliq_pe.sv.
//
// A word of `rows` activations enters in cycle t: row r receives its lane in t + r, PE (r, c) works on it in t + r + c.
// Weight stationary: a row of decoded weights on the bus in cycle t reaches the shadow registers of column c in t + c;
// a swap that enters with a word makes the shadow of PE (r, c) its weight in t + r + c. The sums of a word are all at
// the bottom, unskewed, in t + rows + cols - 1.
// Output stationary: a row of weights enters column c from above in t + c and moves down a row a cycle. A `first` that
// enters with a word makes PE (r, c) start from its start register in t + r + c; start words reach it as weight rows do
// the shadow. A `take` that enters in t takes the sum of PE (r, c) off a bus of column c in t + r + c; the word of row
// r leaves in t + r + cols.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "model/cycle/array_rows.h"
#include "model/cycle/trace_sink.h"
#include "model/functional/storage.h"
#include "systemc"

namespace systoliq::model::cycle {

class PeArray final : public sc_core::sc_module {
 public:
  explicit PeArray(const sc_core::sc_module_name& name) : sc_module(name) {}
  void configure(const AcceleratorConfig& config);
  void declare(TraceSink& trace);

  /// The word that enters in this cycle.
  std::int32_t* activations() { return inputs_.data(); }
  void enter_swap() { swap_i_ = true; }  ///< output stationary: first
  void enter_take() { take_i_ = true; }
  /// A row of `cols` decoded weights: onto the bus, or, output stationary, into the columns from above.
  std::int32_t* enter_weights(int row);
  /// Output stationary: a row of start values for its start registers.
  std::int64_t* enter_start(int row);

  /// One clock. Returns the sums that overflowed; `by_wave`, if not null, has those of every wave: of the PEs (r, c)
  /// with r + c = i, which work on the word that entered i cycles ago.
  std::int64_t step(std::vector<std::int64_t>* by_wave = nullptr);
  /// The unskewed word of sums of this cycle, before step(); meaningful when one leaves.
  const std::int64_t* sums() const { return unskew_.data() + std::ptrdiff_t{slot_} * cols_; }

  /// Copies the registers to where the trace reads them.
  void show();

 private:
  /// A row on its way along the columns, one a cycle.
  template <typename T>
  struct Traveling {
    int row = 0, column = 0;
    std::vector<T> values;
  };
  template <typename T>
  class Bus final {
   public:
    void configure(int cols);
    T* enter(int row);
    void step(std::vector<T>* registers, std::ptrdiff_t pitch, int cols);

   private:
    std::vector<Traveling<T>> rows_;
    std::size_t oldest_ = 0, count_ = 0;
  };
  /// Calls visit(r, c) for each PE that the wave is at, and moves it on.
  template <typename Visit>
  void advance(std::deque<int>* waves, Visit visit);

  void skew();
  void compute();
  void count_by_wave(const ArrayRows& array, const std::int64_t* sums);
  void unskew_bottom();

  bool output_stationary_ = false, wide_ = false;
  int rows_ = 0, cols_ = 0;
  std::ptrdiff_t pitch_ = 0;
  Narrowing narrowing_;
  VectorTarget target_ = VectorTarget::kPortable;

  bool swap_i_ = false, take_i_ = false, weights_i_ = false;
  std::vector<std::int32_t> inputs_;
  std::vector<std::int32_t> skew_, top_skew_, top_;  ///< rings of words that have entered
  int head_ = 0, top_head_ = 0, slot_ = 0, slots_ = 0;
  std::vector<std::int32_t> activation_[2], weight_, shadow_;
  int now_ = 0;  ///< which of activation_ holds the registers
  std::vector<std::int32_t> sum32_;
  std::vector<std::int64_t> sum64_, start_, unskew_;
  std::int64_t overflows_ = 0;
  std::vector<std::int64_t>* by_wave_ = nullptr;
  Bus<std::int32_t> bus_;
  Bus<std::int64_t> start_bus_;
  std::deque<int> swaps_, takes_;

  struct Shown {
    std::int32_t activation_q = 0, weight_q = 0, shadow_q = 0;
    std::int64_t sum_q = 0;
  };
  std::vector<Shown> shown_;
  bool shows_ = false, swap_shown_ = false, write_shown_ = false;
};

}  // namespace systoliq::model::cycle
