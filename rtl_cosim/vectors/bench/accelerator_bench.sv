// SPDX-License-Identifier: Apache-2.0
// Self-checking test bench of the accelerator with the vectors of `systoliq vectors`
// (docs/vectors.md): a memory of the model's latency and bandwidth on the AXI4 port, a start over
// the AXI4-Lite port, and after the interrupt all of memory and the cycles of the run.
//
// +vectors=DIR names the folder (default: the current one); +any_cycles leaves out every check of
// cycles. With SYSTOLIQ_INSIDE defined the bench also looks into the project's RTL: the end of
// every command, and every layer's words in the activation buffer when its command ends. Prints
// PASS and ends, or FAIL and $fatal. SYSTOLIQ_PLAIN_VERILOG: the accelerator is a netlist whose
// parameters are set already.
`timescale 1ns / 1ps

module accelerator_bench;

  `include "parameters.svh"

  localparam integer ActivationWidth = Rows * ActivationBits;
  localparam integer DataDigits = (ActivationWidth + 3) / 4;
  localparam integer MaskDigits = (Rows + 3) / 4;
  localparam integer LayerWordBits = 64 + 4 * MaskDigits + 4 * DataDigits;
  localparam integer Depth = 64;  // bursts that the memory can hold
  localparam integer Patience = 100000;

  reg clk = 1'b0;
  reg rst_n = 1'b0;
  always #5 clk = ~clk;

  reg [7:0] memory [0:RunMemoryBytes-1];
  reg [7:0] expected_memory [0:RunMemoryBytes-1];
  reg [71:0] commands [0:RunCommands-1];
  reg [LayerWordBits-1:0] layer_words [0:RunLayerWords];

  wire        interrupt;
  reg         awvalid = 1'b0, arvalid = 1'b0;
  reg  [31:0] awaddr = 32'd0, wdata = 32'd0, araddr = 32'd0;
  wire        awready, wready, bvalid, arready, rvalid;
  wire [1:0]  bresp, rresp;
  wire [31:0] rdata;

  wire                     mem_arvalid, mem_rready, mem_awvalid, mem_wvalid, mem_wlast, mem_bready;
  wire [63:0]              mem_araddr, mem_awaddr;
  wire [7:0]               mem_arlen, mem_awlen;
  wire [2:0]               mem_arsize, mem_awsize;
  wire [1:0]               mem_arburst, mem_awburst;
  wire [MemoryBytes*8-1:0] mem_wdata;
  wire [MemoryBytes-1:0]   mem_wstrb;
  reg                      mem_rvalid = 1'b0, mem_rlast = 1'b0, mem_bvalid = 1'b0;
  reg  [MemoryBytes*8-1:0] mem_rdata = {MemoryBytes * 8{1'b0}};

  systoliq_accelerator
`ifndef SYSTOLIQ_PLAIN_VERILOG
  #(
    .Rows            (Rows),
    .Cols            (Cols),
    .ActivationBits  (ActivationBits),
    .WeightBits      (WeightBits),
    .AccumulatorBits (AccumulatorBits),
    .Saturate        (Saturate != 0),
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
    .Codebook        (Codebook != 0),
    .CodebookBits    (CodebookBits)
  )
`endif
  dut (
    .clk_i         (clk),
    .rst_ni        (rst_n),
    .interrupt_o   (interrupt),
    .axil_awvalid_i(awvalid),
    .axil_awready_o(awready),
    .axil_awaddr_i (awaddr),
    .axil_wvalid_i (awvalid),
    .axil_wready_o (wready),
    .axil_wdata_i  (wdata),
    .axil_wstrb_i  (4'hF),
    .axil_bvalid_o (bvalid),
    .axil_bready_i (1'b1),
    .axil_bresp_o  (bresp),
    .axil_arvalid_i(arvalid),
    .axil_arready_o(arready),
    .axil_araddr_i (araddr),
    .axil_rvalid_o (rvalid),
    .axil_rready_i (1'b1),
    .axil_rdata_o  (rdata),
    .axil_rresp_o  (rresp),
    .axi_arvalid_o (mem_arvalid),
    .axi_arready_i (1'b1),
    .axi_araddr_o  (mem_araddr),
    .axi_arlen_o   (mem_arlen),
    .axi_arsize_o  (mem_arsize),
    .axi_arburst_o (mem_arburst),
    .axi_rvalid_i  (mem_rvalid),
    .axi_rready_o  (mem_rready),
    .axi_rdata_i   (mem_rdata),
    .axi_rresp_i   (2'b00),
    .axi_rlast_i   (mem_rlast),
    .axi_awvalid_o (mem_awvalid),
    .axi_awready_i (1'b1),
    .axi_awaddr_o  (mem_awaddr),
    .axi_awlen_o   (mem_awlen),
    .axi_awsize_o  (mem_awsize),
    .axi_awburst_o (mem_awburst),
    .axi_wvalid_o  (mem_wvalid),
    .axi_wready_i  (1'b1),
    .axi_wdata_o   (mem_wdata),
    .axi_wstrb_o   (mem_wstrb),
    .axi_wlast_o   (mem_wlast),
    .axi_bvalid_i  (mem_bvalid),
    .axi_bready_o  (mem_bready),
    .axi_bresp_i   (2'b00)
  );

  integer failures = 0, i;
  reg     any_cycles;
  reg [8*256-1:0] folder;

  task fail;
    begin
      failures = failures + 1;
    end
  endtask

  // Cycles since the start was taken.
  reg     counting = 1'b0;
  integer cycle = 0;
  always @(posedge clk) cycle <= counting ? cycle + 1 : 0;

  // Memory. A read burst's first beat comes LatencyCycles after its address, beats follow one a
  // cycle and bursts in order; a write's response comes LatencyCycles after its last beat. Each
  // event is due in cycle `now + 1` or later.
  integer now = 0;
  integer read_address [0:Depth-1], read_beats [0:Depth-1], read_time [0:Depth-1];
  integer read_first = 0, read_end = 0;
  integer write_address [0:Depth-1], write_first = 0, write_end = 0;
  integer response_time [0:Depth-1], response_first = 0, response_end = 0;
  integer lane;
  always @(posedge clk) begin
    now = now + 1;
    if (mem_rvalid && mem_rready) begin
      read_address[read_first%Depth] = read_address[read_first%Depth] + MemoryBytes;
      read_beats[read_first%Depth] = read_beats[read_first%Depth] - 1;
      if (read_beats[read_first%Depth] == 0) read_first = read_first + 1;
    end
    if (mem_bvalid && mem_bready) response_first = response_first + 1;
    if (mem_arvalid && rst_n) begin
      read_address[read_end%Depth] = mem_araddr / MemoryBytes * MemoryBytes;
      read_beats[read_end%Depth] = mem_arlen + 1;
      read_time[read_end%Depth] = now - 1 + LatencyCycles;
      read_end = read_end + 1;
    end
    if (mem_awvalid && rst_n) begin
      write_address[write_end%Depth] = mem_awaddr / MemoryBytes * MemoryBytes;
      write_end = write_end + 1;
    end
    if (mem_wvalid && rst_n) begin
      for (lane = 0; lane < MemoryBytes; lane = lane + 1) begin
        if (mem_wstrb[lane]) memory[write_address[write_first%Depth]+lane] = mem_wdata[lane*8+:8];
      end
      write_address[write_first%Depth] = write_address[write_first%Depth] + MemoryBytes;
      if (mem_wlast) begin
        write_first = write_first + 1;
        response_time[response_end%Depth] = now - 1 + LatencyCycles;
        response_end = response_end + 1;
      end
    end
    if (rst_n &&
        ^{mem_arvalid, mem_rready, mem_awvalid, mem_wvalid, mem_bready, interrupt} === 1'bx) begin
      fail;
      if (failures <= 10)
        $display("cycle %0d: a handshake of the memory port, or the interrupt, is unknown", cycle);
    end
    mem_rvalid <= read_first != read_end && read_time[read_first%Depth] <= now;
    mem_rlast  <= read_beats[read_first%Depth] == 1;
    for (lane = 0; lane < MemoryBytes; lane = lane + 1) begin
      mem_rdata[lane*8+:8] <= read_first != read_end &&
                              read_address[read_first%Depth] + lane < RunMemoryBytes ?
                              memory[read_address[read_first%Depth]+lane] : 8'h00;
    end
    mem_bvalid <= response_first != response_end && response_time[response_first%Depth] <= now;
  end

`ifdef SYSTOLIQ_INSIDE
  // The end of every command: four engines in the order of their queues, then FENCE and HALT. The
  // words of a layer are there in the cycle after.
  integer next_of [0:4];
  integer engine, layer_word = 0, commands_checked = 0;
  reg [4:0] ended;
  always @(posedge clk) begin
    ended = counting ? {dut.retire, dut.done} : 5'd0;
    for (engine = 0; engine < 5; engine = engine + 1) if (ended[engine]) end_of_command;
  end

  task find_next;
    begin
      while (next_of[engine] < RunCommands &&
             (engine == 4 ? commands[next_of[engine]][71:64] > 8'd1
                          : {24'd0, commands[next_of[engine]][71:64]} != engine + 2)) begin
        next_of[engine] = next_of[engine] + 1;
      end
    end
  endtask

  task end_of_command;
    begin
      find_next;
      commands_checked = commands_checked + 1;
      if (next_of[engine] >= RunCommands) begin
        fail;
        $display("cycle %0d: engine %0d ends a command that it was not given", cycle, engine);
      end else if (!any_cycles && commands[next_of[engine]][63:0] !== {32'd0, cycle + 32'd1}) begin
        fail;
        if (failures <= 10) begin
          $display("command %0d: expected to end at cycle %0d, found %0d", next_of[engine],
                   commands[next_of[engine]][63:0], cycle + 1);
        end
      end
      if (engine == 2) ended_post = next_of[engine];
      next_of[engine] = next_of[engine] + 1;
    end
  endtask

  integer ended_post = -1, row;
  reg [LayerWordBits-1:0]   entry;
  reg [ActivationWidth-1:0] found;
  always @(negedge clk) begin
    if (ended_post >= 0) check_layer_words;
    ended_post = -1;
  end

  task check_layer_words;
    begin
      entry = layer_words[layer_word];
      while (layer_word < RunLayerWords && entry[LayerWordBits-1-:32] == ended_post) begin
        found = dut.u_activation_buffer.words_q[entry[LayerWordBits-33-:32]];
        for (row = 0; row < Rows; row = row + 1) begin
          if (entry[4*DataDigits+row] &&
              found[row*ActivationBits+:ActivationBits] !==
              entry[row*ActivationBits+:ActivationBits]) begin
            fail;
            if (failures <= 10) begin
              $display("command %0d, activation word %0d, lane %0d: expected %0d, found %0d",
                       ended_post, entry[LayerWordBits-33-:32], row,
                       $signed(entry[row*ActivationBits+:ActivationBits]),
                       $signed(found[row*ActivationBits+:ActivationBits]));
            end
          end
        end
        layer_word = layer_word + 1;
        entry = layer_words[layer_word];
      end
    end
  endtask
`endif

  // A register write is taken in the first of its two cycles.
  task write_register(input [31:0] address, input [31:0] value);
    begin
      awvalid = 1'b1;
      awaddr  = address;
      wdata   = value;
      @(negedge clk);
      awvalid = 1'b0;
      if (bvalid !== 1'b1 || bresp !== 2'b00) begin
        fail;
        $display("register %h: the write is refused", address);
      end
    end
  endtask

  // A word of a file that is missing or too short is still unknown.
  task refuse(input [8*24-1:0] file, input integer given, input integer wanted);
    begin
      $display("FAIL: accelerator, %0s/accelerator/%0s gives only the first %0d of %0d words",
               folder, file, given, wanted);
      $fatal(1);
    end
  endtask

  task load_vectors;
    begin
      for (i = 0; i < RunMemoryBytes; i = i + 1) memory[i] = 8'bx;
      for (i = 0; i < RunMemoryBytes; i = i + 1) expected_memory[i] = 8'bx;
      for (i = 0; i < RunCommands; i = i + 1) commands[i] = 72'bx;
      $readmemh($sformatf("%0s/accelerator/memory.hex", folder), memory, 0, RunMemoryBytes - 1);
      $readmemh($sformatf("%0s/accelerator/expected_memory.hex", folder),
                expected_memory, 0, RunMemoryBytes - 1);
      $readmemh($sformatf("%0s/accelerator/commands.hex", folder), commands, 0, RunCommands - 1);
      for (i = 0; i < RunMemoryBytes; i = i + 1)
        if (^memory[i] === 1'bx) refuse("memory.hex", i, RunMemoryBytes);
      for (i = 0; i < RunMemoryBytes; i = i + 1) begin
        if (^expected_memory[i] === 1'bx) refuse("expected_memory.hex", i, RunMemoryBytes);
      end
      for (i = 0; i < RunCommands; i = i + 1)
        if (^commands[i] === 1'bx) refuse("commands.hex", i, RunCommands);
`ifdef SYSTOLIQ_INSIDE
      for (i = 0; i < 5; i = i + 1) next_of[i] = 0;
      for (i = 0; i < RunLayerWords; i = i + 1) layer_words[i] = {LayerWordBits{1'bx}};
      layer_words[RunLayerWords] = {LayerWordBits{1'b1}};
      if (RunLayerWords > 0) begin
        $readmemh($sformatf("%0s/accelerator/layer_words.hex", folder),
                  layer_words, 0, RunLayerWords - 1);
      end
      for (i = 0; i < RunLayerWords; i = i + 1) begin
        if (^layer_words[i] === 1'bx) refuse("layer_words.hex", i, RunLayerWords);
      end
`endif
    end
  endtask

  initial begin
    if (!$value$plusargs("vectors=%s", folder)) folder = ".";
    any_cycles = $test$plusargs("any_cycles") != 0;
    load_vectors;
    repeat (4) @(negedge clk);
    rst_n = 1'b1;
    @(negedge clk);
    write_register(32'h08, RunCommandAddress);
    @(negedge clk);
    write_register(32'h0C, 32'd0);
    @(negedge clk);
    write_register(32'h10, RunCommands);
    @(negedge clk);
    counting = 1'b1;  // the cycle of the start is cycle 0; the next edge ends it
    write_register(32'h00, 32'd1);
    i = 0;
    while (interrupt !== 1'b1 && i < RunCycles + Patience) begin
      @(negedge clk);
      i = i + 1;
    end
    check_run;
    if (failures == 0) begin
`ifdef SYSTOLIQ_INSIDE
      $write("PASS: accelerator, %0d commands in %0d cycles, ", commands_checked, RunCycles);
      $display("%0d bytes of memory, %0d words of layers", RunMemoryBytes, layer_word);
`else
      $display("PASS: accelerator, %0d cycles, %0d bytes of memory", RunCycles, RunMemoryBytes);
`endif
      $finish;
    end else begin
      $display("FAIL: accelerator, %0d differences", failures);
      $fatal(1);
    end
  end

  task check_run;
    begin
      if (interrupt !== 1'b1) begin
        fail;
        $display("no interrupt after %0d cycles, expected %0d", i, RunCycles);
      end
      arvalid = 1'b1;
      araddr  = 32'h18;
      @(negedge clk);
      arvalid = 1'b0;
      if (!any_cycles && (rvalid !== 1'b1 || rdata !== RunCycles)) begin
        fail;
        $display("register of cycles: expected %0d, found %0d", RunCycles, rdata);
      end
      for (i = 0; i < RunMemoryBytes; i = i + 1) begin
        if (memory[i] !== expected_memory[i]) begin
          fail;
          if (failures <= 10)
            $display("memory byte %0d: expected %h, found %h", i, expected_memory[i], memory[i]);
        end
      end
`ifdef SYSTOLIQ_INSIDE
      if (commands_checked != RunCommands || layer_word != RunLayerWords) begin
        fail;
        $display("%0d of %0d commands ended, %0d of %0d words of layers seen",
                 commands_checked, RunCommands, layer_word,
                 RunLayerWords);
      end
`endif
    end
  endtask

endmodule
