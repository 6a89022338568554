// SPDX-License-Identifier: Apache-2.0
// An experiment: one network, one data set, and variants of its quantization that are measured side by side.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace systoliq::tb {

/// One way to quantize the network, and what was published for it.
struct Variant {
  std::string id;                   ///< of the files it writes; letters, digits, '_' and '-'
  std::string name;                 ///< in tables and plots
  std::string options;              ///< of `systoliq quantize`, as typed on a command line
  std::string train;                ///< training recipe whose result is quantized; empty: none
  std::string start;                ///< the variant whose network is trained, or quantized; empty: the float network
  std::optional<double> published;  ///< top-1 in percent
  bool shifts_only = false;         ///< the machine has no multiplier behind its accumulators
  bool float_activations = false;   ///< integer weights in a float network; nothing runs on the machine
  bool histograms = false;          ///< distributions of every layer's output and weights are drawn
};

/// How much is measured; all images are those of the data set's test part, from its beginning.
struct Extent {
  std::int64_t accuracy_images = 0;       ///< float and level functional; 0: all
  std::int64_t reference_images = 500;    ///< predictions compared with the integer reference's
  std::int64_t transaction_images = 100;  ///< every layer's integers compared, at level transaction
};

struct ExperimentRecipe {
  std::string origin;  ///< the file
  std::string title;
  std::string data;                 ///< kind of data set: digits, mnist, fashion or cifar10
  std::string network;              ///< an ONNX file or a built-in network, in float; empty with `train`
  std::string train;                ///< training recipe that makes it
  std::optional<double> published;  ///< top-1 of the float network in percent
  std::int64_t digits = 1000;       ///< test images of the built-in data set
  Extent extent;
  std::vector<Variant> variants;
};

/// Keys as the members above: `title`, `data`, `network` or `train`, `published`, `digits`, [measure] and [[variant]].
/// Throws InputError naming file, line, key and what is accepted.
ExperimentRecipe parse_experiment(const std::string& toml_text, const std::string& origin);
ExperimentRecipe read_experiment(const std::string& path);

}  // namespace systoliq::tb
