// SPDX-License-Identifier: Apache-2.0
// The experiments as a user runs them, on the built-in digits; those that train need a program that can.
#include "tests/system/program_runner.h"

namespace systoliq::test {
namespace {

class ProgramExperiment : public ProgramTest {
 protected:
  bool can_train() const { return run("train").err.find("RECIPE") != std::string::npos; }

  /// What a variant's file holds.
  nlohmann::json result(const std::string& id) const {
    return nlohmann::json::parse(read_file(path("out/" + id + ".json")), nullptr, false);
  }

  /// Runs it; every variant's machine must equal the reference.
  void run_experiment(const std::string& name, const std::vector<std::string>& variants) {
    const ProgramRun ran = run("experiment '" SYSTOLIQ_SOURCE_DIR "/configs/experiments/builtin/" + name + "' -o out");
    ASSERT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(ran.out, read_file(path("out/table.md")));
    for (const std::string& id : variants) {
      const nlohmann::json json = result(id);
      ASSERT_FALSE(json.is_discarded()) << id;
      EXPECT_EQ(json["mismatches"], 0) << id;
      EXPECT_EQ(json["predictions_differ"], 0) << id;
      EXPECT_EQ(json["transaction_images"], 20) << id;
      EXPECT_EQ(json["accuracy_images"], 500) << id;
    }
    for (const char* file : {"accuracy.svg", "sizes.svg", "layers.csv"}) {
      EXPECT_TRUE(std::filesystem::exists(path(std::string("out/") + file))) << file;
    }
  }

  std::int64_t correct(const std::string& id) const { return result(id).at("quantized_correct"); }
  std::int64_t float_correct(const std::string& id) const { return result(id).at("float_correct"); }
};

TEST_F(ProgramExperiment, E2RoundingAndRanges) {
  run_experiment("e2.toml", {"round", "floor", "divisor", "actual"});
  EXPECT_GE(float_correct("actual"), 495);
  EXPECT_GE(correct("actual"), 490);
  // Truncation shifts every output down by half a step.
  EXPECT_GT(result("floor")["layers"][0]["mse"], result("round")["layers"][0]["mse"]);
}

TEST_F(ProgramExperiment, E1RangesAndTraining) {
  if (!can_train()) GTEST_SKIP() << "this program was built without training";
  run_experiment("e1.toml", {"normal", "clip", "normal_layerwise", "kl", "qat"});
  EXPECT_GE(float_correct("normal"), 475);
  EXPECT_GE(correct("normal"), float_correct("normal") - 5);
  EXPECT_GE(correct("qat"), correct("normal") - 5);
  EXPECT_GT(result("clip")["layers"][0]["mse"], result("normal")["layers"][0]["mse"]);
}

TEST_F(ProgramExperiment, E3PowerOfTwo) {
  if (!can_train()) GTEST_SKIP() << "this program was built without training";
  run_experiment("e3.toml", {"pot", "pot_floor", "qat"});
  EXPECT_GE(float_correct("pot"), 475);
  EXPECT_GE(correct("qat"), float_correct("pot") - 10) << "within 2 points of float";
}

TEST_F(ProgramExperiment, E4Codebooks) {
  if (!can_train()) GTEST_SKIP() << "this program was built without training";
  run_experiment("e4.toml", {"codebook8", "codebook2", "codebook2_tuned", "linear2"});
  EXPECT_GE(correct("codebook8"), float_correct("codebook8") - 2) << "within 0.3 points of float";
  EXPECT_LT(correct("codebook2"), float_correct("codebook8") - 25) << "two bits lose much";
  EXPECT_GT(correct("codebook2_tuned"), correct("codebook2")) << "and training brings it back";
  EXPECT_LT(result("codebook2")["size"]["weight_bytes"].get<int>() * 4,
            result("codebook8")["size"]["weight_bytes"].get<int>() + 16);
}

TEST_F(ProgramExperiment, BadInputIsRefused) {
  const std::string e2 = "experiment '" SYSTOLIQ_SOURCE_DIR "/configs/experiments/builtin/e2.toml'";
  EXPECT_EQ(run(e2).status, 2) << "no folder";
  const ProgramRun data = run(e2 + " --data mnist:/nowhere -o out");
  EXPECT_EQ(data.status, 2);
  EXPECT_NE(data.err.find("--data digits"), std::string::npos) << data.err;
  write("x.toml",
        "data = \"digits\"\nnetwork = \"lenet5\"\ndigits = 200\n[[variant]]\nid = \"a\"\noptions = \"--wide\"\n");
  const ProgramRun options = run("experiment x.toml -o out");
  EXPECT_EQ(options.status, 2);
  EXPECT_NE(options.err.find("--wide"), std::string::npos) << options.err;
  write("y.toml", "data = \"digits\"\nnetwork = \"none.onnx\"\n[[variant]]\nid = \"a\"\n");
  EXPECT_NE(run("experiment y.toml -o out").err.find("none.onnx"), std::string::npos);
}

}  // namespace
}  // namespace systoliq::test
