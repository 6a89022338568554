// SPDX-License-Identifier: Apache-2.0
// The comparison with somebody else's arrays, for people and for programs.
#include "tb/against/against.h"
#include "tb/report/align.h"
#include "types/util/json_text.h"
#include "types/util/names.h"
#include "types/util/number_text.h"

namespace systoliq::tb {
namespace {

/// A real number as the float that it is in the arrays.
std::string value_text(const ArrayComparison& array, double value) {
  return array.meaning == ArrayMeaning::kReal ? number_text(static_cast<float>(value)) : number_text(value);
}

const char* name_of(ArrayMeaning meaning) {
  constexpr const char* kNames[] = {"real", "quantized", "stored"};
  return kNames[static_cast<int>(meaning)];
}

std::string place_of(const ArrayDifference& d, std::int64_t images) {
  return (images > 1 ? "image " + std::to_string(d.image) + ", " : "") + "channel " + std::to_string(d.channel) +
         ", row " + std::to_string(d.row) + ", column " + std::to_string(d.column);
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + shown(name);
  return text;
}

}  // namespace

std::string to_text(const AgainstReport& report) {
  Rows rows = {{"layer", "array", "numbers", "elements", "differing", "largest difference"}};
  for (const ArrayComparison& array : report.arrays) {
    if (array.refused.empty()) {
      rows.push_back({shown(array.layer), shown(array.file), name_of(array.meaning), std::to_string(array.elements),
                      std::to_string(array.differing), number_text(array.largest)});
    } else {
      rows.push_back({shown(array.layer), shown(array.file), name_of(array.meaning), "", "", "does not fit"});
    }
  }
  std::string out = align(rows, 3);
  if (!report.missing.empty()) out += "missing, layers without an array: " + joined(report.missing) + "\n";
  if (!report.surplus.empty()) out += "surplus, arrays of no layer: " + joined(report.surplus) + "\n";
  for (const ArrayComparison& array : report.arrays) {
    if (!array.refused.empty())
      out += "layer '" + shown(array.layer) + "', " + shown(array.file) + ": " + array.refused + "\n";
  }
  const ArrayComparison* first = report.first_difference();
  if (first == nullptr) return out + "no difference\n";
  out += "first difference: layer '" + shown(first->layer) + "', " + shown(first->file);
  if (!first->first) return out + ", whose shape does not fit\n";
  return out + ", " + place_of(*first->first, report.images) + ": here " + value_text(*first, first->first->here) +
         ", there " + value_text(*first, first->first->there) + "\n";
}

std::string to_json(const AgainstReport& report) {
  using Json = nlohmann::ordered_json;
  Json arrays = Json::array();
  for (const ArrayComparison& array : report.arrays) {
    Json object = {{"layer", array.layer},
                   {"tensor", array.tensor},
                   {"file", array.file},
                   {"numbers", name_of(array.meaning)},
                   {"refused", array.refused.empty() ? Json() : Json(array.refused)},
                   {"elements", array.elements},
                   {"differing", array.differing},
                   {"largest_difference", array.largest},
                   {"first", Json()}};
    if (array.first) {
      const ArrayDifference& d = *array.first;
      object["first"] = {{"image", d.image},   {"channel", d.channel}, {"row", d.row},
                         {"column", d.column}, {"here", d.here},       {"there", d.there}};
    }
    arrays.push_back(std::move(object));
  }
  const ArrayComparison* first = report.first_difference();
  const Json object = {
      {"schema_version", 1},         {"images", report.images},
      {"agree", report.agree()},     {"first_differing_layer", first == nullptr ? Json() : Json(first->layer)},
      {"arrays", std::move(arrays)}, {"missing", report.missing},
      {"surplus", report.surplus}};
  return json_text(object);
}

}  // namespace systoliq::tb
