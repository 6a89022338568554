// SPDX-License-Identifier: Apache-2.0
// The outcome of an experiment: Markdown tables, CSV and plots.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tb/experiment/experiment.h"

namespace systoliq::tb {

/// Accuracies beside what was published, agreement, sizes, the machine's figures, and every layer's squared error.
std::string experiment_tables(const ExperimentRecipe& recipe, const std::vector<VariantResult>& results);

/// One line a variant and layer: variant,layer,mse,sqnr_db.
std::string layer_errors_csv(const std::vector<VariantResult>& results);

/// SVG by file name: accuracy.svg, sizes.svg and distributions_<id>.svg of every variant that has them.
std::map<std::string, std::string> experiment_plots(const ExperimentRecipe& recipe,
                                                    const std::vector<VariantResult>& results);

}  // namespace systoliq::tb
