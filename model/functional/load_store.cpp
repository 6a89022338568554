// SPDX-License-Identifier: Apache-2.0
// The DMA's data movement: LOAD (plain and tap packed) and STORE.
// In RTL: systoliq_load_writer.sv, systoliq_tap_packer.sv, systoliq_store.sv (rtl_cosim/rtl/).
#include "model/functional/load_store.h"

#include <algorithm>
#include <cstring>

#include "model/isa/lane_packing.h"
#include "model/isa/memory_records.h"
#include "model/timing/memory_timing.h"

namespace systoliq::model {
namespace {

std::int64_t buffer_address(const Load& load, std::int64_t y, std::int64_t x) {
  return load.buffer_address + y * load.buffer_row_pitch + x * load.buffer_word_pitch;
}

void load_params(Storage& state, const Load& load, const std::uint8_t* bytes) {
  for (RecordWalk walk(load); !walk.done(); walk.next()) {
    ParamEntry* word = state.params.words(buffer_address(load, walk.row(), walk.word_of_row()));
    std::fill_n(word, state.params.lanes(), ParamEntry{});
    std::memcpy(word, bytes + walk.first_bit() / 8, static_cast<std::size_t>(walk.elements()) * sizeof(ParamEntry));
  }
}

/// The word's elements that lie within it.
void load_word(const RecordWalk& walk, const Load& load, const std::uint8_t* bytes, int lanes, std::int16_t* word) {
  const int first = std::max(0, walk.first_lane());
  const int dropped = first - walk.first_lane();
  const int count = std::max(0, std::min(walk.elements() - dropped, lanes - first));
  if (count < lanes) std::fill_n(word, lanes, static_cast<std::int16_t>(load.pad_value));
  unpack_bits(bytes, walk.first_bit() + std::int64_t{dropped} * load.element_bits, load.element_bits, count,
              word + first);
}

void load_words(SramBuffer<std::int16_t>& buffer, const Load& load, const std::uint8_t* bytes) {
  for (RecordWalk walk(load); !walk.done(); walk.next()) {
    load_word(walk, load, bytes, buffer.lanes(), buffer.words(buffer_address(load, walk.row(), walk.word_of_row())));
  }
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
    for (int pixel = 0; row_exists && pixel < pixels; ++pixel, bytes += pixel_bytes(load)) {
      unpack_lanes(bytes, load.element_bits, channels, row.data() + std::ptrdiff_t{pixel} * channels);
    }
    for (int x = 0; x < load.row_records; ++x) {
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
  const auto target = static_cast<LoadTarget>(load.target);
  if (target == LoadTarget::kParam) return load_params(state, load, bytes);
  if (target == LoadTarget::kWeight) return load_words(state.weights, load, bytes);
  if (load.pack_kernel_width != 0) return load_packed(state, load, bytes);
  load_words(state.activations, load, bytes);
}

void compute_store(Storage& state, const Store& store, Staged* staged) {
  staged->bytes.assign(static_cast<std::size_t>(store.rows * row_bytes(store)), 0);
  std::uint8_t* bytes = staged->bytes.data();
  const int rows = state.config.array.rows;
  for (int y = 0; y < store.rows; ++y) {
    std::int64_t address = store.buffer_address + std::int64_t{y} * store.buffer_row_pitch;
    for (int record = 0; record < store.row_records; ++record, bytes += record_bytes(store)) {
      for (int done = 0; done < store.record_lanes; done += rows, address += store.buffer_word_pitch) {
        pack_bits(state.activations.words(address), store.element_bits, std::min(rows, store.record_lanes - done),
                  bytes, std::int64_t{done} * store.element_bits);
      }
    }
  }
}

}  // namespace systoliq::model
