// SPDX-License-Identifier: Apache-2.0
// One list of fields serves both directions.
#include "tb/experiment/measurement_json.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "types/error.h"
#include "types/util/json_text.h"

namespace systoliq::tb {
namespace {

using Json = nlohmann::ordered_json;

struct Count {
  const char* name;
  std::int64_t Measurement::*member;
};
constexpr Count kCounts[] = {{"accuracy_images", &Measurement::accuracy_images},
                             {"float_correct", &Measurement::float_correct},
                             {"quantized_correct", &Measurement::quantized_correct},
                             {"reference_images", &Measurement::reference_images},
                             {"predictions_differ", &Measurement::predictions_differ},
                             {"transaction_images", &Measurement::transaction_images},
                             {"mismatches", &Measurement::mismatches},
                             {"cycles", &Measurement::cycles},
                             {"macs", &Measurement::macs},
                             {"memory_bytes", &Measurement::memory_bytes}};

struct Size {
  const char* name;
  std::int64_t ModelSize::*member;
};
constexpr Size kSizes[] = {{"float_bytes", &ModelSize::float_bytes},
                           {"weight_bytes", &ModelSize::weight_bytes},
                           {"codebook_bytes", &ModelSize::codebook_bytes},
                           {"other_bytes", &ModelSize::other_bytes},
                           {"image_bytes", &ModelSize::image_bytes}};

/// A figure that JSON does not have is null.
double number(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

/// The signal-to-noise ratio beside a mean squared error: without a number it is +inf where there is no error, -inf
/// where there is nothing but error, NaN where the error is no number.
double ratio(const Json& json, double mse) {
  if (!json.is_null()) return json.get<double>();
  if (std::isnan(mse)) return mse;
  return mse == 0.0 ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
}

Measurement from_json(const Json& json) {
  Measurement found;
  for (const Count& count : kCounts) found.*count.member = json.at(count.name).get<std::int64_t>();
  for (const Size& size : kSizes) found.size.*size.member = json.at("size").at(size.name).get<std::int64_t>();
  for (const Json& layer : json.at("layers")) {
    const double mse = number(layer.at("mse"));
    found.errors.push_back({layer.at("layer"), mse, ratio(layer.at("sqnr_db"), mse)});
  }
  for (const Json& entry : json.at("distributions")) {
    sw_ref::TensorError error;
    entry.at("tensor").get_to(error.tensor);
    error.mse = number(entry.at("mse"));
    error.sqnr_db = ratio(entry.at("sqnr_db"), error.mse);
    entry.at("low").get_to(error.low);
    entry.at("high").get_to(error.high);
    entry.at("float").get_to(error.float_bins);
    entry.at("quantized").get_to(error.quantized_bins);
    found.distributions.push_back(std::move(error));
  }
  return found;
}

}  // namespace

std::string to_json(const Measurement& measurement, const std::string& identity) {
  Json json = {{"schema_version", 1}, {"identity", identity}};
  for (const Count& count : kCounts) json[count.name] = measurement.*count.member;
  for (const Size& size : kSizes) json["size"][size.name] = measurement.size.*size.member;
  json["layers"] = Json::array();
  for (const LayerError& layer : measurement.errors) {
    json["layers"].push_back({{"layer", layer.layer}, {"mse", layer.mse}, {"sqnr_db", layer.sqnr_db}});
  }
  json["distributions"] = Json::array();
  for (const sw_ref::TensorError& error : measurement.distributions) {
    json["distributions"].push_back({{"tensor", error.tensor},
                                     {"mse", error.mse},
                                     {"sqnr_db", error.sqnr_db},
                                     {"low", error.low},
                                     {"high", error.high},
                                     {"float", error.float_bins},
                                     {"quantized", error.quantized_bins}});
  }
  return json_text(json);
}

std::optional<Measurement> read_measurement(const std::string& path, const std::string& identity) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  std::ifstream file(path);
  try {
    const Json json = Json::parse(file);
    if (json.at("identity").get<std::string>() != identity) return std::nullopt;
    return from_json(json);
  } catch (const Json::exception& error) {
    throw InputError(path + ": no result of an experiment (" + error.what() + "); remove it to measure anew");
  }
}

}  // namespace systoliq::tb
