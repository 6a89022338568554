// SPDX-License-Identifier: Apache-2.0
// The hash against published values of FNV-1a, since files hold it.
#include "types/util/hash.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "types/error.h"

namespace systoliq {
namespace {

std::string hash_of(const std::string& bytes) {
  Fnv1a hash;
  hash.add_bytes(bytes);
  return hash.hex();
}

TEST(Hash, IsFnv1aOf64Bits) {
  EXPECT_EQ(hash_of(""), "cbf29ce484222325");
  EXPECT_EQ(hash_of("a"), "af63dc4c8601ec8c");
  EXPECT_EQ(hash_of("foobar"), "85944171f73967e8");
}

TEST(Hash, StepsOfOneByteAreBytes) {
  Fnv1a steps;
  for (const char c : std::string("foobar")) steps.add_step(static_cast<unsigned char>(c));
  EXPECT_EQ(steps.hex(), hash_of("foobar"));
  Fnv1a wide;
  wide.add_step(0x0102030405060708ULL);
  EXPECT_NE(wide.value(), steps.value());
}

TEST(Hash, OfAFileIsThatOfItsBytes) {
  const std::string path = testing::TempDir() + "systoliq_hash_test";
  const std::string bytes = std::string("foo\0bar\xFF", 8);
  std::ofstream(path, std::ios::binary) << bytes;
  EXPECT_EQ(content_hash(path), hash_of(bytes));
  std::filesystem::remove(path);
  EXPECT_THROW(content_hash(path), InputError) << "no hash stands for a file that is not there";
}

}  // namespace
}  // namespace systoliq
