// SPDX-License-Identifier: Apache-2.0
// The handshake between `systoliq` and the programs beside it.
#include "tb/cli/common/siblings.h"

#include <gtest/gtest.h>

#include "types/error.h"
#include "types/version.h"

namespace systoliq::cli {
namespace {

std::string caller(const std::string& version, const std::string& stamp) {
  return "--called-by=" + version + "/" + stamp;
}

TEST(Siblings, StampsAreHashesOfDifferentSources) {
  EXPECT_EQ(train_sibling().stamp.size(), 12U);
  EXPECT_EQ(cosim_sibling().stamp.size(), 12U);
  EXPECT_EQ(train_sibling().stamp.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(train_sibling().stamp, cosim_sibling().stamp);
}

TEST(Siblings, CallerOfTheSameSourcesIsAccepted) {
  std::vector<std::string> arguments = {caller(kVersion, train_sibling().stamp), "--help", "x"};
  check_caller(train_sibling(), &arguments);
  EXPECT_EQ(arguments, (std::vector<std::string>{"--help", "x"}));
}

TEST(Siblings, UserMayCallWithoutHandshake) {
  std::vector<std::string> arguments = {"recipe.toml", "--called-by=later"};
  check_caller(train_sibling(), &arguments);
  EXPECT_EQ(arguments, (std::vector<std::string>{"recipe.toml", "--called-by=later"}));
}

TEST(Siblings, StaleProgramIsRefusedBad) {
  for (const std::string& other :
       {caller("0.0.9", train_sibling().stamp), caller(kVersion, cosim_sibling().stamp), std::string("--called-by=")}) {
    std::vector<std::string> arguments = {other, "x"};
    try {
      check_caller(train_sibling(), &arguments);
      FAIL() << other << " was accepted";
    } catch (const InputError& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find(other.substr(12)), std::string::npos) << message;
      EXPECT_NE(message.find(std::string(kVersion) + "/" + train_sibling().stamp), std::string::npos) << message;
      EXPECT_NE(message.find("`./dev build train`"), std::string::npos) << message;
      EXPECT_NE(message.find("Debian package systoliq-train"), std::string::npos) << message;
    }
  }
}

}  // namespace
}  // namespace systoliq::cli
