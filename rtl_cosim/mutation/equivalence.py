#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a solver whether a surviving fault changes anything that can be seen at the unit's ports.

First, whether outputs and next states are those of the sound unit for any inputs in any state (combinational
equivalence). If not: proof/proof_UNIT.sv holds the sound and the faulty unit side by side, starts both from reset,
gives them the same legal inputs, and says in `differ_o` whether their outputs differ in a way that their protocol lets
a neighbour see. yosys turns either into an and-inverter graph; its ABC proves that the outputs are the same, or that
`differ_o` stays 0 (signal correspondence, then property-directed reachability), both by SAT, or gives up.

A graph has no clock. A fault at a register's clock is therefore never asked for.
"""

import argparse
import pathlib
import re
import resource
import subprocess

import aiger
import netlist

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 30  # for each of the two proofs
GATES = "opt_expr\nopt_clean\nasync2sync\nopt_expr\ntechmap\nopt_expr\nopt_clean\ndffunmap\n"
WRITE = "aigmap\nwrite_aiger -zinit -symbols"


def run_abc(script, folder):
    """ABC's words, cut off where it takes too long. The limit is of its own time, not that of a busy machine."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    return subprocess.run(["yosys-abc", "-c", script], cwd=folder, capture_output=True, text=True,
                          preexec_fn=limit).stdout


class Prover:
    """Judges the faults of one unit."""

    def __init__(self, unit, build):
        self.unit = unit
        self.folder = (build / unit / "proofs").resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.mutants = self.folder.parent / "mutants"
        self.graphs = {}
        self._graph("alone").write(self.folder / "alone_0.aig", 0)

    def same_in_every_state(self, fault):
        """True if outputs and next states are those of the sound unit for any inputs in any state. What both share
        is one in the graph of both, so that only the logic behind the fault remains to be compared."""
        if _of_clock(fault):
            return False
        name = f"alone_{fault.number}.aig"
        self._graph("alone").write(self.folder / name, fault.number)
        text = run_abc(f"miter -c alone_0.aig {name}; strash; dc2; fraig; iprove", self.folder)
        (self.folder / name).unlink()
        if "UNSATISFIABLE" not in text:
            return False
        fault.state, fault.why = "equivalent", "same outputs and next state in every state"
        return True

    def same_for_legal_inputs(self, fault):
        """True if no legal inputs make the ports differ; else says in fault.why what is known."""
        if _of_clock(fault):
            fault.why = "clock: not asked for"
            return False
        # All registers are reset to 0: they may as well start there. Not so if the fault is in a reset itself.
        name = f"fault_{fault.number}.aig"
        self._graph("any" if "of port R of" in fault.what else "pair").write(self.folder / name, fault.number)
        text = run_abc(f"read_aiger {name}; strash; scleanup; lcorr; scleanup; scorr -C 500; "
                       f"pdr -T {SECONDS // 2}; print_status", self.folder)
        (self.folder / name).unlink()
        (self.folder / f"fault_{fault.number}.abc").write_text(text)
        if re.search(r"Property proved|Networks are equivalent|constant 0|UNSAT", text, re.IGNORECASE):
            fault.state, fault.why = "equivalent", "same ports from reset on for legal inputs"
            return True
        found = re.search(r"was asserted in frame (\d+)", text)
        fault.why = f"differs after {found.group(1)} cycles for some input" if found else "not decided"
        return False

    def _graph(self, name):
        """alone: the unit; pair: sound and faulty unit from all zeros; any: the same from any state, then reset."""
        if name not in self.graphs:
            source = self._unit() if name == "alone" else self._pair()
            start = "" if name == "any" else "setundef -init -zero\n"
            script = f"{source}{GATES}setundef -zero\n{start}{WRITE} {name}.aig\n"
            code, text = netlist.run_yosys(script, self.folder, name)
            if code != 0:
                raise RuntimeError(f"yosys cannot build the graph {name} of {self.unit}: {text}")
            selector = "mutsel" if name == "alone" else "fault_i"
            self.graphs[name] = aiger.Graph(self.folder / f"{name}.aig", selector)
        return self.graphs[name]

    def _unit(self):
        return f"read_rtlil {self.mutants}.il\n"

    def _pair(self):
        proof = HERE / "proof" / f"proof_{self.unit}.sv"
        return (f"read_verilog {self.mutants}.v\nread_verilog -sv {proof}\nhierarchy -check -top proof\nproc\n"
                f"flatten\n")


def _of_clock(fault):
    return "of port C of" in fault.what


def main():
    import mutation  # which imports this one

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("unit")
    parser.add_argument("numbers", type=int, nargs="+")
    parser.add_argument("--build", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    prover = Prover(arguments.unit, arguments.build)
    faults = {fault.number: fault for fault in mutation.drawn_faults(arguments.unit, arguments.build)}
    for number in arguments.numbers:
        fault = faults[number]
        if not prover.same_in_every_state(fault):
            prover.same_for_legal_inputs(fault)
        print(fault.unit, number, fault.place, fault.what, fault.state or "survived", fault.why, flush=True)


if __name__ == "__main__":
    main()
