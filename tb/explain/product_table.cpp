// SPDX-License-Identifier: Apache-2.0
// Rows in the order in which the machine adds.
#include "tb/explain/product_table.h"

#include <algorithm>

#include "tb/report/align.h"

namespace systoliq::tb {
namespace {

template <typename T>
bool all_equal(const std::vector<T>& values) {
  return std::all_of(values.begin(), values.end(), [&](const T& value) { return value == values.front(); });
}

std::string text_of(std::int64_t value) { return std::to_string(value); }

class ProductTable final {
 public:
  explicit ProductTable(const std::vector<ShownSide>& sides) : sides_(sides) {
    for (const ShownSide& each : sides) passes_ = std::max(passes_, each.side->passes.size());
  }

  std::string brief() {
    rows_ = {{"pass", "command", "products"}};
    for (const ShownSide& each : sides_) {
      if (each.adds) rows_[0].push_back(std::string(each.name) + " accumulator");
    }
    rows_[0].push_back("");
    for (std::size_t i = 0; i < passes_; ++i) append_brief(i);
    return align(rows_, 0);
  }

  std::string full() {
    rows_ = {{"pass", "tap", "channel", "row", "column", ""}};
    for (const ShownSide& each : sides_) {
      rows_[0].push_back(std::string(each.name) + " activation");
      rows_[0].insert(rows_[0].end(), {"weight", "operand"});
      if (each.adds) rows_[0].insert(rows_[0].end(), {"product", "sum"});
    }
    rows_[0].push_back("");
    for (std::size_t i = 0; i < passes_; ++i) {
      for (std::size_t product = 0; product < products(i); ++product) append_product(i, product);
      append_accumulator(i);
    }
    return align(rows_, 2);
  }

 private:
  static const TracedPass* pass_of(const ShownSide& side, std::size_t index) {
    return index < side.side->passes.size() ? &side.side->passes[index] : nullptr;
  }

  std::size_t products(std::size_t index) const {
    std::size_t count = 0;
    for (const ShownSide& each : sides_) {
      if (const TracedPass* pass = pass_of(each, index)) count = std::max(count, pass->products.size());
    }
    return count;
  }

  /// "narrowed" and "differs", of the accumulators after the pass.
  std::string note_of(std::size_t index) const {
    std::vector<std::int64_t> values;
    bool narrowed = false;
    for (const ShownSide& each : sides_) {
      const TracedPass* pass = pass_of(each, index);
      if (pass == nullptr || !each.adds) continue;
      values.push_back(pass->accumulator);
      narrowed = narrowed || pass->narrowed;
    }
    if (all_equal(values)) return narrowed ? "narrowed" : "";
    return narrowed ? "narrowed, differs" : "differs";
  }

  void append_brief(std::size_t index) {
    std::vector<std::string> row = {text_of(static_cast<std::int64_t>(index)), "",
                                    text_of(static_cast<std::int64_t>(products(index)))};
    for (const ShownSide& each : sides_) {
      const TracedPass* pass = pass_of(each, index);
      if (pass != nullptr && pass->command >= 0) row[1] = text_of(pass->command);
      if (each.adds) row.push_back(pass != nullptr ? text_of(pass->accumulator) : "");
    }
    row.push_back(note_of(index));
    rows_.push_back(std::move(row));
  }

  void append_accumulator(std::size_t index) {
    std::vector<std::string> row = {text_of(static_cast<std::int64_t>(index)), "accumulator", "", "", "", ""};
    for (const ShownSide& each : sides_) {
      const TracedPass* pass = pass_of(each, index);
      row.insert(row.end(), {"", "", ""});
      if (each.adds) row.insert(row.end(), {"", pass != nullptr ? text_of(pass->accumulator) : ""});
    }
    row.push_back(note_of(index));
    rows_.push_back(std::move(row));
  }

  void append_product(std::size_t index, std::size_t product) {
    std::vector<std::string> row;
    std::vector<std::string> cells;
    std::vector<std::int64_t> activations, operands, sums;
    bool differs = false;
    bool narrowed = false;
    for (const ShownSide& each : sides_) {
      const TracedPass* pass = pass_of(each, index);
      const bool exists = pass != nullptr && product < pass->products.size();
      const TracedProduct p = exists ? pass->products[product] : TracedProduct{};
      if (exists && row.empty()) row = place_of(index, p);
      differs = differs || !exists;
      narrowed = narrowed || p.narrowed;
      activations.push_back(p.activation);
      operands.push_back(p.operand);
      if (each.adds) sums.push_back(p.sum);
      for (const std::int64_t value : {p.activation, p.weight, p.operand})
        cells.push_back(exists ? text_of(value) : "");
      if (!each.adds) continue;
      for (const std::int64_t value : {p.product, p.sum}) cells.push_back(exists ? text_of(value) : "");
    }
    row.insert(row.end(), cells.begin(), cells.end());
    differs = differs || !all_equal(activations) || !all_equal(operands) || !all_equal(sums);
    row.push_back(differs ? "differs" : narrowed ? "narrowed" : "");
    rows_.push_back(std::move(row));
  }

  static std::vector<std::string> place_of(std::size_t index, const TracedProduct& p) {
    return {text_of(static_cast<std::int64_t>(index)),
            text_of(p.kernel_row) + "," + text_of(p.kernel_column),
            text_of(p.channel),
            text_of(p.row),
            text_of(p.column),
            p.padding ? "padding" : ""};
  }

  const std::vector<ShownSide>& sides_;
  std::size_t passes_ = 0;
  Rows rows_;
};

}  // namespace

std::string product_table(const std::vector<ShownSide>& sides, bool brief) {
  return brief ? ProductTable(sides).brief() : ProductTable(sides).full();
}

}  // namespace systoliq::tb
