// SPDX-License-Identifier: Apache-2.0
// FNV-1a of 64 bits: tells whether two contents are the same, no more. Stored in files, hence never to change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace systoliq {

class Fnv1a final {
 public:
  /// A step takes any number of up to 64 bits; the standard's steps are bytes.
  void add_step(std::uint64_t step) { hash_ = (hash_ ^ step) * kPrime; }
  void add_bytes(const void* bytes, std::size_t count);
  void add_bytes(const std::string& bytes) { add_bytes(bytes.data(), bytes.size()); }
  std::uint64_t value() const { return hash_; }
  /// Sixteen hexadecimal digits.
  std::string hex() const;

 private:
  static constexpr std::uint64_t kPrime = 1099511628211ULL;
  std::uint64_t hash_ = 14695981039346656037ULL;
};

/// Of a file's bytes. Throws InputError where it cannot be read.
std::string content_hash(const std::string& path);

}  // namespace systoliq
