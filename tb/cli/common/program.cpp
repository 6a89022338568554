// SPDX-License-Identifier: Apache-2.0
// The one place where exceptions become messages and exit statuses.
#include "tb/cli/common/program.h"

#include <exception>
#include <filesystem>
#include <iostream>

#include "types/error.h"

namespace systoliq::cli {

int guarded(const std::function<int()>& body) {
  try {
    return body();
  } catch (const InputError& error) {
    std::cerr << "systoliq: " << error.what() << "\n";
    return 2;
  } catch (const std::filesystem::filesystem_error& error) {  // a path of the user's that cannot be made or read
    std::cerr << "systoliq: " << error.path1().string() << ": " << error.code().message() << "\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "systoliq: internal error: " << error.what() << "\n";
    return 3;
  }
}

int parse_and_run(CLI::App& app, int argc, const char* const* argv, const Outcome& outcome) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return outcome.comparison_failed ? 1 : 0;
}

}  // namespace systoliq::cli
