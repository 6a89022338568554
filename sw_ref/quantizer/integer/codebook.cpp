// SPDX-License-Identifier: Apache-2.0
// From clusters to tables of int8 operands and indices, and both through ONNX (docs/quantizer.md).
#include "sw_ref/quantizer/integer/codebook.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "sw_ref/quantizer/calibration/clustering.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int32_t kHighestEntry = 127;

Clustering cluster(const std::vector<double>& values, std::size_t k, std::uint64_t seed, bool optimal) {
  return optimal ? cluster_optimal(values, k) : cluster_kmeans(values, k, seed);
}

std::size_t entries_of(const QuantizedLayer& layer) { return std::size_t{1} << layer.weight_bits; }

/// Where the table of output channel `o` begins in layer.codebook.
std::size_t table_of(const QuantizedLayer& layer, std::size_t o) {
  return layer.codebook.size() == entries_of(layer) ? 0 : o * entries_of(layer);
}

std::size_t filter_size(const QuantizedLayer& layer) {
  return layer.weights.data.size() / static_cast<std::size_t>(layer.weights.shape[0]);
}

/// Entries of one table, ascending and distinct.
std::vector<std::int32_t> round_entries(const std::vector<double>& centroids, double scale) {
  std::vector<std::int32_t> entries;
  for (const double centroid : centroids) {
    const double rounded = std::clamp(std::round(centroid / scale), -1.0 * kHighestEntry, 1.0 * kHighestEntry);
    entries.push_back(static_cast<std::int32_t>(rounded));
  }
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  return entries;
}

}  // namespace

Grid codebook_grid(const QuantizeOptions& options) {
  Grid grid;
  grid.lowest = -kHighestEntry;
  grid.highest = kHighestEntry;
  grid.symmetric = true;
  grid.power_of_two = options.power_of_two;
  return grid;
}

Codebooks cluster_weights(const FusedLayer& fused, const QuantizeOptions& options) {
  const std::vector<double>& weights = fused.weights.values.data;
  const bool per_channel = options.codebook == CodebookKind::kPerChannel;
  const std::size_t run =
      per_channel ? weights.size() / static_cast<std::size_t>(fused.weights.values.shape[0]) : weights.size();
  const std::size_t places = (std::size_t{1} << options.weight_bits) - (fused.groups > 1 ? 1 : 0);
  Codebooks codebooks;
  for (std::size_t first = 0; first < weights.size(); first += run) {
    const auto begin = weights.begin() + static_cast<std::ptrdiff_t>(first);
    const std::vector<double> values(begin, begin + static_cast<std::ptrdiff_t>(run));
    Clustering found = cluster(values, places, options.codebook_seed, options.codebook_optimal);
    for (const double value : values) {
      codebooks.nearest_centroids.push_back(found.centroids[nearest(found.centroids, value)]);
    }
    codebooks.squared_error += found.squared_error;
    codebooks.tables.push_back(std::move(found.centroids));
  }
  return codebooks;
}

CodebookError store_codebooks(const FusedLayer& fused, const Codebooks& codebooks, QuantizedLayer* layer) {
  const std::vector<double>& weights = fused.weights.values.data;
  const std::size_t entries = entries_of(*layer);
  const std::size_t run = weights.size() / codebooks.tables.size();
  const std::size_t filter = weights.size() / static_cast<std::size_t>(layer->weights.shape[0]);
  double error = 0.0;
  for (std::size_t t = 0; t < codebooks.tables.size(); ++t) {
    const auto scale_of = [&](std::size_t i) {
      return double{layer->weight_scales[layer->weight_scales.size() == 1 ? 0 : i / filter]};
    };
    std::vector<std::int32_t> table = round_entries(codebooks.tables[t], scale_of(t * run));
    if (fused.groups > 1 && !std::binary_search(table.begin(), table.end(), 0)) {
      table.insert(std::lower_bound(table.begin(), table.end(), 0), 0);
    }
    const std::vector<double> candidates(table.begin(), table.end());
    for (std::size_t i = t * run; i < (t + 1) * run; ++i) {
      const std::size_t index = nearest(candidates, weights[i] / scale_of(i));
      const double difference = scale_of(i) * table[index] - weights[i];
      error += difference * difference;
      layer->weights.data.push_back(static_cast<std::int32_t>(index));
    }
    table.resize(entries, 0);
    layer->codebook.insert(layer->codebook.end(), table.begin(), table.end());
  }
  const auto count = static_cast<double>(weights.size());
  return {layer->name, codebooks.tables.size(), entries, codebooks.squared_error / count, error / count};
}

std::vector<std::int32_t> decode_codebook(const QuantizedLayer& layer) {
  const std::size_t filter = filter_size(layer);
  for (const std::int32_t entry : layer.codebook) {
    if (entry >= -128 && entry <= 127) continue;
    throw InputError("layer '" + layer.name + "': codebook entry " + std::to_string(entry) +
                     " exceeds 8 bits; ONNX QDQ of opset 13 accepts -128 to 127");
  }
  std::vector<std::int32_t> decoded;
  for (std::size_t i = 0; i < layer.weights.data.size(); ++i) {
    const auto table = layer.codebook.begin() + static_cast<std::ptrdiff_t>(table_of(layer, i / filter));
    const std::int32_t index = layer.weights.data[i];
    check(index >= 0 && index < static_cast<std::int32_t>(entries_of(layer)), "codebook index beyond its table");
    const auto first = std::find(table, table + index, table[index]);
    if (first != table + index) {
      throw InputError("layer '" + layer.name + "': codebook index " + std::to_string(index) + " names the entry " +
                       std::to_string(table[index]) + ", which index " + std::to_string(first - table) +
                       " has already; accepted: the first index of an entry");
    }
    decoded.push_back(table[index]);
  }
  return decoded;
}

void encode_codebook(const std::string& where, QuantizedLayer* layer) {
  const std::size_t filter = filter_size(*layer);
  const auto entries = static_cast<std::ptrdiff_t>(entries_of(*layer));
  for (std::size_t i = 0; i < layer->weights.data.size(); ++i) {
    const auto table = layer->codebook.begin() + static_cast<std::ptrdiff_t>(table_of(*layer, i / filter));
    const auto found = std::find(table, table + entries, layer->weights.data[i]);
    if (found == table + entries) {
      throw InputError(where + ": weight " + std::to_string(layer->weights.data[i]) + " of output channel " +
                       std::to_string(i / filter) + " is no entry of the codebook in the metadata");
    }
    layer->weights.data[i] = static_cast<std::int32_t>(found - table);
  }
}

std::string codebook_text(const QuantizedLayer& layer) {
  std::string text;
  for (std::size_t i = 0; i < layer.codebook.size(); ++i) {
    if (i > 0) text += i % entries_of(layer) == 0 ? ';' : ' ';
    text += std::to_string(layer.codebook[i]);
  }
  return text;
}

std::vector<std::int32_t> parse_codebook(const std::string& key, const std::string& text, int bits,
                                         std::int64_t outputs) {
  const std::size_t entries = std::size_t{1} << bits;
  const auto refuse = [&](const std::string& what) {
    throw InputError("metadata '" + key + "': " + what + "; accepted: one table, or one for each of " +
                     std::to_string(outputs) + " output channels, of " + std::to_string(entries) +
                     " integers from -128 to 127, entries separated by spaces and tables by semicolons");
  };
  std::vector<std::int32_t> codebook;
  std::size_t tables = 0;
  std::istringstream all(text);
  for (std::string table; std::getline(all, table, ';'); ++tables) {
    std::istringstream words(table);
    std::size_t count = 0;
    for (std::string word; words >> word; ++count) {
      const std::size_t digits = word[0] == '-' ? 1 : 0;
      const bool number = word.size() > digits && word.size() <= digits + 3 &&
                          word.find_first_not_of("0123456789", digits) == std::string::npos;
      if (!number || std::stoi(word) < -128 || std::stoi(word) > 127) refuse("'" + word + "' is no entry");
      codebook.push_back(std::stoi(word));
    }
    if (count != entries) refuse("table " + std::to_string(tables) + " has " + std::to_string(count) + " entries");
  }
  const bool fits = tables == 1 || static_cast<std::int64_t>(tables) == outputs;
  if (!fits) refuse("holds " + std::to_string(tables) + " tables");
  return codebook;
}

}  // namespace systoliq::sw_ref
