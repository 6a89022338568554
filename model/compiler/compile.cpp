// SPDX-License-Identifier: Apache-2.0
// The compiler from end to end: lowering, constants, placement, plan, commands, image.
#include <algorithm>
#include <cstring>
#include <limits>

#include "model/compiler/emitter.h"
#include "model/compiler/forced_mapping.h"
#include "model/compiler/lowering.h"
#include "model/compiler/plan.h"
#include "model/compiler/tensor_placement.h"
#include "model/isa/command_decoder.h"
#include "model/isa/program.h"
#include "types/util/cancellation.h"
#include "types/util/index.h"

namespace systoliq::model {
namespace {

class Compilation final {
 public:
  Compilation(const QuantizedNetwork& network, const AcceleratorConfig& config, const Mapping* mapping)
      : network_(network), config_(config), mapping_(mapping) {}

  /// Constants come first in the image, whatever the plan.
  Plan plan() {
    validate(config_);
    lowered_layers_ = lower(network_, config_);
    for (const LoweredLayer& lowered : lowered_layers_) append_constants(lowered);
    if (mapping_ != nullptr) return plan_of(*mapping_, lowered_layers_, network_, config_);
    return make_plan(lowered_layers_, network_, config_, images_);
  }

  Program run() {
    const Plan plan = this->plan();
    program_.mapping = mapping_of(plan, lowered_layers_, network_, config_);
    for (const QuantizedTensor& tensor : network_.tensors) program_.tensor_shapes.push_back(tensor.shape);
    place_tensors(plan);
    if (static_cast<std::int64_t>(image_.size()) > std::numeric_limits<std::int32_t>::max()) {
      throw InputError("network '" + network_.name + "' needs " + std::to_string(image_.size()) +
                       " bytes of memory; addresses of commands reach 2 GiB");
    }
    Emitter(network_, config_, lowered_layers_, plan, images_, &program_).run();
    program_.commands.push_back(halt());
    append_commands();
    program_.image = std::move(image_);
    return std::move(program_);
  }

 private:
  void align() {
    const auto burst = static_cast<std::size_t>(config_.memory.burst_bytes);
    image_.resize((image_.size() + burst - 1) / burst * burst);
  }

  void append_constants(const LoweredLayer& lowered) {
    throw_if_canceled();
    LayerImage image_of_layer;
    std::int64_t weight_bytes = 0;
    program_.layer_names.push_back(nth(network_.layers, lowered.layer).name);
    KernelTapPacking packing;
    for (const Convolution& convolution : lowered.convolutions) {
      const auto channels = static_cast<int>(nth(network_.tensors, convolution.input).shape[1]);
      packing = convolution.packed.packing;
      align();
      ConvolutionImage image;
      const std::size_t before = image_.size();
      for (int ob = 0; ob * config_.array.cols < convolution.channels; ++ob) {
        image.weights.push_back(static_cast<std::int64_t>(image_.size()));
        append_weights(convolution, column_block(convolution, ob, channels, config_), channels, config_, &image_);
      }
      weight_bytes += static_cast<std::int64_t>(image_.size() - before);
      align();
      image.params = static_cast<std::int64_t>(image_.size());
      append_params(convolution, &image_);
      for (int ob = 0; config_.codebook_words() > 0 && ob * config_.array.cols < convolution.channels; ++ob) {
        image.codebooks.push_back(static_cast<std::int64_t>(image_.size()));
        append_codebooks(convolution, column_block(convolution, ob, channels, config_), config_, &image_);
      }
      image_of_layer.convolutions.push_back(std::move(image));
    }
    if (!lowered.table.empty()) {
      align();
      image_of_layer.table = static_cast<std::int64_t>(image_.size());
      image_of_layer.table_entries = append_table(lowered.table, &image_);
      image_of_layer.table_words = (image_of_layer.table_entries + config_.array.cols - 1) / config_.array.cols;
    }
    images_.push_back(std::move(image_of_layer));
    program_.packing.push_back(packing);
    program_.weight_bytes.push_back(weight_bytes);
  }

  bool in_memory(int tensor, const Plan& plan) const {
    const auto named = [tensor](const std::vector<int>& list) {
      return std::find(list.begin(), list.end(), tensor) != list.end();
    };
    return named(network_.inputs) || named(network_.outputs) ||
           nth(plan.tensors, tensor).home == TensorPlan::Home::kMemory;
  }

  void place_tensors(const Plan& plan) {
    for (std::size_t i = 0; i < network_.tensors.size(); ++i) {
      const int index = static_cast<int>(i);
      if (!in_memory(index, plan)) continue;
      TensorPlacement placement =
          placement_of(network_, config_, index, words_on_bytes(index, lowered_layers_, network_, config_, plan));
      align();
      placement.address = static_cast<std::int64_t>(image_.size());
      image_.resize(image_.size() + static_cast<std::size_t>(placed_bytes(network_, placement)));
      program_.placements.push_back(placement);
      const auto constant = network_.constants.find(index);
      if (constant == network_.constants.end()) continue;
      pack_tensor(constant->second, network_.tensors[i].zero_point, placement, image_);
    }
    align();
  }

  Command halt() const {
    Command command;
    command.layer = std::max(0, static_cast<int>(network_.layers.size()) - 1);
    command.body = Halt{};
    return command;
  }

  /// What the machine would refuse is refused here, by the layer's name.
  void check_commands() const {
    CommandDecoder decoder(config_);
    for (std::size_t i = 0; i < program_.commands.size(); ++i) {
      const CommandWords words = encode(program_.commands[i]);
      const Verdict verdict = decoder.check(words);
      if (!verdict.bad()) continue;
      const auto layer = static_cast<std::size_t>(program_.commands[i].layer);
      throw InputError("layer '" + network_.layers.at(layer).name + "': this machine has no such command: " +
                       decoder.error(static_cast<std::int64_t>(i), words, verdict, -1).what());
    }
  }

  void append_commands() {
    check_commands();
    program_.command_address = static_cast<std::int64_t>(image_.size());
    for (const Command& command : program_.commands) {
      const CommandWords words = encode(command);
      const std::size_t at = image_.size();
      image_.resize(at + kCommandBytes);
      std::memcpy(image_.data() + at, words.data(), kCommandBytes);  // both little endian
    }
  }

  const QuantizedNetwork& network_;
  const AcceleratorConfig& config_;
  const Mapping* mapping_;
  std::vector<LoweredLayer> lowered_layers_;
  Program program_;
  std::vector<std::uint8_t> image_;
  std::vector<LayerImage> images_;
};

}  // namespace

Plan plan_network(const QuantizedNetwork& network, const AcceleratorConfig& config) {
  return Compilation(network, config, nullptr).plan();
}

Program compile(const QuantizedNetwork& network, const AcceleratorConfig& config, const Mapping* mapping) {
  return Compilation(network, config, mapping).run();
}

}  // namespace systoliq::model
