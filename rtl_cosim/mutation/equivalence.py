#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a solver whether a surviving fault changes anything that can be seen at the unit's ports.

proof/proof_UNIT.sv holds the sound and the faulty unit side by side, starts both from reset, gives them the same legal
inputs, and says in `differ_o` whether their outputs differ in a way that their protocol lets a neighbour see. yosys
turns this into an and-inverter graph; its ABC proves that `differ_o` stays 0 (signal correspondence, then
property-directed reachability, both SAT-based), finds a run in which it rises, or gives up.
"""

import argparse
import pathlib
import re
import subprocess

import netlist

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 30


def build_pair(unit, folder):
    """Both units as gates, the fault's number still open: once for all faults of a unit."""
    script = (f"read_verilog {folder.parent / 'mutants.v'}\nread_verilog -sv {HERE / 'proof' / f'proof_{unit}.sv'}\n"
              f"hierarchy -check -top proof\nproc\nflatten\nopt_expr\nopt_clean\nasync2sync\nopt_expr\n"
              f"techmap\nopt_expr\nopt_clean\ndffunmap\nwrite_rtlil pair.il\n")
    code, text = netlist.run_yosys(script, folder, "pair")
    if code != 0:
        raise RuntimeError(f"yosys cannot build the pair of {unit}: {text}")


def build_graph(number, folder):
    """Writes fault_N.aig; returns yosys's text if that fails."""
    script = (f"read_rtlil pair.il\nconnect -set fault_i 16'd{number}\ndelete -input w:fault_i\nopt_expr\n"
              f"opt_merge\nopt_expr\nopt_clean\nsetundef -zero\nsetundef -init -zero\naigmap\nwrite_aiger -zinit fault_{number}.aig\n")
    code, text = netlist.run_yosys(script, folder, f"fault_{number}")
    return text if code != 0 else ""


def solve(number, folder):
    """equivalent, different, or unknown, with the solver's word."""
    script = f"read_aiger fault_{number}.aig; strash; scorr -C 5000 -F 2; dc2; scorr -F 4; pdr -T {SECONDS}; print_status"
    try:
        result = subprocess.run(["yosys-abc", "-c", script], cwd=folder, capture_output=True, text=True,
                                timeout=3 * SECONDS)
    except subprocess.TimeoutExpired:
        return "unknown", "no answer in time"
    text = result.stdout
    (folder / f"fault_{number}.abc").write_text(text)
    if re.search(r"Property proved|Networks are equivalent|constant 0|UNSAT", text, re.IGNORECASE):
        return "equivalent", "proved"
    found = re.search(r"was asserted in frame (\d+)", text)
    if found:
        return "different", f"differs after {found.group(1)} cycles for some input"
    return "unknown", "not decided"


def prepare(unit, build):
    folder = (build / unit / "proofs").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    build_pair(unit, folder)


def judge(fault, build):
    """Sets the fault's state to equivalent if that is proved; else says in fault.why what is known. After prepare()."""
    folder = (build / fault.unit / "proofs").resolve()
    error = build_graph(fault.number, folder)
    if error:
        fault.why = f"yosys: {error.splitlines()[-1]}"
        return
    answer, fault.why = solve(fault.number, folder)
    if answer == "equivalent":
        fault.state = "equivalent"


class _Single:
    def __init__(self, unit, number):
        self.unit, self.number, self.state, self.why = unit, number, "survived", ""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("unit")
    parser.add_argument("numbers", type=int, nargs="+")
    parser.add_argument("--build", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    prepare(arguments.unit, arguments.build)
    for number in arguments.numbers:
        fault = _Single(arguments.unit, number)
        judge(fault, arguments.build)
        print(fault.unit, number, fault.state, fault.why, flush=True)


if __name__ == "__main__":
    main()
