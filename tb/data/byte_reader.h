// SPDX-License-Identifier: Apache-2.0
// Reads a plain or gzip file front to back. Memory grows only with bytes that are really there, whatever a header
// claims.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

struct gzFile_s;

namespace systoliq::tb {

class ByteReader final {
 public:
  /// Opens a file; zlib tells gzip from plain content. Throws InputError naming the path.
  explicit ByteReader(std::string path);
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  /// The next `count` bytes, or fewer at the end of the file. Throws InputError on a damaged gzip stream.
  std::vector<std::uint8_t> read_up_to(std::size_t count);
  /// Exactly `count` bytes. Throws InputError saying that `what` is cut short.
  std::vector<std::uint8_t> read(std::size_t count, const std::string& what);
  /// Throws InputError unless all bytes have been read.
  void expect_end();

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  gzFile_s* file_ = nullptr;
};

/// The path itself, or with ".gz" appended where only that file exists. Throws InputError naming both.
std::string plain_or_gzip(const std::string& path);

}  // namespace systoliq::tb
