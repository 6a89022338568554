// SPDX-License-Identifier: Apache-2.0
// Plain and gzip files by way of zlib, in pieces of bounded size.
#include "tb/data/byte_reader.h"

#include <zlib.h>

#include <algorithm>
#include <filesystem>

#include "types/error.h"

namespace systoliq::tb {

ByteReader::ByteReader(std::string path) : path_(std::move(path)) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path_, error)) {
    throw InputError(path_ + ": no such file; a readable file is needed");
  }
  file_ = gzopen(path_.c_str(), "rb");
  if (file_ == nullptr) throw InputError(path_ + ": cannot be opened for reading");
  constexpr unsigned kBuffer = 1U << 17;
  gzbuffer(file_, kBuffer);
}

ByteReader::~ByteReader() { gzclose(file_); }

std::vector<std::uint8_t> ByteReader::read_up_to(std::size_t count) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  std::vector<std::uint8_t> bytes;
  while (bytes.size() < count) {
    const std::size_t start = bytes.size();
    const std::size_t wanted = std::min(kPiece, count - start);
    bytes.resize(start + wanted);
    const int got = gzread(file_, bytes.data() + start, static_cast<unsigned>(wanted));
    int status = Z_OK;
    const char* message = gzerror(file_, &status);
    if (got < 0 || (status != Z_OK && status != Z_STREAM_END)) {
      throw InputError(path_ + ": damaged or truncated gzip data (" + message + ")");
    }
    bytes.resize(start + static_cast<std::size_t>(got));
    if (static_cast<std::size_t>(got) < wanted) break;
  }
  return bytes;
}

std::vector<std::uint8_t> ByteReader::read(std::size_t count, const std::string& what) {
  std::vector<std::uint8_t> bytes = read_up_to(count);
  if (bytes.size() != count) {
    throw InputError(path_ + ": truncated: " + what + " needs " + std::to_string(count) + " bytes, the file has " +
                     std::to_string(bytes.size()));
  }
  return bytes;
}

void ByteReader::expect_end() {
  if (!read_up_to(1).empty()) throw InputError(path_ + ": has more bytes than its header says");
}

std::string plain_or_gzip(const std::string& path) {
  std::error_code error;
  for (const std::string& candidate : {path, path + ".gz"}) {
    if (std::filesystem::is_regular_file(candidate, error)) return candidate;
  }
  throw InputError(path + ": no such file, nor " + path + ".gz");
}

}  // namespace systoliq::tb
