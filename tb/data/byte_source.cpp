// SPDX-License-Identifier: Apache-2.0
// Files and pipes as sources of bytes.
#include "tb/data/byte_source.h"

#include <filesystem>

#include "types/error.h"

namespace systoliq::tb {

FileSource::FileSource(const std::string& path) : ByteSource(path), file_(path, std::ios::binary) {
  std::error_code error;
  if (!file_ || std::filesystem::is_directory(path, error)) throw InputError(path + ": cannot be read");
}

std::size_t FileSource::read(void* bytes, std::size_t count) {
  file_.read(static_cast<char*>(bytes), static_cast<std::streamsize>(count));
  if (file_.bad()) throw InputError(name() + ": cannot be read to its end");
  return static_cast<std::size_t>(file_.gcount());
}

int FileSource::peek() {
  const int first = file_.peek();
  if (first == std::ifstream::traits_type::eof()) {
    file_.clear();
    return -1;
  }
  return first;
}

bool FileSource::can_seek() {
  const bool seekable = file_.tellg() != std::ifstream::pos_type(-1);
  if (!seekable) file_.clear();
  return seekable;
}

void FileSource::seek(std::uint64_t offset) {
  file_.clear();
  file_.seekg(static_cast<std::streamoff>(offset));
}

std::uint64_t FileSource::size() {
  file_.clear();
  file_.seekg(0, std::ios::end);
  return static_cast<std::uint64_t>(file_.tellg());
}

}  // namespace systoliq::tb
