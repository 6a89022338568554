// SPDX-License-Identifier: Apache-2.0
// The adders behind the array: a pixel's partial sums are added to its word of the accumulator
// buffer.
//
// Theory of operation: in the cycle in which a pixel's sums leave the array its accumulator word is
// read; in the next one the two are added with the overflow policy; in the third the word is
// written. In the first pass of a command that starts from the bias, the bias takes the place of
// what was read. A pass of fewer than three pixels returns to a word before it has been written:
// the word then comes from the register that is being written or from the one before. The sums of
// the next command may follow in the next cycle: what is needed of commands whose stream has begun
// waits in a queue, and their biases in banks that take turns.

module systoliq_accumulators #(
    /// Columns of the array: accumulators of a word.
    parameter int unsigned Cols             = 16,
    /// Bits of an accumulator, signed.
    parameter int unsigned AccumulatorBits  = 32,
    /// Overflow of an accumulator: 0 wraps, 1 saturates.
    parameter bit          Saturate         = 1'b0,
    /// Bits of a bias, more than AccumulatorBits.
    parameter int unsigned BiasBits         = 33,
    /// Words of the accumulator buffer.
    parameter int unsigned AccumulatorWords = 1024,
    /// Commands under way, at most, and their biases.
    parameter int unsigned InFlight         = 4
) (
    input logic clk_i,
    input logic rst_ni,

    /// The stream of a command begins; its fields accumulator_address and init.
    input logic                              stream_take_i,
    input logic [                      31:0] accumulator_address_i,
    input logic                              init_i,
    /// The bias of every column, there when the first sums are; the command's is in the next bank.
    input logic [InFlight*Cols*BiasBits-1:0] bias_i,

    /// A pixel's sums leave the array: the last pixel of its pass, the last of the command.
    input  logic                            valid_i,
    input  logic                            pass_last_i,
    input  logic                            command_last_i,
    input  logic [Cols*AccumulatorBits-1:0] sums_i,
    /// The command's last word is being written.
    output logic                            done_o,

    output logic                            accumulator_read_o,
    output logic [                    31:0] accumulator_read_address_o,
    input  logic [Cols*AccumulatorBits-1:0] accumulator_read_data_i,
    output logic                            accumulator_write_o,
    output logic [                    31:0] accumulator_write_address_o,
    output logic [Cols*AccumulatorBits-1:0] accumulator_write_data_o
);

  localparam int unsigned AddressBits = AccumulatorWords > 1 ? $clog2(AccumulatorWords) : 1;
  localparam int unsigned TotalBits = BiasBits + 1;
  localparam int unsigned BankBits = InFlight > 1 ? $clog2(InFlight) : 1;

  // The command whose sums leave next.
  logic [AddressBits-1:0] base, address, address_q;
  logic going_q;  // its first have left
  logic from_bias, continues, from_bias_q;  // this pass starts from the bias
  logic [BankBits-1:0] bank_q, add_bank_q;
  logic unused_empty, unused_full;
  logic [Cols*BiasBits-1:0] bias;

  systoliq_fifo #(
      .Width (AddressBits + 1),
      .Depth (InFlight),
      .Clears(1'b1)
  ) u_commands (
      .clk_i,
      .rst_ni,
      .clear_i(1'b0),
      .push_i (stream_take_i),
      .data_i ({init_i, accumulator_address_i[AddressBits-1:0]}),
      .pop_i  (valid_i && command_last_i),
      .head_o ({continues, base}),
      .empty_o(unused_empty),
      .full_o (unused_full)
  );

  // Addition: what has been read or is taken in its place, and the sums.
  logic add_q, add_last_q, add_bias_q;
  logic [AddressBits-1:0] add_address_q;
  logic [Cols*AccumulatorBits-1:0] add_sums_q, added;
  logic forward_write, forward_written;

  // Write, and what was written in the cycle before.
  logic write_q, write_last_q, written_q;
  logic [AddressBits-1:0] write_address_q, written_address_q;
  logic [Cols*AccumulatorBits-1:0] write_data_q, written_data_q;

  assign address   = going_q ? address_q : base;
  assign from_bias = going_q ? from_bias_q : !continues;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      going_q     <= 1'b0;
      address_q   <= '0;
      from_bias_q <= 1'b0;
      bank_q      <= '0;
    end else if (valid_i) begin
      going_q     <= !command_last_i;
      address_q   <= pass_last_i ? base : address + AddressBits'(1);
      from_bias_q <= from_bias && !pass_last_i;
      if (command_last_i) bank_q <= 32'(bank_q) == InFlight - 1 ? '0 : bank_q + BankBits'(1);
    end
  end

  assign accumulator_read_o         = valid_i && !from_bias;
  assign accumulator_read_address_o = 32'(address);
  assign bias                       = bias_i[32'(add_bank_q)*Cols*BiasBits+:Cols*BiasBits];

  assign forward_write              = write_q && write_address_q == add_address_q;
  assign forward_written            = written_q && written_address_q == add_address_q;

  for (genvar c = 0; c < Cols; c++) begin : gen_add
    logic signed [       BiasBits-1:0] held;
    logic signed [      TotalBits-1:0] total;
    logic        [AccumulatorBits-1:0] narrowed;
    logic                              unused_overflow;

    always_comb begin
      if (add_bias_q) held = bias[c*BiasBits+:BiasBits];
      else if (forward_write)
        held = BiasBits'(signed'(write_data_q[c*AccumulatorBits+:AccumulatorBits]));
      else if (forward_written)
        held = BiasBits'(signed'(written_data_q[c*AccumulatorBits+:AccumulatorBits]));
      else held = BiasBits'(signed'(accumulator_read_data_i[c*AccumulatorBits+:AccumulatorBits]));
    end

    assign total = TotalBits'(held) +
        TotalBits'(signed'(add_sums_q[c*AccumulatorBits +: AccumulatorBits]));
    systoliq_narrow #(
        .InBits  (TotalBits),
        .OutBits (AccumulatorBits),
        .Saturate(Saturate)
    ) u_narrow (
        .value_i   (total),
        .narrowed_o(narrowed),
        .overflow_o(unused_overflow)
    );
    assign added[c*AccumulatorBits+:AccumulatorBits] = narrowed;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      add_q             <= 1'b0;
      add_last_q        <= 1'b0;
      add_bias_q        <= 1'b0;
      add_bank_q        <= '0;
      add_address_q     <= '0;
      add_sums_q        <= '0;
      write_q           <= 1'b0;
      write_last_q      <= 1'b0;
      write_address_q   <= '0;
      write_data_q      <= '0;
      written_q         <= 1'b0;
      written_address_q <= '0;
      written_data_q    <= '0;
    end else begin
      add_q      <= valid_i;
      add_last_q <= valid_i && command_last_i;
      if (valid_i) begin
        add_bias_q    <= from_bias;
        add_bank_q    <= bank_q;
        add_address_q <= address;
        add_sums_q    <= sums_i;
      end
      write_q      <= add_q;
      write_last_q <= add_last_q;
      if (add_q) begin
        write_address_q <= add_address_q;
        write_data_q    <= added;
      end
      written_q <= write_q;
      if (write_q) begin
        written_address_q <= write_address_q;
        written_data_q    <= write_data_q;
      end
    end
  end

  assign accumulator_write_o         = write_q;
  assign accumulator_write_address_o = 32'(write_address_q);
  assign accumulator_write_data_o    = write_data_q;
  assign done_o                      = write_last_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (stream_take_i) begin
        assert (accumulator_address_i < AccumulatorWords)
        else $error("accumulator_address %0d is outside the buffer", accumulator_address_i);
      end
      if (valid_i) begin
        assert (32'(address) < AccumulatorWords)
        else $error("accumulator word %0d is outside the buffer", address);
      end
      assert (!command_last_i || pass_last_i)
      else $error("the last pixel of a command is not the last of its pass");
    end
  end
`endif

endmodule : systoliq_accumulators
