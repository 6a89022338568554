// SPDX-License-Identifier: Apache-2.0
// The documents against the program: commands shown in README.md run, tables shown are what the program prints, command
// fields are where docs/architecture.md says. A table that fails here is mended by running its command and pasting.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "model/isa/command.h"

namespace systoliq::test {
namespace {

std::string read_document(const std::string& name) {
  std::ifstream in(std::string(SYSTOLIQ_SOURCE_DIR) + "/" + name);
  EXPECT_TRUE(in.good()) << name;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

struct Outcome {
  int status = -1;
  std::string output;  ///< standard output only
};

Outcome run_shell(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return outcome;
  char buffer[4096];
  for (std::size_t size = 0; (size = fread(buffer, 1, sizeof buffer, pipe)) > 0;) outcome.output.append(buffer, size);
  const int status = pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  for (std::size_t at = 0; (at = text.find(separator, start)) != std::string::npos; start = at + separator.size()) {
    parts.push_back(text.substr(start, at - start));
  }
  parts.push_back(text.substr(start));
  return parts;
}

/// Rows `| 4, 5 | memory_address, memory_row_pitch | … |` below a heading, as word -> field.
std::map<int, std::string> documented_fields(const std::string& document, const std::string& heading) {
  std::map<int, std::string> fields;
  bool inside = false;
  for (const std::string& line : lines_of(document)) {
    if (!line.empty() && line[0] == '#') inside = line == heading;
    if (!inside || line.size() < 3 || line.compare(0, 2, "| ") != 0 || line[2] < '0' || line[2] > '9') continue;
    const std::vector<std::string> cells = split(line, " | ");
    const std::vector<std::string> words = split(cells[0].substr(2), ", ");
    const std::vector<std::string> names = split(cells[1], ", ");
    EXPECT_EQ(words.size(), names.size()) << line;
    for (std::size_t i = 0; i < std::min(words.size(), names.size()); ++i) fields[std::stoi(words[i])] = names[i];
  }
  return fields;
}

/// Names in the listing of a command, numbered from word 3.
template <typename Body>
std::map<int, std::string> real_fields() {
  model::Command command;
  command.body = Body{};
  std::map<int, std::string> fields;
  int word = 3;
  const std::vector<std::string> parts = split(model::disassemble(command), " ");
  for (std::size_t i = 4; i < parts.size(); ++i) fields[word++] = parts[i].substr(0, parts[i].find('='));
  return fields;
}

TEST(Documentation, CommandFieldsAreWhereArchitectureSays) {
  const std::string document = read_document("docs/architecture.md");
  EXPECT_EQ(documented_fields(document, "### LOAD"), real_fields<model::Load>());
  EXPECT_EQ(documented_fields(document, "### EXECUTE"), real_fields<model::Execute>());
  EXPECT_EQ(documented_fields(document, "### POST"), real_fields<model::Post>());
  EXPECT_EQ(documented_fields(document, "### STORE"), real_fields<model::Store>());
}

class CycleTable : public testing::TestWithParam<const char*> {};

TEST_P(CycleTable, IsWhatTheProgramPrints) {
  const std::string command = std::string("run ") + GetParam() + " --level timing --cycle-breakdown";
  const Outcome run = run_shell(std::string(SYSTOLIQ_PROGRAM) + " " + command + " 2>/dev/null");
  ASSERT_EQ(run.status, 0);
  const std::size_t start = run.output.rfind("\nlayer ");
  ASSERT_NE(start, std::string::npos) << run.output;
  const std::string table = run.output.substr(start + 1);
  EXPECT_NE(read_document("docs/timing.md").find(table), std::string::npos)
      << "docs/timing.md shows another table for `systoliq " << command << "`; it prints\n"
      << table;
}

INSTANTIATE_TEST_SUITE_P(Documentation, CycleTable, testing::Values("lenet5", "vgg_cifar", "resnet18"));

/// Up to the errors against float, whose last digits depend on the processor's float kernels.
TEST(Documentation, ReadmeShowsWhatRunPrints) {
  const Outcome run = run_shell(std::string(SYSTOLIQ_PROGRAM) + " run 2>/dev/null");
  ASSERT_EQ(run.status, 0);
  const std::vector<std::string> lines = lines_of(run.output);
  const std::size_t errors = lines.at(0).find(" MSE");
  ASSERT_NE(errors, std::string::npos);
  const std::string readme = read_document("README.md");
  for (const std::string& line : lines) {
    if (line.find("---") == 0) continue;
    const std::string start = line.substr(0, line.find("total") == 0 ? line.size() : std::min(line.size(), errors - 6));
    EXPECT_NE(readme.find("\n" + start), std::string::npos) << "README.md does not show: " << start;
  }
}

TEST(Documentation, CommandsInReadmeRun) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(testing::TempDir()) / "systoliq_documentation";
  fs::remove_all(folder);
  fs::create_directories(folder);
  fs::create_directory_symlink(fs::path(SYSTOLIQ_SOURCE_DIR) / "models", folder / "models");
  const bool has_cosim = std::string(SYSTOLIQ_BUILT_PROGRAMS).find(" systoliq-cosim ") != std::string::npos;
  int count = 0;
  for (const std::string& line : lines_of(read_document("README.md"))) {
    const std::size_t prompt = line.find("$ ");
    if (prompt == std::string::npos || line.find_first_not_of(' ') != prompt) continue;
    std::string command = line.substr(prompt + 2);
    if (command.compare(0, 14, "systoliq cosim") == 0 && !has_cosim) {
      std::cout << "not run, systoliq-cosim is not built: " << command << "\n";
      continue;
    }
    const bool refused = command.find("bad.toml") != std::string::npos && command.find("printf") == std::string::npos;
    if (command.compare(0, 9, "systoliq ") == 0) command = SYSTOLIQ_PROGRAM + command.substr(8);
    const Outcome outcome = run_shell("cd '" + folder.string() + "' && " + command + " 2>&1");
    EXPECT_EQ(outcome.status, refused ? 2 : 0) << line << "\n" << outcome.output;
    ++count;
  }
  EXPECT_GE(count, 10);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace systoliq::test
