// SPDX-License-Identifier: Apache-2.0
// A user's own arrays as network inputs: which shapes fit, in which layout, and what would saturate.
#pragma once

#include <string>
#include <vector>

#include "tb/data/array_file.h"
#include "tb/data/normalization.h"
#include "types/quantized_network.h"
#include "types/tensor.h"

namespace systoliq::tb {

/// What a network takes, and how the user's arrays hold it.
struct InputForm {
  std::string name;            ///< of the network's input
  Shape shape;                 ///< [1, c, h, w] or [1, f], …
  bool channels_last = false;  ///< arrays are [h, w, c] or [n, h, w, c]
  /// Where the network's input is an integer tensor: arrays hold its integers, as the file stores them.
  const QuantizedTensor* integers = nullptr;
};

/// Images of one array as the reals that the network takes. An array is one image of the form's shape, with or without
/// its leading 1, or n of them along axis 0; nothing else fits. Throws InputError, for a shape before elements are
/// read.
std::vector<FloatTensor> images_of(ArrayFile array, const InputForm& form);

/// Images of all arguments in their order: [NAME=]FILE, a .npy or .npz, or a folder of such, by name. Of an archive of
/// several arrays the one that bears the input's name. Throws InputError.
std::vector<FloatTensor> read_inputs(const std::vector<std::string>& arguments, const InputForm& form);

/// The first `count` images of a folder of .npy and .npz files, as list_class_files() orders them, with their labels
/// where folders say them. Elements of uint8 are pixels and normalized; others are what the network takes. Throws
/// InputError, also where the user gave a normalization and elements are no pixels.
std::vector<FloatTensor> read_array_folder(const std::string& folder, const std::string& split, std::int64_t count,
                                           const InputForm& form, const Normalization& normalization, bool given,
                                           std::vector<int>* labels);

/// One label an image: a .npy or .npz of integers, or a text file, one number a line. Throws InputError.
std::vector<int> read_labels(const std::string& path);

/// A line for the user where values lie far outside what the tensor can hold: 5 % of all, or one farther outside than
/// that range is wide. Empty where they do not.
std::string saturation_remark(const std::vector<FloatTensor>& images, const QuantizedTensor& input);

}  // namespace systoliq::tb
