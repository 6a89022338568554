// SPDX-License-Identifier: Apache-2.0
// The program systoliq-cosim, called as `systoliq cosim`; the only one that links Verilated blocks for the user.
#include "tb/cli/common/sibling_main.h"
#include "tb/cli/cosim/cosim_command.h"

int main(int argc, char** argv) {
  using namespace systoliq::cli;
  return sibling_main(cosim_sibling(), argc, argv, add_cosim_options);
}
