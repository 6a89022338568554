// SPDX-License-Identifier: Apache-2.0
// The DMA's data movement: LOAD (plain and tap packed) and STORE.
// In RTL: systoliq_load_writer.sv, systoliq_tap_packer.sv, systoliq_store.sv (rtl_cosim/rtl/).
#include "model/functional/load_store.h"

#include <algorithm>
#include <cstring>

#include "model/isa/lane_packing.h"
#include "model/timing/memory_timing.h"

namespace systoliq::model {
namespace {

std::int64_t buffer_address(const Load& load, int y, int x) {
  return load.buffer_address + std::int64_t{y} * load.buffer_row_pitch + std::int64_t{x} * load.buffer_word_pitch;
}

/// Visits the buffer's places in the order of the bytes: whole rows where their words are neighbors.
template <typename T, typename Write>
void each_piece(SramBuffer<T>& buffer, const Load& load, Write write) {
  const bool whole_rows = load.buffer_word_pitch == 1;
  const int words = whole_rows ? load.row_words : 1;
  for (int y = 0; y < load.rows; ++y) {
    for (int x = 0; x < load.row_words; x += words) write(buffer.words(buffer_address(load, y, x), words), words);
  }
}

void load_params(Storage& state, const Load& load, const std::uint8_t* bytes) {
  each_piece(state.params, load, [&](ParamEntry* place, int words) {
    const std::size_t size =
        static_cast<std::size_t>(words) * static_cast<std::size_t>(state.params.lanes()) * sizeof(ParamEntry);
    std::memcpy(place, bytes, size);
    bytes += size;
  });
}

void load_words(SramBuffer<std::int16_t>& buffer, const Load& load, int bits, const std::uint8_t* bytes) {
  const int lanes = buffer.lanes();
  const int word_bytes = (lanes * bits + 7) / 8;
  each_piece(buffer, load, [&](std::int16_t* place, int words) {
    if (lanes * bits == word_bytes * 8) {  // no gap between words
      unpack_lanes(bytes, bits, words * lanes, place);
    } else {
      for (int word = 0; word < words; ++word)
        unpack_lanes(bytes + std::ptrdiff_t{word} * word_bytes, bits, lanes, place + std::ptrdiff_t{word} * lanes);
    }
    bytes += std::ptrdiff_t{words} * word_bytes;
  });
}

/// The shift register: kernel_width pixels side by side in the lanes, padding outside the image.
void load_packed(Storage& state, const Load& load, const std::uint8_t* bytes) {
  const int channels = load.pack_channels;
  const PackedColumns columns = packed_columns(load);
  const int pixels = std::max(0, columns.end - columns.first);
  std::vector<std::int16_t> row(static_cast<std::size_t>(pixels) * static_cast<std::size_t>(channels));
  for (int y = 0; y < load.rows; ++y) {
    const int source_row = y * load.pack_row_stride - load.pack_pad_top;
    const bool row_exists = source_row >= 0 && source_row < load.pack_height;
    for (int pixel = 0; row_exists && pixel < pixels; ++pixel, bytes += load.memory_word_bytes) {
      unpack_lanes(bytes, state.config.datatypes.activation_bits, channels,
                   row.data() + std::ptrdiff_t{pixel} * channels);
    }
    for (int x = 0; x < load.row_words; ++x) {
      std::int16_t* word = state.activations.words(buffer_address(load, y, x));
      if (load.clear_lanes != 0) std::fill_n(word, state.config.array.rows, std::int16_t{0});
      word += load.lane_offset;
      for (int tap = 0; tap < load.pack_kernel_width; ++tap, word += channels) {
        const int column = x * load.pack_stride + tap - load.pack_pad_left;
        if (!row_exists || column < columns.first || column >= columns.end) {
          std::fill_n(word, channels, static_cast<std::int16_t>(load.pad_value));
        } else {
          std::copy_n(row.data() + std::ptrdiff_t{column - columns.first} * channels, channels, word);
        }
      }
    }
  }
}

}  // namespace

void apply_load(Storage& state, const Load& load, const std::uint8_t* bytes) {
  const DatatypeConfig& types = state.config.datatypes;
  const auto target = static_cast<LoadTarget>(load.target);
  if (target == LoadTarget::kParam) return load_params(state, load, bytes);
  if (target == LoadTarget::kWeight) return load_words(state.weights, load, types.weight_bits, bytes);
  if (load.pack_kernel_width != 0) return load_packed(state, load, bytes);
  load_words(state.activations, load, types.activation_bits, bytes);
}

void compute_store(Storage& state, const Store& store, Staged* staged) {
  const int word_bytes = store.memory_word_bytes;
  const int bits = state.config.datatypes.activation_bits;
  staged->bytes.resize(static_cast<std::size_t>(store.rows) * static_cast<std::size_t>(store.row_words) *
                       static_cast<std::size_t>(word_bytes));
  std::uint8_t* bytes = staged->bytes.data();
  const int lanes = state.config.array.rows;
  const bool whole_rows = store.buffer_word_pitch == 1 && lanes * bits == word_bytes * 8;
  const int words = whole_rows ? store.row_words : 1;
  for (int y = 0; y < store.rows; ++y) {
    for (int x = 0; x < store.row_words; x += words, bytes += std::ptrdiff_t{words} * word_bytes) {
      const std::int64_t address =
          store.buffer_address + std::int64_t{y} * store.buffer_row_pitch + std::int64_t{x} * store.buffer_word_pitch;
      pack_lanes(state.activations.words(address, words), bits, words * lanes, bytes);
    }
  }
}

}  // namespace systoliq::model
