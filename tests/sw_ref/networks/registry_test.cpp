// SPDX-License-Identifier: Apache-2.0
// The list of built-in networks against what ships in models/ and what README.md says.
#include "sw_ref/networks/registry.h"

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "sw_ref/networks/networks.h"

namespace systoliq::sw_ref {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

const fs::path kRoot = SYSTOLIQ_SOURCE_DIR;

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// What stands between backquotes.
Names quoted(const std::string& text) {
  static const std::regex kQuoted("`([^`]+)`");
  Names names;
  for (std::sregex_iterator at(text.begin(), text.end(), kQuoted), end; at != end; ++at) names.insert((*at)[1]);
  return names;
}

Names names_of(bool trained) {
  Names names;
  for (const BuiltInNetwork& network : built_in_networks()) {
    if (network.trained_file.empty() != trained) names.insert(network.name);
  }
  return names;
}

TEST(Registry, DescribesEveryNetwork) {
  Names names;
  for (const BuiltInNetwork& network : built_in_networks()) {
    SCOPED_TRACE(network.name);
    EXPECT_TRUE(names.insert(network.name).second);
    EXPECT_FALSE(network.description.empty());
    EXPECT_EQ(network.describe().name, network.name);
    EXPECT_EQ(network.input().size(), 4U);
    EXPECT_EQ(find_built_in(network.name), &network);
    EXPECT_NE(list_of_built_in_networks().find(network.name), std::string::npos);
  }
  EXPECT_EQ(find_built_in("lenet6"), nullptr);
  ASSERT_NE(find_built_in(kDefaultNetwork), nullptr);
  EXPECT_FALSE(find_built_in(kDefaultNetwork)->trained_file.empty());
}

TEST(Registry, TrainedFilesAreThoseThatShip) {
  Names files;
  for (const auto& entry : fs::directory_iterator(kRoot / "models")) {
    if (entry.path().extension() == ".onnx") files.insert(entry.path().filename().string());
  }
  Names listed;
  for (const BuiltInNetwork& network : built_in_networks()) {
    if (network.trained_file.empty()) continue;
    listed.insert(network.trained_file);
    onnx::ModelProto model;
    ASSERT_TRUE(model.ParseFromString(read(kRoot / "models" / network.trained_file))) << network.trained_file;
    const auto& dimensions = model.graph().input(0).type().tensor_type().shape();
    Shape shape = {1};
    for (int i = 1; i < dimensions.dim_size(); ++i) shape.push_back(dimensions.dim(i).dim_value());
    EXPECT_EQ(shape, network.input()) << network.trained_file;
    EXPECT_EQ(quoted(read(kRoot / "models/README.md")).count(network.trained_file), 1U) << network.trained_file;
  }
  EXPECT_EQ(files, listed);
}

TEST(Registry, ReadmeNamesEveryNetwork) {
  const std::string readme = read(kRoot / "README.md");
  const std::size_t start = readme.find("Built-in networks, by name: ");
  const std::size_t trained = readme.find("(trained", start);
  const std::size_t random = readme.find("(random weights)", start);
  ASSERT_NE(start, std::string::npos);
  ASSERT_LT(trained, random);
  EXPECT_EQ(quoted(readme.substr(start, trained - start)), names_of(true));
  const std::size_t next = readme.find(')', trained);
  EXPECT_EQ(quoted(readme.substr(next, random - next)), names_of(false));
}

TEST(Registry, RecipesTrainNetworksOfTheList) {
  static const std::regex kNetwork("\nnetwork = \"([a-z0-9_]+)\"");
  int recipes = 0;
  for (const auto& entry : fs::directory_iterator(kRoot / "configs/train")) {
    const std::string text = "\n" + read(entry.path());
    std::smatch match;
    ASSERT_TRUE(std::regex_search(text, match, kNetwork)) << entry.path();
    EXPECT_NE(find_built_in(match[1]), nullptr) << entry.path() << " trains " << match[1];
    ++recipes;
  }
  EXPECT_GT(recipes, 3);
}

}  // namespace
}  // namespace systoliq::sw_ref
