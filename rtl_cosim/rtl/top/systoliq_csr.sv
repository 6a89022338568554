// SPDX-License-Identifier: Apache-2.0
// Control and status registers behind AXI4-Lite, at the offsets of model/isa/csr.h. A write takes
// effect in the cycle in which address and data are accepted together; one that is refused answers
// SLVERR, as does an offset that is no register.

module systoliq_csr (
    input logic clk_i,
    input logic rst_ni,

    input  logic        axil_awvalid_i,
    output logic        axil_awready_o,
    input  logic [31:0] axil_awaddr_i,
    input  logic        axil_wvalid_i,
    output logic        axil_wready_o,
    input  logic [31:0] axil_wdata_i,
    input  logic [ 3:0] axil_wstrb_i,
    output logic        axil_bvalid_o,
    input  logic        axil_bready_i,
    output logic [ 1:0] axil_bresp_o,
    input  logic        axil_arvalid_i,
    output logic        axil_arready_o,
    input  logic [31:0] axil_araddr_i,
    output logic        axil_rvalid_o,
    input  logic        axil_rready_i,
    output logic [31:0] axil_rdata_o,
    output logic [ 1:0] axil_rresp_o,

    /// Start with these commands, in this cycle; only offered while neither busy nor in error.
    output logic        start_o,
    output logic [63:0] command_address_o,
    output logic [31:0] command_count_o,
    /// The run ends in this cycle, after that many cycles: by HALT, or by a bad command.
    input  logic        halt_i,
    input  logic        bad_i,
    input  logic [63:0] cycles_i,
    /// A rule was broken elsewhere: the run ends at once, and its cycles are not kept.
    input  logic        error_i,
    /// Of bad_i and error_i: commands decoded before; bits 7:0 an error_reason_e, bits 15:8 the
    /// word of a bad command.
    input  logic [31:0] error_command_i,
    input  logic [15:0] error_code_i,
    output logic        interrupt_o
);

  localparam logic [31:0] Control = 32'h00;
  localparam logic [31:0] Status = 32'h04;
  localparam logic [31:0] CommandAddressLow = 32'h08;
  localparam logic [31:0] CommandAddressHigh = 32'h0C;
  localparam logic [31:0] CommandCount = 32'h10;
  localparam logic [31:0] Interrupt = 32'h14;
  localparam logic [31:0] CyclesLow = 32'h18;
  localparam logic [31:0] CyclesHigh = 32'h1C;
  localparam logic [31:0] ErrorCommand = 32'h20;
  localparam logic [31:0] ErrorCode = 32'h24;
  localparam logic [1:0] Okay = 2'b00;
  localparam logic [1:0] SlaveError = 2'b10;

  logic busy_q, done_q, error_q, interrupt_q;
  logic [63:0] command_address_q, cycles_q;
  logic [31:0] command_count_q, error_command_q;
  logic [15:0] error_code_q;
  assign command_address_o = command_address_q;
  assign command_count_o   = command_count_q;
  assign interrupt_o       = interrupt_q;

  // Writes.
  logic write, refused, bvalid_q;
  logic [1:0] bresp_q;
  assign write          = axil_awvalid_i && axil_wvalid_i && !bvalid_q;
  assign axil_awready_o = write;
  assign axil_wready_o  = write;
  assign axil_bvalid_o  = bvalid_q;
  assign axil_bresp_o   = bresp_q;
  assign start_o        = write && axil_awaddr_i == Control && !refused;
  always_comb begin
    unique case (axil_awaddr_i)
      Control: refused = busy_q || error_q || axil_wdata_i != 32'd1 || axil_wstrb_i != 4'hF;
      CommandAddressLow, CommandAddressHigh, CommandCount, Interrupt:
      refused = axil_wstrb_i != 4'hF;
      default: refused = 1'b1;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bvalid_q          <= 1'b0;
      bresp_q           <= Okay;
      command_address_q <= '0;
      command_count_q   <= '0;
    end else begin
      if (write) begin
        bvalid_q <= 1'b1;
        bresp_q  <= refused ? SlaveError : Okay;
      end else if (axil_bready_i) begin
        bvalid_q <= 1'b0;
      end
      if (write && !refused) begin
        if (axil_awaddr_i == CommandAddressLow) command_address_q[31:0] <= axil_wdata_i;
        if (axil_awaddr_i == CommandAddressHigh) command_address_q[63:32] <= axil_wdata_i;
        if (axil_awaddr_i == CommandCount) command_count_q <= axil_wdata_i;
      end
      if (halt_i || bad_i) command_count_q <= '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q          <= 1'b0;
      done_q          <= 1'b0;
      error_q         <= 1'b0;
      interrupt_q     <= 1'b0;
      cycles_q        <= '0;
      error_command_q <= '0;
      error_code_q    <= '0;
    end else begin
      if (write && !refused && axil_awaddr_i == Interrupt && axil_wdata_i == 32'd1)
        interrupt_q <= 1'b0;
      if (start_o) begin
        busy_q <= 1'b1;
        done_q <= 1'b0;
      end
      if (halt_i || bad_i) begin
        busy_q      <= 1'b0;
        done_q      <= halt_i;
        interrupt_q <= 1'b1;
        cycles_q    <= cycles_i;
      end
      // The first error is the one that is told; no start follows it before a reset.
      if (bad_i || error_i) begin
        busy_q      <= 1'b0;
        done_q      <= 1'b0;
        error_q     <= 1'b1;
        interrupt_q <= 1'b1;
        if (!error_q) begin
          error_command_q <= error_command_i;
          error_code_q    <= error_code_i;
        end
      end
    end
  end

  // Reads.
  logic rvalid_q;
  logic [31:0] rdata, rdata_q;
  logic [1:0] rresp, rresp_q;
  assign axil_arready_o = !rvalid_q;
  assign axil_rvalid_o  = rvalid_q;
  assign axil_rdata_o   = rdata_q;
  assign axil_rresp_o   = rresp_q;
  always_comb begin
    rresp = Okay;
    rdata = '0;
    unique case (axil_araddr_i)
      Control:            rdata = '0;
      Status:             rdata = {29'd0, error_q, done_q, busy_q};
      CommandAddressLow:  rdata = command_address_q[31:0];
      CommandAddressHigh: rdata = command_address_q[63:32];
      CommandCount:       rdata = command_count_q;
      Interrupt:          rdata = {31'd0, interrupt_q};
      CyclesLow:          rdata = cycles_q[31:0];
      CyclesHigh:         rdata = cycles_q[63:32];
      ErrorCommand:       rdata = error_command_q;
      ErrorCode:          rdata = {16'd0, error_code_q};
      default:            rresp = SlaveError;
    endcase
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      rvalid_q <= 1'b0;
      rdata_q  <= '0;
      rresp_q  <= Okay;
    end else if (axil_arvalid_i && axil_arready_o) begin
      rvalid_q <= 1'b1;
      rdata_q  <= rdata;
      rresp_q  <= rresp;
    end else if (axil_rready_i) begin
      rvalid_q <= 1'b0;
    end
  end

`ifndef SYNTHESIS
  systoliq_handshake #(
      .Width(32)
  ) u_aw_stays (
      .clk_i,
      .rst_ni,
      .valid_i  (axil_awvalid_i),
      .ready_i  (axil_awready_o),
      .payload_i(axil_awaddr_i)
  );
  systoliq_handshake #(
      .Width(36)
  ) u_w_stays (
      .clk_i,
      .rst_ni,
      .valid_i  (axil_wvalid_i),
      .ready_i  (axil_wready_o),
      .payload_i({axil_wdata_i, axil_wstrb_i})
  );
  systoliq_handshake #(
      .Width(2)
  ) u_b_stays (
      .clk_i,
      .rst_ni,
      .valid_i  (axil_bvalid_o),
      .ready_i  (axil_bready_i),
      .payload_i(axil_bresp_o)
  );
  systoliq_handshake #(
      .Width(32)
  ) u_ar_stays (
      .clk_i,
      .rst_ni,
      .valid_i  (axil_arvalid_i),
      .ready_i  (axil_arready_o),
      .payload_i(axil_araddr_i)
  );
  systoliq_handshake #(
      .Width(34)
  ) u_r_stays (
      .clk_i,
      .rst_ni,
      .valid_i  (axil_rvalid_o),
      .ready_i  (axil_rready_i),
      .payload_i({axil_rdata_o, axil_rresp_o})
  );

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_state :
      assert (32'(busy_q) + 32'(done_q) + 32'(error_q) <= 32'd1)
      else $error("busy %0d, done %0d, error %0d", busy_q, done_q, error_q);
      a_start :
      assert (!(start_o && (busy_q || error_q)))
      else $error("start while busy or in error");
      a_halt :
      assert (!(halt_i || bad_i) || busy_q)
      else $error("the end of a run that was not started");
      a_cycles :
      assert (!(halt_i || bad_i) || cycles_i > 64'd1)
      else $error("a run of %0d cycles", cycles_i);
      a_end :
      assert (!(halt_i && bad_i))
      else $error("a HALT that is a bad command");
      a_reason :
      assert (!(bad_i || error_i) || error_code_i[7:0] != 8'd0)
      else $error("an error without a reason");
      a_code :
      assert (error_q == (error_code_q != '0))
      else $error("error %0d with code %0h", error_q, error_code_q);
    end
  end
`endif

endmodule : systoliq_csr
