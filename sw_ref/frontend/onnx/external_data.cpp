// SPDX-License-Identifier: Apache-2.0
// Finds and reads external data (onnx.proto: TensorProto.external_data), with the location checked before a file is
// opened and the size before memory is taken.
#include "sw_ref/frontend/onnx/external_data.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "types/error.h"

namespace systoliq::sw_ref {
namespace {

namespace fs = std::filesystem;

std::string entry_of(const onnx::TensorProto& tensor, const std::string& key) {
  for (const onnx::StringStringEntryProto& entry : tensor.external_data()) {
    if (entry.key() == key) return entry.value();
  }
  return "";
}

/// A decimal number of bytes, or `fallback` where the entry is absent.
std::uint64_t number_of(const onnx::TensorProto& tensor, const std::string& key, std::uint64_t fallback,
                        const std::string& what) {
  const std::string text = entry_of(tensor, key);
  if (text.empty()) return fallback;
  const bool digits = text.size() <= 18 && text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits) {
    throw InputError(what + ": external data have " + key + " '" + text + "'; accepted: a number of bytes");
  }
  return std::stoull(text);
}

/// The file that the location names.
fs::path file_of(const std::string& location, const std::string& folder, const std::string& what) {
  const fs::path relative(location);
  const bool climbs = std::find(relative.begin(), relative.end(), fs::path("..")) != relative.end();
  const bool hidden = location.find('\0') != std::string::npos || location.find('\\') != std::string::npos;
  if (location.empty() || relative.is_absolute() || climbs || hidden) {
    throw InputError(what + ": external data have location '" + location +
                     "'; accepted: a path inside the model's folder, relative to it, without '..'");
  }
  std::error_code error;
  const fs::path base = fs::canonical(folder, error);
  const fs::path found = fs::canonical(fs::path(folder) / relative, error);
  if (error || !fs::is_regular_file(found, error)) {
    throw InputError(what + ": external data file '" + location + "', beside the model, cannot be opened");
  }
  const auto ends = std::mismatch(base.begin(), base.end(), found.begin(), found.end());
  if (ends.first != base.end()) {
    throw InputError(what + ": external data file '" + location +
                     "' is a link out of the model's folder; accepted: files inside it");
  }
  return found;
}

}  // namespace

bool is_external(const onnx::TensorProto& tensor) {
  return tensor.data_location() == onnx::TensorProto::EXTERNAL || tensor.external_data_size() > 0;
}

std::string read_external_data(const onnx::TensorProto& tensor, const std::string& folder, std::size_t size,
                               const std::string& what) {
  const std::string location = entry_of(tensor, "location");
  if (folder.empty()) {
    throw InputError(what + ": keeps its data in '" + location +
                     "' beside the model, which came from no file; accepted: data inside the model");
  }
  const fs::path path = file_of(location, folder, what);
  const std::uint64_t offset = number_of(tensor, "offset", 0, what);
  const std::uint64_t length = number_of(tensor, "length", size, what);
  if (length != size) {
    throw InputError(what + ": external data have " + std::to_string(length) + " bytes, its shape and type need " +
                     std::to_string(size));
  }
  const std::uint64_t available = fs::file_size(path);
  if (offset > available || length > available - offset) {
    throw InputError(what + ": external data are bytes " + std::to_string(offset) + " to " +
                     std::to_string(offset + length) + " of '" + location + "', which has " +
                     std::to_string(available));
  }
  std::string bytes(size, '\0');
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  if (!file) throw InputError(what + ": external data file '" + location + "' cannot be read");
  return bytes;
}

}  // namespace systoliq::sw_ref
