// SPDX-License-Identifier: Apache-2.0
// What users get wrong: one message that names it, exit status 2, and no half-written output.
#include <algorithm>

#include "tb/data/dataset.h"
#include "tests/system/program_runner.h"

namespace systoliq::test {
namespace {

class ProgramErrors : public ProgramTest {
 protected:
  /// Fails unless the run is refused with a message that holds every fragment and leaves the folder as it was.
  void expect_refused(const std::string& arguments, const std::vector<std::string>& fragments) {
    SCOPED_TRACE("systoliq " + arguments);
    const std::vector<std::string> before = files();
    const ProgramRun result = run(arguments);
    EXPECT_EQ(result.status, 2) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_LE(std::count(result.err.begin(), result.err.end(), '\n'), 2) << result.err;
    for (const std::string& fragment : fragments) {
      EXPECT_NE(result.err.find(fragment), std::string::npos) << "'" << fragment << "' is missing in: " << result.err;
    }
    EXPECT_EQ(files(), before) << "the refused run left files";
  }
};

TEST_F(ProgramErrors, NetworkBad) {
  const std::string model = read_file(SYSTOLIQ_SOURCE_DIR "/models/lenet5.onnx");
  ASSERT_GT(model.size(), 1000U);
  write("truncated.onnx", model.substr(0, model.size() / 2));
  write("text.onnx", "this is no network\n");
  write("empty.onnx", "");
  for (const char* command : {"run", "compare", "accuracy", "info"}) {
    expect_refused(std::string(command) + " missing.onnx", {"missing.onnx"});
    expect_refused(std::string(command) + " truncated.onnx", {"truncated.onnx"});
  }
  expect_refused("run text.onnx", {"text.onnx"});
  expect_refused("run empty.onnx", {"empty.onnx"});
  expect_refused("run truncated.onnx --report report --output out", {"truncated.onnx"});
  expect_refused("compile truncated.onnx -o out", {"truncated.onnx"});
  expect_refused("quantize truncated.onnx -o out.onnx", {"truncated.onnx"});
}

/// A quantized network records name and hash of its float one; either may be missing from somebody else's file.
TEST_F(ProgramErrors, OtherFloatNetwork) {
  ASSERT_EQ(run("quantize lenet5 -o named.onnx").status, 0);
  const std::string other = "'" SYSTOLIQ_SOURCE_DIR "/models/fashion_mlp.onnx'";
  expect_refused("run named.onnx --float " + other, {"fashion_mlp.onnx", "content hash", "'lenet5.onnx'"});
  std::string nameless = read_file(path("named.onnx"));
  const std::string key = "systoliq.float_network";
  const std::size_t at = nameless.find(key);
  ASSERT_NE(at, std::string::npos);
  nameless.replace(at, key.size(),
                   std::string(key.size(), 'x'));  // as long, so that the lengths in the file stay right
  write("nameless.onnx", nameless);
  expect_refused("run nameless.onnx --float " + other, {"fashion_mlp.onnx", "content hash", "no name recorded"});
}

TEST_F(ProgramErrors, ConfigurationBad) {
  write("syntax.toml", "[array\nrows = 4\n");
  write("unknown.toml", "[array]\nrowz = 4\n");
  write("range.toml", "[array]\nrows = 257\n");
  write("type.toml", "[array]\nrows = \"many\"\n");
  write("dataflow.toml", "[array]\ndataflow = \"rs\"\n");
  write("codec.toml", "[weights]\ncodec = \"gzip\"\n");
  write("small.toml", "[buffers]\nactivation_kib = 1\n[array]\nrows = 256\n");
  expect_refused("run --config missing.toml", {"missing.toml"});
  expect_refused("run --config syntax.toml --report report", {"syntax.toml:1"});
  expect_refused("run --config unknown.toml", {"unknown.toml:2", "rowz", "rows"});
  expect_refused("run --config range.toml", {"rows", "257", "256"});
  expect_refused("run --config type.toml", {"type.toml:2", "rows"});
  expect_refused("run --config dataflow.toml", {"dataflow.toml:2", "rs", "os"});
  expect_refused("run --config codec.toml", {"codec.toml:2", "gzip", "codebook"});
  expect_refused("run --config small.toml --report report", {"layer '", "buffers.activation_kib = "});
  expect_refused("compile lenet5 --config small.toml -o out", {"buffers.activation_kib = "});
}

TEST_F(ProgramErrors, DataBad) {
  tb::write_npy(path("shape.npy"), FloatTensor({1, 1, 28, 28}));
  write("short.npy", read_file(path("shape.npy")).substr(0, 200));
  write("text.npy", "no numbers");
  expect_refused("run --dataset nothing", {"nothing", "digits"});
  expect_refused("run --dataset mnist:missing", {"missing"});
  expect_refused("run --input shape.npy --report report", {"shape.npy", "[1, 1, 28, 28]", "[1, 1, 32, 32]"});
  expect_refused("run --input short.npy", {"short.npy"});
  expect_refused("run --input text.npy", {"text.npy"});
  expect_refused("run --input missing.npy", {"missing.npy"});
  expect_refused("accuracy vgg_cifar", {"labels"});
}

TEST_F(ProgramErrors, OptionsBad) {
  expect_refused("run --level quick", {"quick", "transaction", "cycle"});
  expect_refused("run --level timing --output out", {"--output", "timing"});
  expect_refused("accuracy --level timing", {"timing"});
  expect_refused("run --preset best", {"best", "tflite_ref"});
  expect_refused("run --weight-bits 9", {"--weight-bits", "9"});
  expect_refused("run --images 0", {"--images"});
  expect_refused("run --unknown", {"--unknown"});
  expect_refused("quantize lenet5", {"--output"});
  expect_refused("quantize lenet5 -o missing/net.onnx", {"missing/net.onnx"});
  expect_refused("", {"subcommand"});
  write("odd.bin", std::string(300, 'x'));
  write("opcode.bin", '\x09' + std::string(255, '\0'));
  expect_refused("disassemble odd.bin", {"odd.bin", "300"});
  expect_refused("disassemble opcode.bin", {"opcode"});
}

}  // namespace
}  // namespace systoliq::test
