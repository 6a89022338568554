// SPDX-License-Identifier: Apache-2.0
// How far every tensor of the integer network is from the float one, and how the values of both are distributed.
#pragma once

#include <string>
#include <vector>

#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// One tensor over all images; the bins lie between the least and the greatest value of both networks.
struct TensorError {
  std::string tensor;
  double mse = 0.0;      ///< mean (integer network - float network)^2
  double sqnr_db = 0.0;  ///< +inf where they are equal
  double low = 0.0, high = 0.0;
  std::vector<double> float_bins, quantized_bins;
};

/// The network's inputs first, then every layer's output in order; the integers by the reference, errors accumulated.
std::vector<TensorError> layer_errors(const Graph& graph, const QuantizedNetwork& network,
                                      const std::vector<FloatTensor>& images, int bins = 64);

/// The weights of every layer that has any, batch normalization folded, against their integers times scale; named
/// "LAYER weights". Layers that equalization moved differ by that too.
std::vector<TensorError> weight_errors(const Graph& graph, const QuantizedNetwork& network, int bins = 64);

/// "tensor,low,high,float,quantized", a line per bin.
std::string histograms_csv(const std::vector<TensorError>& errors);

}  // namespace systoliq::sw_ref
