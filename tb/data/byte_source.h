// SPDX-License-Identifier: Apache-2.0
// Bytes front to back, from a file, a pipe or a member of an archive, under a name for errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace systoliq::tb {

class ByteSource {
 public:
  explicit ByteSource(std::string name) : name_(std::move(name)) {}
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// The next bytes, fewer than `count` at the end only. Throws InputError on damaged data.
  virtual std::size_t read(void* bytes, std::size_t count) = 0;
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

/// A file, or what behaves like one: a pipe, /dev/stdin.
class FileSource final : public ByteSource {
 public:
  /// Throws InputError where it cannot be read.
  explicit FileSource(const std::string& path);
  std::size_t read(void* bytes, std::size_t count) override;
  /// The first byte, still unread; -1 for an empty file.
  int peek();
  /// True where bytes can be read again; false for a pipe.
  bool can_seek();
  /// Goes to a byte of a file that can seek.
  void seek(std::uint64_t offset);
  std::uint64_t size();

 private:
  std::ifstream file_;
};

}  // namespace systoliq::tb
