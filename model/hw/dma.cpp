// SPDX-License-Identifier: Apache-2.0
// The DMA's data movement: LOAD (plain and tap packed) and STORE.
#include <algorithm>
#include <cstring>

#include "model/hw/datapath.h"
#include "model/isa/lane_packing.h"
#include "model/timing/memory_timing.h"

namespace systoliq::model {
namespace {

void load_params(const MachineState& state, const Load& load, const std::uint8_t* bytes, Staged* staged) {
  const std::size_t words = static_cast<std::size_t>(load.rows) * static_cast<std::size_t>(load.row_words);
  staged->params.resize(words * static_cast<std::size_t>(state.config.array.cols));
  std::memcpy(staged->params.data(), bytes, staged->params.size() * sizeof(ParamEntry));
}

void load_words(const Load& load, int lanes, int bits, const std::uint8_t* bytes, Staged* staged) {
  const int word_bytes = (lanes * bits + 7) / 8;
  const std::int64_t words = std::int64_t{load.rows} * load.row_words;
  staged->lanes.resize(static_cast<std::size_t>(words * lanes));
  if (bits == 8) return unpack_lanes(bytes, bits, static_cast<int>(words * lanes), staged->lanes.data());
  for (std::int64_t word = 0; word < words; ++word) {
    unpack_lanes(bytes + word * word_bytes, bits, lanes, staged->lanes.data() + word * lanes);
  }
}

/// The shift register: kernel_width pixels side by side in the lanes, padding outside the image.
void load_packed(const MachineState& state, const Load& load, const std::uint8_t* bytes, Staged* staged) {
  const int channels = load.pack_channels;
  const PackedColumns columns = packed_columns(load);
  std::vector<std::int16_t> pixel(static_cast<std::size_t>(channels));
  for (int y = 0; y < load.rows; ++y) {
    const int row = y * load.pack_row_stride - load.pack_pad_top;
    const bool row_exists = row >= 0 && row < load.pack_height;
    for (int x = 0; x < load.row_words; ++x) {
      for (int tap = 0; tap < load.pack_kernel_width; ++tap) {
        const int column = x * load.pack_stride + tap - load.pack_pad_left;
        if (!row_exists || column < columns.first || column >= columns.end) {
          std::fill(pixel.begin(), pixel.end(), static_cast<std::int16_t>(load.pad_value));
        } else {
          unpack_lanes(bytes + std::int64_t{column - columns.first} * load.memory_word_bytes,
                       state.config.datatypes.activation_bits, channels, pixel.data());
        }
        staged->lanes.insert(staged->lanes.end(), pixel.begin(), pixel.end());
      }
    }
    if (row_exists) bytes += std::int64_t{std::max(0, columns.end - columns.first)} * load.memory_word_bytes;
  }
}

std::int64_t buffer_address(const Load& load, int y, int x) {
  return load.buffer_address + std::int64_t{y} * load.buffer_row_pitch + std::int64_t{x} * load.buffer_word_pitch;
}

void commit_packed(MachineState& state, const Load& load, const Staged& staged) {
  const int lanes = load.pack_kernel_width * load.pack_channels;
  check(load.lane_offset >= 0 && load.lane_offset + lanes <= state.config.array.rows, "LOAD: lanes outside the word");
  const std::int16_t* source = staged.lanes.data();
  for (int y = 0; y < load.rows; ++y) {
    for (int x = 0; x < load.row_words; ++x, source += lanes) {
      std::int16_t* word = state.activations.words(buffer_address(load, y, x));
      if (load.clear_lanes != 0) std::fill_n(word, state.config.array.rows, std::int16_t{0});
      std::copy_n(source, lanes, word + load.lane_offset);
    }
  }
}

template <typename T>
void commit_words(SramBuffer<T>& buffer, const Load& load, const T* source) {
  for (int y = 0; y < load.rows; ++y) {
    if (load.buffer_word_pitch == 1) {
      const std::int64_t count = std::int64_t{load.row_words} * buffer.lanes();
      std::copy_n(source, count, buffer.words(buffer_address(load, y, 0), load.row_words));
      source += count;
      continue;
    }
    for (int x = 0; x < load.row_words; ++x, source += buffer.lanes()) {
      std::copy_n(source, buffer.lanes(), buffer.words(buffer_address(load, y, x)));
    }
  }
}

}  // namespace

void compute_load(const MachineState& state, const Load& load, const std::uint8_t* bytes, Staged* staged) {
  const DatatypeConfig& types = state.config.datatypes;
  const auto target = static_cast<LoadTarget>(load.target);
  if (target == LoadTarget::kParam) {
    load_params(state, load, bytes, staged);
  } else if (target == LoadTarget::kWeight) {
    load_words(load, state.config.array.cols, types.weight_bits, bytes, staged);
  } else if (load.pack_kernel_width != 0) {
    load_packed(state, load, bytes, staged);
  } else {
    load_words(load, state.config.array.rows, types.activation_bits, bytes, staged);
  }
}

void commit_load(MachineState& state, const Load& load, const Staged& staged) {
  const auto target = static_cast<LoadTarget>(load.target);
  if (target == LoadTarget::kParam) {
    commit_words(state.params, load, staged.params.data());
  } else if (target == LoadTarget::kWeight) {
    commit_words(state.weights, load, staged.lanes.data());
  } else if (load.pack_kernel_width != 0) {
    commit_packed(state, load, staged);
  } else {
    commit_words(state.activations, load, staged.lanes.data());
  }
}

void compute_store(MachineState& state, const Store& store, Staged* staged) {
  const int word_bytes = store.memory_word_bytes;
  const int bits = state.config.datatypes.activation_bits;
  staged->bytes.resize(static_cast<std::size_t>(store.rows) * static_cast<std::size_t>(store.row_words) *
                       static_cast<std::size_t>(word_bytes));
  std::uint8_t* bytes = staged->bytes.data();
  for (int y = 0; y < store.rows; ++y) {
    for (int x = 0; x < store.row_words; ++x, bytes += word_bytes) {
      const std::int64_t address =
          store.buffer_address + std::int64_t{y} * store.buffer_row_pitch + std::int64_t{x} * store.buffer_word_pitch;
      pack_lanes(state.activations.words(address), bits, state.config.array.rows, bytes);
    }
  }
}

}  // namespace systoliq::model
