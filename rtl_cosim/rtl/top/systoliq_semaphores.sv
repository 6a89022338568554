// SPDX-License-Identifier: Apache-2.0
// Sixteen counters: a command takes one from each that it waits for when it starts, an EXECUTE one
// from each that its stream waits for when that begins, and it adds one to each that it signals
// when it ends. What is signaled in one cycle can be taken in the next. Mirrors
// model/tlm/semaphore_file.cpp.

module systoliq_semaphores (
    input  logic                                                      clk_i,
    input  logic                                                      rst_ni,
    /// Per engine: what the head of its queue waits for, 16 bits each; it starts now.
    input  logic [systoliq_pkg::Engines*systoliq_pkg::Semaphores-1:0] wait_mask_i,
    output logic [                         systoliq_pkg::Engines-1:0] granted_o,
    input  logic [                         systoliq_pkg::Engines-1:0] take_i,
    /// What the stream of EXECUTE's command waits for; it begins in the next cycle.
    input  logic [                      systoliq_pkg::Semaphores-1:0] stream_wait_i,
    output logic                                                      stream_granted_o,
    input  logic                                                      stream_take_i,
    /// Per engine: a command ends now, and what it signals.
    input  logic [                         systoliq_pkg::Engines-1:0] done_i,
    input  logic [systoliq_pkg::Engines*systoliq_pkg::Semaphores-1:0] done_signal_i,
    /// A counter would have passed its largest value.
    output logic                                                      overflow_o
);

  localparam int unsigned Count = systoliq_pkg::Semaphores;
  localparam int unsigned Engines = systoliq_pkg::Engines;
  localparam int unsigned Bits = systoliq_pkg::SemaphoreBits;

  logic [Count-1:0] available, available_later, overflows;
  assign overflow_o = |overflows;

  for (genvar s = 0; s < Count; s++) begin : gen_semaphore
    logic [Bits-1:0] count_q;
    logic [Bits+1:0] added, taken, next;
    always_comb begin
      added = '0;
      taken = '0;
      for (int unsigned engine = 0; engine < Engines; engine++) begin
        if (done_i[engine] && done_signal_i[engine*Count+s]) added = added + (Bits + 2)'(1);
        if (take_i[engine] && wait_mask_i[engine*Count+s]) taken = taken + (Bits + 2)'(1);
      end
      if (stream_take_i && stream_wait_i[s]) taken = taken + (Bits + 2)'(1);
    end
    assign next = (Bits + 2)'(count_q) + added - taken;
    assign available[s] = count_q != '0;
    // What EXECUTE's command takes at its start its stream does not find.
    assign available_later[s] = count_q > Bits'(
        take_i[systoliq_pkg::ENGINE_EXECUTE] &&
        wait_mask_i[systoliq_pkg::ENGINE_EXECUTE*Count+s]);
    assign overflows[s] = next[Bits+1:Bits] != 2'b00;
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        count_q <= '0;
      end else begin
        count_q <= next[Bits-1:0];
      end
    end
`ifdef VERILATOR
    always_ff @(posedge clk_i) begin
      if (rst_ni) begin
        a_taken :
        assert (taken <= (Bits + 2)'(count_q))
        else $error("semaphore %0d taken while zero", s);
      end
    end
`endif
  end

  for (genvar engine = 0; engine < Engines; engine++) begin : gen_granted
    assign granted_o[engine] = (wait_mask_i[engine*Count+:Count] & ~available) == '0;
  end

  assign stream_granted_o = (stream_wait_i & ~available_later) == '0;

endmodule : systoliq_semaphores
