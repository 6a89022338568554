// SPDX-License-Identifier: Apache-2.0
// Finds the files from the program that runs, so that no path is built in.
#include "tb/workload/shipped_files.h"

#include <cstdlib>
#include <filesystem>

namespace systoliq::tb {
namespace {

std::string& shipped_folder() {
  static std::string folder;
  return folder;
}

}  // namespace

void set_shipped_folder(const std::string& folder) { shipped_folder() = folder; }

std::string shipped(const std::string& relative) {
  if (const char* home = std::getenv("SYSTOLIQ_HOME")) return std::string(home) + "/" + relative;
  if (!shipped_folder().empty()) return shipped_folder() + "/" + relative;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  return (program.parent_path().parent_path() / "share/systoliq" / relative).string();
}

}  // namespace systoliq::tb
