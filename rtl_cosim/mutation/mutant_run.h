// SPDX-License-Identifier: Apache-2.0
// Runs the co-simulation's checks on one faulty unit after the other.
#pragma once

#include <verilated.h>

#include <functional>
#include <string>

namespace systoliq::rtl {

/// 0: the unit as it is; else the number of the fault that is switched on. Read by every unit that is built.
extern int selected_mutant;

/// A Verilated netlist with its selector set; it carries all other pins of the unit.
template <typename Verilated>
class Mutant final : public Verilated {
 public:
  explicit Mutant(VerilatedContext* context) : Verilated(with_random_start(context)) {
    select(*this, 0);
    offer_nothing(*this, 0);
    reset(*this, 0);
  }

 private:
  /// Registers start from anything, so that one which is not reset is found out.
  static VerilatedContext* with_random_start(VerilatedContext* context) {
    context->randReset(2);
    context->randSeed(1);
    return context;
  }
  template <typename Unit>
  static auto select(Unit& unit, int) -> decltype(unit.mutsel, void()) {
    unit.mutsel = static_cast<SData>(selected_mutant);
  }
  template <typename Unit>
  static auto reset(Unit& unit, int) -> decltype(unit.rst_ni, void()) {
    unit.clk_i = 0;
    unit.rst_ni = 1;
    unit.eval();
    unit.rst_ni = 0;  // an edge: the reset works from here on
    unit.eval();
  }
  template <typename Unit>
  static void reset(Unit&, long) {}  // no registers
  template <typename Unit>
  static auto offer_nothing(Unit& unit, int) -> decltype(unit.command_valid_i, void()) {
    unit.command_valid_i = 0;
  }
  template <typename Unit>
  static void offer_nothing(Unit&, long) {}
  template <typename Unit>
  static void select(Unit&, long) {}  // a source with hand-written faults asks systoliq_selected_fault()
};

/// What one round of checks says of the unit as it is now selected: the first divergence, empty if there is none. A
/// round is given its number; later ones are longer.
using MutantCheck = std::function<std::string(int round)>;

/// Checks of one unit: on the netlist with drawn faults and on the source with hand-written ones.
struct MutantChecks {
  MutantCheck netlist, faults;
  int rounds = 1;
};

/// main() of every unit: arguments `netlist|faults FIRST LAST`; writes one line a fault, tab separated: set, number,
/// killed or survived, seconds, by what. Every fault runs in a process of its own, since it may hang or crash.
int run_mutants(int argc, const char* const* argv, const MutantChecks& checks);

}  // namespace systoliq::rtl
