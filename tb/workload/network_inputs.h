// SPDX-License-Identifier: Apache-2.0
// The inputs of a network, one or several, from files and at random. An image holds them one after the other, as
// sw_ref::float_inputs() cuts it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tb/workload/input_arrays.h"
#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::tb {

/// Reads the arrays of one input.
using InputReader = std::function<std::vector<FloatTensor>(const InputForm& form)>;

/// Of every input, in the graph's order; channels_last only where there are channels beside pixels.
std::vector<InputForm> forms_of(const Graph& graph, bool channels_last);

/// What stands for several images of all inputs: `of_input[i]` are those of input i. Throws InputError where their
/// counts differ.
std::vector<FloatTensor> join_inputs(const std::vector<InputForm>& forms,
                                     std::vector<std::vector<FloatTensor>> of_input);

/// Images of --input: with one input read_inputs(); with several NAME=FILE for each, or .npz files that hold an array
/// of every input's name. Throws InputError.
std::vector<FloatTensor> read_all_inputs(const std::vector<std::string>& arguments,
                                         const std::vector<InputForm>& forms);

/// `count` images: uniform in [-1, 1); for an input of integers over the 8 bits of its type, of a wider one from 0 to
/// 127; seeded. Throws
/// InputError where they would not fit the memory.
std::vector<FloatTensor> random_inputs(const Graph& graph, std::int64_t count);

/// saturation_remark() of every input that the machine reads, without the empty ones.
std::vector<std::string> saturation_remarks(const std::vector<FloatTensor>& images, const QuantizedNetwork& network);

}  // namespace systoliq::tb
