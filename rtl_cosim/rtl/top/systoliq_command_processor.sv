// SPDX-License-Identifier: Apache-2.0
// Fetches commands, decodes one a cycle into the engines' queues, and is the accelerator's face to
// a host.
//
// Theory of operation: the cycle in which a start is written is cycle 0. From the next cycle on a
// fetch is offered while fewer than FetchDepth commands are fetched or being fetched and not yet
// decoded. A command can be decoded in the cycle after its last beat; it waits there for a place in
// its queue, FENCE and HALT for all queues and engines to be empty.
//
// A command is checked in every cycle in which it can be decoded. A bad one drops what is queued,
// at the end of the first of them; from the next cycle on no fetch is offered that has not been
// already. It stays where it is until the engines have ended what they started, and then ends the
// run as HALT does, with the error status. Mirrors model/tlm/command_processor.cpp.

module systoliq_command_processor #(
    /// The machine's parameters, for the checks.
    parameter int unsigned Rows             = 16,
    parameter int unsigned Cols             = 16,
    parameter int unsigned ActivationBits   = 8,
    parameter int unsigned WeightBits       = 8,
    parameter int unsigned MultiplierBits   = 32,
    parameter int unsigned ActivationWords  = 8192,
    parameter int unsigned WeightWords      = 4096,
    parameter int unsigned AccumulatorWords = 1024,
    parameter int unsigned ParamWords       = 256,
    /// Bytes of a beat, of the longest burst.
    parameter int unsigned MemoryBytes      = 16,
    parameter int unsigned BurstBytes       = 256,
    parameter bit          Codebook         = 1'b0
) (
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
    output logic        interrupt_o,

    output logic                     fetch_valid_o,
    output logic [             63:0] fetch_address_o,
    output logic [             31:0] fetch_bytes_o,
    input  logic                     fetch_ready_i,
    input  logic                     beat_valid_i,
    input  logic [             31:0] beat_bytes_i,
    input  logic [MemoryBytes*8-1:0] beat_data_i,
    input  logic                     port_idle_i,

    /// The decoded command, and the queue that it is pushed into.
    output systoliq_pkg::command_t                             command_o,
    output logic                   [systoliq_pkg::Engines-1:0] push_o,
    input  logic                   [systoliq_pkg::Engines-1:0] queue_full_i,
    /// All queued commands are dropped.
    output logic                                               drop_o,
    /// No engine has a command, queued or started.
    input  logic                                               engines_idle_i,
    /// A rule was broken elsewhere.
    input  logic                                               semaphore_overflow_i,
    input  logic                                               read_error_i,
    input  logic                                               write_error_i,
    /// FENCE or HALT is executed in this cycle.
    output logic                                               retire_o
);

  localparam int unsigned CommandShift = $clog2(systoliq_isa_pkg::CommandBytes);

  // Run: from the write of start, or from when a fetch that a HALT left behind has come, until HALT
  // or an error.
  logic
      write_start,
      start_waits_q,
      start,
      running_q,
      halt,
      bad,
      bad_q,
      bad_end,
      error,
      stop,
      fetch_left;
  logic [63:0] command_address, cycle_q;
  logic [31:0] command_count, decoded_q;
  logic [7:0] reason, bad_reason;  // error_reason_e
  logic [5:0] bad_word;
  assign start = (write_start || start_waits_q) && port_idle_i && !running_q && !fetch_left;
  assign error = semaphore_overflow_i || read_error_i || write_error_i;
  assign stop  = halt || bad_end || error;
  always_comb begin
    reason = bad_reason;
    if (semaphore_overflow_i) reason = systoliq_isa_pkg::ERROR_SEMAPHORE_OVERFLOW;
    else if (read_error_i) reason = systoliq_isa_pkg::ERROR_BUS_READ;
    else if (write_error_i) reason = systoliq_isa_pkg::ERROR_BUS_WRITE;
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      start_waits_q <= 1'b0;
      running_q     <= 1'b0;
      bad_q         <= 1'b0;
      cycle_q       <= '0;
    end else begin
      start_waits_q <= (write_start || start_waits_q) && !start;
      running_q     <= (running_q || start) && !stop;
      bad_q         <= bad && !stop;
      cycle_q       <= start ? 64'd1 : cycle_q + 64'd1;
    end
  end

  systoliq_csr u_csr (
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
      .start_o          (write_start),
      .command_address_o(command_address),
      .command_count_o  (command_count),
      .halt_i           (halt && !error),
      .bad_i            (bad_end && !error),
      .cycles_i         (cycle_q + 64'd1),
      .error_i          (error),
      .error_command_i  (decoded_q),
      .error_code_i     ({error ? 8'd0 : {2'd0, bad_word}, reason}),
      .interrupt_o
  );

  // Fetch: a command is a row of its own, so that no burst holds parts of two. An offer that has
  // not been accepted when the run ends stays until it is; nothing is fetched after it.
  logic [31:0] requested_q, fetched_bytes, unused_fetched_bytes_next;
  logic cutter_valid, command_begins, last_burst, may_request, fetch_waits_q;
  systoliq_burst_cutter #(
      .BurstBytes (BurstBytes),
      .AddressBits(64)
  ) u_cutter (
      .clk_i,
      .rst_ni,
      .clear_i        ((stop || !running_q) && !start && !(fetch_valid_o && !fetch_ready_i)),
      .start_i        (start),
      .address_i      (command_address),
      .row_bytes_i    (systoliq_isa_pkg::CommandBytes),
      .pitch_i        (64'(systoliq_isa_pkg::CommandBytes)),
      .rows_i         (command_count),
      .busy_o         (fetch_left),
      .valid_o        (cutter_valid),
      .burst_address_o(fetch_address_o),
      .burst_bytes_o  (fetch_bytes_o),
      .row_begins_o   (command_begins),
      .last_o         (last_burst),
      .take_i         (fetch_ready_i)
  );
  assign may_request   = !command_begins || requested_q - decoded_q < systoliq_pkg::FetchDepth;
  assign fetch_valid_o = fetch_left && (fetch_waits_q || (running_q && !bad_q && may_request));

  logic [systoliq_isa_pkg::CommandBytes*8-1:0] words;
  logic unused_fetch;
  assign unused_fetch = &{1'b0, cutter_valid, last_burst, unused_fetched_bytes_next};
  systoliq_byte_fifo #(
      .InBytes (MemoryBytes),
      .OutBytes(systoliq_isa_pkg::CommandBytes),
      .Capacity(systoliq_pkg::FetchDepth * systoliq_isa_pkg::CommandBytes)
  ) u_fetched (
      .clk_i,
      .rst_ni,
      .clear_i       (start),
      .append_bytes_i((beat_valid_i && running_q) ? beat_bytes_i : 32'd0),
      .append_data_i (beat_data_i),
      .head_i        (decoded_q << CommandShift),
      .window_o      (words),
      .tail_o        (fetched_bytes),
      .tail_next_o   (unused_fetched_bytes_next)
  );

  // Decode.
  localparam int unsigned StreamWaitBit =
      32 * (systoliq_isa_pkg::FirstFieldWord + systoliq_isa_pkg::EXECUTE_STREAM_WAIT);
  logic present, blocked, decode, ends_run;
  logic [systoliq_pkg::Engines-1:0] engine;
  logic [systoliq_pkg::Semaphores-1:0] awaited, claimed;  // claimed: by another engine
  assign awaited = words[47:32] |
      (engine[systoliq_pkg::ENGINE_EXECUTE] ? words[StreamWaitBit+:16] : 16'd0);
  assign present = running_q && (fetched_bytes >> CommandShift) != decoded_q;
  systoliq_semaphore_claims u_claims (
      .clk_i,
      .rst_ni,
      .clear_i    (start),
      .claim_i    (decode),
      .engine_i   (engine),
      .wait_mask_i(awaited),
      .claimed_o  (claimed)
  );
  systoliq_command_check #(
      .Rows            (Rows),
      .Cols            (Cols),
      .ActivationBits  (ActivationBits),
      .WeightBits      (WeightBits),
      .MultiplierBits  (MultiplierBits),
      .ActivationWords (ActivationWords),
      .WeightWords     (WeightWords),
      .AccumulatorWords(AccumulatorWords),
      .ParamWords      (ParamWords),
      .Codebook        (Codebook)
  ) u_check (
      .words_i   (words),
      .claimed_i (claimed != '0),
      .engine_o  (engine),
      .ends_run_o(ends_run),
      .reason_o  (bad_reason),
      .word_o    (bad_word)
  );
  assign bad                   = present && bad_reason != systoliq_isa_pkg::ERROR_NONE;
  assign bad_end               = bad && engines_idle_i;
  assign drop_o                = bad;
  assign blocked               = (engine == '0) ? !engines_idle_i : (engine & queue_full_i) != '0;
  assign decode                = present && !blocked && !bad;
  assign push_o                = decode ? engine : '0;
  assign retire_o              = decode && engine == '0;
  assign halt                  = retire_o && ends_run;

  assign command_o.wait_mask   = words[47:32];
  assign command_o.signal_mask = words[63:48];
  assign command_o.layer       = words[95:64];
  for (genvar i = 0; i < 61; i++) begin : gen_fields
    assign command_o.fields[i] = words[96+32*i+:32];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      requested_q   <= '0;
      decoded_q     <= '0;
      fetch_waits_q <= 1'b0;
    end else if (start) begin
      requested_q   <= '0;
      decoded_q     <= '0;
      fetch_waits_q <= 1'b0;
    end else begin
      fetch_waits_q <= fetch_valid_o && !fetch_ready_i;
      if (fetch_ready_i && command_begins) requested_q <= requested_q + 32'd1;
      if (decode) decoded_q <= decoded_q + 32'd1;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_one_queue :
      assert ((push_o & (push_o - 4'd1)) == '0)
      else $error("a command for two queues");
      a_depth :
      assert (requested_q - decoded_q <= systoliq_pkg::FetchDepth)
      else $error("too many commands fetched");
      a_fetch :
      assert (!(fetch_ready_i && !fetch_valid_o))
      else $error("a fetch is accepted that is not offered");
      a_beat :
      assert (!beat_valid_i || beat_bytes_i <= MemoryBytes)
      else $error("a beat of %0d bytes", beat_bytes_i);
      a_queue :
      assert ((push_o & queue_full_i) == '0)
      else $error("a command is pushed into a full queue");
      a_word :
      assert (!present || bad || bad_word == '0)
      else $error("word %0d of a good command is told", bad_word);
      a_engine :
      assert ((engine & (engine - 4'd1)) == '0)
      else $error("a command of engines %b", engine);
      a_drop :
      assert (!bad || push_o == '0)
      else $error("a bad command is decoded");
      a_bad :
      assert (!bad_q || bad)
      else $error("a bad command became a good one");
    end
  end
`endif

endmodule : systoliq_command_processor
