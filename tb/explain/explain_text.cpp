// SPDX-License-Identifier: Apache-2.0
// The explanation that people read on a terminal.
#include "tb/explain/explain_text.h"

#include <algorithm>
#include <sstream>

#include "tb/explain/product_table.h"
#include "tb/report/align.h"
#include "types/util/index.h"
#include "types/util/names.h"
#include "types/util/number_text.h"

namespace systoliq::tb {
namespace {

std::string text_of(std::int64_t value) { return std::to_string(value); }

std::string text_of(int value) { return std::to_string(value); }

std::string text_of(double value) { return number_text(value); }

std::string text_of(const Step& step) {
  if (const auto* number = std::get_if<std::int64_t>(&step.value)) return text_of(*number);
  if (const auto* real = std::get_if<double>(&step.value)) return text_of(*real);
  return std::get<std::string>(step.value);
}

/// A listing without the fields that are 0.
std::string short_text(const std::string& listing) {
  std::istringstream words(listing);
  std::string out;
  for (std::string word; words >> word;) {
    const bool zero = word.size() > 2 && word.compare(word.size() - 2, 2, "=0") == 0;
    if (!zero) out += (out.empty() ? "" : " ") + word;
  }
  return out;
}

class TextWriter final {
 public:
  TextWriter(const Explanation& explanation, bool brief) : e_(explanation), brief_(brief) {
    sides_ = {{"reference", &e_.reference, true}, {"model", &e_.model, true}};
    if (e_.rtl) sides_.push_back({"RTL", &*e_.rtl, false});
  }

  std::string run() {
    header();
    if (!e_.model.passes.empty()) out_ += product_table(sides_, brief_) + "\n";
    if (!e_.reference.operands.empty() || !e_.model.operands.empty()) operands();
    steps();
    commands("", e_.run);
    if (e_.rtl_run) commands("RTL: ", *e_.rtl_run);
    const std::string difference = e_.first_difference();
    out_ +=
        difference.empty()
            ? std::string(e_.rtl ? "reference, model, machine and RTL" : "reference, model and machine") + " agree\n"
            : "they differ, first here: " + difference + "\n";
    return std::move(out_);
  }

 private:
  static std::string describe(const QuantizedTensor& tensor) {
    return "'" + shown(tensor.name) + "' " + to_string(tensor.shape) + ": scale " + number_text(tensor.scale) +
           ", zero point " + text_of(tensor.zero_point) + ", " + text_of(tensor.bits) + " bits";
  }

  void header() {
    const QuantizedLayer& layer = e_.layer_of();
    const std::vector<QuantizedTensor>& tensors = e_.network->tensors;
    out_ += "layer '" + shown(layer.name) + "' (" + to_string(layer.op) + "), channel " + text_of(e_.channel) +
            ", row " + text_of(e_.row) + ", column " + text_of(e_.column) + "\n" + e_.machine + ", level " + e_.level +
            ", preset " + std::string(to_string(e_.network->preset)) + "\n";
    for (const int input : layer.inputs) out_ += "input  " + describe(nth(tensors, input)) + "\n";
    out_ += "output " + describe(nth(tensors, layer.output)) + "\n";
    if (layer.op == LayerOp::kConvolution) weights(layer);
    out_ += "\n";
  }

  void weights(const QuantizedLayer& layer) {
    const bool per_tensor = layer.weight_scales.size() == 1;
    out_ += "weights " + to_string(layer.weights.shape) + ": scale " +
            number_text(nth(layer.weight_scales, per_tensor ? 0 : e_.channel)) + ", ";
    out_ += layer.codebook.empty() ? "zero point " + text_of(layer.weight_zero_point) : std::string("codebook indices");
    out_ += ", " + text_of(layer.weight_bits) + " bits";
    if (layer.groups > 1) out_ += ", " + text_of(layer.groups) + " groups";
    out_ += "\n";
  }

  static bool all_equal(const std::vector<std::string>& values) {
    return std::all_of(values.begin(), values.end(), [&](const std::string& each) { return each == values.front(); });
  }

  void operands() {
    Rows rows = {{"operand", "channel", "row", "column", ""}};
    std::size_t count = 0;
    for (const ShownSide& side : sides_) {
      rows[0].push_back(side.name);
      count = std::max(count, side.side->operands.size());
    }
    rows[0].push_back("");
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<std::string> row;
      std::vector<std::string> cells;
      for (const ShownSide& side : sides_) {
        const bool exists = i < side.side->operands.size();
        cells.push_back(exists ? text_of(side.side->operands[i].value) : "");
        if (!exists || !row.empty()) continue;
        const ExplainedOperand& o = side.side->operands[i];
        row = {"'" + shown(nth(e_.network->tensors, nth(e_.layer_of().inputs, o.input)).name) + "'", text_of(o.channel),
               text_of(o.row), text_of(o.column), o.padding ? "padding" : ""};
      }
      row.insert(row.end(), cells.begin(), cells.end());
      cells.erase(std::remove(cells.begin(), cells.end(), ""), cells.end());
      row.push_back(all_equal(cells) ? "" : "differs");
      rows.push_back(std::move(row));
    }
    out_ += align(rows, 1) + "\n";
  }

  static std::string find(const ExplainedSide& side, const std::string& name) {
    const auto found =
        std::find_if(side.steps.begin(), side.steps.end(), [&](const Step& step) { return step.name == name; });
    return found == side.steps.end() ? "" : text_of(*found);
  }

  /// Names in the order of the model, those of the reference alone where it has them.
  std::vector<std::string> step_names() const {
    std::vector<std::string> names;
    for (const Step& step : e_.model.steps) names.push_back(step.name);
    auto next = names.begin();
    for (const Step& step : e_.reference.steps) {
      const auto found = std::find(names.begin(), names.end(), step.name);
      next = found == names.end() ? names.insert(next, step.name) : found;
      ++next;
    }
    return names;
  }

  void steps() {
    Rows rows = {{"step"}};
    for (const ShownSide& side : sides_) rows[0].push_back(side.name);
    rows[0].push_back("");
    for (const std::string& name : step_names()) {
      std::vector<std::string> row = {name};
      std::vector<std::string> values;
      for (const ShownSide& side : sides_) {
        row.push_back(find(*side.side, name));
        if (!row.back().empty()) values.push_back(row.back());
      }
      row.push_back(all_equal(values) ? "" : "differs");
      rows.push_back(std::move(row));
    }
    out_ += align(rows, 1) + "\n";
  }

  static std::string cycles(std::int64_t start, std::int64_t end) {
    if (end == 0) return "";
    return start == 0 ? ", ended in cycle " + text_of(end) : ", cycles " + text_of(start) + " to " + text_of(end);
  }

  void commands(const std::string& of, const ExplainedRun& run) {
    for (std::size_t i = 0; i < run.executes.size(); ++i) {
      const ExplainedExecute& each = run.executes[i];
      out_ += of + "added up by command " + text_of(each.command) + cycles(each.start, each.end) +
              "; accumulator after it: " + text_of(each.accumulator);
      if (each.other_lanes > 0) out_ += "; lanes of nothing, with operand 0: " + text_of(each.other_lanes);
      out_ += "\n" + (of.empty() ? "  " + short_text(e_.commands[i]) + "\n" : "");
    }
    out_ += of + "written by command " + text_of(e_.post);
    if (run.write_cycle > 0) out_ += " in cycle " + text_of(run.write_cycle);
    out_ += cycles(run.post_start, run.post_end) + ": word " + text_of(e_.buffer_word) +
            " of the activation buffer, lane " + text_of(e_.lane) + ", holds " + text_of(run.result) + "\n" +
            (of.empty() ? "  " + short_text(e_.post_text) + "\n" : "");
    if (e_.store >= 0) {
      out_ += of + "copied to memory, byte " + text_of(e_.memory_address) + ", by command " + text_of(e_.store);
      if (run.store_end > 0) out_ += ", which ended in cycle " + text_of(run.store_end);
      out_ += "\n" + (of.empty() ? "  " + short_text(e_.store_text) + "\n" : "");
    }
    if (!of.empty() || e_.also_written_by.empty()) return;
    out_ += "computed before, in overlapping tiles, by";
    for (const std::int64_t command : e_.also_written_by) out_ += " " + text_of(command);
    out_ += "\n";
  }

  const Explanation& e_;
  bool brief_;
  std::vector<ShownSide> sides_;
  std::string out_;
};

}  // namespace

std::string to_text(const Explanation& explanation, bool brief) { return TextWriter(explanation, brief).run(); }

}  // namespace systoliq::tb
