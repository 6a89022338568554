// SPDX-License-Identifier: Apache-2.0
// Words, bytes, bursts and MACs of one command, as closed formulas of its fields: counted alike at every level.
#pragma once

#include "model/accounting/counters.h"
#include "model/config/accelerator_config.h"
#include "model/isa/command.h"
#include "model/timing/memory_timing.h"

namespace systoliq::model {

/// LOAD writes rows * row_records * record_words words; STORE reads as many. `bursts` are those of the command.
void count_accesses(const Load& load, const BurstTotals& read, LayerCounters* counters);
void count_accesses(const Store& store, const BurstTotals& written, LayerCounters* counters);

/// EXECUTE, M pixels, depth = reduction of one tap: weight stationary, taps * blocks * M activation words and
/// taps * depth weight words read, taps * blocks * M accumulator words written and as many but the first read. Output
/// stationary, as many activation words, taps * depth weight words for each group of `rows` pixels, M accumulator words
/// written, and read where they continue. A param word where the sum starts from the bias.
void count_accesses(const Execute& execute, const AcceleratorConfig& config, LayerCounters* counters);

/// POST: requantize reads an accumulator word a pixel and writes each word its channels touch; pooling reads its
/// window's words, add two, look-up one data and one table word, and each writes one word.
void count_accesses(const Post& post, const AcceleratorConfig& config, LayerCounters* counters);

}  // namespace systoliq::model
