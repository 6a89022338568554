// SPDX-License-Identifier: Apache-2.0
// Runs a float network on calibration images and records how the values of each tensor are distributed.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sw_ref/quantizer/calibration/ranges.h"
#include "types/graph.h"

namespace systoliq::sw_ref {

/// One distribution per name, over all images. With `histogram`, `points` are the centers of 2048 equal bins between
/// the smallest and the largest value seen (a second run of the images). Throws InputError for images of a wrong shape
/// and for values that are not finite.
std::vector<Distribution> calibrate(const Graph& graph, const std::vector<FloatTensor>& images,
                                    const std::vector<std::string>& names, bool histogram);

/// The same for the tensors that `run` yields for each of `images` images.
std::vector<Distribution> observe(std::size_t images,
                                  const std::function<std::map<std::string, FloatTensor>(std::size_t)>& run,
                                  const std::vector<std::string>& names, bool histogram);

}  // namespace systoliq::sw_ref
