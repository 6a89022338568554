// SPDX-License-Identifier: Apache-2.0
// `systoliq quantize`, `compile` and `disassemble`: from a network to ONNX QDQ, to commands and memory image, to text.
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "model/isa/program.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/quantizer/integer/bias_correction.h"
#include "sw_ref/quantizer/integer/codebook.h"
#include "sw_ref/quantizer/integer/layer_errors.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/qdq/write_quantized.h"
#include "tb/cli/commands.h"
#include "tb/cli/common/workload_arguments.h"
#include "tb/compare/mapping_file.h"
#include "tb/compare/stage_on_its_own.h"
#include "tb/report/report.h"
#include "types/util/input_file.h"
#include "types/util/names.h"
#include "types/util/number_text.h"

namespace systoliq::cli {
namespace {

/// Every tensor's error on the calibration images.
void print_errors(const tb::Workload& workload, const std::string& histograms) {
  if (workload.calibration.empty()) throw InputError("--errors: the network was quantized before");
  const std::vector<sw_ref::TensorError> errors =
      sw_ref::layer_errors(*workload.float_graph, workload.network, workload.calibration);
  for (const sw_ref::TensorError& error : errors) {
    std::cout << shown(error.tensor) << ": MSE " << error.mse << ", SQNR "
              << (error.mse == 0.0 ? "exact" : number_text(error.sqnr_db) + " dB") << "\n";
  }
  if (!histograms.empty()) tb::write_file(histograms, sw_ref::histograms_csv(errors));
}

void print_report(const sw_ref::QuantizeReport& report) {
  for (const std::string& pair : report.equalization.equalized) std::cout << "equalized: " << shown(pair) << "\n";
  for (const sw_ref::CodebookError& layer : report.codebooks) {
    std::cout << shown(layer.layer) << ": " << layer.tables << (layer.tables == 1 ? " codebook of " : " codebooks of ")
              << layer.entries << " entries, weight MSE " << layer.centroid_mse << " with the means, "
              << layer.stored_mse << " with int8 entries\n";
  }
  for (const sw_ref::BiasCorrection& layer : report.bias_corrections) {
    std::cout << shown(layer.layer) << ": mean error per channel " << layer.before << ", with corrected biases "
              << layer.after << "\n";
  }
}

struct QuantizeCommand {
  WorkloadArguments workload;
  std::string output, histograms;
  bool errors = false;
};

void quantize(const QuantizeCommand& command) {
  const WorkloadArguments& arguments = command.workload;
  const std::string& output = command.output;
  check_writable_file(output);
  if (!command.histograms.empty()) check_writable_file(command.histograms);
  const tb::Workload workload = load_network(arguments);
  const QuantizedNetwork& network = workload.network;
  tb::write_file(output, sw_ref::to_onnx_qdq(network));
  std::cout << output << ": " << network.layers.size() << " layers, preset " << to_string(network.preset) << "\n";
  print_report(workload.quantization);
  if (command.errors || !command.histograms.empty()) print_errors(workload, command.histograms);
}

std::string bytes_of(const std::vector<model::Command>& commands) {
  std::string bytes;
  for (const model::Command& command : commands) {
    const model::CommandWords words = model::encode(command);
    for (const std::uint32_t word : words) {
      for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>((word >> shift) & 0xFF);
    }
  }
  return bytes;
}

std::string listing(const std::vector<model::Command>& commands) {
  std::string text;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    text += std::to_string(i) + ": " + model::disassemble(commands[i]) + "\n";
  }
  return text;
}

void compile(const WorkloadArguments& arguments, const std::string& folder, const std::string& mapping_file) {
  check_writable_folder(folder);
  std::optional<model::Mapping> mapping;
  if (!mapping_file.empty()) mapping = tb::read_mapping(mapping_file);
  const model::AcceleratorConfig config = tb::load_config(arguments.request.config);
  const tb::StageOnItsOwn stage = tb::only_stage(load_integers(arguments), "compile");
  const model::Program program = model::compile(stage.network, config, mapping ? &*mapping : nullptr);
  std::filesystem::create_directories(folder);
  tb::write_file(folder + "/memory.bin", std::string(program.image.begin(), program.image.end()));
  tb::write_file(folder + "/commands.bin", bytes_of(program.commands));
  tb::write_file(folder + "/commands.txt", listing(program.commands));
  tb::write_file(folder + "/mapping.toml", tb::mapping_text(program.mapping, stage.network.name));
  std::cout << folder << ": " << program.commands.size() << " commands, memory image of " << program.image.size()
            << " bytes, commands at " << program.command_address << "\n";
}

void disassemble(const std::string& path) {
  const std::string bytes = read_input(path, "a commands.bin as `compile` writes it");
  if (bytes.empty() || bytes.size() % model::kCommandBytes != 0) {
    throw InputError(path + ": " + std::to_string(bytes.size()) + " bytes; a command file is a positive multiple of " +
                     std::to_string(model::kCommandBytes) + " bytes");
  }
  std::vector<model::Command> commands;
  for (std::size_t offset = 0; offset < bytes.size(); offset += model::kCommandBytes) {
    model::CommandWords words{};
    for (std::size_t i = 0; i < model::kCommandBytes; ++i) {
      words[i / 4] |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[offset + i])) << (8 * (i % 4));
    }
    commands.push_back(model::decode(words));
  }
  std::cout << listing(commands);
}

}  // namespace

void add_quantize_command(Command app) {
  const Command command = app.add_subcommand("quantize", "calibrate and quantize a float network to ONNX QDQ");
  command.footer("example: systoliq quantize models/lenet5.onnx -o lenet5.q.onnx");
  auto arguments = std::make_shared<QuantizeCommand>();
  add_workload_options(command, arguments->workload);
  remove_options(command, {"--config", "--images", "--labels", "--float"});
  command.add_option("-o,--output", arguments->output, "the quantized network").required();
  command.add_flag("--errors", arguments->errors,
                   "print every tensor's error against float, on the images calibrated on");
  command.add_option("--histograms", arguments->histograms, "CSV file for every tensor's values, float and quantized");
  command.callback([arguments] { quantize(*arguments); });
}

void add_compile_command(Command app) {
  const Command command = app.add_subcommand("compile", "write the machine's commands and memory image");
  command.footer("example: systoliq compile models/lenet5.onnx -o build/lenet5");
  auto arguments = std::make_shared<WorkloadArguments>();
  auto output = std::make_shared<std::string>();
  add_workload_options(command, *arguments);
  remove_options(command, {"--images", "--labels", "--float"});
  command.add_option("-o,--output", *output, "folder for memory.bin, commands.bin, commands.txt, mapping.toml")
      .required();
  auto mapping = std::make_shared<std::string>();
  command.add_option("--mapping", *mapping, "compile in the mapping of this file, not the best that is found")
      .not_empty();
  command.callback([arguments, output, mapping] { compile(*arguments, *output, *mapping); });
}

void add_disassemble_command(Command app) {
  const Command command = app.add_subcommand("disassemble", "print a commands.bin as text");
  command.footer("example: systoliq disassemble build/lenet5/commands.bin");
  auto path = std::make_shared<std::string>();
  command.add_option("commands", *path, "commands.bin as `compile` writes it").required();
  command.callback([path] { disassemble(*path); });
}

}  // namespace systoliq::cli
