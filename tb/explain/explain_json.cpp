// SPDX-License-Identifier: Apache-2.0
// The explanation that programs read.
#include "tb/explain/explain_text.h"
#include "types/util/index.h"
#include "types/util/json_text.h"

namespace systoliq::tb {
namespace {

using Json = nlohmann::ordered_json;

Json to_object(const QuantizedTensor& tensor) {
  return {{"name", tensor.name},   {"shape", tensor.shape},
          {"scale", tensor.scale}, {"zero_point", tensor.zero_point},
          {"bits", tensor.bits},   {"storage_offset", tensor.storage_offset}};
}

Json to_object(const TracedProduct& p) {
  return {{"kernel", {p.kernel_row, p.kernel_column}},
          {"channel", p.channel},
          {"row", p.row},
          {"column", p.column},
          {"padding", p.padding},
          {"activation", p.activation},
          {"weight", p.weight},
          {"operand", p.operand},
          {"product", p.product},
          {"sum", p.sum},
          {"narrowed", p.narrowed}};
}

Json to_object(const ExplainedSide& side) {
  Json object = {{"result", side.result}, {"passes", Json::array()}, {"operands", Json::array()}};
  for (const TracedPass& pass : side.passes) {
    Json products = Json::array();
    for (const TracedProduct& product : pass.products) products.push_back(to_object(product));
    object["passes"].push_back({{"command", pass.command >= 0 ? Json(pass.command) : Json()},
                                {"products", std::move(products)},
                                {"accumulator", pass.accumulator},
                                {"narrowed", pass.narrowed}});
  }
  for (const ExplainedOperand& operand : side.operands) {
    object["operands"].push_back({{"input", operand.input},
                                  {"channel", operand.channel},
                                  {"row", operand.row},
                                  {"column", operand.column},
                                  {"padding", operand.padding},
                                  {"value", operand.value}});
  }
  Json steps = Json::object();
  for (const Step& step : side.steps) {
    std::visit([&](const auto& value) { steps[step.name] = value; }, step.value);
  }
  object["steps"] = std::move(steps);
  return object;
}

/// A cycle, or null where no clock ran.
Json cycle(std::int64_t value) { return value > 0 ? Json(value) : Json(); }

Json to_object(const ExplainedRun& run) {
  Json executes = Json::array();
  for (const ExplainedExecute& each : run.executes) {
    executes.push_back({{"command", each.command},
                        {"start_cycle", cycle(each.start)},
                        {"end_cycle", cycle(each.end)},
                        {"accumulator", each.accumulator},
                        {"lanes_of_nothing", each.other_lanes}});
  }
  return {{"result", run.result},
          {"executes", std::move(executes)},
          {"write_cycle", cycle(run.write_cycle)},
          {"post_start_cycle", cycle(run.post_start)},
          {"post_end_cycle", cycle(run.post_end)},
          {"store_end_cycle", cycle(run.store_end)}};
}

Json commands_of(const Explanation& e) {
  Json executes = Json::array();
  for (std::size_t i = 0; i < e.commands.size(); ++i) {
    executes.push_back({{"command", e.run.executes[i].command}, {"text", e.commands[i]}});
  }
  Json object = {{"executes", std::move(executes)}, {"post", {{"command", e.post}, {"text", e.post_text}}}};
  object["store"] = e.store < 0 ? Json() : Json({{"command", e.store}, {"text", e.store_text}});
  object["earlier_posts"] = e.also_written_by;
  return object;
}

}  // namespace

std::string to_json(const Explanation& e) {
  const QuantizedLayer& layer = e.layer_of();
  const std::string difference = e.first_difference();
  Json object = {
      {"schema_version", 1},       {"network", e.network->name}, {"preset", std::string(to_string(e.network->preset))},
      {"machine", e.machine},      {"level", e.level},           {"layer", layer.name},
      {"op", to_string(layer.op)}, {"channel", e.channel},       {"row", e.row},
      {"column", e.column}};
  object["inputs"] = Json::array();
  for (const int input : layer.inputs) object["inputs"].push_back(to_object(nth(e.network->tensors, input)));
  object["output"] = to_object(nth(e.network->tensors, layer.output));
  object["agree"] = difference.empty();
  object["first_difference"] = difference.empty() ? Json() : Json(difference);
  object["commands"] = commands_of(e);
  object["buffer_word"] = e.buffer_word;
  object["lane"] = e.lane;
  object["memory_address"] = e.store < 0 ? Json() : Json(e.memory_address);
  object["reference"] = to_object(e.reference);
  object["model"] = to_object(e.model);
  object["machine_run"] = to_object(e.run);
  object["rtl"] = e.rtl ? to_object(*e.rtl) : Json();
  object["rtl_run"] = e.rtl_run ? to_object(*e.rtl_run) : Json();
  return json_text(object);
}

}  // namespace systoliq::tb
