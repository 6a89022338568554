// SPDX-License-Identifier: Apache-2.0
// A queue of words. A word pushed in one cycle is at the head in the next at the earliest; head and
// count are those of the registers. A pop may accompany the push of its own word into an empty
// queue: the word then passes by.

module systoliq_fifo #(
    /// Bits of a word.
    parameter int unsigned Width  = 32,
    /// Words that fit, any number from 1 on.
    parameter int unsigned Depth  = 8,
    /// 1: words are registers that a reset clears; 0: they keep what they hold.
    parameter bit          Clears = 1'b0
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             clear_i,
    input  logic             push_i,
    input  logic [Width-1:0] data_i,
    input  logic             pop_i,
    output logic [Width-1:0] head_o,
    output logic             empty_o,
    output logic             full_o
);

  localparam int unsigned PointerBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam int unsigned CountBits = $clog2(Depth + 1);
  localparam logic [PointerBits-1:0] LastIndex = PointerBits'(Depth - 1);
  localparam logic [CountBits-1:0] FullCount = CountBits'(Depth);

  logic [PointerBits-1:0] head_q, tail_q;
  logic [CountBits-1:0] count_q;

  function automatic logic [PointerBits-1:0] after(input logic [PointerBits-1:0] pointer);
    after = (pointer == LastIndex) ? '0 : pointer + PointerBits'(1);
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      head_q  <= '0;
      tail_q  <= '0;
      count_q <= '0;
    end else if (clear_i) begin
      head_q  <= '0;
      tail_q  <= '0;
      count_q <= '0;
    end else begin
      if (push_i) tail_q <= after(tail_q);
      if (pop_i) head_q <= after(head_q);
      if (push_i && !pop_i) count_q <= count_q + CountBits'(1);
      if (pop_i && !push_i) count_q <= count_q - CountBits'(1);
    end
  end

  if (Clears) begin : gen_registers
    logic [Depth*Width-1:0] words_q;
    for (genvar i = 0; i < Depth; i++) begin : gen_word
      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          words_q[i*Width+:Width] <= '0;
        end else if (push_i && 32'(tail_q) == i) begin
          words_q[i*Width+:Width] <= data_i;
        end
      end
    end
    assign head_o = words_q[32'(head_q)*Width+:Width];
  end else begin : gen_memory
    logic [Width-1:0] words_q[Depth];
    always_ff @(posedge clk_i) begin
      if (push_i) words_q[tail_q] <= data_i;
    end
    assign head_o = words_q[head_q];
  end
  assign empty_o = count_q == '0;
  assign full_o  = count_q == FullCount;

`ifdef VERILATOR
  always_ff @(posedge clk_i) begin
    if (rst_ni && !clear_i) begin
      a_no_overflow :
      assert (!(push_i && full_o))
      else $error("push into a full queue");
      a_no_underflow :
      assert (!(pop_i && empty_o && !push_i))
      else $error("pop from an empty queue");
    end
  end
`endif

endmodule : systoliq_fifo
