// SPDX-License-Identifier: Apache-2.0
// Stimuli of the decoder's checks: commands of all opcodes, near-legal ones and ones just inside and just outside of
// what the model's decoder accepts.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/isa/command_decoder.h"
#include "rtl_cosim/unit/requantize_vectors.h"

namespace systoliq::rtl {

class RandomCommands final {
 public:
  RandomCommands(const model::AcceleratorConfig& config, std::uint64_t seed);

  /// The 64 words of a command; it waits for no semaphore.
  model::CommandWords next();
  /// One that is good, of an opcode with semaphores; not of opcode `other`.
  model::CommandWords good(model::Opcode other);

 private:
  struct Range {
    std::int64_t lowest, highest;
  };
  Range range(const model::CommandWords& words, int word) const;
  int fields(const model::CommandWords& words) const;
  model::CommandWords near_legal(model::Opcode opcode);
  std::int64_t value_within(Range range);
  void repair(model::CommandWords* words, int word);
  void spoil(model::CommandWords* words);
  int word_of(const model::CommandWords& words, std::string_view name) const;
  void spoil_product(model::CommandWords* words);
  void spoil_reserved(model::CommandWords* words);
  void go_to_border(model::CommandWords* words, int word, std::int64_t target);
  bool bad(const model::CommandWords& words) { return decoder_.check(words).bad(); }

  model::AcceleratorConfig config_;
  model::CommandDecoder decoder_;  ///< never sees a semaphore, so that it has no state
  Random random_;
};

}  // namespace systoliq::rtl
