// SPDX-License-Identifier: Apache-2.0
// What the first divergence says of a fault in the array: layer, tile, channel, pixel, both values and the operands.
#include "rtl_cosim/accelerator/explain.h"

#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "rtl_cosim/accelerator/accelerator_cosim.h"
#include "tests/rtl_cosim/accelerator/faulty_device.h"

namespace systoliq::rtl {
namespace {

constexpr std::size_t kWeights = model::test::kDataBase + 4096;  ///< of convolution()
constexpr std::size_t kActivations = model::test::kDataBase + 6000;

/// One byte goes wrong in the RTL's buffer after its LOAD was found right: a flip in its memory that is hidden from
/// whoever looks at the buffer until the first EXECUTE has ended.
class LateFault final : public FaultyDevice {
 public:
  LateFault(std::unique_ptr<AcceleratorDevice> device, const model::Program& program, std::size_t byte,
            std::function<std::int16_t&(model::Storage&)> lane)
      : FaultyDevice(std::move(device), byte), right_(program.image.at(byte)), lane_(std::move(lane)) {}
  AcceleratorEvents step() override {
    const AcceleratorEvents events = FaultyDevice::step();
    executed_ = executed_ || events.done[1];
    return events;
  }
  model::Storage& state() override {
    const auto seen = static_cast<std::uint8_t>(executed_ ? right_ ^ 4 : right_);
    lane_(FaultyDevice::state()) = static_cast<std::int8_t>(seen);
    return FaultyDevice::state();
  }

 private:
  std::uint8_t right_;
  std::function<std::int16_t&(model::Storage&)> lane_;
  bool executed_ = false;
};

class Explained : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string& name : accelerator_builds()) {
      config_ = model::read_config(SYSTOLIQ_SOURCE_DIR "/" + accelerator_build_config(name));
      const bool bytes = config_.datatypes.activation_bits == 8 && config_.datatypes.weight_bits == 8;
      if (!bytes || config_.weights.codec == model::WeightCodec::kCodebook || config_.array.rows > 16) continue;
      program_ = convolution(config_).program();
      program_.probes = {{4, 0, 3, 5}};  // the POST writes a tile that begins at (3, 5)
      return;
    }
    GTEST_SKIP() << "no build has 8-bit operands and at most 16 rows";
  }

  std::int64_t byte(std::size_t address) const { return static_cast<std::int8_t>(program_.image.at(address)); }
  std::vector<std::int64_t> activations(int pixel) const {
    std::vector<std::int64_t> values;
    for (int r = 0; r < rows(); ++r)
      values.push_back(byte(kActivations + static_cast<std::size_t>(pixel * rows() + r)));
    return values;
  }
  std::vector<std::int64_t> weights(int column) const {
    std::vector<std::int64_t> values;
    for (int r = 0; r < rows(); ++r) {
      values.push_back(byte(kWeights + static_cast<std::size_t>(r * config_.array.cols + column)));
    }
    return values;
  }
  int rows() const { return config_.array.rows; }

  /// Runs with the fault and expects that it is told as `pixel` and `column` of the EXECUTE, with these operands.
  void expect_told(LateFault& device, int pixel, int column, const std::vector<std::int64_t>& seen_activations,
                   const std::vector<std::int64_t>& seen_weights) const {
    const AcceleratorReport report = run_accelerator_cosim(device, program_, config_, program_.image);
    ASSERT_TRUE(report.first_divergence);
    const Divergence& told = *report.first_divergence;
    const auto product = [&](const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& w) {
      return std::inner_product(a.begin(), a.end(), w.begin(), std::int64_t{100} * column);
    };
    const auto line = [](const char* name, const std::vector<std::int64_t>& values) {
      std::string text = std::string("\n  ") + name;
      for (const std::int64_t value : values) text += " " + std::to_string(value);
      return text;
    };
    EXPECT_EQ(told.command, 3);
    EXPECT_EQ(told.layer, "layer");
    EXPECT_EQ(told.explanation.channel, column);
    EXPECT_EQ(told.explanation.pixel_y, 3);
    EXPECT_EQ(told.explanation.pixel_x, 5 + pixel);
    const std::string channel = std::to_string(column);
    const std::string text = "\n  channel " + channel + ", tile at (3, 5), pixel (3, " + std::to_string(5 + pixel) +
                             "), of POST command 4\n  accumulator " + std::to_string(pixel) + " of column " + channel +
                             line("activations", seen_activations) + line("weights", seen_weights) + "\n  bias " +
                             std::to_string(100 * column) + "\n  expected " +
                             std::to_string(product(activations(pixel), weights(column))) + ", found " +
                             std::to_string(product(seen_activations, seen_weights));
    EXPECT_EQ(told.text.rfind("layer 0 'layer', command 3, RTL cycle ", 0), 0U) << told.text;
    EXPECT_EQ(told.text.substr(told.text.find("\n  channel")), text) << told.text;
  }

  model::AcceleratorConfig config_;
  model::Program program_;
};

TEST_F(Explained, AFlippedWeight) {
  constexpr int kRow = 1, kColumn = 2;
  const std::size_t at = kWeights + static_cast<std::size_t>(kRow * config_.array.cols + kColumn);
  LateFault device(make_accelerator(config_), program_, at,
                   [](model::Storage& state) -> std::int16_t& { return state.weights.words(kRow)[kColumn]; });
  std::vector<std::int64_t> seen = weights(kColumn);
  seen[kRow] = static_cast<std::int8_t>(program_.image[at] ^ 4);
  ASSERT_NE(activations(0)[kRow], 0);
  expect_told(device, 0, kColumn, activations(0), seen);
}

TEST_F(Explained, AFlippedActivation) {
  constexpr int kPixel = 4, kRow = 3;
  const std::size_t at = kActivations + static_cast<std::size_t>(kPixel * rows() + kRow);
  LateFault device(make_accelerator(config_), program_, at,
                   [](model::Storage& state) -> std::int16_t& { return state.activations.words(kPixel)[kRow]; });
  std::vector<std::int64_t> seen = activations(kPixel);
  seen[kRow] = static_cast<std::int8_t>(program_.image[at] ^ 4);
  ASSERT_NE(weights(0)[kRow], 0);
  expect_told(device, kPixel, 0, seen, weights(0));
}

/// A kernel of 5 × 5 over 4 lanes has 100 operands a pixel.
model::Program wide_execute() {
  model::Execute execute = model::test::pointwise(1, 4, 4);
  execute.kernel_height = execute.kernel_width = execute.input_height = execute.input_width = 5;
  execute.input_row_pitch = 5;
  execute.codebook_address = 8;
  execute.init = 1;
  model::test::ProgramBuilder builder(model::test::small_config());
  builder.add(execute);
  builder.add(execute);
  return builder.program();
}

TEST(Explanations, ListsAreCutInTextAndSayHowManyAreLeftOut) {
  const model::Program program = wide_execute();
  model::Storage state;
  state.configure(model::test::small_config());
  for (int word = 0; word < 25; ++word) state.activations.words(word)[0] = static_cast<std::int16_t>(word);
  const Explanation told = explain(program, 0, {0, 1, 0, 1}, state);
  ASSERT_EQ(told.inputs.size(), 2U);
  EXPECT_EQ(told.inputs[0].values.size(), 100U);
  EXPECT_EQ(told.inputs[0].values[96], 24);
  EXPECT_NE(told.text().find(" 0 … (36 of 100 values left out)\n  weights 0 0"), std::string::npos) << told.text();
  EXPECT_EQ(
      told.place,
      "accumulator 0 of column 1, which goes on from what was there, pixel (0, 0) of the tile; no POST takes it up");
}

TEST(Explanations, CodebooksShowIndicesAndWhatTheyStandFor) {
  const model::Program program = wide_execute();
  model::AcceleratorConfig config = model::test::small_config();
  config.weights.codec = model::WeightCodec::kCodebook;
  config.datatypes.weight_bits = 4;
  model::Storage state;
  state.configure(config);
  for (int index = 0; index < 16; ++index) {  // entry = 11 * index - 70 in column 3
    model::set_table_entry(state.params.words(8 + index / 8) + 3, index % 8,
                           static_cast<std::int16_t>(11 * index - 70));
  }
  state.weights.words(0)[3] = 5;
  state.weights.words(1)[3] = -1;  // index 15
  const Explanation told = explain(program, 0, {0, 3, 0, 1}, state);
  ASSERT_EQ(told.inputs.size(), 3U);
  EXPECT_EQ(told.inputs[1].name, "weight indices");
  EXPECT_EQ(told.inputs[1].values[0], 5);
  EXPECT_EQ(told.inputs[1].values[1], 15);
  EXPECT_EQ(told.inputs[2].name, "weights");
  EXPECT_EQ(told.inputs[2].values[0], -15);
  EXPECT_EQ(told.inputs[2].values[1], 95);
}

/// An accumulator that is started anew before it is requantized belongs to no pixel of an output.
TEST(Explanations, AnAccumulatorIsPlacedByThePostThatTakesItUp) {
  const model::AcceleratorConfig config = model::test::small_config();
  model::test::ProgramBuilder builder(config);
  model::Execute late = model::test::pointwise(2, 4, 4);
  late.accumulator_address = 6;
  model::Post post = model::test::requantize(2, 3, 0);
  post.source_address = 6;
  post.channel_offset = 8;
  builder.add(late).add(late).add(post);
  model::Storage state;
  state.configure(config);
  const model::Program program = builder.program();
  EXPECT_EQ(explain(program, 0, {7, 2, 0, 1}, state).channel, -1);
  EXPECT_EQ(explain(program, 1, {7, 2, 0, 1}, state).channel, 10);
  EXPECT_EQ(explain(program, 1, {7, 2, 0, 1}, state).place,
            "channel 10, pixel (0, 1) of the tile, of POST command 2\n  accumulator 7 of column 2");
}

}  // namespace
}  // namespace systoliq::rtl
