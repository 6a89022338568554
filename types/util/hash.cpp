// SPDX-License-Identifier: Apache-2.0
// The steps of FNV-1a over memory and files.
#include "types/util/hash.h"

#include <cstdio>

#include "types/util/input_file.h"

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
  hash.add_bytes(read_input(path, "a file"));
  return hash.hex();
}

}  // namespace systoliq
