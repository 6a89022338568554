// SPDX-License-Identifier: Apache-2.0
// Which engine waits for each semaphore: the first whose command was decoded that does, until the
// next start. There is no second one. Mirrors CommandDecoder::check_semaphores() of
// model/isa/command_decoder.cpp.

module systoliq_semaphore_claims (
    input  logic                                clk_i,
    input  logic                                rst_ni,
    /// A run starts: no semaphore is claimed.
    input  logic                                clear_i,
    /// A command of this engine (one bit, or none: FENCE and HALT) is decoded in this cycle and
    /// waits for these.
    input  logic                                claim_i,
    input  logic [   systoliq_pkg::Engines-1:0] engine_i,
    input  logic [systoliq_pkg::Semaphores-1:0] wait_mask_i,
    /// Those of the mask that another engine has claimed.
    output logic [systoliq_pkg::Semaphores-1:0] claimed_o
);

  for (genvar s = 0; s < systoliq_pkg::Semaphores; s++) begin : gen_semaphore
    logic [systoliq_pkg::Engines-1:0] consumer_q;
    assign claimed_o[s] = wait_mask_i[s] && consumer_q != '0 && consumer_q != engine_i;
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        consumer_q <= '0;
      end else if (clear_i) begin
        consumer_q <= '0;
      end else if (claim_i && wait_mask_i[s]) begin
        consumer_q <= engine_i;
      end
    end

`ifndef SYNTHESIS
    always_ff @(posedge clk_i) begin
      if (rst_ni) begin
        a_one :
        assert ((consumer_q & (consumer_q - 4'd1)) == '0)
        else $error("semaphore %0d has two consumers", s);
        a_stays :
        assert (!(claim_i && claimed_o[s]))
        else $error("semaphore %0d is claimed twice", s);
      end
    end
`endif
  end

endmodule : systoliq_semaphore_claims
