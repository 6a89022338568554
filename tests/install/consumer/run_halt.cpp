// SPDX-License-Identifier: Apache-2.0
// A program of one command, HALT, at every level: it takes cycles at the timed ones. With a main() of its own, or with
// an sc_main() of its own under SystemC's main().
#include <systoliq/model/isa/command.h>
#include <systoliq/model/run_program.h>

#include <cstdio>
#include <cstring>

namespace {

int run() {
  using namespace systoliq::model;
  const AcceleratorConfig config;
  Program program;
  program.commands = {Command{}};
  program.commands[0].body = Halt{};
  program.layer_names = {"none"};
  const CommandWords words = encode(program.commands[0]);
  program.image.resize(sizeof(words));
  std::memcpy(program.image.data(), words.data(), sizeof(words));
  std::int64_t cycles[2] = {};
  cycles[0] = run_program(program, config, Level::kTransaction, program.image).cycles;
  cycles[1] = run_program(program, config, Level::kCycle, program.image).cycles;
  std::printf("%lld and %lld cycles\n", static_cast<long long>(cycles[0]), static_cast<long long>(cycles[1]));
  return cycles[0] > 10 && cycles[0] == cycles[1] ? 0 : 1;
}

}  // namespace

#ifdef OWN_SC_MAIN
extern "C" int sc_main(int /*argc*/, char** /*argv*/) { return run(); }
#else
int main() { return run(); }
#endif
