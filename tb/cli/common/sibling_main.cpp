// SPDX-License-Identifier: Apache-2.0
// Checks who calls, then parses under the name that the user typed.
#include "tb/cli/common/sibling_main.h"

#include "types/version.h"

namespace systoliq::cli {

int sibling_main(const Sibling& sibling, int argc, char** argv,
                 const std::function<void(Command command, Outcome& outcome)>& declare,
                 const std::vector<FurtherCommand>& further) {
  return guarded([&] {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    check_caller(sibling, &arguments);
    FurtherCommand command = {"", sibling.command, sibling.description, declare};
    for (const FurtherCommand& each : further) {
      if (arguments.empty() || arguments.front() != each.word) continue;
      command = each;
      arguments.erase(arguments.begin());
    }
    CommandLine line(command.description, "systoliq " + command.name);
    Outcome outcome;
    command.declare(line.root(), outcome);
    line.root().version(kVersion);
    std::vector<const char*> words = {argv[0]};
    for (const std::string& argument : arguments) words.push_back(argument.c_str());
    return parse_and_run(line, static_cast<int>(words.size()), words.data(), outcome);
  });
}

}  // namespace systoliq::cli
