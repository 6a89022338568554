// SPDX-License-Identifier: Apache-2.0
// The steps of FNV-1a over memory and files.
#include "types/util/hash.h"

#include <cstdio>
#include <fstream>
#include <iterator>

namespace systoliq {

void Fnv1a::add_bytes(const void* bytes, std::size_t count) {
  const auto* byte = static_cast<const unsigned char*>(bytes);
  for (std::size_t i = 0; i < count; ++i) add_step(byte[i]);
}

std::string Fnv1a::hex() const {
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash_));
  return text;
}

std::string content_hash(const std::string& path) {
  Fnv1a hash;
  std::ifstream file(path, std::ios::binary);
  for (std::istreambuf_iterator<char> byte(file), end; byte != end; ++byte) {
    hash.add_step(static_cast<unsigned char>(*byte));
  }
  return hash.hex();
}

}  // namespace systoliq
