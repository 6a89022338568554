// SPDX-License-Identifier: Apache-2.0
// Explanations that must not agree: machines with a wrong byte, or a wrong result; levels and places that are refused.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "model/functional/command_observer.h"
#include "rtl_cosim/stimuli/random_case.h"
#include "tb/explain/explain.h"
#include "types/util/index.h"

namespace systoliq::test {
namespace {

/// The same output at both levels that show buffers; without a clock no cycle is named.
TEST(Explain, LevelFunctionalTellsTheSameWithoutCycles) {
  const stimuli::RandomCase made = stimuli::random_case(5002);
  const tb::CompiledNetwork compiled(made.network, made.config);
  for (std::size_t layer = 0; layer < made.network.layers.size(); ++layer) {
    const tb::OutputPlace place = tb::find_output(made.network, compiled, layer, 0, 0, 0);
    const auto explained = [&](model::Level level) {
      return tb::explain_output(made.network, compiled, place, made.input, tb::model_run(compiled, level));
    };
    const tb::Explanation functional = explained(model::Level::kFunctional);
    const tb::Explanation cycle = explained(model::Level::kCycle);
    EXPECT_EQ(functional.first_difference(), "");
    EXPECT_EQ(functional.model.result, cycle.model.result);
    EXPECT_EQ(functional.model.passes.size(), cycle.model.passes.size());
    EXPECT_EQ(functional.run.write_cycle, 0);
    EXPECT_EQ(functional.run.post_end, 0);
    EXPECT_GT(cycle.run.write_cycle, 0);
  }
  EXPECT_THROW(tb::model_run(compiled, model::Level::kTransaction), InputError);
  EXPECT_THROW(tb::model_run(compiled, model::Level::kTiming), InputError);
}

/// A machine whose memory differs in one byte from what the compiler wrote: the explanation points at it.
class ExplainFaulty : public testing::Test {
 protected:
  /// The first difference of an explanation of (0, 0, 0) of the first convolution, with byte `offset` of that
  /// convolution's first LOAD to `target` flipped; empty: no such LOAD.
  std::string difference(model::LoadTarget target, std::int64_t offset) const {
    const std::size_t layer = first_convolution();
    for (const model::Command& command : compiled_.program().commands) {
      const auto* load = std::get_if<model::Load>(&command.body);
      if (load == nullptr || command.layer != static_cast<std::int32_t>(layer)) continue;
      if (static_cast<model::LoadTarget>(load->target) != target) continue;
      const tb::OutputPlace place = tb::find_output(made_.network, compiled_, layer, 0, 0, 0);
      const auto run = [&](const model::Program& program, std::vector<std::uint8_t> memory,
                           model::CommandObserver& observer) {
        nth(memory, load->memory_address + offset) ^= 1;
        model::run_program(program, made_.config, model::Level::kCycle, std::move(memory), false, nullptr, &observer);
      };
      return tb::explain_output(made_.network, compiled_, place, made_.input, run).first_difference();
    }
    return "";
  }

  std::size_t first_convolution() const {
    std::size_t layer = 0;
    while (made_.network.layers.at(layer).op != LayerOp::kConvolution) ++layer;
    return layer;
  }

  stimuli::RandomCase made_ = stimuli::random_case(5001);
  tb::CompiledNetwork compiled_{made_.network, made_.config};
};

TEST_F(ExplainFaulty, NamesTheOperandThatDiffers) {
  const std::string weight = difference(model::LoadTarget::kWeight, 0);
  EXPECT_NE(weight.find("pass 0, kernel row 0, column 0, channel 0: operand"), std::string::npos) << weight;
  EXPECT_NE(weight.find("in the reference"), std::string::npos) << weight;
}

TEST_F(ExplainFaulty, NamesTheAccumulatorThatStartsElsewhere) {
  const std::string bias = difference(model::LoadTarget::kParam, 0);
  EXPECT_NE(bias.find("pass 0, accumulator"), std::string::npos) << bias;
}

/// A machine that holds another result than its operands give.
TEST_F(ExplainFaulty, NamesTheResultThatItsOperandsDoNotGive) {
  class Liar final : public model::CommandObserver {
   public:
    Liar(model::CommandObserver& to, std::int64_t command, std::int64_t word)
        : to_(to), command_(command), word_(word) {}
    void started(std::int64_t command, std::int64_t cycle, model::Storage& state) override {
      to_.started(command, cycle, state);
    }
    void ended(std::int64_t command, std::int64_t cycle, model::Storage& state) override {
      if (command == command_) state.activations.words(word_)[0] ^= 1;
      to_.ended(command, cycle, state);
    }

   private:
    model::CommandObserver& to_;
    std::int64_t command_, word_;
  };
  const tb::OutputPlace place = tb::find_output(made_.network, compiled_, first_convolution(), 0, 0, 0);
  const auto run = [&](const model::Program& program, const std::vector<std::uint8_t>& memory,
                       model::CommandObserver& observer) {
    Liar liar(observer, place.post, place.word);
    model::run_program(program, made_.config, model::Level::kFunctional, memory, false, nullptr, &liar);
  };
  const std::string text = tb::explain_output(made_.network, compiled_, place, made_.input, run).first_difference();
  EXPECT_EQ(text.find("the machine holds the result"), 0U) << text;
}

TEST(ExplainPlace, Bad) {
  const stimuli::RandomCase made = stimuli::random_case(5002);
  const tb::CompiledNetwork compiled(made.network, made.config);
  const std::string name = made.network.layers[0].name;
  EXPECT_EQ(tb::find_layer(made.network, name), 0U);
  try {
    tb::find_layer(made.network, name + "x");
    ADD_FAILURE() << "accepted";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean " + name + "?"), std::string::npos) << error.what();
  }
  const Shape& shape = nth(made.network.tensors, made.network.layers[0].output).shape;
  EXPECT_THROW(tb::find_output(made.network, compiled, 0, shape[1], 0, 0), InputError);
  EXPECT_THROW(tb::find_output(made.network, compiled, 0, 0, -1, 0), InputError);
  EXPECT_THROW(tb::find_output(made.network, compiled, 0, 0, 0, shape[3]), InputError);
}

}  // namespace
}  // namespace systoliq::test
