// SPDX-License-Identifier: Apache-2.0
// Puts the walks of one output side by side, and finds where they part.
#include "tb/explain/explain.h"

#include <algorithm>

#include "sw_ref/reference/reference.h"
#include "tb/explain/output_capture.h"
#include "tb/explain/sides.h"
#include "types/util/index.h"

namespace systoliq::tb {
namespace {

/// Of a machine's run: the walk from its buffers, and what it held itself.
struct MachineSide {
  ExplainedSide side;
  ExplainedRun run;
};

MachineSide walk_machine(const QuantizedNetwork& network, const CompiledNetwork& compiled, const OutputPlace& place,
                         const StoredInputs& inputs, const ObservedRun& machine) {
  OutputCapture capture(compiled.program(), place);
  machine(compiled.program(), compiled.memory(inputs), capture);
  const CapturedOutput& captured = capture.captured();
  MachineSide result;
  std::vector<std::int64_t> skipped;
  result.side = model_side(network, compiled, place, captured, &skipped);
  for (std::size_t i = 0; i < place.executes.size(); ++i) {
    const CapturedExecute& e = captured.executes[i];
    result.run.executes.push_back({place.executes[i], e.start, e.end, e.accumulator, skipped[i]});
  }
  result.run.post_start = captured.post_start;
  result.run.post_end = captured.post_end;
  result.run.write_cycle = captured.write_cycle;
  result.run.store_end = captured.store_end;
  result.run.result = captured.result;
  return result;
}

/// Of the steps of a machine whose arithmetic is not to be seen, what its buffers held.
void keep_what_was_held(MachineSide* machine) {
  std::vector<Step> held;
  const bool requantized = !machine->run.executes.empty();
  for (Step& step : machine->side.steps) {
    const bool parameter = step.name == kFoldedBias || step.name == "multiplier" || step.name == "shift";
    if (step.name == "accumulator") step.value = machine->run.executes.back().accumulator;
    if (step.name == "stored") step.value = machine->run.result;
    const bool kept = requantized ? parameter || step.name == "accumulator" : step.name == "entry";
    if (kept || step.name == "stored") held.push_back(std::move(step));
  }
  machine->side.steps = std::move(held);
}

void describe_commands(const model::Program& program, const OutputPlace& place, Explanation* explanation) {
  const auto text = [&](std::int64_t command) { return model::disassemble(nth(program.commands, command)); };
  for (const std::int64_t command : place.executes) explanation->commands.push_back(text(command));
  explanation->post = place.post;
  explanation->post_text = text(place.post);
  explanation->store = place.store;
  if (place.store >= 0) explanation->store_text = text(place.store);
  explanation->also_written_by = place.earlier;
  explanation->buffer_word = place.word;
  explanation->lane = place.lane;
  explanation->memory_address = place.memory_address;
}

std::string values(const char* name, std::int64_t reference, const std::string& other_name, std::int64_t other) {
  return std::string(name) + " " + std::to_string(reference) + " in the reference, " + std::to_string(other) + " in " +
         other_name;
}

std::string place_of(const TracedProduct& p) {
  return "kernel row " + std::to_string(p.kernel_row) + ", column " + std::to_string(p.kernel_column) + ", channel " +
         std::to_string(p.channel) + ": ";
}

std::string difference(const TracedProduct& a, const TracedProduct& b, const std::string& name) {
  const std::string place = place_of(a);
  if (place != place_of(b)) return place + "the product that " + name + " forms there is of " + place_of(b);
  if (a.activation != b.activation) return place + values("activation", a.activation, name, b.activation);
  if (a.operand != b.operand) return place + values("operand", a.operand, name, b.operand);
  if (a.sum != b.sum) return place + values("sum", a.sum, name, b.sum);
  return "";
}

std::string difference(const TracedPass& a, const TracedPass& b, const std::string& name) {
  for (std::size_t i = 0; i < std::min(a.products.size(), b.products.size()); ++i) {
    const std::string found = difference(a.products[i], b.products[i], name);
    if (!found.empty()) return found;
  }
  const auto products = [](const TracedPass& pass) { return static_cast<std::int64_t>(pass.products.size()); };
  if (products(a) != products(b)) return values("products", products(a), name, products(b));
  if (a.accumulator != b.accumulator) return values("accumulator", a.accumulator, name, b.accumulator);
  return "";
}

/// Between the reference and a machine; the layers that only move have passes on one side alone.
std::string difference(const ExplainedSide& a, const ExplainedSide& b, const std::string& name) {
  for (std::size_t i = 0; i < std::min(a.passes.size(), b.passes.size()); ++i) {
    const std::string found = difference(a.passes[i], b.passes[i], name);
    if (!found.empty()) return "pass " + std::to_string(i) + ", " + found;
  }
  for (std::size_t i = 0; i < std::min(a.operands.size(), b.operands.size()); ++i) {
    if (a.operands[i].value == b.operands[i].value) continue;
    return "operand " + std::to_string(i) + ": " + values("value", a.operands[i].value, name, b.operands[i].value);
  }
  if (a.result != b.result) return values("result", a.result, name, b.result);
  return "";
}

/// Between the walk from a machine's buffers and what the machine itself came to.
std::string difference(const ExplainedSide& walk, const ExplainedRun& run, const std::string& name) {
  for (const ExplainedExecute& execute : run.executes) {
    const auto last = std::find_if(walk.passes.rbegin(), walk.passes.rend(),
                                   [&](const TracedPass& pass) { return pass.command == execute.command; });
    if (last == walk.passes.rend() || last->accumulator == execute.accumulator) continue;
    return "EXECUTE " + std::to_string(execute.command) + ": " + name + " holds the accumulator " +
           std::to_string(execute.accumulator) + ", its operands give " + std::to_string(last->accumulator);
  }
  if (walk.result == run.result) return "";
  return name + " holds the result " + std::to_string(run.result) + ", its operands give " +
         std::to_string(walk.result);
}

}  // namespace

std::int64_t ExplainedSide::number(const std::string& name) const {
  for (const Step& each : steps) {
    if (each.name == name && std::holds_alternative<std::int64_t>(each.value))
      return std::get<std::int64_t>(each.value);
  }
  throw InternalError("an explanation has no number '" + name + "'");
}

std::string Explanation::first_difference() const {
  std::string found = difference(reference, model, "the model");
  if (found.empty()) found = difference(model, run, "the machine");
  if (found.empty() && rtl) found = difference(reference, *rtl, "the RTL");
  if (found.empty() && rtl) found = difference(*rtl, *rtl_run, "the RTL");
  return found;
}

ObservedRun model_run(const CompiledNetwork& compiled, model::Level level) {
  if (level != model::Level::kFunctional && level != model::Level::kCycle) {
    throw InputError("an explanation needs the buffers at every command; accepted: level functional or cycle");
  }
  return [&compiled, level](const model::Program& program, const std::vector<std::uint8_t>& memory,
                            model::CommandObserver& observer) {
    model::run_program(program, compiled.config(), level, memory, false, nullptr, &observer);
  };
}

Explanation explain_output(const QuantizedNetwork& network, const CompiledNetwork& compiled, const OutputPlace& place,
                           const IntTensor& input, const ObservedRun& machine, const ObservedRun* rtl) {
  return explain_output(network, compiled, place, StoredInputs{{compiled.input(), input}}, machine, rtl);
}

Explanation explain_output(const QuantizedNetwork& network, const CompiledNetwork& compiled, const OutputPlace& place,
                           const StoredInputs& inputs, const ObservedRun& machine, const ObservedRun* rtl) {
  Explanation explanation;
  explanation.network = &network;
  explanation.layer = place.layer;
  explanation.channel = place.channel;
  explanation.row = place.row;
  explanation.column = place.column;
  describe_commands(compiled.program(), place, &explanation);
  const sw_ref::ReferenceResult expected =
      sw_ref::run_reference(network, inputs, compiled.order(), compiled.program().packing);
  explanation.reference = reference_side(network, compiled, place, expected.tensors);
  const Shape& shape = nth(network.tensors, place.tensor).shape;
  const std::int64_t at = (place.channel * shape[2] + place.row) * shape[3] + place.column;
  check(explanation.reference.result == nth(nth(expected.tensors, place.tensor).data, at),
        "the reference's walk and its tensor disagree");
  MachineSide walked = walk_machine(network, compiled, place, inputs, machine);
  explanation.model = std::move(walked.side);
  explanation.run = std::move(walked.run);
  if (rtl != nullptr) {
    walked = walk_machine(network, compiled, place, inputs, *rtl);
    keep_what_was_held(&walked);
    explanation.rtl = std::move(walked.side);
    explanation.rtl_run = std::move(walked.run);
  }
  return explanation;
}

}  // namespace systoliq::tb
