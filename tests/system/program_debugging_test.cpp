// SPDX-License-Identifier: Apache-2.0
// `systoliq explain` and `systoliq compare --against`, as a user calls them (docs/debugging.md).
#include "tb/data/dataset.h"
#include "tests/system/program_runner.h"

namespace systoliq::test {
namespace {

class ProgramDebugging : public ProgramTest {
 protected:
  void expect_refused(const std::string& arguments, const std::vector<std::string>& said) const {
    const ProgramRun result = run(arguments);
    EXPECT_EQ(result.status, 2) << arguments << "\n" << result.err;
    EXPECT_EQ(result.out, "") << arguments;
    for (const std::string& text : said) EXPECT_NE(result.err.find(text), std::string::npos) << result.err;
  }

  /// Folder with every layer of LeNet-5 for the first image.
  std::string dumped() const {
    EXPECT_EQ(run("run lenet5 --output dump --all-layers").status, 0);
    return path("dump");
  }

  nlohmann::json array_of(const nlohmann::json& report, const std::string& layer) const {
    for (const nlohmann::json& array : report["arrays"]) {
      if (array["layer"] == layer && array["numbers"] != "real") return array;
    }
    ADD_FAILURE() << "no array of " << layer << " in " << report;
    return {};
  }
};

TEST_F(ProgramDebugging, ExplanationAddsUpToTheDumpedInteger) {
  const nlohmann::json e = run_json("explain lenet5 conv2 3,4,5");
  const std::string file = array_of(run_json("compare lenet5 --images 1 --against " + dumped()), "conv2")["file"];
  const FloatTensor layer = tb::read_npy(path("dump") + "/" + file);
  EXPECT_EQ(e["model"]["result"], layer.data.at((3 * 10 + 4) * 10 + 5));
  EXPECT_EQ(e["reference"]["result"], e["model"]["result"]);
  EXPECT_TRUE(e["agree"]);
  EXPECT_TRUE(e["first_difference"].is_null());
  EXPECT_TRUE(e["rtl"].is_null());
  for (const char* side : {"reference", "model"}) {
    SCOPED_TRACE(side);
    const nlohmann::json& told = e[side];
    std::int64_t accumulator = told["steps"]["bias with the input's zero point folded in"];
    std::int64_t products = 0;
    for (const nlohmann::json& pass : told["passes"]) {
      for (const nlohmann::json& p : pass["products"]) {
        EXPECT_EQ(p["product"], p["activation"].get<std::int64_t>() * p["operand"].get<std::int64_t>());
        accumulator += p["product"].get<std::int64_t>();
        ++products;
      }
      EXPECT_EQ(pass["accumulator"], accumulator);
    }
    EXPECT_EQ(products, 6 * 5 * 5);
    EXPECT_EQ(told["steps"]["accumulator"], accumulator);
    EXPECT_EQ(told["steps"]["stored"], told["result"]);
  }
  EXPECT_EQ(e["machine_run"]["executes"][0]["accumulator"], e["model"]["steps"]["accumulator"]);
  EXPECT_GT(e["machine_run"]["write_cycle"], e["machine_run"]["post_start_cycle"]);
}

TEST_F(ProgramDebugging, ExplanationAsText) {
  const ProgramRun full = run("explain lenet5 conv2 3,4,5");
  EXPECT_EQ(full.status, 0) << full.err;
  for (const char* said : {"layer 'conv2' (Conv), channel 3, row 4, column 5", "reference activation", "multiplier",
                           "written by command", " in cycle ", "reference, model and machine agree\n"}) {
    EXPECT_NE(full.out.find(said), std::string::npos) << said << " in\n" << full.out;
  }
  const ProgramRun brief = run("explain lenet5 conv2 3,4,5 --brief");
  EXPECT_LT(brief.out.size(), full.out.size() / 2);
  EXPECT_NE(brief.out.find("agree\n"), std::string::npos);
  const ProgramRun vector = run("explain lenet5 fc2 7 --level functional --image 2");
  EXPECT_EQ(vector.status, 0) << vector.err;
  EXPECT_EQ(vector.out.find("cycle "), std::string::npos) << vector.out;
  EXPECT_NE(run("explain lenet5 fc2 7 --level functional").out, vector.out) << "another image";
}

/// The last layer's word is copied to memory; both levels tell the same integers.
TEST_F(ProgramDebugging, LevelsAndTheCopyInMemory) {
  const nlohmann::json cycle = run_json("explain lenet5 fc2 7");
  const nlohmann::json functional = run_json("explain lenet5 fc2 7 --level functional");
  EXPECT_EQ(cycle["model"], functional["model"]);
  EXPECT_GT(cycle["machine_run"]["store_end_cycle"], cycle["machine_run"]["post_end_cycle"]);
  EXPECT_EQ(cycle["commands"]["store"]["text"].get<std::string>().compare(0, 6, "STORE "), 0);
  EXPECT_TRUE(functional["machine_run"]["write_cycle"].is_null());
}

TEST_F(ProgramDebugging, ExplainBad) {
  expect_refused("explain lenet5 conv 0,0,0", {"'conv'", "did you mean conv1?"});
  expect_refused("explain lenet5 conv1 6,0,0", {"channel 6", "channels 0 to 5, rows 0 to 27"});
  for (const char* place : {"1,2", "1,2,3,4", "a", "1,2,", "''", "1.5,0,0", "99999999999999999999,0,0"}) {
    expect_refused(std::string("explain lenet5 conv1 ") + place, {"place '", "accepted: C,Y,X"});
  }
  expect_refused("explain lenet5 conv1 0,0,0 --level transaction", {"transaction", "accepted: functional, cycle"});
  expect_refused("explain lenet5 conv1 0,0,0 --level fast", {"fast"});
  tb::write_npy(path("x.npy"), FloatTensor({1, 1, 32, 32}));
  expect_refused("explain lenet5 conv1 0,0,0 --input x.npy --image 1", {"--image 1", "accepted: 0 to 0"});
  for (const char* words : {"explain", "explain lenet5 conv1", "explain lenet5 conv1 0,0,0 --images 2",
                            "explain lenet5 conv1 0,0,0 --json --brief"}) {
    EXPECT_EQ(run(words).status, 2) << words;
  }
}

TEST_F(ProgramDebugging, WhatRunWritesHasNoDifference) {
  const std::string folder = dumped();
  const nlohmann::json report = run_json("compare lenet5 --images 1 --against " + folder);
  EXPECT_TRUE(report["agree"]);
  EXPECT_TRUE(report["missing"].empty()) << report["missing"];
  EXPECT_GE(report["arrays"].size(), 7U);
  EXPECT_EQ(array_of(report, "conv2")["elements"], 1600);
}

TEST_F(ProgramDebugging, FirstDifferenceAgainstAFolderIsNamed) {
  const std::string folder = dumped();
  const std::string file = array_of(run_json("compare lenet5 --images 1 --against " + folder), "conv2")["file"];
  FloatTensor values = tb::read_npy(folder + "/" + file);
  IntTensor changed(values.shape);
  for (std::size_t i = 0; i < changed.data.size(); ++i) changed.data[i] = static_cast<std::int32_t>(values.data[i]);
  changed.data[(3 * 10 + 4) * 10 + 5] += 2;
  tb::write_npy(folder + "/" + file, changed);
  const ProgramRun result = run("compare lenet5 --against dump");
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_NE(result.out.find("first difference: layer 'conv2', " + file + ", channel 3, row 4, column 5: here "),
            std::string::npos)
      << result.out;
  EXPECT_EQ(run("compare lenet5 --images 1 --against dump --tolerance 2").status, 0);
}

TEST_F(ProgramDebugging, AgainstBad) {
  expect_refused("compare lenet5 --against nowhere", {"nowhere", "is no folder"});
  write("file", "x");
  expect_refused("compare lenet5 --against file", {"file", "is no folder"});
  const std::string folder = dumped();
  expect_refused("compare lenet5 --against dump --level timing", {"--against", "functional, transaction, cycle"});
  for (const char* options : {"--layout nhwc", "--names n.json", "--tolerance 1", "--against dump --layout hwc",
                              "--against dump --report r", "--against dump --tolerance -1"}) {
    EXPECT_EQ(run(std::string("compare lenet5 ") + options).status, 2) << options;
  }
  const ProgramRun shapes = run("compare lenet5 --images 2 --against dump");
  EXPECT_EQ(shapes.status, 1);
  EXPECT_NE(shapes.out.find("here it is [2, "), std::string::npos) << shapes.out;
}

}  // namespace
}  // namespace systoliq::test
