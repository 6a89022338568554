// SPDX-License-Identifier: Apache-2.0
// The accelerator: command processor, four engines with their queues, semaphores, buffers, and the
// memory port.
//
// Theory of operation: LOAD, EXECUTE, POST and STORE each take commands from their own queue, in
// order; semaphores are the only synchronization between them. Every buffer has a port for each
// engine that uses it, so that engines meet only at semaphores, queues and the memory port. Mirrors
// model/tlm/accelerator.cpp.

module systoliq_accelerator #(
    /// Rows of the array: lanes of an activation word.
    parameter int unsigned Rows             = 16,
    /// Columns of the array: output channels, weights of a word.
    parameter int unsigned Cols             = 16,
    parameter int unsigned ActivationBits   = 8,
    parameter int unsigned WeightBits       = 8,
    parameter int unsigned AccumulatorBits  = 32,
    /// Accumulators saturate instead of wrapping.
    parameter bit          Saturate         = 1'b0,
    /// Accumulators requantized a cycle.
    parameter int unsigned Lanes            = 16,
    parameter int unsigned MultiplierBits   = 32,
    /// Words of the buffers.
    parameter int unsigned ActivationWords  = 8192,
    parameter int unsigned WeightWords      = 4096,
    parameter int unsigned AccumulatorWords = 1024,
    parameter int unsigned ParamWords       = 256,
    /// Bytes of a beat and of the longest burst, powers of two; bursts in flight in each direction.
    parameter int unsigned MemoryBytes      = 16,
    parameter int unsigned BurstBytes       = 256,
    parameter int unsigned Outstanding      = 5,
    /// 0: weight stationary, 1: output stationary.
    parameter int unsigned Dataflow         = 0,
    /// 1: weights are indices of a table for every column; 0: linear with a zero point.
    parameter bit          Codebook         = 1'b0,
    /// Bits of a table's entry, signed.
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
    input  logic [              1:0] axi_bresp_i
);

  localparam int unsigned Engines = systoliq_pkg::Engines;
  localparam int unsigned Semaphores = systoliq_pkg::Semaphores;
  localparam int unsigned ActivationWidth = Rows * ActivationBits;
  localparam int unsigned WeightWidth = Cols * WeightBits;
  localparam int unsigned AccumulatorWidth = Cols * AccumulatorBits;
  localparam int unsigned ParamWidth = Cols * 128;
  localparam int unsigned Load = 0;
  localparam int unsigned Execute = 1;
  localparam int unsigned Post = 2;
  localparam int unsigned Store = 3;

  // Queues and semaphores.
  systoliq_pkg::command_t decoded, load_command, execute_command, post_command, store_command;
  logic [Engines-1:0] push, full, valid, granted, ready, done, busy;
  logic [Engines*Semaphores-1:0] wait_mask, done_signal;
  logic [Semaphores-1:0] stream_wait;
  logic stream_granted, stream_take;
  logic semaphore_overflow, read_error, write_error, read_idle, retire, drop, unused_write_idle;

  systoliq_command_queue u_load_queue (
      .clk_i,
      .rst_ni,
      .drop_i   (drop),
      .push_i   (push[Load]),
      .command_i(decoded),
      .full_o   (full[Load]),
      .valid_o  (valid[Load]),
      .command_o(load_command),
      .pop_i    (ready[Load])
  );
  systoliq_command_queue u_execute_queue (
      .clk_i,
      .rst_ni,
      .drop_i   (drop),
      .push_i   (push[Execute]),
      .command_i(decoded),
      .full_o   (full[Execute]),
      .valid_o  (valid[Execute]),
      .command_o(execute_command),
      .pop_i    (ready[Execute])
  );
  systoliq_command_queue u_post_queue (
      .clk_i,
      .rst_ni,
      .drop_i   (drop),
      .push_i   (push[Post]),
      .command_i(decoded),
      .full_o   (full[Post]),
      .valid_o  (valid[Post]),
      .command_o(post_command),
      .pop_i    (ready[Post])
  );
  systoliq_command_queue u_store_queue (
      .clk_i,
      .rst_ni,
      .drop_i   (drop),
      .push_i   (push[Store]),
      .command_i(decoded),
      .full_o   (full[Store]),
      .valid_o  (valid[Store]),
      .command_o(store_command),
      .pop_i    (ready[Store])
  );

  assign wait_mask = {
    store_command.wait_mask,
    post_command.wait_mask,
    execute_command.wait_mask,
    load_command.wait_mask
  };
  systoliq_semaphores u_semaphores (
      .clk_i,
      .rst_ni,
      .wait_mask_i     (wait_mask),
      .granted_o       (granted),
      .take_i          (ready),
      .stream_wait_i   (stream_wait),
      .stream_granted_o(stream_granted),
      .stream_take_i   (stream_take),
      .done_i          (done),
      .done_signal_i   (done_signal),
      .overflow_o      (semaphore_overflow)
  );

  // Command processor and memory port.
  logic fetch_valid, fetch_ready, load_burst_valid, load_burst_ready, beat_fetch, beat_load;
  logic [63:0] fetch_address;
  logic [31:0] fetch_bytes, load_burst_address, load_burst_bytes, beat_bytes;
  logic [MemoryBytes*8-1:0] beat_data;

  systoliq_command_processor #(
      .Rows            (Rows),
      .Cols            (Cols),
      .ActivationBits  (ActivationBits),
      .WeightBits      (WeightBits),
      .MultiplierBits  (MultiplierBits),
      .ActivationWords (ActivationWords),
      .WeightWords     (WeightWords),
      .AccumulatorWords(AccumulatorWords),
      .ParamWords      (ParamWords),
      .MemoryBytes     (MemoryBytes),
      .BurstBytes      (BurstBytes),
      .Codebook        (Codebook)
  ) u_command_processor (
      .clk_i,
      .rst_ni,
      .axil_awvalid_i,
      .axil_awready_o,
      .axil_awaddr_i,
      .axil_wvalid_i,
      .axil_wready_o,
      .axil_wdata_i,
      .axil_wstrb_i,
      .axil_bvalid_o,
      .axil_bready_i,
      .axil_bresp_o,
      .axil_arvalid_i,
      .axil_arready_o,
      .axil_araddr_i,
      .axil_rvalid_o,
      .axil_rready_i,
      .axil_rdata_o,
      .axil_rresp_o,
      .interrupt_o,
      .fetch_valid_o       (fetch_valid),
      .fetch_address_o     (fetch_address),
      .fetch_bytes_o       (fetch_bytes),
      .fetch_ready_i       (fetch_ready),
      .beat_valid_i        (beat_fetch),
      .beat_bytes_i        (beat_bytes),
      .beat_data_i         (beat_data),
      .port_idle_i         (read_idle),
      .command_o           (decoded),
      .push_o              (push),
      .queue_full_i        (full),
      .drop_o              (drop),
      .engines_idle_i      (valid == '0 && busy == '0),
      .semaphore_overflow_i(semaphore_overflow),
      .read_error_i        (read_error),
      .write_error_i       (write_error),
      .retire_o            (retire)
  );

  systoliq_read_port #(
      .MemoryBytes(MemoryBytes),
      .Outstanding(Outstanding)
  ) u_read_port (
      .clk_i,
      .rst_ni,
      .fetch_valid_i  (fetch_valid),
      .fetch_address_i(fetch_address),
      .fetch_bytes_i  (fetch_bytes),
      .fetch_ready_o  (fetch_ready),
      .load_valid_i   (load_burst_valid),
      .load_address_i (load_burst_address),
      .load_bytes_i   (load_burst_bytes),
      .load_ready_o   (load_burst_ready),
      .beat_fetch_o   (beat_fetch),
      .beat_load_o    (beat_load),
      .beat_bytes_o   (beat_bytes),
      .beat_data_o    (beat_data),
      .idle_o         (read_idle),
      .error_o        (read_error),
      .axi_arvalid_o,
      .axi_arready_i,
      .axi_araddr_o,
      .axi_arlen_o,
      .axi_arsize_o,
      .axi_arburst_o,
      .axi_rvalid_i,
      .axi_rready_o,
      .axi_rdata_i,
      .axi_rresp_i,
      .axi_rlast_i
  );

  logic store_burst_valid, store_burst_ready, store_response;
  logic [31:0] store_burst_address, store_burst_bytes, store_head, store_sent;
  logic [MemoryBytes*8-1:0] store_window;
  systoliq_write_port #(
      .MemoryBytes(MemoryBytes),
      .Outstanding(Outstanding)
  ) u_write_port (
      .clk_i,
      .rst_ni,
      .burst_valid_i  (store_burst_valid),
      .burst_address_i(store_burst_address),
      .burst_bytes_i  (store_burst_bytes),
      .burst_ready_o  (store_burst_ready),
      .head_o         (store_head),
      .window_i       (store_window),
      .sent_o         (store_sent),
      .response_o     (store_response),
      .idle_o         (unused_write_idle),
      .error_o        (write_error),
      .axi_awvalid_o,
      .axi_awready_i,
      .axi_awaddr_o,
      .axi_awlen_o,
      .axi_awsize_o,
      .axi_awburst_o,
      .axi_wvalid_o,
      .axi_wready_i,
      .axi_wdata_o,
      .axi_wstrb_o,
      .axi_wlast_o,
      .axi_bvalid_i,
      .axi_bready_o,
      .axi_bresp_i
  );

  // LOAD.
  logic load_activation_write, load_weight_write, load_param_write;
  logic [31:0] load_activation_address, load_weight_address, load_param_address;
  logic [Rows-1:0] load_activation_mask;
  logic [ActivationWidth-1:0] load_activation_data;
  logic [WeightWidth-1:0] load_weight_data;
  logic [ParamWidth-1:0] load_param_data;
  systoliq_load #(
      .Rows          (Rows),
      .Cols          (Cols),
      .ActivationBits(ActivationBits),
      .WeightBits    (WeightBits),
      .MemoryBytes   (MemoryBytes),
      .BurstBytes    (BurstBytes),
      .Outstanding   (Outstanding)
  ) u_load (
      .clk_i,
      .rst_ni,
      .command_valid_i           (valid[Load]),
      .command_i                 (load_command),
      .granted_i                 (granted[Load]),
      .command_ready_o           (ready[Load]),
      .done_o                    (done[Load]),
      .done_signal_o             (done_signal[Load*Semaphores+:Semaphores]),
      .busy_o                    (busy[Load]),
      .burst_valid_o             (load_burst_valid),
      .burst_address_o           (load_burst_address),
      .burst_bytes_o             (load_burst_bytes),
      .burst_ready_i             (load_burst_ready),
      .beat_valid_i              (beat_load),
      .beat_bytes_i              (beat_bytes),
      .beat_data_i               (beat_data),
      .activation_write_o        (load_activation_write),
      .activation_write_address_o(load_activation_address),
      .activation_write_mask_o   (load_activation_mask),
      .activation_write_data_o   (load_activation_data),
      .weight_write_o            (load_weight_write),
      .weight_write_address_o    (load_weight_address),
      .weight_write_data_o       (load_weight_data),
      .param_write_o             (load_param_write),
      .param_write_address_o     (load_param_address),
      .param_write_data_o        (load_param_data)
  );

  // EXECUTE.
  logic execute_activation_read, execute_weight_read, execute_param_read, accumulator_write;
  logic execute_accumulator_read;
  logic [31:0] execute_activation_address, execute_weight_address, execute_param_address;
  logic [31:0] execute_accumulator_address, accumulator_write_address;
  logic [ActivationWidth-1:0] execute_activation_data;
  logic [WeightWidth-1:0] execute_weight_data;
  logic [ParamWidth-1:0] execute_param_data;
  logic [AccumulatorWidth-1:0] execute_accumulator_data, accumulator_write_data;
  systoliq_execute #(
      .Rows            (Rows),
      .Cols            (Cols),
      .ActivationBits  (ActivationBits),
      .WeightBits      (WeightBits),
      .AccumulatorBits (AccumulatorBits),
      .Saturate        (Saturate),
      .ActivationWords (ActivationWords),
      .WeightWords     (WeightWords),
      .AccumulatorWords(AccumulatorWords),
      .ParamWords      (ParamWords),
      .Dataflow        (Dataflow),
      .Codebook        (Codebook),
      .CodebookBits    (CodebookBits)
  ) u_execute (
      .clk_i,
      .rst_ni,
      .command_valid_i            (valid[Execute]),
      .command_i                  (execute_command),
      .granted_i                  (granted[Execute]),
      .command_ready_o            (ready[Execute]),
      .drop_i                     (drop),
      .stream_wait_o              (stream_wait),
      .stream_granted_i           (stream_granted),
      .stream_take_o              (stream_take),
      .done_o                     (done[Execute]),
      .done_signal_o              (done_signal[Execute*Semaphores+:Semaphores]),
      .busy_o                     (busy[Execute]),
      .activation_read_o          (execute_activation_read),
      .activation_read_address_o  (execute_activation_address),
      .activation_read_data_i     (execute_activation_data),
      .weight_read_o              (execute_weight_read),
      .weight_read_address_o      (execute_weight_address),
      .weight_read_data_i         (execute_weight_data),
      .accumulator_read_o         (execute_accumulator_read),
      .accumulator_read_address_o (execute_accumulator_address),
      .accumulator_read_data_i    (execute_accumulator_data),
      .accumulator_write_o        (accumulator_write),
      .accumulator_write_address_o(accumulator_write_address),
      .accumulator_write_data_o   (accumulator_write_data),
      .param_read_o               (execute_param_read),
      .param_read_address_o       (execute_param_address),
      .param_read_data_i          (execute_param_data)
  );

  // POST writes up to two consecutive words a cycle.
  logic
      post_accumulator_read,
      post_param_read,
      table_read,
      post_activation_read,
      post_activation_write;
  logic [31:0]
      post_accumulator_address, post_param_address, post_activation_address, post_write_address;
  logic [Rows*32-1:0] table_address;
  logic [AccumulatorWidth-1:0] post_accumulator_data;
  logic [ParamWidth-1:0] post_param_data;
  logic [Rows*ParamWidth-1:0] table_data;
  logic [ActivationWidth-1:0] post_activation_data;
  logic [2*ActivationWidth-1:0] post_write_data;
  logic [2*Rows-1:0] post_write_mask;
  systoliq_post #(
      .Rows           (Rows),
      .Cols           (Cols),
      .ActivationBits (ActivationBits),
      .AccumulatorBits(AccumulatorBits),
      .Lanes          (Lanes),
      .MultiplierBits (MultiplierBits)
  ) u_post (
      .clk_i,
      .rst_ni,
      .command_valid_i           (valid[Post]),
      .command_i                 (post_command),
      .granted_i                 (granted[Post]),
      .command_ready_o           (ready[Post]),
      .done_o                    (done[Post]),
      .done_signal_o             (done_signal[Post*Semaphores+:Semaphores]),
      .busy_o                    (busy[Post]),
      .accumulator_read_o        (post_accumulator_read),
      .accumulator_read_address_o(post_accumulator_address),
      .accumulator_read_data_i   (post_accumulator_data),
      .param_read_o              (post_param_read),
      .param_read_address_o      (post_param_address),
      .param_read_data_i         (post_param_data),
      .table_read_o              (table_read),
      .table_read_address_o      (table_address),
      .table_read_data_i         (table_data),
      .activation_read_o         (post_activation_read),
      .activation_read_address_o (post_activation_address),
      .activation_read_data_i    (post_activation_data),
      .activation_write_o        (post_activation_write),
      .activation_write_address_o(post_write_address),
      .activation_write_data_o   (post_write_data),
      .activation_write_mask_o   (post_write_mask)
  );

  // STORE.
  logic store_activation_read;
  logic [31:0] store_activation_address;
  logic [ActivationWidth-1:0] store_activation_data;
  systoliq_store #(
      .Rows          (Rows),
      .ActivationBits(ActivationBits),
      .MemoryBytes   (MemoryBytes),
      .BurstBytes    (BurstBytes),
      .Outstanding   (Outstanding)
  ) u_store (
      .clk_i,
      .rst_ni,
      .command_valid_i          (valid[Store]),
      .command_i                (store_command),
      .granted_i                (granted[Store]),
      .command_ready_o          (ready[Store]),
      .done_o                   (done[Store]),
      .done_signal_o            (done_signal[Store*Semaphores+:Semaphores]),
      .busy_o                   (busy[Store]),
      .activation_read_o        (store_activation_read),
      .activation_read_address_o(store_activation_address),
      .activation_read_data_i   (store_activation_data),
      .burst_valid_o            (store_burst_valid),
      .burst_address_o          (store_burst_address),
      .burst_bytes_o            (store_burst_bytes),
      .burst_ready_i            (store_burst_ready),
      .head_i                   (store_head),
      .window_o                 (store_window),
      .sent_i                   (store_sent),
      .response_i               (store_response)
  );

  // Buffers.
  systoliq_sram #(
      .Words   (ActivationWords),
      .Lanes   (Rows),
      .LaneBits(ActivationBits),
      .Writers (3),
      .Readers (3)
  ) u_activation_buffer (
      .clk_i,
      .rst_ni,
      .write_i({
        post_activation_write && post_write_mask[2*Rows-1:Rows] != '0,
        post_activation_write && post_write_mask[Rows-1:0] != '0,
        load_activation_write
      }),
      .write_address_i({post_write_address + 32'd1, post_write_address, load_activation_address}),
      .write_mask_i({post_write_mask, load_activation_mask}),
      .write_data_i({post_write_data, load_activation_data}),
      .read_i({store_activation_read, post_activation_read, execute_activation_read}),
      .read_address_i({
        store_activation_address, post_activation_address, execute_activation_address
      }),
      .read_data_o({store_activation_data, post_activation_data, execute_activation_data})
  );

  systoliq_sram #(
      .Words   (WeightWords),
      .Lanes   (Cols),
      .LaneBits(WeightBits),
      .Writers (1),
      .Readers (1)
  ) u_weight_buffer (
      .clk_i,
      .rst_ni,
      .write_i        (load_weight_write),
      .write_address_i(load_weight_address),
      .write_mask_i   ('1),
      .write_data_i   (load_weight_data),
      .read_i         (execute_weight_read),
      .read_address_i (execute_weight_address),
      .read_data_o    (execute_weight_data)
  );

  systoliq_sram #(
      .Words   (AccumulatorWords),
      .Lanes   (Cols),
      .LaneBits(AccumulatorBits),
      .Writers (1),
      .Readers (2)
  ) u_accumulator_buffer (
      .clk_i,
      .rst_ni,
      .write_i        (accumulator_write),
      .write_address_i(accumulator_write_address),
      .write_mask_i   ('1),
      .write_data_i   (accumulator_write_data),
      .read_i         ({post_accumulator_read, execute_accumulator_read}),
      .read_address_i ({post_accumulator_address, execute_accumulator_address}),
      .read_data_o    ({post_accumulator_data, execute_accumulator_data})
  );

  systoliq_sram #(
      .Words   (ParamWords),
      .Lanes   (Cols),
      .LaneBits(128),
      .Writers (1),
      .Readers (Rows + 2)
  ) u_param_buffer (
      .clk_i,
      .rst_ni,
      .write_i        (load_param_write),
      .write_address_i(load_param_address),
      .write_mask_i   ('1),
      .write_data_i   (load_param_data),
      .read_i         ({{Rows{table_read}}, post_param_read, execute_param_read}),
      .read_address_i ({table_address, post_param_address, execute_param_address}),
      .read_data_o    ({table_data, post_param_data, execute_param_data})
  );

  logic unused_retire;
  assign unused_retire = retire;

`ifndef SYNTHESIS
  // Words that a look-up table takes: entries of 16 bits.
  localparam int unsigned TableWords = ((1 << ActivationBits) + Cols * 8 - 1) / (Cols * 8);

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_start :
      assert ((ready & ~(valid & granted)) == '0)
      else
        $error("engines %b take a command that is not there or waits", ready & ~(valid & granted));
      a_table :
      assert (!ready[Post] ||
                        post_command.fields[systoliq_isa_pkg::POST_OP] != 32'(systoliq_isa_pkg::POST_OP_LOOKUP) ||
                        64'(post_command.fields[systoliq_isa_pkg::POST_PARAM_ADDRESS]) +
                        64'(TableWords) <= 64'(ParamWords))
      else
        $error(
            "the table at param word %0d ends outside the buffer",
            post_command.fields[systoliq_isa_pkg::POST_PARAM_ADDRESS]
        );
    end
  end
`endif

endmodule : systoliq_accelerator
