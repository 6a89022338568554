// SPDX-License-Identifier: Apache-2.0
// The explanation that people read on a terminal.
#include "tb/explain/explain_text.h"

#include <algorithm>
#include <cstdio>

#include "tb/report/align.h"
#include "types/util/index.h"

namespace systoliq::tb {
namespace {

std::string text_of(std::int64_t value) { return std::to_string(value); }

std::string text_of(int value) { return std::to_string(value); }

std::string text_of(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string text_of(const Step& step) {
  if (const auto* number = std::get_if<std::int64_t>(&step.value)) return text_of(*number);
  if (const auto* real = std::get_if<double>(&step.value)) return text_of(*real);
  return std::get<std::string>(step.value);
}

class TextWriter final {
 public:
  TextWriter(const Explanation& explanation, bool brief) : e_(explanation), brief_(brief) {
    sides_ = {{"reference", &e_.reference}, {"model", &e_.model}};
    if (e_.rtl) sides_.push_back({"RTL", &*e_.rtl});
  }

  std::string run() {
    header();
    if (!e_.model.passes.empty()) passes();
    if (!e_.reference.operands.empty() || !e_.model.operands.empty()) operands();
    steps();
    commands("", e_.run);
    if (e_.rtl_run) commands("RTL: ", *e_.rtl_run);
    const std::string difference = e_.first_difference();
    out_ += difference.empty() ? std::string("reference, model and machine") + (e_.rtl ? ", and RTL" : "") + " agree\n"
                               : "they differ, first here: " + difference + "\n";
    return std::move(out_);
  }

 private:
  struct Side {
    const char* name;
    const ExplainedSide* side;
  };

  static std::string describe(const QuantizedTensor& tensor) {
    return "'" + tensor.name + "' " + to_string(tensor.shape) + ": scale " + text_of(double{tensor.scale}) +
           ", zero point " + text_of(tensor.zero_point) + ", " + text_of(tensor.bits) + " bits";
  }

  void header() {
    const QuantizedLayer& layer = e_.layer_of();
    const std::vector<QuantizedTensor>& tensors = e_.network->tensors;
    out_ += "layer '" + layer.name + "' (" + to_string(layer.op) + "), channel " + text_of(e_.channel) + ", row " +
            text_of(e_.row) + ", column " + text_of(e_.column) + "\n" + e_.machine + ", level " + e_.level +
            ", preset " + std::string(to_string(e_.network->preset)) + "\n";
    for (const int input : layer.inputs) out_ += "input  " + describe(nth(tensors, input)) + "\n";
    out_ += "output " + describe(nth(tensors, layer.output)) + "\n";
    if (layer.op == LayerOp::kConvolution) weights(layer);
    out_ += "\n";
  }

  void weights(const QuantizedLayer& layer) {
    const bool per_tensor = layer.weight_scales.size() == 1;
    out_ += "weights " + to_string(layer.weights.shape) + ": scale " +
            text_of(double{nth(layer.weight_scales, per_tensor ? 0 : e_.channel)}) + ", ";
    out_ += layer.codebook.empty() ? "zero point " + text_of(layer.weight_zero_point) : std::string("codebook indices");
    out_ += ", " + text_of(layer.weight_bits) + " bits";
    if (layer.groups > 1) out_ += ", " + text_of(layer.groups) + " groups";
    out_ += "\n";
  }

  /// Reference and model add; of the RTL only the operands are to be seen.
  void passes() {
    Rows rows = {{"pass", "tap", "channel", "row", "column", ""}};
    for (const Side& side : sides_) {
      rows[0].push_back(std::string(side.name) + " activation");
      rows[0].insert(rows[0].end(), {"weight", "operand"});
      if (shows_sums(side)) rows[0].insert(rows[0].end(), {"product", "sum"});
    }
    rows[0].push_back("");
    std::size_t count = 0;
    for (const Side& side : sides_) count = std::max(count, side.side->passes.size());
    for (std::size_t i = 0; i < count; ++i) append_pass(i, &rows);
    out_ += align(rows, 2) + "\n";
  }

  bool shows_sums(const Side& side) const { return !e_.rtl || side.side != &*e_.rtl; }

  static const TracedPass* pass_of(const Side& side, std::size_t index) {
    return index < side.side->passes.size() ? &side.side->passes[index] : nullptr;
  }

  void append_pass(std::size_t index, Rows* rows) {
    std::size_t count = 0;
    for (const Side& side : sides_) {
      if (const TracedPass* pass = pass_of(side, index)) count = std::max(count, pass->products.size());
    }
    for (std::size_t i = 0; i < count && !brief_; ++i) append_product(index, i, rows);
    std::vector<std::string> row = {text_of(static_cast<std::int64_t>(index)), "accumulator", "", "", "", ""};
    std::string note;
    std::vector<std::int64_t> values;
    for (const Side& side : sides_) {
      const TracedPass* pass = pass_of(side, index);
      row.insert(row.end(), {"", "", ""});
      if (!shows_sums(side)) continue;
      row.insert(row.end(), {"", pass != nullptr ? text_of(pass->accumulator) : ""});
      if (pass != nullptr) values.push_back(pass->accumulator);
      if (pass != nullptr && pass->narrowed) note = "narrowed";
    }
    if (!all_equal(values)) note += note.empty() ? "differs" : ", differs";
    row.push_back(note);
    rows->push_back(std::move(row));
  }

  template <typename T>
  static bool all_equal(const std::vector<T>& values) {
    return std::all_of(values.begin(), values.end(), [&](const T& value) { return value == values.front(); });
  }

  void append_product(std::size_t index, std::size_t product, Rows* rows) {
    std::vector<std::string> row;
    std::string note;
    std::vector<std::int64_t> activations, operands, sums;
    std::vector<std::string> cells;
    for (const Side& side : sides_) {
      const TracedPass* pass = pass_of(side, index);
      const bool exists = pass != nullptr && product < pass->products.size();
      const TracedProduct p = exists ? pass->products[product] : TracedProduct{};
      if (exists && row.empty()) {
        row = {text_of(static_cast<std::int64_t>(index)),
               text_of(p.kernel_row) + "," + text_of(p.kernel_column),
               text_of(p.channel),
               text_of(p.row),
               text_of(p.column),
               p.padding ? "padding" : ""};
      }
      const auto cell = [&](std::int64_t value) { cells.push_back(exists ? text_of(value) : ""); };
      cell(p.activation);
      cell(p.weight);
      cell(p.operand);
      if (!exists) note = "differs";
      activations.push_back(p.activation);
      operands.push_back(p.operand);
      if (!shows_sums(side)) continue;
      cell(p.product);
      cell(p.sum);
      sums.push_back(p.sum);
      if (p.narrowed) note = "narrowed";
    }
    row.insert(row.end(), cells.begin(), cells.end());
    if (!all_equal(activations) || !all_equal(operands) || !all_equal(sums)) note = "differs";
    row.push_back(note);
    rows->push_back(std::move(row));
  }

  void operands() {
    Rows rows = {{"operand", "channel", "row", "column", ""}};
    std::size_t count = 0;
    for (const Side& side : sides_) {
      rows[0].push_back(side.name);
      count = std::max(count, side.side->operands.size());
    }
    rows[0].push_back("");
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<std::string> row;
      std::vector<std::string> cells;
      for (const Side& side : sides_) {
        const bool exists = i < side.side->operands.size();
        cells.push_back(exists ? text_of(side.side->operands[i].value) : "");
        if (!exists || !row.empty()) continue;
        const ExplainedOperand& o = side.side->operands[i];
        row = {"'" + nth(e_.network->tensors, nth(e_.layer_of().inputs, o.input)).name + "'", text_of(o.channel),
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
    for (const Side& side : sides_) rows[0].push_back(side.name);
    rows[0].push_back("");
    for (const std::string& name : step_names()) {
      std::vector<std::string> row = {name};
      std::vector<std::string> values;
      for (const Side& side : sides_) {
        row.push_back(find(*side.side, name));
        if (!row.back().empty()) values.push_back(row.back());
      }
      row.push_back(all_equal(values) ? "" : "differs");
      rows.push_back(std::move(row));
    }
    out_ += align(rows, 1) + "\n";
  }

  static std::string cycles(std::int64_t start, std::int64_t end) {
    return end == 0 ? "" : ", cycles " + text_of(start) + " to " + text_of(end);
  }

  void commands(const std::string& of, const ExplainedRun& run) {
    for (std::size_t i = 0; i < run.executes.size(); ++i) {
      const ExplainedExecute& each = run.executes[i];
      out_ += of + "added up by command " + text_of(each.command) + cycles(each.start, each.end) +
              "; accumulator after it: " + text_of(each.accumulator);
      if (each.other_lanes > 0) out_ += "; lanes of nothing, with operand 0: " + text_of(each.other_lanes);
      out_ += "\n" + (of.empty() ? "  " + e_.commands[i] + "\n" : "");
    }
    out_ += of + "written by command " + text_of(e_.post);
    if (run.write_cycle > 0) out_ += " in cycle " + text_of(run.write_cycle);
    out_ += cycles(run.post_start, run.post_end) + ": word " + text_of(e_.buffer_word) +
            " of the activation buffer, lane " + text_of(e_.lane) + ", holds " + text_of(run.result) + "\n" +
            (of.empty() ? "  " + e_.post_text + "\n" : "");
    if (e_.store >= 0) {
      out_ += of + "copied to memory, byte " + text_of(e_.memory_address) + ", by command " + text_of(e_.store);
      if (run.store_end > 0) out_ += ", which ended in cycle " + text_of(run.store_end);
      out_ += "\n" + (of.empty() ? "  " + e_.store_text + "\n" : "");
    }
    if (!of.empty() || e_.also_written_by.empty()) return;
    out_ += "computed before, in overlapping tiles, by";
    for (const std::int64_t command : e_.also_written_by) out_ += " " + text_of(command);
    out_ += "\n";
  }

  const Explanation& e_;
  bool brief_;
  std::vector<Side> sides_;
  std::string out_;
};

}  // namespace

std::string to_text(const Explanation& explanation, bool brief) { return TextWriter(explanation, brief).run(); }

}  // namespace systoliq::tb
