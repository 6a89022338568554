// SPDX-License-Identifier: Apache-2.0
// The networks that must run, and the accuracy that must be reached, on real data where they are at hand.
#include "tests/system/program_runner.h"
#include "types/preset.h"

namespace systoliq::test {
namespace {

class ProgramNetworks : public ProgramTest {
 protected:
  /// Every layer's mismatches are there and 0.
  void expect_no_mismatches(const std::string& arguments, std::size_t layers) {
    const nlohmann::json json = run_json("run " + arguments);
    ASSERT_TRUE(json.contains("layers")) << arguments;
    EXPECT_EQ(json["layers"].size(), layers) << arguments;
    for (const nlohmann::json& layer : json["layers"]) EXPECT_EQ(layer.at("mismatches"), 0) << layer.dump();
  }
};

TEST_F(ProgramNetworks, Lenet5) { expect_no_mismatches("lenet5 --images 20", 7); }

/// Eleven layers of the machine, and the Softmax of the host.
TEST_F(ProgramNetworks, Lenet5Of1998) { expect_no_mismatches("lenet5_1998 --images 20", 12); }

TEST_F(ProgramNetworks, FashionMlp) { expect_no_mismatches("fashion_mlp --images 5", 3); }

TEST_F(ProgramNetworks, VggCifar) { expect_no_mismatches("vgg_cifar", 11); }

TEST_F(ProgramNetworks, Resnet18) { expect_no_mismatches("resnet18 --calibration-images 2", 31); }

TEST_F(ProgramNetworks, NarrowTypes) {
  for (const char* bits : {"2", "3", "4", "5", "6", "7", "8"}) {
    expect_no_mismatches(std::string("lenet5 --weight-bits ") + bits + " --activation-bits " + bits, 7);
  }
}

TEST_F(ProgramNetworks, EveryPreset) {
  for (const std::string_view preset : kPresetNames) expect_no_mismatches("lenet5 --preset " + std::string(preset), 7);
}

TEST_F(ProgramNetworks, MnistTransactionWithoutMismatches) {
  const std::string data = data_folder() + "/mnist";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << data << " is absent; set SYSTOLIQ_DATA";
  expect_no_mismatches("lenet5 --images 100 --dataset mnist:'" + data + "'", 7);
}

TEST_F(ProgramNetworks, MnistAccuracyOfAllTestImages) {
  const std::string data = data_folder() + "/mnist";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << data << " is absent; set SYSTOLIQ_DATA";
  const nlohmann::json json = run_json("accuracy lenet5 --images 10000 --dataset mnist:'" + data + "'");
  EXPECT_EQ(json.at("images"), 10000);
  EXPECT_EQ(json.at("level"), "functional");
  EXPECT_GE(json.at("float_top1").get<double>(), 0.985);
  EXPECT_GE(json.at("quantized_top1").get<double>(), json.at("float_top1").get<double>() - 0.003);
}

TEST_F(ProgramNetworks, FashionMnistTransactionWithoutMismatches) {
  const std::string data = data_folder() + "/fashion_mnist";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << data << " is absent; set SYSTOLIQ_DATA";
  expect_no_mismatches("fashion_mlp --images 20 --dataset fashion:'" + data + "'", 3);
}

}  // namespace
}  // namespace systoliq::test
