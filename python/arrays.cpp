// SPDX-License-Identifier: Apache-2.0
// An array arrives as the bytes of a .npy file, so that its type, order and shape are judged where files are.
#include "python/arrays.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>

#include "tb/data/array_file.h"
#include "tb/data/byte_source.h"

namespace nb = nanobind;

namespace systoliq::python {
namespace {

using Arrays = std::map<std::string, std::shared_ptr<const std::string>>;

class MemorySource final : public tb::ByteSource {
 public:
  explicit MemorySource(std::shared_ptr<const std::string> bytes) : ByteSource("images"), bytes_(std::move(bytes)) {}

  std::size_t read(void* bytes, std::size_t count) override {
    const std::size_t given = std::min(count, bytes_->size() - at_);
    std::memcpy(bytes, bytes_->data() + at_, given);
    at_ += given;
    return given;
  }

 private:
  std::shared_ptr<const std::string> bytes_;
  std::size_t at_ = 0;
};

}  // namespace

std::function<std::vector<FloatTensor>(const tb::InputForm&)> image_reader(const nb::object& npy) {
  if (npy.is_none()) return {};
  Arrays arrays;
  for (const auto& [name, bytes] : nb::cast<std::map<std::string, nb::bytes>>(npy)) {
    arrays[name] = std::make_shared<const std::string>(bytes.c_str(), bytes.size());
  }
  return [arrays](const tb::InputForm& form) {
    const auto any = arrays.find("");  // an array without a name is that of the only input
    const auto found = any != arrays.end() ? any : arrays.find(form.name);
    if (found == arrays.end()) {
      throw InputError("no array is given for input '" + form.name + "'; accepted: a dictionary of every input's name");
    }
    return tb::images_of(tb::ArrayFile(std::make_unique<MemorySource>(found->second)), form);
  };
}

}  // namespace systoliq::python
