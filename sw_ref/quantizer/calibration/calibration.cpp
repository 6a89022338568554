// SPDX-License-Identifier: Apache-2.0
// Two runs at most: moments and extremes first, then histograms between the extremes.
#include "sw_ref/quantizer/calibration/calibration.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/float/image_inputs.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

constexpr int kBins = 2048;
constexpr double kAveraging = 0.01;

using FloatTensors = std::map<std::string, FloatTensor>;

struct Moments {
  double minimum = std::numeric_limits<double>::infinity();
  double maximum = -std::numeric_limits<double>::infinity();
  double sum = 0.0, squares = 0.0, count = 0.0;
  double averaged_minimum = 0.0, averaged_maximum = 0.0;
};

const FloatTensor& tensor_in(const FloatTensors& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw InternalError("float execution yields no tensor '" + name + "'");
  return found->second;
}

void add_values(const FloatTensor& tensor, const std::string& name, Moments* moments) {
  const bool first = moments->count == 0.0;
  double minimum = std::numeric_limits<double>::infinity();
  double maximum = -minimum;
  for (const float single : tensor.data) {
    if (!std::isfinite(single)) {
      throw InputError("calibration: tensor '" + name + "' holds a value that is not finite");
    }
    const double value = double{single};
    minimum = std::min(minimum, value);
    maximum = std::max(maximum, value);
    moments->sum += value;
    moments->squares += value * value;
  }
  moments->minimum = std::min(moments->minimum, minimum);
  moments->maximum = std::max(moments->maximum, maximum);
  moments->averaged_minimum += (first ? 1.0 : kAveraging) * (minimum - moments->averaged_minimum);
  moments->averaged_maximum += (first ? 1.0 : kAveraging) * (maximum - moments->averaged_maximum);
  moments->count += static_cast<double>(tensor.data.size());
}

void count_bins(const FloatTensor& tensor, Distribution* seen) {
  const double extent = seen->maximum - seen->minimum;
  const double bins_per_unit = extent > 0.0 ? kBins / extent : 0.0;
  for (const float value : tensor.data) {
    const auto bin = static_cast<int>((double{value} - seen->minimum) * bins_per_unit);
    nth(seen->counts, std::min(bin, kBins - 1)) += 1.0;
  }
}

FloatTensors run_image(const FloatExecutor& executor, const Graph& graph, const FloatTensor& image) {
  const Shape shape = image_shape_of(graph);
  if (image.data.size() != static_cast<std::size_t>(element_count(shape))) {
    throw InputError("calibration image of shape " + to_string(image.shape) + " does not fit input '" +
                     graph.inputs.front() + "' of shape " + to_string(shape));
  }
  return executor.run(float_inputs(graph, image));
}

}  // namespace

std::vector<Distribution> calibrate(const Graph& graph, const std::vector<FloatTensor>& images,
                                    const std::vector<std::string>& names, bool histogram) {
  if (images.empty()) throw InputError("calibration: no image given; at least one is needed");
  if (graph.inputs.empty()) throw InputError("network '" + graph.name + "' has no input; at least one is needed");
  const FloatExecutor executor(graph);
  return observe(
      images.size(), [&](std::size_t image) { return run_image(executor, graph, images[image]); }, names, histogram);
}

std::vector<Distribution> observe(std::size_t images,
                                  const std::function<std::map<std::string, FloatTensor>(std::size_t)>& run,
                                  const std::vector<std::string>& names, bool histogram) {
  std::vector<Moments> moments(names.size());
  for (std::size_t image = 0; image < images; ++image) {
    const FloatTensors tensors = run(image);
    for (std::size_t i = 0; i < names.size(); ++i) add_values(tensor_in(tensors, names[i]), names[i], &moments[i]);
  }
  std::vector<Distribution> seen(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Moments& m = moments[i];
    seen[i].minimum = m.minimum;
    seen[i].maximum = m.maximum;
    seen[i].averaged_minimum = m.averaged_minimum;
    seen[i].averaged_maximum = m.averaged_maximum;
    seen[i].mean = m.sum / m.count;
    seen[i].deviation = std::sqrt(std::max(m.squares / m.count - seen[i].mean * seen[i].mean, 0.0));
    if (!histogram) continue;
    seen[i].counts.assign(kBins, 0.0);
    const double width = (m.maximum - m.minimum) / kBins;
    for (int bin = 0; bin < kBins; ++bin) seen[i].points.push_back(m.minimum + (bin + 0.5) * width);
  }
  for (std::size_t image = 0; histogram && image < images; ++image) {
    const FloatTensors tensors = run(image);
    for (std::size_t i = 0; i < names.size(); ++i) count_bins(tensor_in(tensors, names[i]), &seen[i]);
  }
  return seen;
}

}  // namespace systoliq::sw_ref
