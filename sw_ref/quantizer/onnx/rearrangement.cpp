// SPDX-License-Identifier: Apache-2.0
// Places are taken apart into digits of mixed radix; where every digit of the input occurs once, they are permuted
// axes.
#include "sw_ref/quantizer/onnx/rearrangement.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

struct Digit {
  std::int64_t size = 1, stride = 1;
};

/// The longest last digit: every run of so many places ascends by the same stride.
Digit last_digit(const std::vector<std::int64_t>& places) {
  const auto count = static_cast<std::int64_t>(places.size());
  const std::int64_t stride = places[1] - places[0];
  std::int64_t run = 2;
  while (run < count && nth(places, run) - nth(places, run - 1) == stride) ++run;
  while (count % run != 0) --run;
  for (std::int64_t size = run; size > 1; --size) {
    if (count % size != 0) continue;
    bool ascends = true;
    for (std::int64_t i = 0; i < count && ascends; ++i) {
      ascends = nth(places, i) == nth(places, i / size * size) + i % size * stride;
    }
    if (ascends) return {size, stride};
  }
  return {1, 0};
}

/// Digits of the places, the slowest first; nothing where they have none, or where some element does not occur once.
std::optional<std::vector<Digit>> digits_of(std::vector<std::int64_t> places) {
  std::vector<Digit> digits;
  if (places.empty() || places[0] != 0) return std::nullopt;
  while (places.size() > 1) {
    const Digit digit = last_digit(places);
    if (digit.size == 1 || digit.stride < 1) return std::nullopt;
    digits.insert(digits.begin(), digit);
    std::vector<std::int64_t> firsts;
    for (std::size_t i = 0; i < places.size(); i += static_cast<std::size_t>(digit.size)) firsts.push_back(places[i]);
    places = std::move(firsts);
  }
  std::vector<Digit> sorted = digits;
  std::sort(sorted.begin(), sorted.end(), [](const Digit& a, const Digit& b) { return a.stride < b.stride; });
  std::int64_t stride = 1;
  for (const Digit& digit : sorted) {
    if (digit.stride != stride) return std::nullopt;
    stride *= digit.size;
  }
  return digits;
}

void reshape(OnnxGraph* graph, const std::string& node, const std::string& value, const Shape& shape,
             const std::string& output) {
  const std::string sizes = graph->add_int64s(graph->fresh(output + ".shape"), shape);
  graph->add_node("Reshape", node, {value, sizes}, output);
}

/// [0, rest...] for [1, rest...], so that the batch is kept.
Shape with_batch(Shape shape) {
  if (!shape.empty() && shape[0] == 1) shape[0] = 0;
  return shape;
}

}  // namespace

void write_rearranged(OnnxGraph* graph, const std::string& node, const std::string& value, std::int64_t elements,
                      const std::vector<std::int64_t>& places, const Shape& shape, const std::string& output) {
  const bool whole = static_cast<std::int64_t>(places.size()) == elements;
  const std::optional<std::vector<Digit>> digits = whole ? digits_of(places) : std::nullopt;
  if (!digits) {
    const std::string flat = graph->fresh(output + ".flat");
    const std::string gathered = graph->fresh(output + ".gathered");
    reshape(graph, flat, value, {0, -1}, flat);
    const std::string indices = graph->add_int64s(graph->fresh(output + ".places"), places);
    OnnxGraph::set_int(graph->add_node("Gather", gathered, {flat, indices}, gathered), "axis", 1);
    return reshape(graph, node, gathered, with_batch(shape), output);
  }
  std::vector<std::size_t> order(digits->size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return (*digits)[a].stride > (*digits)[b].stride; });
  if (elements == 1 || std::is_sorted(order.begin(), order.end())) {
    return reshape(graph, node, value, with_batch(shape), output);
  }
  Shape sizes = {0};
  std::vector<std::int64_t> permutation(order.size() + 1, 0);
  for (std::size_t i = 0; i < order.size(); ++i) {
    sizes.push_back((*digits)[order[i]].size);
    permutation[order[i] + 1] = static_cast<std::int64_t>(i) + 1;
  }
  const std::string split = graph->fresh(output + ".split");
  const std::string turned = graph->fresh(output + ".turned");
  reshape(graph, split, value, sizes, split);
  OnnxGraph::set_ints(graph->add_node("Transpose", turned, {split}, turned), "perm", permutation);
  reshape(graph, node, turned, with_batch(shape), output);
}

}  // namespace systoliq::sw_ref
