#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a solver whether a surviving fault changes anything that can be seen at the unit's ports.

yosys turns the unit with all its faults into an and-inverter graph. The sound and the faulty unit are put side by side
with the same inputs and the same values in their registers; if outputs and next values are the same, and the reset
gives both the same values, then they stay the same for ever. That they are is proved by SAT (yosys's ABC):

- for any inputs in any state, of some units in cases (cases.py): all at once where the first cases suffice, else for the
  part of the unit that ends where the fault has to pass;
- for legal commands (units.toml: what the unit's assertions ask for and what the buffers allow), in every state in
  which certain registers are 0 or equal to others. That they stay so from the reset on is proved first, by induction;
- for legal commands, in every state that the sound unit reaches from the reset (property-directed reachability);
- for legal commands, as two units that run beside each other from the reset. The registers that the fault changes are
  twofold, all others common: neither outputs nor common registers ever differ. What differs is then never looked at.

With legal commands those bits of ports count that the protocol lets a neighbor see: an address with its enable. Its
bits beyond the buffer may only be touched by a fault that keeps them at 0.

A graph has no clock. A fault at a register's clock is therefore never asked for; one at a reset, on which the
others are built, by the first proof alone.
"""

import argparse
import pathlib
import random
import resource
import subprocess

import aiger
import cases
import drawn
import instances as instances_of
import netlist

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 20  # of ABC's time for a proof
CASE_SECONDS = 60  # likewise, of one case
REACH_SECONDS = 120  # likewise, of the states that a unit reaches
TURNS = 3  # how often registers behind those that a fault changes become twofold too
FRAMES, PATTERNS = 60, 64  # of the simulation that finds registers which may always be 0, or alike
GRAPH = ("opt_expr\nopt_clean\nasync2sync\nopt_expr\ntechmap\nopt_expr\nopt_clean\ndffunmap\n"
         "setundef -zero\nsetundef -init -zero\naigmap\nwrite_aiger -zinit -symbols alone.aig\n")


def run_abc(script, folder, seconds=SECONDS):
    """ABC's words, cut off where it takes too long. The limit is of its own time, not that of a busy machine."""
    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))

    return subprocess.run(["yosys-abc", "-c", script], cwd=folder, capture_output=True, text=True,
                          preexec_fn=limit).stdout


class Prover:
    """Judges the faults of one unit."""

    def __init__(self, unit, build):
        self.folder = (build / unit / "proofs").resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.unit = netlist.units()[unit]
        mutants = self.folder.parent / "mutants.il"
        path = self.folder / "alone.aig"
        if not path.exists() or path.stat().st_mtime < mutants.stat().st_mtime:
            code, text = netlist.run_yosys(f"read_rtlil {mutants}\n{GRAPH}", self.folder, "alone")
            if code != 0:
                path.unlink(missing_ok=True)  # it may have been begun
                raise RuntimeError(f"yosys cannot build the graph of {unit}: {text}")
        self.graph = aiger.Graph(path)
        self.any_state = instances_of.Instances(self.graph)
        self.legal = None

    def judge(self, fault):
        """Sets the fault's state to equivalent if that is proved."""
        if "of port C of" in fault.what:
            return
        if self._same(self.any_state, fault.number):
            fault.state, fault.why = "equivalent", "same outputs and next state in every state"
        elif "cases" in self.unit and self._same_in_cases(self.any_state, fault.number):
            fault.state, fault.why = "equivalent", "same outputs and next state in every state, case by case"
        elif "legal" in self.unit and "of port R of" not in fault.what:
            if self._same(self._legal_instances(), fault.number):
                fault.state, fault.why = "equivalent", "same for legal commands where registers are alike that stay alike"
            elif self._same_if_reached(self._legal_instances(), fault.number):
                fault.state, fault.why = "equivalent", "same for legal commands in all states that are reached"
            elif self._never_looked_at(self._legal_instances(), fault.number):
                fault.state, fault.why = "equivalent", "same outputs for legal commands; registers differ unseen"

    def _legal_instances(self):
        if self.legal is None:
            self.legal = self._legal()
        return self.legal

    def _same(self, instances, number):
        return self._is_zero(instances.builder, instances.difference(number), f"fault_{number}", SECONDS)

    def _is_zero(self, builder, literal, name, seconds):
        """Whether a literal is 0 for all inputs; None if that was not found out in time."""
        if literal in (aiger.FALSE, aiger.TRUE):
            return literal == aiger.FALSE
        path = self.folder / f"{name}.aig"
        builder.write(path, [literal])
        text = run_abc(f"read_aiger {path.name}; strash; dc2; fraig; iprove", self.folder, seconds)
        return True if "UNSATISFIABLE" in text else False if "SATISFIABLE" in text else None

    def _same_in_cases(self, instances, number):
        first, *others = cases.of_unit(self.unit, instances)
        builder, name = instances.builder, f"case_{number}"

        def ask(literal, case):
            return self._is_zero(*cases.cofactor(builder, literal, case), name, CASE_SECONDS)

        whole = instances.difference(number)
        found = True
        for answer in (ask(whole, case) for case in first):
            if answer is False:
                return False
            found = found and answer
        if found:
            return True
        sound, faulty = instances.nodes(0), instances.nodes(number)
        passage = cases.last_passage(self.graph, sound, faulty)
        if passage is None:
            return False
        part = builder.differ(sound[passage], faulty[passage])
        return any(all(ask(part, case) for case in each) for each in others)

    def _same_if_reached(self, instances, number):
        """Property-directed reachability on the sound unit: it never comes to a state in which there is a difference."""
        difference = instances.difference(number)
        if difference == aiger.TRUE:
            return False
        return self._never(instances, f"reach_{number}", difference, instances.following_of_nodes(), REACH_SECONDS)

    def _never_looked_at(self, instances, number):
        """Two units beside each other, with ever more registers apart."""
        apart = {}
        for turn in range(TURNS + 1):
            differ, following, left = instances.unlike(number, apart)
            if turn > 0 and self._never(instances, f"apart_{number}", differ, following):
                return True
            if not left:
                return False
            apart |= {place: instances.builder.new_input() for place in left}
        return False

    def _never(self, instances, name, literal, following, seconds=SECONDS):
        """True if property-directed reachability shows that the literal is 0 in all states that are reached."""
        path = self.folder / f"{name}.aig"
        instances.builder.write(path, [literal], following)
        text = run_abc(f"read_aiger {path.name}; strash; scleanup; dc2; pdr -T {seconds}", self.folder, seconds)
        return "Property proved" in text

    def _legal(self):
        """Instances in which registers that always hold the same, or 0, are one."""
        self.any_state.check_reset()
        alike = self._alike_in_simulation()
        while True:
            instances = instances_of.Instances(self.graph, self.unit, alike)
            builder, following = instances.builder, instances.sound[1]
            wanted = {i: aiger.FALSE if other < 0 else following[other] for i, other in alike.items()}
            asked = [i for i in sorted(alike) if following[i] != wanted[i]]
            left = asked and self._not_proved_zero(builder, [builder.differ(following[i], wanted[i]) for i in asked])
            if not left:
                return instances
            for i in left:
                del alike[asked[i]]

    def _alike_in_simulation(self):
        """Registers that from reset on hold the same under random legal commands: the first of those, or -1 for 0."""
        instances = instances_of.Instances(self.graph, self.unit)
        nodes, following = instances.builder.nodes, instances.following_of_nodes()
        source, ones = random.Random(1), (1 << PATTERNS) - 1
        state, seen = dict.fromkeys(following, 0), dict.fromkeys(following, 0)
        values = [0] * len(nodes)

        def value(literal):
            return values[literal >> 1] ^ (ones if literal & 1 else 0)

        for _ in range(FRAMES):
            for node in range(1, len(nodes)):
                if nodes[node] is not None:
                    values[node] = value(nodes[node][0]) & value(nodes[node][1])
                else:
                    values[node] = state[node] if node in state else source.getrandbits(PATTERNS)
            state = {node: value(after) for node, after in following.items()}
            seen = {node: bits << PATTERNS | state[node] for node, bits in seen.items()}
        first, alike = {0: -1}, {}
        for i, own in enumerate(instances.registers):
            other = first.setdefault(seen[own >> 1], i)
            if other != i:
                alike[i] = other
        return alike

    def _not_proved_zero(self, builder, literals):
        """Those of the literals, by place, that ABC does not prove to be 0."""
        builder.write(self.folder / "alike.aig", literals)
        answer = self.folder / "alike_proved.aig"
        answer.unlink(missing_ok=True)
        run_abc(f"read_aiger alike.aig; strash; dc2; fraig; write_aiger {answer.name}", self.folder)
        if not answer.exists():  # no answer in time: nothing is proved
            return list(range(len(literals)))
        proved = aiger.Graph(answer)
        return [i for i, literal in enumerate(proved.outputs) if literal != aiger.FALSE]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("unit")
    parser.add_argument("numbers", type=int, nargs="+")
    parser.add_argument("--build", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    prover = Prover(arguments.unit, arguments.build)
    faults = {fault.number: fault for fault in drawn.drawn_faults(arguments.unit, arguments.build)}
    for number in arguments.numbers:
        fault = faults[number]
        prover.judge(fault)
        print(fault.unit, number, fault.place, fault.what, fault.state or "not proved", fault.why, flush=True)


if __name__ == "__main__":
    main()
