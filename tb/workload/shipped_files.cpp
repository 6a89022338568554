// SPDX-License-Identifier: Apache-2.0
// Finds the files from the program that runs, so that no path is built in.
#include "tb/workload/shipped_files.h"

#include <cstdlib>
#include <filesystem>

namespace systoliq::tb {

std::string shipped(const std::string& relative) {
  if (const char* home = std::getenv("SYSTOLIQ_HOME")) return std::string(home) + "/" + relative;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  return (program.parent_path().parent_path() / "share/systoliq" / relative).string();
}

}  // namespace systoliq::tb
