// SPDX-License-Identifier: Apache-2.0
// An array arrives as the bytes of a .npy file, so that its type, order and shape are judged where files are.
#include "python/arrays.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "tb/data/array_file.h"
#include "tb/data/byte_source.h"

namespace nb = nanobind;

namespace systoliq::python {
namespace {

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
  const auto given = nb::cast<nb::bytes>(npy);
  const auto bytes = std::make_shared<const std::string>(given.c_str(), given.size());
  return [bytes](const tb::InputForm& form) {
    return tb::images_of(tb::ArrayFile(std::make_unique<MemorySource>(bytes)), form);
  };
}

}  // namespace systoliq::python
