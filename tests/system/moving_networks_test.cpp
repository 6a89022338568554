// SPDX-License-Identifier: Apache-2.0
// Random networks with moves of elements, transposed convolutions, dilated pools and joined rows: every level that
// carries data bit for bit as the reference, and the same time at all levels that carry time.
#include <iostream>
#include <optional>
#include <set>
#include <string>

#include "rtl_cosim/stimuli/random_moves.h"
#include "tests/system/machine_runs.h"

namespace systoliq::test {
namespace {

class MovingNetworks : public testing::TestWithParam<int> {};

TEST_P(MovingNetworks, AgreeAtEveryLevel) {
  constexpr int kSeeds = 60;
  int run = 0;
  std::set<LayerOp> ops;
  for (int i = 0; i < kSeeds; ++i) {
    const int seed = GetParam() * kSeeds + i;
    SCOPED_TRACE("seed " + std::to_string(seed));
    stimuli::RandomCase made = stimuli::random_moving_case(static_cast<std::uint64_t>(seed));
    std::optional<tb::CompiledNetwork> compiled;
    try {
      compiled.emplace(made.network, made.config);
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("layer '"), std::string::npos) << error.what();
      std::cout << "seed " << seed << " refused: " << error.what() << "\n";
      continue;
    }
    ++run;
    for (const QuantizedLayer& layer : made.network.layers) ops.insert(layer.op);
    expect_all_levels_agree(made.network, *compiled, made.input);
    if (HasFailure()) break;
  }
  EXPECT_GE(run, kSeeds * 3 / 4);
  EXPECT_EQ(ops.count(LayerOp::kMove), 1U);
  EXPECT_EQ(ops.count(LayerOp::kConvTranspose), 1U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, MovingNetworks, testing::Range(0, 3));

}  // namespace
}  // namespace systoliq::test
