// SPDX-License-Identifier: Apache-2.0
// Sums are steered to the ends of their range, where wrapping and saturating differ.
#include "rtl_cosim/unit/pe_cosim.h"

#include "model/arith/requantize.h"

namespace systoliq::rtl {
namespace {

std::int64_t multiply_accumulate(const PeShape& shape, std::int64_t sum, std::int64_t activation,
                                 std::int64_t operand) {
  bool overflowed = false;
  return model::narrow(sum + activation * operand, shape.accumulator_bits,
                       shape.saturate ? Overflow::kSaturate : Overflow::kWrap, &overflowed);
}

class PeModel final : public CellModel {
 public:
  explicit PeModel(const PeShape& shape) : shape_(shape) {
    inputs_ = {{"activation_i", shape.activation_bits},
               {"swap_i", 1, false},
               {"load_i", 1, false},
               {"operand_i", shape.operand_bits},
               {"sum_i", shape.accumulator_bits}};
    outputs_ = {{"activation_o", shape.activation_bits}, {"swap_o", 1, false}, {"sum_o", shape.accumulator_bits}};
  }

  void reset() override { weight_ = shadow_ = last_sum_ = 0; }

  void stimulate(Random& random, CellValues* values) const override {
    CellValues& v = *values;
    v[kPeActivation] = corner_or_random(random, shape_.activation_bits);
    v[kPeSwap] = random.one_in(4) ? 1 : 0;
    v[kPeLoad] = random.one_in(3) ? 1 : 0;
    v[kPeOperand] = corner_or_random(random, shape_.operand_bits);
    // A sum that goes round and round reaches an overflow by itself.
    v[kPeSum] = random.one_in(3) ? last_sum_ : corner_or_random(random, shape_.accumulator_bits);
  }

  void clock(const CellValues& inputs, CellValues* outputs) override {
    if (inputs[kPeSwap] != 0) weight_ = shadow_;
    if (inputs[kPeLoad] != 0) shadow_ = inputs[kPeOperand];
    last_sum_ = multiply_accumulate(shape_, inputs[kPeSum], inputs[kPeActivation], weight_);
    *outputs = {inputs[kPeActivation], inputs[kPeSwap], last_sum_};
  }

 private:
  PeShape shape_;
  std::int64_t weight_ = 0, shadow_ = 0, last_sum_ = 0;
};

class OutputPeModel final : public CellModel {
 public:
  explicit OutputPeModel(const PeShape& shape) : shape_(shape) {
    inputs_ = {{"activation_i", shape.activation_bits},
               {"valid_i", 1, false},
               {"first_i", 1, false},
               {"take_i", 1, false},
               {"operand_i", shape.operand_bits},
               {"start_write_i", 1, false},
               {"start_i", shape.start_bits()}};
    outputs_ = {{"activation_o", shape.activation_bits},
                {"valid_o", 1, false},
                {"first_o", 1, false},
                {"take_o", 1, false},
                {"operand_o", shape.operand_bits},
                {"drain_o", shape.accumulator_bits}};
  }

  void reset() override { start_ = sum_ = drain_ = 0; }

  void stimulate(Random& random, CellValues* values) const override {
    CellValues& v = *values;
    v[kOutputPeActivation] = corner_or_random(random, shape_.activation_bits);
    v[kOutputPeValid] = random.one_in(8) ? 0 : 1;
    v[kOutputPeFirst] = random.one_in(8) ? 1 : 0;
    v[kOutputPeTake] = random.one_in(2) ? 1 : 0;  // what a sum was shows only when it is taken
    v[kOutputPeOperand] = corner_or_random(random, shape_.operand_bits);
    v[kOutputPeStartWrite] = random.one_in(4) ? 1 : 0;
    v[kOutputPeStart] = corner_or_random(random, random.one_in(2) ? shape_.accumulator_bits : shape_.start_bits());
  }

  void clock(const CellValues& inputs, CellValues* outputs) override {
    if (inputs[kOutputPeTake] != 0) drain_ = sum_;  // complete before this clock
    if (inputs[kOutputPeValid] != 0) {
      const std::int64_t held = inputs[kOutputPeFirst] != 0 ? start_ : sum_;
      sum_ = multiply_accumulate(shape_, held, inputs[kOutputPeActivation], inputs[kOutputPeOperand]);
    }
    if (inputs[kOutputPeStartWrite] != 0) start_ = inputs[kOutputPeStart];
    *outputs = {inputs[kOutputPeActivation], inputs[kOutputPeValid],   inputs[kOutputPeFirst],
                inputs[kOutputPeTake],       inputs[kOutputPeOperand], drain_};
  }

 private:
  PeShape shape_;
  std::int64_t start_ = 0, sum_ = 0, drain_ = 0;
};

}  // namespace

std::unique_ptr<CellModel> make_pe_model(const PeShape& shape) { return std::make_unique<PeModel>(shape); }

std::unique_ptr<CellModel> make_output_pe_model(const PeShape& shape) { return std::make_unique<OutputPeModel>(shape); }

}  // namespace systoliq::rtl
