// SPDX-License-Identifier: Apache-2.0
// Checks one ready/valid interface: an offer stays as it is until it is taken. Holds nothing but
// assertions; it is instantiated where there are such, and is no part of the design.

module systoliq_handshake #(
    /// Bits of the payload.
    parameter int unsigned Width = 1
) (
    input logic             clk_i,
    input logic             rst_ni,
    input logic             valid_i,
    input logic             ready_i,
    input logic [Width-1:0] payload_i
);

  logic waits_q;
  logic [Width-1:0] payload_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      waits_q   <= 1'b0;
      payload_q <= '0;
    end else begin
      waits_q   <= valid_i && !ready_i;
      payload_q <= payload_i;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && waits_q) begin
      a_valid :
      assert (valid_i)
      else $error("an offer is withdrawn before it is taken");
      a_payload :
      assert (!valid_i || payload_i == payload_q)
      else $error("an offer changes before it is taken");
    end
  end
`endif

endmodule : systoliq_handshake
