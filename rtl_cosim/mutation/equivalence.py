#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a solver whether a surviving fault changes anything that can be seen at the unit's ports.

yosys turns the unit with all its faults into an and-inverter graph. The sound and the faulty unit are put side by side
with the same inputs and the same values in their registers; its ABC proves by SAT that outputs and next values are the
same. Since the reset gives both the same values, they then stay the same for ever. Two proofs are tried:

- for any inputs in any state;
- for legal commands (units.toml: what the unit's assertions ask for and what the buffers allow), in every state in
  which certain registers are 0. That they are 0 from the reset on is proved first, by induction. Of the ports counts
  what the protocol lets a neighbour see: an address with its enable, as many bits as its buffer has.

A graph has no clock. A fault at a register's clock is therefore never asked for.
"""

import argparse
import pathlib
import random
import resource
import subprocess

import aiger
import netlist

SECONDS = 30  # of ABC's time for a proof
FRAMES, PATTERNS = 60, 64  # of the simulation that finds registers which may always be 0
GRAPH = ("opt_expr\nopt_clean\nasync2sync\nopt_expr\ntechmap\nopt_expr\nopt_clean\ndffunmap\n"
         "setundef -zero\nsetundef -init -zero\naigmap\nwrite_aiger -zinit -symbols alone.aig\n")


def run_abc(script, folder):
    """ABC's words, cut off where it takes too long. The limit is of its own time, not that of a busy machine."""
    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    return subprocess.run(["yosys-abc", "-c", script], cwd=folder, capture_output=True, text=True,
                          preexec_fn=limit).stdout


class _Instances:
    """The sound unit, and as many faulty ones as are asked for, with the same inputs and registers."""

    def __init__(self, graph, unit=None):
        self.graph, self.unit = graph, unit
        self.builder = aiger.Builder()
        self.inputs = [self.builder.new_input() for _ in range(graph.inputs)]
        if unit:
            self._make_commands_legal()
        self.registers = [self.builder.new_input() for _ in graph.next]
        self.sound = None

    def build_sound(self):
        self.sound = self.instance(0)

    def instance(self, number):
        """Outputs and next values with a fault; 0: none."""
        inputs = list(self.inputs)
        for bit, place in enumerate(self.graph.places("i", "mutsel")):
            inputs[place] = number >> bit & 1
        outputs, following = self.builder.copy(self.graph, inputs, self.registers)
        return self._seen(outputs) if self.unit else outputs, following

    def difference(self, number):
        """1 where an output of a faulty unit, or the next value of a register that an output depends on, is wrong."""
        faulty = self.instance(number)
        matters = self._registers_behind(faulty)
        pairs = list(zip(self.sound[0], faulty[0]))
        pairs += [pair for i, pair in enumerate(zip(self.sound[1], faulty[1])) if i in matters]
        return self.builder.any([self.builder.differ(a, b) for a, b in pairs if a != b])

    def _registers_behind(self, faulty):
        """Registers on which outputs depend, directly or through others, in the sound or in the faulty unit."""
        place = {literal >> 1: i for i, literal in enumerate(self.registers) if literal != aiger.FALSE}
        nodes, visited, matters = self.builder.nodes, {0}, set()
        stack = [literal >> 1 for literal in self.sound[0] + faulty[0]]
        while stack:
            node = stack.pop()
            if node in visited:
                continue
            visited.add(node)
            if nodes[node] is not None:
                stack += (nodes[node][0] >> 1, nodes[node][1] >> 1)
            elif node in place:
                i = place[node]
                matters.add(i)
                stack += (self.sound[1][i] >> 1, faulty[1][i] >> 1)
        return matters

    def _make_commands_legal(self):
        places = self.graph.places("i", "command_i")
        for kind, fields in self.unit["legal"].items():
            for field, bits in fields.items():
                word = places[32 * int(field):32 * int(field) + 32]
                value = [self.inputs[place] for place in word[:bits]]
                above = value[-1] if kind == "signed" else aiger.FALSE
                if kind == "counts":
                    value = self.builder.plus_one(value)
                for i, place in enumerate(word):
                    self.inputs[place] = value[i] if i < len(value) else above

    def _seen(self, outputs):
        for name, (enable, width, stride) in self.unit["seen"].items():
            seen = outputs[self.graph.places("o", enable)[0]]
            for i, place in enumerate(self.graph.places("o", name)):
                outputs[place] = self.builder.both(outputs[place], seen if i % stride < width else aiger.FALSE)
        return outputs


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
                raise RuntimeError(f"yosys cannot build the graph of {unit}: {text}")
        self.graph = aiger.Graph(path)
        self.any_state = _Instances(self.graph)
        self.any_state.build_sound()
        self.legal = None

    def judge(self, fault):
        """Sets the fault's state to equivalent if that is proved."""
        if "of port C of" in fault.what:
            return
        if self._same(self.any_state, fault):
            fault.state, fault.why = "equivalent", "same outputs and next state in every state"
        elif "legal" in self.unit and self._same(self._legal_instances(), fault):
            fault.state, fault.why = "equivalent", "same from reset on for legal commands"

    def _legal_instances(self):
        if self.legal is None:
            self.legal = self._legal()
        return self.legal

    def _same(self, instances, fault):
        path = self.folder / f"fault_{fault.number}.aig"
        difference = instances.difference(fault.number)
        if difference == aiger.FALSE:
            return True
        instances.builder.write(path, [difference])
        text = run_abc(f"read_aiger {path.name}; strash; dc2; fraig; iprove", self.folder)
        return "UNSATISFIABLE" in text

    def _legal(self):
        """Instances in which registers that are always 0 are 0."""
        zero = self._zero_in_simulation()
        while True:
            instances = _Instances(self.graph, self.unit)
            instances.registers = [aiger.FALSE if i in zero else own for i, own in enumerate(instances.registers)]
            instances.build_sound()
            following = instances.sound[1]
            asked = [i for i in sorted(zero) if following[i] != aiger.FALSE]
            left = asked and self._not_proved_zero(instances.builder, [following[i] for i in asked])
            if not left:
                return instances
            zero -= {asked[i] for i in left}

    def _zero_in_simulation(self):
        """Registers that stay 0 from reset on under random legal commands."""
        instances = _Instances(self.graph, self.unit)
        instances.build_sound()
        builder, following = instances.builder, instances.sound[1]
        source = random.Random(1)
        ones = (1 << PATTERNS) - 1
        reset, = (instances.inputs[place] for place in self.graph.places("i", "rst_ni"))
        own = [literal >> 1 for literal in instances.registers]
        values = [0] * len(builder.nodes)
        seen = [0] * len(own)
        for _ in range(FRAMES):
            state = dict(zip(own, (values[a >> 1] ^ (ones if a & 1 else 0) for a in following)))
            seen = [a | state[node] for a, node in zip(seen, own)] if _ else seen
            for node, pair in enumerate(builder.nodes):
                if pair is None:
                    values[node] = state[node] if _ and node in state else source.getrandbits(PATTERNS) if node else 0
                    if node == reset >> 1:
                        values[node] = ones
                    elif not _ and node in state:
                        values[node] = 0
                else:
                    a, b = pair
                    values[node] = (values[a >> 1] ^ (ones if a & 1 else 0)) & (values[b >> 1] ^ (ones if b & 1 else 0))
        return {i for i, value in enumerate(seen) if value == 0}

    def _not_proved_zero(self, builder, literals):
        """Those of the literals, by place, that ABC does not prove to be 0."""
        builder.write(self.folder / "zero.aig", literals)
        run_abc("read_aiger zero.aig; strash; dc2; fraig; write_aiger zero_proved.aig", self.folder)
        proved = aiger.Graph(self.folder / "zero_proved.aig")
        return [i for i, literal in enumerate(proved.outputs) if literal != aiger.FALSE]


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
        prover.judge(fault)
        print(fault.unit, number, fault.place, fault.what, fault.state or "not proved", fault.why, flush=True)


if __name__ == "__main__":
    main()
