// SPDX-License-Identifier: Apache-2.0
// The DMA's data movement: LOAD (plain and tap packed) and STORE.
#include <algorithm>

#include "model/hw/datapath.h"

namespace systoliq::model {
namespace {

void load_params(MachineState& state, const Load& load, Staged* staged) {
  const int entries = state.config.array.cols;
  const int word_bytes = state.config.param_word_bytes();
  for (int y = 0; y < load.rows; ++y) {
    const std::int64_t row = load.memory_address + std::int64_t{y} * load.memory_row_pitch;
    for (int x = 0; x < load.row_words; ++x) {
      const std::uint8_t* bytes = state.memory_at(row + std::int64_t{x} * word_bytes, word_bytes);
      const std::size_t first = staged->params.size();
      staged->params.resize(first + static_cast<std::size_t>(entries));
      std::copy_n(bytes, word_bytes, reinterpret_cast<std::uint8_t*>(staged->params.data() + first));
    }
  }
}

void load_words(MachineState& state, const Load& load, int lanes, int bits, Staged* staged) {
  const int word_bytes = (lanes * bits + 7) / 8;
  const auto row_lanes = static_cast<std::size_t>(load.row_words) * static_cast<std::size_t>(lanes);
  staged->lanes.resize(row_lanes * static_cast<std::size_t>(load.rows));
  for (int y = 0; y < load.rows; ++y) {
    const std::int64_t row_bytes = std::int64_t{load.row_words} * word_bytes;
    const std::uint8_t* bytes = state.memory_at(load.memory_address + std::int64_t{y} * load.memory_row_pitch, row_bytes);
    std::int16_t* values = staged->lanes.data() + row_lanes * static_cast<std::size_t>(y);
    for (int x = 0; x < load.row_words; ++x) {
      unpack_lanes(bytes + std::int64_t{x} * word_bytes, bits, lanes, values + std::int64_t{x} * lanes);
    }
  }
}

/// The shift register: kernel_width pixels side by side in the lanes, padding outside the image.
void load_packed(MachineState& state, const Load& load, Staged* staged) {
  const int channels = load.pack_channels;
  std::vector<std::int16_t> pixel(static_cast<std::size_t>(channels));
  for (int y = 0; y < load.rows; ++y) {
    const int row = y * load.pack_row_stride - load.pack_pad_top;
    for (int x = 0; x < load.row_words; ++x) {
      for (int tap = 0; tap < load.pack_kernel_width; ++tap) {
        const int column = x * load.pack_stride + tap - load.pack_pad_left;
        if (row < 0 || row >= load.pack_height || column < 0 || column >= load.pack_width) {
          std::fill(pixel.begin(), pixel.end(), static_cast<std::int16_t>(load.pad_value));
        } else {
          const std::int64_t address = load.memory_address + std::int64_t{row} * load.memory_row_pitch +
                                       std::int64_t{column} * load.memory_word_bytes;
          unpack_lanes(state.memory_at(address, load.memory_word_bytes), state.config.datatypes.activation_bits, channels,
                       pixel.data());
        }
        staged->lanes.insert(staged->lanes.end(), pixel.begin(), pixel.end());
      }
    }
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

int load_word_bytes(const Load& load, const AcceleratorConfig& config) {
  switch (static_cast<LoadTarget>(load.target)) {
    case LoadTarget::kActivation:
      return load.pack_kernel_width != 0 ? load.memory_word_bytes : config.activation_word_bytes();
    case LoadTarget::kWeight:
      return config.weight_word_bytes();
    case LoadTarget::kParam:
      return config.param_word_bytes();
  }
  throw InternalError("LOAD: unknown target " + std::to_string(load.target));
}

void compute_load(MachineState& state, const Load& load, Staged* staged, LayerCounters* counters) {
  const DatatypeConfig& types = state.config.datatypes;
  const auto target = static_cast<LoadTarget>(load.target);
  if (target == LoadTarget::kParam) {
    load_params(state, load, staged);
  } else if (target == LoadTarget::kWeight) {
    load_words(state, load, state.config.array.cols, types.weight_bits, staged);
  } else if (load.pack_kernel_width != 0) {
    load_packed(state, load, staged);
  } else {
    load_words(state, load, state.config.array.rows, types.activation_bits, staged);
  }
  counters->sram_write_words += std::int64_t{load.rows} * load.row_words;
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

void compute_store(MachineState& state, const Store& store, Staged* staged, LayerCounters* counters) {
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
  counters->sram_read_words += std::int64_t{store.rows} * store.row_words;
}

void commit_store(MachineState& state, const Store& store, const Staged& staged) {
  const std::int64_t row_bytes = std::int64_t{store.row_words} * store.memory_word_bytes;
  for (int y = 0; y < store.rows; ++y) {
    std::copy_n(staged.bytes.data() + y * row_bytes, row_bytes,
                state.memory_at(store.memory_address + std::int64_t{y} * store.memory_row_pitch, row_bytes));
  }
}

}  // namespace systoliq::model
