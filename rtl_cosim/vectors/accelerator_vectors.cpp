// SPDX-License-Identifier: Apache-2.0
// One run for time, tensors and memory, one replay for the buffer's words.
#include "rtl_cosim/vectors/accelerator_vectors.h"

#include <algorithm>
#include <map>
#include <utility>

#include "model/isa/rtl_coverage.h"
#include "model/run_program.h"
#include "rtl_cosim/vectors/hex_text.h"
#include "rtl_cosim/vectors/replay.h"

namespace systoliq::rtl {
namespace {

int whole_digits(int bits) { return (bits + 3) / 4 * 4; }

/// Lanes that a requantizing or whole-word POST gives to its tensor, by address.
std::map<std::int64_t, std::vector<bool>> observed_lanes(const model::Post& post, int rows) {
  std::map<std::int64_t, std::vector<bool>> lanes;
  for (int y = 0; y < post.height; ++y) {
    for (int x = 0; x < post.width; ++x) {
      const std::int64_t pixel =
          post.output_address + std::int64_t{y} * post.output_row_pitch + std::int64_t{x} * post.output_pixel_pitch;
      for (int c = post.channel_offset; c < post.channel_offset + post.channels; ++c) {
        std::vector<bool>& mask = lanes[pixel + c / rows];
        mask.resize(static_cast<std::size_t>(rows));
        mask[static_cast<std::size_t>(c % rows)] = true;
      }
    }
  }
  return lanes;
}

std::string layer_word(std::int64_t command, std::int64_t address, const std::vector<bool>& mask,
                       const std::int16_t* lanes, int bits) {
  const int rows = static_cast<int>(mask.size());
  HexWord word;
  for (int r = 0; r < rows; ++r) word.add(mask[static_cast<std::size_t>(r)] ? lanes[r] : 0, bits);
  word.add(0, whole_digits(rows * bits) - rows * bits);
  for (int r = 0; r < rows; ++r) word.add(mask[static_cast<std::size_t>(r)] ? 1 : 0, 1);
  word.add(0, whole_digits(rows) - rows);
  return word.add(address, 32).add(command, 32).text() + "\n";
}

void list_layer_words(const VectorSource& source, AcceleratorVectors* vectors) {
  const model::AcceleratorConfig& config = source.config;
  auto probe = source.program.probes.begin();
  Replay replay(source.program, config, source.memory);
  while (probe != source.program.probes.end() && !replay.at_end()) {
    const auto index = static_cast<std::int64_t>(replay.index());
    const auto* post = std::get_if<model::Post>(&replay.command().body);
    replay.step();
    if (probe->command != index) continue;
    ++probe;
    check(post != nullptr, "a probe at a command that is no POST");
    for (const auto& [address, mask] : observed_lanes(*post, config.array.rows)) {
      vectors->layer_words +=
          layer_word(index, address, mask, replay.state().activations.words(address), config.datatypes.activation_bits);
      ++vectors->layer_word_count;
    }
  }
}

void list_commands(const VectorSource& source, const model::RunResult& run, AcceleratorVectors* vectors) {
  for (std::size_t i = 0; i < source.program.commands.size(); ++i) {
    const model::Command& command = source.program.commands[i];
    HexWord word;
    word.add(run.command_end_cycle[i], 64).add(static_cast<std::int64_t>(command.body.index()), 8);
    vectors->commands += word.text() + "\n";
    vectors->listing += std::to_string(i) + ": " + model::disassemble(command) + "\n";
  }
}

std::string integers_of(const IntTensor& tensor) {
  std::string text;
  for (const std::int32_t value : tensor.data) text += HexWord().add(value, 32).text() + "\n";
  return text;
}

void list_tensors(const VectorSource& source, const model::RunResult& run, AcceleratorVectors* vectors) {
  std::vector<int> outputs = source.network.outputs;
  for (std::size_t tensor = 0; tensor < run.tensors.size(); ++tensor) {
    const int index = static_cast<int>(tensor);
    if (!run.tensors[tensor].data.empty()) vectors->tensors.push_back({index, integers_of(run.tensors[tensor])});
  }
  for (const model::TensorPlacement& placement : source.program.placements) {
    const auto output = std::find(outputs.begin(), outputs.end(), placement.tensor);
    if (output == outputs.end()) continue;
    const auto known = std::find_if(vectors->tensors.begin(), vectors->tensors.end(),
                                    [&](const GoldenTensor& each) { return each.tensor == placement.tensor; });
    const Shape& shape = source.program.tensor_shapes[static_cast<std::size_t>(placement.tensor)];
    const std::string integers = integers_of(model::unpack_tensor(shape, placement, run.memory));
    if (known == vectors->tensors.end()) {
      vectors->tensors.push_back({placement.tensor, integers});
    } else {
      check(known->integers == integers, "an output in memory is not what was written on chip");
    }
  }
}

}  // namespace

AcceleratorVectors make_accelerator_vectors(const VectorSource& source) {
  model::require_rtl(source.program, "vectors");
  const model::RunResult run =
      model::run_program(source.program, source.config, model::Level::kTransaction, source.memory, true);
  AcceleratorVectors vectors;
  vectors.cycles = run.cycles;
  vectors.memory = hex_bytes(source.memory);
  vectors.expected_memory = hex_bytes(run.memory);
  list_commands(source, run, &vectors);
  list_layer_words(source, &vectors);
  list_tensors(source, run, &vectors);
  return vectors;
}

}  // namespace systoliq::rtl
