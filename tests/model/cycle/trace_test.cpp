// SPDX-License-Identifier: Apache-2.0
// Waveforms of level cycle, read back: named signals, their values against what the run reports, windows and scopes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include "tests/model/tlm/program_builder.h"
#include "traces/cycle_trace.h"

namespace systoliq::model::test {
namespace {

constexpr std::int64_t kCycleTime = 10;
constexpr std::int32_t kOut = kDataBase + 4096;

/// A value change dump as its text says it: every wire's changes.
class Dump final {
 public:
  explicit Dump(const std::string& path) {
    std::ifstream file(path);
    std::vector<std::string> scope;
    std::string line;
    std::int64_t now = -1;
    while (std::getline(file, line)) {
      std::istringstream words(line);
      std::string first, second, bits, code, name;
      words >> first;
      if (first == "$scope") {
        words >> second >> name;
        scope.push_back(name);
      } else if (first == "$upscope") {
        scope.pop_back();
      } else if (first == "$var") {
        words >> second >> bits >> code >> name;
        std::string path_of;
        for (const std::string& block : scope) path_of += block + ".";
        codes_[path_of + name] = code;
      } else if (first[0] == '#') {
        const std::int64_t next = std::stoll(first.substr(1));
        ascending_ = ascending_ && next > now;
        now = next;
        if (first_ < 0) first_ = now;
        last_ = now;
      } else if (first[0] == 'b') {
        words >> code;
        changes_[code][now] = std::stoull(first.substr(1), nullptr, 2);
      } else if (first[0] == '0' || first[0] == '1') {
        changes_[first.substr(1)][now] = first[0] == '1' ? 1 : 0;
      }
    }
    closed_ = scope.empty();
  }
  bool has(const std::string& path) const { return codes_.count(path) != 0; }
  std::size_t wires() const { return codes_.size(); }
  bool well_formed() const { return ascending_ && closed_ && first_ >= 0; }
  std::int64_t first_cycle() const { return first_ / kCycleTime; }
  /// The cycle after the last one shown.
  std::int64_t end_cycle() const { return last_ / kCycleTime; }
  std::uint64_t value(const std::string& path, std::int64_t cycle) const {
    const auto& changes = changes_.at(codes_.at(path));
    auto after = changes.upper_bound(cycle * kCycleTime);
    return after == changes.begin() ? ~std::uint64_t{0} : std::prev(after)->second;
  }
  /// First cycle from `from` on in which the wire has the value, or -1.
  std::int64_t find(const std::string& path, std::uint64_t wanted, std::int64_t from = 0) const {
    for (std::int64_t cycle = std::max(from, first_cycle()); cycle < end_cycle(); ++cycle) {
      if (value(path, cycle) == wanted) return cycle;
    }
    return -1;
  }

 private:
  std::map<std::string, std::string> codes_;
  std::map<std::string, std::map<std::int64_t, std::uint64_t>> changes_;
  std::int64_t first_ = -1, last_ = -1;
  bool ascending_ = true, closed_ = false;
};

class Trace : public ::testing::Test {
 protected:
  Trace() {
    folder_ =
        std::filesystem::temp_directory_path() /
        ("systoliq_trace_" +
         std::to_string(std::hash<std::string>{}(::testing::UnitTest::GetInstance()->current_test_info()->name())));
    std::filesystem::create_directories(folder_);
    options_.path = (folder_ / "run.vcd").string();
    builder_.layer_names() = {"front", "back"};
    builder_.memory()[kDataBase] = 5;       // activation lane 0 of pixel 0
    builder_.memory()[kDataBase + 64] = 7;  // weight of row 0, column 0
    builder_.add(load_words(LoadTarget::kActivation, kDataBase, 0, 3), 0, 1, 0);
    builder_.add(load_words(LoadTarget::kWeight, kDataBase + 64, 0, 4), 0, 1, 0);
    builder_.add(load_words(LoadTarget::kParam, kDataBase + 128, 0, 1), 0, 1, 0);
    Execute execute = pointwise(3, 4, 4);
    execute.accumulator_address = 2;
    builder_.add(Fence{}, 0, 0, 0);
    builder_.add(execute, 1, 2, 1);
    builder_.add(requantize(3, 4, 8), 2, 4, 1);
    builder_.add(store_words(8, kOut, 3, 4), 4, 0, 1);
  }
  ~Trace() override { std::filesystem::remove_all(folder_); }

  RunResult run() {
    const Program program = builder_.program();
    traces::CycleTrace trace(options_);
    RunResult result = run_program(program, builder_.config(), Level::kCycle, program.image, false, &trace);
    trace.finish();
    return result;
  }

  std::filesystem::path folder_;
  traces::TraceOptions options_;
  ProgramBuilder builder_{small_config()};
};

constexpr const char* kExecute = "systoliq_accelerator.u_execute.";

TEST_F(Trace, ShowsWhatHappensWhenItHappens) {
  options_.scopes = {{"systoliq_accelerator", -1}};
  const RunResult result = run();
  const Dump dump(options_.path);
  ASSERT_TRUE(dump.well_formed());
  EXPECT_EQ(dump.first_cycle(), 0);
  EXPECT_EQ(dump.end_cycle(), result.cycles);
  const std::string execute = kExecute;
  // The EXECUTE (command 4): 4 rows of weights, 3 pixels, 4 + 4 - 1 + 4 cycles of drain.
  const std::int64_t end = result.command_end_cycle[4];
  const std::int64_t start = end - (4 + 3 + 11);
  EXPECT_EQ(dump.find(execute + "command_ready_o", 1), start);
  EXPECT_EQ(dump.find(execute + "done_o", 1), end - 1);
  EXPECT_EQ(dump.value(execute + "command_index", start), 4U);
  EXPECT_EQ(dump.find(execute + "weight_read_o", 1), start);
  EXPECT_EQ(dump.find(execute + "u_dataflow.u_feeder.activation_read_o", 1), start + 4);
  EXPECT_EQ(dump.find(execute + "u_dataflow.u_accumulators.accumulator_write_o", 1), end - 3);
  EXPECT_EQ(dump.value(execute + "u_dataflow.u_accumulators.accumulator_write_address_o", end - 1), 4U);
  // Pixel 0 is read in start + 4, in the array from start + 6 on; PE (0, 0) has its product in its
  // register in the next cycle.
  EXPECT_EQ(dump.find(execute + "u_dataflow.u_array.pe_0_0.sum_q", 5 * 7), start + 7);
  EXPECT_EQ(dump.find(execute + "u_dataflow.u_array.pe_0_0.weight_q", 7), start + 7);
  EXPECT_LT(dump.find(execute + "u_dataflow.u_array.pe_0_0.shadow_q", 7), start + 7);
  EXPECT_EQ(dump.find("systoliq_accelerator.axi_arvalid_o", 1), 1);
  EXPECT_EQ(dump.find("systoliq_accelerator.axi_rvalid_i", 1), 1 + small_config().memory.latency_cycles);
  EXPECT_EQ(dump.find("systoliq_accelerator.u_store.done_o", 1), result.command_end_cycle[6] - 1);
}

TEST_F(Trace, WithoutScopesAllBlocksButSinglePes) {
  run();
  const Dump dump(options_.path);
  EXPECT_TRUE(dump.has("systoliq_accelerator.u_load.command_valid_i"));
  EXPECT_TRUE(dump.has("systoliq_accelerator.u_execute.u_dataflow.u_feeder.activation_read_address_o"));
  EXPECT_TRUE(dump.has("systoliq_accelerator.axi_rvalid_i"));
  EXPECT_FALSE(dump.has("systoliq_accelerator.u_execute.u_dataflow.u_array.pe_0_0.sum_q"));
}

TEST_F(Trace, ScopeAndDepth) {
  options_.scopes = {traces::parse_scope("execute:2")};
  run();
  const Dump shallow(options_.path);
  EXPECT_TRUE(shallow.has("systoliq_accelerator.u_execute.u_dataflow.u_feeder.issue_o"));
  EXPECT_FALSE(shallow.has("systoliq_accelerator.u_load.busy_o"));
  EXPECT_FALSE(shallow.has("systoliq_accelerator.u_execute.u_dataflow.u_array.pe_0_0.sum_q"));
  options_.scopes = {traces::parse_scope("pe_1_2")};
  run();
  const Dump single(options_.path);
  EXPECT_TRUE(single.has("systoliq_accelerator.u_execute.u_dataflow.u_array.pe_1_2.sum_q"));
  EXPECT_EQ(single.wires(), 2U + 4U);  // clock, cycle, the PE's registers
}

TEST_F(Trace, WindowOfCycles) {
  run();
  const Dump whole(options_.path);
  options_.window = traces::parse_window("40:55");
  run();
  const Dump part(options_.path);
  EXPECT_EQ(part.first_cycle(), 40);
  EXPECT_EQ(part.end_cycle(), 56);
  for (std::int64_t cycle = 40; cycle <= 55; ++cycle) {
    for (const char* wire : {"systoliq_accelerator.cycle", "systoliq_accelerator.u_load.arrived_bytes"}) {
      EXPECT_EQ(part.value(wire, cycle), whole.value(wire, cycle)) << wire << " in cycle " << cycle;
    }
  }
}

TEST_F(Trace, WindowOfLayerAndOfCommands) {
  options_.window = traces::parse_window("layer:back");
  RunResult result = run();
  Dump dump(options_.path);
  EXPECT_EQ(dump.first_cycle(), result.command_end_cycle[4] - (4 + 3 + 11));
  EXPECT_EQ(dump.end_cycle(), result.command_end_cycle[6]);
  options_.window = traces::parse_window("command:5");
  result = run();
  dump = Dump(options_.path);
  EXPECT_EQ(dump.first_cycle(), result.command_end_cycle[4]);
  EXPECT_EQ(dump.end_cycle(), result.command_end_cycle[5]);
}

TEST_F(Trace, OutputStationaryStartRegisters) {
  builder_.config().array.dataflow = Dataflow::kOutputStationary;
  options_.scopes = {{"array", -1}};
  const RunResult result = run();
  const Dump dump(options_.path);
  const std::int64_t start = result.command_end_cycle[4] - (4 + 4 + 7 + 3);
  EXPECT_EQ(dump.find("systoliq_accelerator.u_execute.u_dataflow.u_array.pe_0_0.accumulator_q", 5 * 7),
            start + 1 + 3 + 2 + 1);
}

TEST_F(Trace, SaveFileNamesSignalsOfTheDump) {
  run();
  const Dump dump(options_.path);
  std::ifstream file((folder_ / "run.gtkw").string());
  std::string line;
  int signals = 0;
  while (std::getline(file, line)) {
    if (line.rfind("systoliq_accelerator.", 0) != 0) continue;
    EXPECT_TRUE(dump.has(line.substr(0, line.find('[')))) << line;
    ++signals;
  }
  EXPECT_EQ(static_cast<std::size_t>(signals), dump.wires());
}

TEST_F(Trace, TracingChangesNothing) {
  const RunResult traced = run();
  const RunResult plain = builder_.run(Level::kCycle);
  EXPECT_EQ(traced.cycles, plain.cycles);
  EXPECT_EQ(traced.command_end_cycle, plain.command_end_cycle);
  EXPECT_TRUE(traced.memory == plain.memory);
}

TEST_F(Trace, OptionsBad) {
  for (const char* text : {"", "5", "9:3", "a:b", "1:2:3", "-4:5", "layer:", "command:x"}) {
    EXPECT_THROW(traces::parse_window(text), InputError) << text;
  }
  for (const char* text : {"", ":1", "u_load:x", "u_load:"})
    EXPECT_THROW(traces::parse_scope(text), InputError) << text;
  options_.scopes = {{"u_lode", -1}};
  EXPECT_THROW(run(), InputError);
  options_.scopes.clear();
  for (const char* window : {"layer:middle", "command:90:99", "100000:100001"}) {
    options_.window = traces::parse_window(window);
    EXPECT_THROW(run(), InputError) << window;
  }
  options_.window = {};
  options_.path = (folder_ / "missing" / "run.vcd").string();
  EXPECT_THROW(run(), InputError);
  options_.path = (folder_ / "run.txt").string();
  EXPECT_THROW(run(), InputError);
}

}  // namespace
}  // namespace systoliq::model::test
