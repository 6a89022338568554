// SPDX-License-Identifier: Apache-2.0
// The programs beside `systoliq` that carry out single commands of it: they link what is large and seldom needed, and
// are built on their own. `systoliq` finds them in its own folder, passes all arguments on, and says which sources it
// was built from; a program built from others refuses to run.
#pragma once

#include <string>
#include <vector>

namespace systoliq::cli {

struct Sibling {
  std::string command;      ///< `systoliq COMMAND` runs the program systoliq-COMMAND; `./dev build COMMAND` builds it
  std::string description;  ///< as `systoliq --help` lists it
  std::string stamp;        ///< hash of the sources of systoliq-COMMAND, when this program was built
};

/// `systoliq train` and `systoliq cosim`.
const Sibling& train_sibling();
const Sibling& cosim_sibling();
std::vector<Sibling> all_siblings();

/// The command line for `sibling` with `arguments`, its path first. Throws InputError where the program is absent.
std::vector<std::string> sibling_command(const Sibling& sibling, const std::vector<std::string>& arguments);

/// Replaces this process by the sibling; returns only by InputError, where the program is absent or cannot be started.
[[noreturn]] void become(const Sibling& sibling, const std::vector<std::string>& arguments);

/// Runs the sibling and waits for it; what it prints goes to standard error. Returns its exit status. Throws InputError
/// where the program is absent or cannot be started, InternalError where a signal ended it.
int run_and_wait(const Sibling& sibling, const std::vector<std::string>& arguments);

/// In the sibling: removes from `arguments`, which follow the program's name, what sibling_command() added. Throws
/// InputError where the caller was built from other sources. A user who calls the program directly adds nothing.
void check_caller(const Sibling& sibling, std::vector<std::string>* arguments);

}  // namespace systoliq::cli
