// SPDX-License-Identifier: Apache-2.0
// The program systoliq-train, called as `systoliq train`.
#include "tb/cli/common/sibling_main.h"
#include "tb/cli/train/train_command.h"

int main(int argc, char** argv) {
  using namespace systoliq::cli;
  return sibling_main(train_sibling(), argc, argv, [](Command command, Outcome&) { add_train_options(command); });
}
