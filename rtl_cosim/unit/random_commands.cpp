// SPDX-License-Identifier: Apache-2.0
// A good command is drawn within the ranges and repaired until no rule is broken. Then a field moves towards another
// value, by bisection up to where the model's decoder changes its mind.
#include "rtl_cosim/unit/random_commands.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <vector>

#include "model/isa/isa_table.h"
#include "types/error.h"

namespace systoliq::rtl {
namespace {

using model::CommandWords;
using model::kCommandWords;
using model::kFirstFieldWord;
using model::kLayerWord;
using model::kSemaphoreWord;

constexpr int kRepairs = 400;

/// Two fields whose product a rule adds up.
struct Factors {
  model::Opcode opcode;
  std::string_view count, step;
};
constexpr Factors kFactors[] = {
    {model::Opcode::kLoad, "pack_height", "memory_row_pitch"},
    {model::Opcode::kLoad, "rows", "memory_row_pitch"},
    {model::Opcode::kLoad, "rows", "pack_row_stride"},
    {model::Opcode::kStore, "rows", "memory_row_pitch"},
    {model::Opcode::kExecute, "output_height", "stride_height"},
    {model::Opcode::kExecute, "output_width", "stride_width"},
    {model::Opcode::kPost, "height", "stride_height"},
    {model::Opcode::kPost, "width", "stride_width"},
};

std::uint32_t& at(CommandWords* words, int word) { return (*words)[static_cast<std::size_t>(word)]; }
std::int64_t value_of(const CommandWords& words, int word) {
  return static_cast<std::int32_t>(words[static_cast<std::size_t>(word)]);
}
void set(CommandWords* words, int word, std::int64_t value) {
  at(words, word) = static_cast<std::uint32_t>(static_cast<std::int32_t>(value));
}

}  // namespace

RandomCommands::RandomCommands(const model::AcceleratorConfig& config, std::uint64_t seed)
    : config_(config), decoder_(config, model::Operations::kRtl), random_(seed) {}

int RandomCommands::fields(const CommandWords& words) const {
  return static_cast<int>(model::isa_table()[words[0]].fields.size());
}

RandomCommands::Range RandomCommands::range(const CommandWords& words, int word) const {
  if (word == kLayerWord) return {0, model::kLayerMax};
  const model::FieldSpec& field = model::isa_table()[words[0]].fields[static_cast<std::size_t>(word - kFirstFieldWord)];
  return {field.lowest.value(config_), field.highest.value(config_)};
}

/// Mostly small: most rules bound products.
std::int64_t RandomCommands::value_within(Range range) {
  const std::int64_t near_zero = std::clamp<std::int64_t>(0, range.lowest, range.highest);
  switch (random_.between(0, 7)) {
    case 0:
      return range.lowest;
    case 1:
      return random_.one_in(3) ? range.highest : near_zero;
    case 2:
      return random_.between(range.lowest, range.highest);
    case 3: {
      const std::int64_t reach = std::int64_t{1} << random_.between(0, 31);
      return random_.between(std::max(range.lowest, near_zero - reach), std::min(range.highest, near_zero + reach));
    }
    default:
      return random_.between(std::max(range.lowest, near_zero - 4), std::min(range.highest, near_zero + 9));
  }
}

/// Draws the word anew, or any other field but the first, which is the target or the operation: all of them shall
/// occur.
void RandomCommands::repair(CommandWords* words, int word) {
  const int last = kFirstFieldWord + fields(*words) - 1;
  const int which = random_.one_in(3) ? static_cast<int>(random_.between(kFirstFieldWord + 1, last)) : word;
  set(words, which, value_within(range(*words, which)));
}

CommandWords RandomCommands::near_legal(model::Opcode opcode) {
  for (;;) {
    CommandWords words{};
    words[0] = static_cast<std::uint32_t>(opcode);
    const int end = kFirstFieldWord + fields(words);
    for (int word = kLayerWord; word < end; ++word) set(&words, word, value_within(range(words, word)));
    for (int i = 0; i < kRepairs; ++i) {
      const model::Verdict verdict = decoder_.check(words);
      if (!verdict.bad()) return words;
      repair(&words, verdict.word);
    }
  }
}

void RandomCommands::go_to_border(CommandWords* words, int word, std::int64_t target) {
  const bool was_bad = bad(*words);
  std::int64_t same = value_of(*words, word), other = target;
  set(words, word, other);
  if (bad(*words) == was_bad) return;
  while (same - other > 1 || other - same > 1) {
    const std::int64_t middle = (same + other) / 2;
    set(words, word, middle);
    (bad(*words) == was_bad ? same : other) = middle;
  }
  set(words, word, random_.one_in(2) ? same : other);
}

int RandomCommands::word_of(const CommandWords& words, std::string_view name) const {
  const std::vector<model::FieldSpec>& fields = model::isa_table()[words[0]].fields;
  const auto at = std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.name == name; });
  check(at != fields.end(), "an opcode without the field of a product");
  return kFirstFieldWord + static_cast<int>(at - fields.begin());
}

/// Two fields whose product becomes a power of two: each bit of what a rule compares is set without others.
void RandomCommands::spoil_product(CommandWords* words) {
  const Factors& factors = kFactors[random_.between(0, static_cast<std::int64_t>(std::size(kFactors)) - 1)];
  if (static_cast<std::uint32_t>(factors.opcode) != at(words, 0)) return spoil(words);
  const auto power = [&](int word, std::int64_t more) {
    const std::int64_t highest = range(*words, word).highest;
    set(words, word, std::min((std::int64_t{1} << random_.between(0, std::ilogb(highest))) + more, highest));
  };
  power(word_of(*words, factors.count), random_.between(0, 1));  // of many there is one step fewer
  power(word_of(*words, factors.step), 0);
}

/// One field to a border of what is accepted, or beyond.
void RandomCommands::spoil(CommandWords* words) {
  const auto word = static_cast<int>(random_.between(kLayerWord, kFirstFieldWord + fields(*words) - 1));
  const Range range = this->range(*words, word);
  switch (random_.between(0, 7)) {
    case 0:
      set(words, word, random_.one_in(2) ? range.lowest - 1 : range.highest + 1);
      break;
    case 1:
      at(words, word) = static_cast<std::uint32_t>(random_.next());
      break;
    case 2:
      at(words, word) ^= 1U << random_.between(0, 31);
      break;
    case 3:
      set(words, word, random_.one_in(2) ? range.lowest : range.highest);
      break;
    case 4:
      go_to_border(words, word, value_within(range));
      break;
    default:
      go_to_border(words, word, random_.one_in(3) ? range.lowest : range.highest);
  }
}

/// A bit where none may be.
void RandomCommands::spoil_reserved(CommandWords* words) {
  const std::uint32_t bit = 1U << random_.between(0, 31);
  if (random_.one_in(3)) {
    at(words, 0) ^= bit;
  } else if (!model::isa_table()[(*words)[0]].has_semaphores && random_.one_in(2)) {
    at(words, kSemaphoreWord) ^= bit;
  } else {
    at(words, static_cast<int>(random_.between(kFirstFieldWord + fields(*words), kCommandWords - 1))) ^= bit;
  }
}

CommandWords RandomCommands::next() {
  CommandWords words = near_legal(static_cast<model::Opcode>(random_.between(0, model::kOpcodes - 1)));
  if (model::isa_table()[words[0]].has_semaphores && random_.one_in(2)) {
    words[kSemaphoreWord] = static_cast<std::uint32_t>(random_.next()) & 0xFFFF'0000;  // signals, which nothing checks
  }
  const std::int64_t spoiled = random_.between(0, 2);
  for (std::int64_t i = 0; i < spoiled; ++i) random_.one_in(4) ? spoil_product(&words) : spoil(&words);
  if (random_.one_in(12)) spoil_reserved(&words);
  return words;
}

CommandWords RandomCommands::good(model::Opcode other) {
  for (;;) {
    const auto opcode = static_cast<model::Opcode>(random_.between(0, model::kOpcodes - 1));
    if (opcode != other && model::isa_table()[static_cast<std::size_t>(opcode)].has_semaphores) {
      return near_legal(opcode);
    }
  }
}

}  // namespace systoliq::rtl
