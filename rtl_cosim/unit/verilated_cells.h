// SPDX-License-Identifier: Apache-2.0
// Verilated PEs and weight decoders behind the interface of cell_cosim.h.
#pragma once

#include <verilated.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "model/isa/lane_packing.h"
#include "rtl_cosim/core/port_word.h"
#include "rtl_cosim/unit/decoder_cosim.h"
#include "rtl_cosim/unit/pe_cosim.h"
#include "types/error.h"

namespace systoliq::rtl {

/// Clock, reset and assertions; what goes to which pin is for the block to say.
template <typename Model>
class VerilatedCell : public Cell {
 public:
  VerilatedCell() : context_(std::make_unique<VerilatedContext>()), unit_(context_.get()) {
    context_->fatalOnError(false);
  }
  ~VerilatedCell() override {
    enter_context();
    unit_.final();
  }
  VerilatedCell(const VerilatedCell&) = delete;
  VerilatedCell& operator=(const VerilatedCell&) = delete;

  void reset() override {
    enter_context();
    unit_.clk_i = 0;
    unit_.rst_ni = 0;
    unit_.eval();
    edges();
    unit_.rst_ni = 1;
    unit_.eval();
    context_->gotError(false);
  }

  void clock(const CellValues& inputs, CellValues* outputs) override {
    drive(inputs);
    edges();
    check(!context_->gotError(), "an assertion of the unit failed");
    read(outputs);
  }

 protected:
  virtual void drive(const CellValues& inputs) = 0;
  virtual void read(CellValues* outputs) const = 0;
  Model& unit() { return unit_; }
  const Model& unit() const { return unit_; }

 private:
  /// Assertions report to the context that the thread is in, which is another unit's after that one was made or run.
  void enter_context() { Verilated::threadContextp(context_.get()); }

  void edges() {
    unit_.clk_i = 1;
    unit_.eval();
    unit_.clk_i = 0;
    unit_.eval();
  }

  std::unique_ptr<VerilatedContext> context_;
  Model unit_;
};

template <typename Model>
class VerilatedPe final : public VerilatedCell<Model> {
 public:
  explicit VerilatedPe(const PeShape& shape) : shape_(shape) {}

 protected:
  void drive(const CellValues& inputs) override {
    Model& unit = this->unit();
    set_lane(unit.activation_i, 0, shape_.activation_bits, inputs[kPeActivation]);
    unit.swap_i = inputs[kPeSwap] & 1;
    unit.load_i = inputs[kPeLoad] & 1;
    set_lane(unit.operand_i, 0, shape_.operand_bits, inputs[kPeOperand]);
    set_lane(unit.sum_i, 0, shape_.accumulator_bits, inputs[kPeSum]);
  }
  void read(CellValues* outputs) const override {
    const Model& unit = this->unit();
    (*outputs)[kPeActivationRight] = lane(unit.activation_o, 0, shape_.activation_bits);
    (*outputs)[kPeSwapRight] = unit.swap_o;
    (*outputs)[kPeSumBelow] = lane(unit.sum_o, 0, shape_.accumulator_bits);
  }

 private:
  PeShape shape_;
};

template <typename Model>
class VerilatedOutputPe final : public VerilatedCell<Model> {
 public:
  explicit VerilatedOutputPe(const PeShape& shape) : shape_(shape) {}

 protected:
  void drive(const CellValues& inputs) override {
    Model& unit = this->unit();
    set_lane(unit.activation_i, 0, shape_.activation_bits, inputs[kOutputPeActivation]);
    unit.valid_i = inputs[kOutputPeValid] & 1;
    unit.first_i = inputs[kOutputPeFirst] & 1;
    unit.take_i = inputs[kOutputPeTake] & 1;
    set_lane(unit.operand_i, 0, shape_.operand_bits, inputs[kOutputPeOperand]);
    unit.start_write_i = inputs[kOutputPeStartWrite] & 1;
    set_lane(unit.start_i, 0, shape_.start_bits(), inputs[kOutputPeStart]);
  }
  void read(CellValues* outputs) const override {
    const Model& unit = this->unit();
    (*outputs)[kOutputPeActivationRight] = lane(unit.activation_o, 0, shape_.activation_bits);
    (*outputs)[kOutputPeValidRight] = unit.valid_o;
    (*outputs)[kOutputPeFirstRight] = unit.first_o;
    (*outputs)[kOutputPeTakeRight] = unit.take_o;
    (*outputs)[kOutputPeOperandBelow] = lane(unit.operand_o, 0, shape_.operand_bits);
    (*outputs)[kOutputPeDrain] = lane(unit.drain_o, 0, shape_.accumulator_bits);
  }

 private:
  PeShape shape_;
};

template <typename Model>
class VerilatedDecoder final : public VerilatedCell<Model> {
 public:
  explicit VerilatedDecoder(const DecoderShape& shape)
      : shape_(shape),
        stored_(static_cast<std::size_t>(shape.cols)),
        bytes_(static_cast<std::size_t>(shape.cols * shape.weight_bits + 31) / 32 * 4) {}

 protected:
  void drive(const CellValues& inputs) override {
    Model& unit = this->unit();
    unit.valid_i = inputs[kDecoderValid] & 1;
    unit.row_i = inputs[kDecoderRow] & ((1 << kDecoderRowBits) - 1);
    set_lane(unit.zero_point_i, 0, shape_.operand_bits, inputs[kDecoderZeroPoint]);
    unit.valid_columns_i = static_cast<IData>(inputs[kDecoderValidColumns]);
    unit.table_write_i = inputs[kDecoderTableWrite] & 1;
    unit.table_word_i = inputs[kDecoderTableWord] & 31;
    drive_weights(inputs);
    for (int i = 0; shape_.codebook && i < shape_.cols * kEntriesPerWord; ++i) {
      set_lane(unit.table_data_i, i, 16, inputs[static_cast<std::size_t>(kDecoderWeights + shape_.cols + i)]);
    }
  }
  void read(CellValues* outputs) const override {
    const Model& unit = this->unit();
    (*outputs)[kDecoderValidOut] = unit.valid_o;
    (*outputs)[kDecoderRowOut] = unit.row_o;
    for (int c = 0; c < shape_.cols; ++c) {
      (*outputs)[static_cast<std::size_t>(kDecoderOperands + c)] = lane(unit.operands_o, c, shape_.operand_bits);
    }
  }

 private:
  /// A word as it lies in the model's external memory.
  void drive_weights(const CellValues& inputs) {
    for (int c = 0; c < shape_.cols; ++c) {
      stored_[static_cast<std::size_t>(c)] =
          static_cast<std::int16_t>(inputs[static_cast<std::size_t>(kDecoderWeights + c)]);
    }
    model::pack_lanes(stored_.data(), shape_.weight_bits, shape_.cols, bytes_.data());
    for (std::size_t i = 0; i < bytes_.size(); i += 4) {
      const std::uint32_t word =
          bytes_[i] | bytes_[i + 1] << 8 | bytes_[i + 2] << 16 | static_cast<std::uint32_t>(bytes_[i + 3]) << 24;
      set_port_word(this->unit().weights_i, i / 4, word);
    }
  }

  DecoderShape shape_;
  std::vector<std::int16_t> stored_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace systoliq::rtl
