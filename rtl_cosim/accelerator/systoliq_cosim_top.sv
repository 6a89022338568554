// SPDX-License-Identifier: Apache-2.0
// The accelerator with its inner events brought out for the co-simulation: commands that end, and
// every write to a buffer. Nothing in it is part of the design.

module systoliq_cosim_top #(
    parameter int unsigned Rows             = 16,
    parameter int unsigned Cols             = 16,
    parameter int unsigned ActivationBits   = 8,
    parameter int unsigned WeightBits       = 8,
    parameter int unsigned AccumulatorBits  = 32,
    parameter bit          Saturate         = 1'b0,
    parameter int unsigned Lanes            = 16,
    parameter int unsigned MultiplierBits   = 32,
    parameter int unsigned ActivationWords  = 8192,
    parameter int unsigned WeightWords      = 4096,
    parameter int unsigned AccumulatorWords = 1024,
    parameter int unsigned ParamWords       = 256,
    parameter int unsigned MemoryBytes      = 16,
    parameter int unsigned BurstBytes       = 256,
    parameter int unsigned Outstanding      = 5,
    parameter int unsigned Dataflow         = 0,
    parameter bit          Codebook         = 1'b0,
    parameter int unsigned CodebookBits     = 8
) (
    input  logic clk_i,
    input  logic rst_ni,
    output logic interrupt_o,

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

    output logic                     axi_arvalid_o,
    input  logic                     axi_arready_i,
    output logic [             63:0] axi_araddr_o,
    output logic [              7:0] axi_arlen_o,
    output logic [              2:0] axi_arsize_o,
    output logic [              1:0] axi_arburst_o,
    input  logic                     axi_rvalid_i,
    output logic                     axi_rready_o,
    input  logic [MemoryBytes*8-1:0] axi_rdata_i,
    input  logic [              1:0] axi_rresp_i,
    input  logic                     axi_rlast_i,
    output logic                     axi_awvalid_o,
    input  logic                     axi_awready_i,
    output logic [             63:0] axi_awaddr_o,
    output logic [              7:0] axi_awlen_o,
    output logic [              2:0] axi_awsize_o,
    output logic [              1:0] axi_awburst_o,
    output logic                     axi_wvalid_o,
    input  logic                     axi_wready_i,
    output logic [MemoryBytes*8-1:0] axi_wdata_o,
    output logic [  MemoryBytes-1:0] axi_wstrb_o,
    output logic                     axi_wlast_o,
    input  logic                     axi_bvalid_i,
    output logic                     axi_bready_o,
    input  logic [              1:0] axi_bresp_i,

    /// Engines whose command ends in this cycle (LOAD lowest); FENCE or HALT is executed.
    output logic [                      3:0] done_o,
    output logic                             retire_o,
    /// Writes to the activation buffer: LOAD lowest, then POST's two words.
    output logic [                      2:0] activation_write_o,
    output logic [                 3*32-1:0] activation_address_o,
    output logic [               3*Rows-1:0] activation_mask_o,
    output logic [3*Rows*ActivationBits-1:0] activation_data_o,
    output logic                             weight_write_o,
    output logic [                     31:0] weight_address_o,
    output logic [      Cols*WeightBits-1:0] weight_data_o,
    output logic                             param_write_o,
    output logic [                     31:0] param_address_o,
    output logic [             Cols*128-1:0] param_data_o,
    output logic                             accumulator_write_o,
    output logic [                     31:0] accumulator_address_o,
    output logic [ Cols*AccumulatorBits-1:0] accumulator_data_o
);

  systoliq_accelerator #(
      .Rows            (Rows),
      .Cols            (Cols),
      .ActivationBits  (ActivationBits),
      .WeightBits      (WeightBits),
      .AccumulatorBits (AccumulatorBits),
      .Saturate        (Saturate),
      .Lanes           (Lanes),
      .MultiplierBits  (MultiplierBits),
      .ActivationWords (ActivationWords),
      .WeightWords     (WeightWords),
      .AccumulatorWords(AccumulatorWords),
      .ParamWords      (ParamWords),
      .MemoryBytes     (MemoryBytes),
      .BurstBytes      (BurstBytes),
      .Outstanding     (Outstanding),
      .Dataflow        (Dataflow),
      .Codebook        (Codebook),
      .CodebookBits    (CodebookBits)
  ) u_accelerator (
      .*
  );

  assign done_o                = u_accelerator.done;
  assign retire_o              = u_accelerator.retire;
  assign activation_write_o    = u_accelerator.u_activation_buffer.write_i;
  assign activation_address_o  = u_accelerator.u_activation_buffer.write_address_i;
  assign activation_mask_o     = u_accelerator.u_activation_buffer.write_mask_i;
  assign activation_data_o     = u_accelerator.u_activation_buffer.write_data_i;
  assign weight_write_o        = u_accelerator.u_weight_buffer.write_i;
  assign weight_address_o      = u_accelerator.u_weight_buffer.write_address_i;
  assign weight_data_o         = u_accelerator.u_weight_buffer.write_data_i;
  assign param_write_o         = u_accelerator.u_param_buffer.write_i;
  assign param_address_o       = u_accelerator.u_param_buffer.write_address_i;
  assign param_data_o          = u_accelerator.u_param_buffer.write_data_i;
  assign accumulator_write_o   = u_accelerator.u_accumulator_buffer.write_i;
  assign accumulator_address_o = u_accelerator.u_accumulator_buffer.write_address_i;
  assign accumulator_data_o    = u_accelerator.u_accumulator_buffer.write_data_i;

endmodule : systoliq_cosim_top
