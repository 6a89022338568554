// SPDX-License-Identifier: Apache-2.0
// Codebooks of a layer: clusters of its weights, their int8 entries, and their text in ONNX metadata.
#pragma once

#include <string>
#include <vector>

#include "sw_ref/quantizer/calibration/ranges.h"
#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/options.h"

namespace systoliq::sw_ref {

/// Mean squared errors of a layer's weights: with the clusters' means as entries, and with the int8 entries that are
/// stored.
struct CodebookError {
  std::string layer;
  std::size_t tables = 0, entries = 0;
  double centroid_mse = 0.0, stored_mse = 0.0;
};

struct Codebooks {
  std::vector<std::vector<double>> tables;  ///< centroids, one table or one per output channel
  std::vector<double> nearest_centroids;    ///< of every weight
  double squared_error = 0.0;               ///< of all weights
};

/// At most 2^weight_bits centroids a table. A grouped convolution keeps a place for 0, which its lanes of other groups
/// need.
Codebooks cluster_weights(const FusedLayer& fused, const QuantizeOptions& options);

/// The int8 entries' grid, -127 to 127, symmetric.
Grid codebook_grid(const QuantizeOptions& options);

/// Sets codebook and weights of a layer whose shape, scales and weight_bits are set: entry = round half away(centroid /
/// scale), distinct ones ascending, then zeros up to 2^weight_bits; a weight is the index of the nearest entry.
CodebookError store_codebooks(const FusedLayer& fused, const Codebooks& codebooks, QuantizedLayer* layer);

/// The table's entries in place of the indices, as plain QDQ stores them. Throws InputError for an entry beyond int8
/// and for an index whose entry an earlier index has too, since it could not be read back.
std::vector<std::int32_t> decode_codebook(const QuantizedLayer& layer);

/// Indices in place of entries, the first of equal ones. Throws InputError naming `where` for a weight that is no
/// entry. `layer` holds entries as weights, weight_bits and codebook.
void encode_codebook(const std::string& where, QuantizedLayer* layer);

/// "-3 0 5 9;-2 0 1 7": entries separated by a space, tables by a semicolon.
std::string codebook_text(const QuantizedLayer& layer);

/// The reverse, for a layer of `outputs` channels. Throws InputError naming `key` for anything but one table or one per
/// channel, of 2^bits integers from -128 to 127 each.
std::vector<std::int32_t> parse_codebook(const std::string& key, const std::string& text, int bits,
                                         std::int64_t outputs);

}  // namespace systoliq::sw_ref
