// SPDX-License-Identifier: Apache-2.0
// Every output goes through types/util/atomic_file.h, every JSON text through types/util/json_text.h, every hash
// through types/util/hash.h.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>

namespace systoliq {
namespace {

namespace fs = std::filesystem;

/// Streams that write, renaming, nlohmann's text with an indent, which throws for names that are not UTF-8, and FNV's
/// prime.
const std::regex& forbidden() {
  static const std::regex kForbidden("ofstream|\\bfopen\\(|\\brename\\(|\\.dump\\(2|1099511628211|0x100000001[bB]3");
  return kForbidden;
}

TEST(House, OneWriterAndOneHash) {
  const fs::path root = SYSTOLIQ_SOURCE_DIR;
  int files = 0;
  for (const char* folder : {"types", "sw_ref", "model", "rtl_cosim", "traces", "tb", "python"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      const std::string name = entry.path().filename().string();
      if (extension != ".h" && extension != ".cpp") continue;
      ++files;
      if (name == "atomic_file.cpp" || name == "hash.h" || name == "json_text.h") continue;
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      EXPECT_FALSE(std::regex_search(text.str(), forbidden())) << entry.path();
    }
  }
  EXPECT_GT(files, 50) << "the walk found too little";
  EXPECT_TRUE(std::regex_search("std::ofstream out(path);", forbidden()));
  EXPECT_TRUE(std::regex_search("std::rename(a, b)", forbidden()));
  EXPECT_TRUE(std::regex_search("json.dump(2)", forbidden()));
  EXPECT_FALSE(std::regex_search("std::ifstream in(path); forename(x)", forbidden()));
}

}  // namespace
}  // namespace systoliq
