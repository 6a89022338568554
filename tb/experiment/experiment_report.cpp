// SPDX-License-Identifier: Apache-2.0
// Formatting only.
#include "tb/experiment/experiment_report.h"

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "tb/report/svg_plot.h"
#include "types/util/names.h"
#include "types/util/number_text.h"

namespace systoliq::tb {
namespace {

std::string text_of(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

double percent(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string kib(std::int64_t bytes) { return text_of("%.1f", static_cast<double>(bytes) / 1024.0); }

std::string of(std::int64_t part, std::int64_t whole) { return std::to_string(part) + " / " + std::to_string(whole); }

double float_top1(const Measurement& m) { return percent(m.float_correct, m.accuracy_images); }
double quantized_top1(const Measurement& m) { return percent(m.quantized_correct, m.accuracy_images); }

/// A name may hold what ends a cell.
std::string markdown_cell(const std::string& text) {
  std::string cell;
  for (const char c : shown(text)) cell += c == '|' ? "\\|" : std::string(1, c);
  return cell;
}

/// Of integers, or of the float network that has only their weights.
double top1_of(const VariantResult& result) {
  return result.variant.float_activations ? float_top1(result.measured) : quantized_top1(result.measured);
}

/// A Markdown table; the first column is text, the others figures.
class Table final {
 public:
  explicit Table(const std::vector<std::string>& heading) {
    row(heading);
    for (std::size_t i = 0; i < heading.size(); ++i) out_ << (i == 0 ? "| --- " : "| --: ");
    out_ << "|\n";
  }
  void row(const std::vector<std::string>& cells) {
    for (const std::string& cell : cells) out_ << "| " << markdown_cell(cell) << " ";
    out_ << "|\n";
  }
  std::string text() const { return out_.str(); }

 private:
  std::ostringstream out_;
};

std::string accuracy_table(const ExperimentRecipe& recipe, const std::vector<VariantResult>& results) {
  Table table({"variant", "published, %", "float, %", "integers, %", "loss, points", "predictions that differ",
               "differing integers"});
  table.row({"float", recipe.published ? text_of("%.2f", *recipe.published) : "",
             text_of("%.2f", float_top1(results.front().measured)), "", "", "", ""});
  for (const auto& [variant, m, reused] : results) {
    if (variant.float_activations) {
      table.row({variant.name, variant.published ? text_of("%.2f", *variant.published) : "",
                 text_of("%.2f", float_top1(m)), "",
                 text_of("%+.2f", float_top1(results.front().measured) - float_top1(m)), "", ""});
      continue;
    }
    table.row({variant.name, variant.published ? text_of("%.2f", *variant.published) : "",
               variant.train.empty() ? "" : text_of("%.2f", float_top1(m)), text_of("%.2f", quantized_top1(m)),
               text_of("%+.2f", float_top1(results.front().measured) - quantized_top1(m)),
               of(m.predictions_differ, m.reference_images),
               std::to_string(m.mismatches) + " in " + std::to_string(m.transaction_images) + " images"});
  }
  return table.text();
}

std::string machine_table(const std::vector<VariantResult>& results) {
  Table table({"variant", "weights, KiB", "tables, KiB", "scales and biases, KiB", "float / stored",
               "memory image, KiB", "cycles", "traffic, KiB"});
  const std::int64_t float_bytes = results.front().measured.size.float_bytes;  // with what folding makes vanish
  for (const auto& [variant, m, reused] : results) {
    if (variant.float_activations) continue;
    table.row({variant.name, kib(m.size.weight_bytes), kib(m.size.codebook_bytes), kib(m.size.other_bytes),
               text_of("%.2f", static_cast<double>(float_bytes) / static_cast<double>(m.size.stored_bytes())),
               kib(m.size.image_bytes), std::to_string(m.cycles), kib(m.memory_bytes)});
  }
  return table.text();
}

/// Columns are the first variant's layers, which all variants have unless their options fuse otherwise.
std::string error_table(const std::vector<VariantResult>& results) {
  std::vector<std::string> heading = {"variant"};
  const std::vector<LayerError>& layers = results.front().measured.errors;
  for (const LayerError& layer : layers) heading.push_back(layer.layer);
  Table table(heading);
  for (const auto& [variant, m, reused] : results) {
    if (variant.float_activations) continue;
    std::vector<std::string> cells = {variant.name};
    for (const LayerError& layer : layers) {
      const auto found = std::find_if(m.errors.begin(), m.errors.end(),
                                      [&](const LayerError& error) { return error.layer == layer.layer; });
      cells.push_back(found == m.errors.end() ? "" : text_of("%.3g", found->mse));
    }
    table.row(cells);
  }
  return table.text();
}

std::string accuracy_plot(const ExperimentRecipe& recipe, const std::vector<VariantResult>& results) {
  std::vector<Bar> bars = {{"float", float_top1(results.front().measured), recipe.published}};
  double low = bars.front().value;
  for (const VariantResult& result : results) {
    bars.push_back({result.variant.name, top1_of(result), result.variant.published});
  }
  for (const Bar& bar : bars) low = std::min({low, bar.value, bar.mark.value_or(bar.value)});
  low = low > 90.0 ? 90.0 : low > 70.0 ? 70.0 : 0.0;
  return svg_bars(recipe.title, "top-1, %, axis from " + text_of("%.0f", low), "published", bars, low, 100.0);
}

std::string size_plot(const ExperimentRecipe& recipe, const std::vector<VariantResult>& results) {
  std::vector<Bar> bars;
  double high = 0.0;
  for (const VariantResult& result : results) {
    if (result.variant.float_activations) continue;
    const ModelSize& size = result.measured.size;
    const Bar bar{result.variant.name, static_cast<double>(size.image_bytes) / 1024.0,
                  static_cast<double>(size.stored_bytes()) / 1024.0};
    high = std::max({high, bar.value, *bar.mark});
    bars.push_back(bar);
  }
  return svg_bars(recipe.title, "memory image, KiB", "stored parameters, KiB", bars, 0.0, high);
}

}  // namespace

std::string experiment_tables(const ExperimentRecipe& recipe, const std::vector<VariantResult>& results) {
  const Measurement& first = results.front().measured;
  std::ostringstream out;
  out << "Accuracy over " << first.accuracy_images
      << " test images at level functional; predictions against the integer reference; integers of all layers at level "
         "transaction.\n\n"
      << accuracy_table(recipe, results) << "\nThe machine: " << first.macs
      << " multiply-accumulates an image; cycles and traffic of one image.\n\n"
      << machine_table(results) << "\nMean squared error of every layer's output against float, errors of the layers "
      << "before included, " << first.transaction_images << " images.\n\n"
      << error_table(results);
  return out.str();
}

std::string layer_errors_csv(const std::vector<VariantResult>& results) {
  std::ostringstream out;
  out << "variant,layer,mse,sqnr_db\n";
  for (const auto& [variant, m, reused] : results) {
    for (const LayerError& error : m.errors) {
      out << variant.id << ',' << csv_text(error.layer) << ',' << csv_number(error.mse) << ','
          << csv_number(error.sqnr_db) << '\n';
    }
  }
  return out.str();
}

std::map<std::string, std::string> experiment_plots(const ExperimentRecipe& recipe,
                                                    const std::vector<VariantResult>& results) {
  std::map<std::string, std::string> plots = {{"accuracy.svg", accuracy_plot(recipe, results)},
                                              {"sizes.svg", size_plot(recipe, results)}};
  for (const auto& [variant, m, reused] : results) {
    if (m.distributions.empty()) continue;
    std::vector<Distribution> panels;
    for (const sw_ref::TensorError& error : m.distributions) {
      panels.push_back({error.tensor + ", MSE " + text_of("%.2g", error.mse), error.low, error.high, error.float_bins,
                        error.quantized_bins});
    }
    plots["distributions_" + variant.id + ".svg"] =
        svg_distributions(recipe.title + ": " + variant.name, "float", "integers times scale", panels);
  }
  return plots;
}

}  // namespace systoliq::tb
