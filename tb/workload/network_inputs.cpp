// SPDX-License-Identifier: Apache-2.0
// Input after input, joined image by image.
#include "tb/workload/network_inputs.h"

#include <algorithm>
#include <filesystem>
#include <random>

#include "sw_ref/quantizer/integer/network_values.h"
#include "types/error.h"
#include "types/util/index.h"

namespace systoliq::tb {
namespace {

/// A file of a few bytes may ask for gigabytes.
constexpr std::int64_t kMostRandomElements = std::int64_t{1} << 28;

std::string names_of(const std::vector<InputForm>& forms) {
  std::string names;
  for (const InputForm& form : forms) names += (names.empty() ? "'" : ", '") + form.name + "'";
  return names;
}

std::string accepted(const std::vector<InputForm>& forms) {
  return "; accepted: NAME=FILE for each of " + names_of(forms) + ", or a .npz with an array of each of these names";
}

/// The file of NAME=FILE that `argument` gives to this input, the .npz that holds all, or empty.
std::string file_for(const std::string& argument, const InputForm& form) {
  const std::string prefix = form.name + "=";
  if (argument.rfind(prefix, 0) == 0) return argument.substr(prefix.size());
  std::error_code none;
  const bool archive = std::filesystem::path(argument).extension() == ".npz" && std::filesystem::exists(argument, none);
  return archive ? argument : "";
}

void check_arguments(const std::vector<std::string>& arguments, const std::vector<InputForm>& forms) {
  for (const std::string& argument : arguments) {
    const bool taken = std::any_of(forms.begin(), forms.end(),
                                   [&](const InputForm& form) { return !file_for(argument, form).empty(); });
    if (!taken) {
      throw InputError("--input " + argument + ": the network has " + std::to_string(forms.size()) + " inputs" +
                       accepted(forms));
    }
  }
}

/// How many integers are drawn for an input of that type: those of 8 bits, or 128 of a wider type.
std::uint32_t levels_of(ElementType type) {
  if (type == ElementType::kBool) return 2;
  return type == ElementType::kInt8 || type == ElementType::kUint8 ? 256 : 128;
}

/// True where the machine, or the host, reads the integers of a tensor.
bool is_read(const QuantizedNetwork& network, int tensor) {
  const auto reads = [tensor](const auto& reader) {
    return std::count(reader.inputs.begin(), reader.inputs.end(), tensor) != 0;
  };
  return std::any_of(network.layers.begin(), network.layers.end(), reads) ||
         std::any_of(network.host_parts.begin(), network.host_parts.end(), reads);
}

}  // namespace

std::vector<InputForm> forms_of(const Graph& graph, bool channels_last) {
  std::vector<InputForm> forms;
  for (const std::string& name : graph.inputs) {
    InputForm form;
    form.name = name;
    form.shape = graph.values.at(name).shape;
    form.channels_last = channels_last && (graph.inputs.size() == 1 || form.shape.size() > 2);
    forms.push_back(std::move(form));
  }
  return forms;
}

std::vector<FloatTensor> join_inputs(const std::vector<InputForm>& forms,
                                     std::vector<std::vector<FloatTensor>> of_input) {
  if (of_input.size() == 1) return std::move(of_input.front());
  std::vector<FloatTensor> images;
  for (std::size_t input = 0; input < of_input.size(); ++input) {
    if (of_input[input].size() != of_input.front().size()) {
      throw InputError("--input: " + std::to_string(of_input[input].size()) + " images for input '" +
                       forms[input].name + "' and " + std::to_string(of_input.front().size()) + " for input '" +
                       forms.front().name + "'; accepted: equal numbers");
    }
    images.resize(of_input.front().size());
    for (std::size_t i = 0; i < images.size(); ++i) {
      std::vector<float>& all = images[i].data;
      all.insert(all.end(), of_input[input][i].data.begin(), of_input[input][i].data.end());
      images[i].shape = {static_cast<std::int64_t>(all.size())};
    }
  }
  return images;
}

std::vector<FloatTensor> read_all_inputs(const std::vector<std::string>& arguments,
                                         const std::vector<InputForm>& forms) {
  if (forms.size() == 1) return read_inputs(arguments, forms.front());
  check_arguments(arguments, forms);
  std::vector<std::vector<FloatTensor>> of_input;
  for (const InputForm& form : forms) {
    std::vector<FloatTensor> images;
    for (const std::string& argument : arguments) {
      const std::string file = file_for(argument, form);
      if (file.empty()) continue;
      const bool shared = file == argument;
      for (FloatTensor& image : shared ? images_of(open_member(file, form.name), form) : read_inputs({file}, form)) {
        images.push_back(std::move(image));
      }
    }
    if (images.empty()) throw InputError("--input: input '" + form.name + "' is not given" + accepted(forms));
    of_input.push_back(std::move(images));
  }
  return join_inputs(forms, std::move(of_input));
}

std::vector<FloatTensor> random_inputs(const Graph& graph, std::int64_t count) {
  const Shape shape = sw_ref::image_shape_of(graph);
  const std::int64_t most = std::max(kMostRandomElements / element_count(shape), std::int64_t{1});
  if (count > most) {
    throw InputError(std::to_string(count) + " random images of shape " + to_string(shape) + " take " +
                     std::to_string((count * element_count(shape)) >> 18) + " MiB; accepted: 1024 MiB, as with " +
                     "--calibration-images " + std::to_string(most) + " (of a run: --images)");
  }
  std::mt19937 generator(1);
  std::vector<FloatTensor> images;
  for (std::int64_t i = 0; i < count; ++i) {
    FloatTensor image(shape);
    auto next = image.data.begin();
    for (const std::string& name : graph.inputs) {
      const Value& value = graph.values.at(name);
      const std::int64_t elements = element_count(value.shape);
      const bool integers = value.type != ElementType::kFloat;
      const std::uint32_t levels = levels_of(value.type);
      const float lowest = value.type == ElementType::kInt8 ? -128.0F : 0.0F;
      for (std::int64_t element = 0; element < elements; ++element) {
        const auto drawn = static_cast<std::uint32_t>(generator());
        *next++ =
            integers ? static_cast<float>(drawn % levels) + lowest : static_cast<float>(drawn >> 8) / 8388608.0F - 1.0F;
      }
    }
    images.push_back(std::move(image));
  }
  return images;
}

std::vector<std::string> saturation_remarks(const std::vector<FloatTensor>& images, const QuantizedNetwork& network) {
  std::vector<std::string> remarks;
  std::int64_t first = 0;
  for (const int input : network.inputs) {
    const QuantizedTensor& tensor = nth(network.tensors, input);
    const std::int64_t count = element_count(tensor.shape);
    std::vector<FloatTensor> own;
    for (const FloatTensor& image : images) {
      if (network.inputs.size() == 1 || !is_read(network, input)) break;
      const auto begin = image.data.begin() + first;
      own.emplace_back(tensor.shape, std::vector<float>(begin, begin + count));
    }
    first += count;
    if (!is_read(network, input)) continue;
    const std::string remark = saturation_remark(network.inputs.size() == 1 ? images : own, tensor);
    if (!remark.empty()) remarks.push_back(remark);
  }
  return remarks;
}

}  // namespace systoliq::tb
