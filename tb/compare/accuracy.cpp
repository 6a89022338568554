// SPDX-License-Identifier: Apache-2.0
// Top-1 accuracy over a data set, float and quantized side by side.
#include <algorithm>
#include <optional>

#include "sw_ref/float/float_executor.h"
#include "tb/compare/bench.h"
#include "tb/compare/compiled_network.h"
#include "tb/compare/scores.h"

namespace systoliq::tb {
namespace {

template <typename Values>
int index_of_largest(const Values& values) {
  return static_cast<int>(std::max_element(values.begin(), values.end()) - values.begin());
}

/// Every label is one of the network's outputs.
void check_labels(const QuantizedNetwork& network, const std::vector<int>& labels) {
  const std::int64_t outputs = score_count(network);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0 && labels[i] < outputs) continue;
    throw InputError("label " + std::to_string(labels[i]) + " of image " + std::to_string(i) +
                     " is beyond the network's " + std::to_string(outputs) + " outputs");
  }
}

}  // namespace

void check_has_data(model::Level level) {
  if (level == model::Level::kTiming) throw InputError("level timing carries no data; use functional or transaction");
}

Accuracy measure_accuracy(const QuantizedNetwork& network, const Graph* float_graph,
                          const std::vector<FloatTensor>& images, const std::vector<int>& labels,
                          const model::AcceleratorConfig& config, model::Level level, const Progress& progress) {
  check_has_data(level);
  check_labels(network, labels);
  return measure_accuracy(CompiledNetwork(network, config), float_graph, images, labels, level, progress);
}

Accuracy measure_accuracy(const CompiledNetwork& compiled, const Graph* float_graph,
                          const std::vector<FloatTensor>& images, const std::vector<int>& labels, model::Level level,
                          const Progress& progress) {
  check_has_data(level);
  check(labels.size() == images.size(), "one label an image is needed");
  check_labels(compiled.network(), labels);
  std::optional<sw_ref::FloatExecutor> executor;
  if (float_graph != nullptr) executor.emplace(*float_graph);
  Accuracy accuracy;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const NetworkRun run = compiled.run_image(images[i], level, false);
    const FloatTensor scores = scores_of(compiled.network(), run.values);
    accuracy.quantized_correct += index_of_largest(scores.data) == labels[i] ? 1 : 0;
    if (executor) {
      const auto floats = executor->run(sw_ref::float_inputs(*float_graph, images[i]));
      const FloatTensor& logits = floats.at(float_graph->outputs.front());
      accuracy.float_correct += index_of_largest(logits.data) == labels[i] ? 1 : 0;
    }
    ++accuracy.images;
    if (progress) progress(accuracy.images, static_cast<std::int64_t>(images.size()));
  }
  return accuracy;
}

}  // namespace systoliq::tb
