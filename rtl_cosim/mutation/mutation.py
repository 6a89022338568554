#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every fault of every unit under the co-simulation's checks and reports which are noticed.

A survivor that a solver proves to be the same circuit is called equivalent; all others are listed with their place.
"""

import argparse
import concurrent.futures
import copy
import pathlib
import random
import subprocess
import sys

import drawn
import equivalence
import faults
import record

UNITS = ("requantize", "core", "post", "command_check")
SHORT = ["2"]  # rounds of the checks
CHECKED_PROOFS = 6  # killed faults a unit that the solver must tell from the sound unit


def written_faults(unit):
    return [drawn.Fault(unit, "faults", number, f"{fault['file']}.sv:{faults.position(fault)[0] + 1}", fault["name"])
            for number, fault in enumerate(faults.faults_of(unit), 1)]


class Program:
    """The program with a unit's faults."""

    def __init__(self, unit, build):
        self.path = build / f"mutants_{unit}"
        self.record = record.Record(build / unit / "record.jsonl")
        self.digest = record.digest(self.path)

    def run(self, fault, rounds=()):
        key = " ".join(["run", fault.kind, str(fault.number), *rounds])
        answer = self.record.get(self.digest, key, lambda: self._run(fault, rounds))
        fault.state, fault.seconds, fault.why = answer[0], float(answer[1]), answer[2]
        return fault

    def _run(self, fault, rounds):
        result = subprocess.run([self.path, fault.kind, str(fault.number), str(fault.number), *rounds],
                                capture_output=True, text=True)
        fields = result.stdout.rstrip("\n").split("\t")
        if result.returncode != 0 or len(fields) != 5:
            sys.exit(f"mutation: {self.path} failed: {result.stderr}")
        return fields[2:]


def check_sound(program, unit):
    """Without a fault nothing may diverge, or a kill would mean nothing."""
    for kind in ("netlist", "faults"):
        sound = program.run(drawn.Fault(unit, kind, 0, "", ""))
        if sound.state != "survived":
            sys.exit(f"mutation: {unit} diverges without a fault: {sound.why}")


def finish_unit(pool, program, unit, found, build, seed):
    """Those that the short rounds leave: proofs, then the long round for what is not proved equivalent."""
    left = [f for f in found if f.state == "survived"]
    own = [equivalence.HERE / name for name in ("units.toml", "equivalence.py", "cases.py", "instances.py", "aiger.py")]
    of = record.digest(build / unit / "mutants.il", *own)
    prover = []

    def prove(fault):
        if not prover:
            prover.append(equivalence.Prover(unit, build))
            refute_killed(prover[0], found, seed)
        prover[0].judge(fault)
        return [fault.state, fault.why]

    for fault in left:
        if fault.kind == "netlist":
            fault.state, fault.why = program.record.get(of, f"proof {fault.number}", lambda: prove(fault))
    list(pool.map(program.run, [f for f in left if f.state == "survived"]))


def refute_killed(prover, found, seed):
    """A proof means nothing if the solver calls a fault equivalent that the co-simulation kills."""
    killed = [f for f in found if f.state == "killed" and f.kind == "netlist"]
    for fault in map(copy.copy, random.Random(seed).sample(killed, min(len(killed), CHECKED_PROOFS))):
        prover.judge(fault)
        if fault.state == "equivalent":
            sys.exit(f"mutation: {fault.unit} {fault.number} is killed, but 'proved' equivalent")


def table(found):
    rows = []
    for unit in UNITS:
        for kind, title in (("netlist", "drawn by yosys"), ("faults", "written by hand")):
            part = [f for f in found if f.unit == unit and f.kind == kind]
            killed = sum(f.state == "killed" for f in part)
            equivalent = sum(f.state == "equivalent" for f in part)
            rows.append((unit, title, len(part), killed, equivalent, len(part) - killed - equivalent))
    rows.append(("all", "", *(sum(row[i] for row in rows) for i in range(2, 6))))
    text = "| unit | faults | number | killed | proved equivalent | survived |\n| --- | --- | --: | --: | --: | --: |\n"
    return text + "".join("| " + " | ".join(map(str, row)) + " |\n" for row in rows), rows[-1]


def listed(found, state):
    lines = [f"| {f.unit} {'' if f.kind == 'netlist' else 'by hand '}{f.number} | `{f.place}` | `{f.what}` | {f.why} |"
             for f in found if f.state == state]
    head = "| fault | place | what | why |\n| --- | --- | --- | --- |\n"
    return head + "\n".join(lines) + "\n" if lines else "None.\n"


def write_report(path, found, seed):
    text, total = table(found)
    _, _, number, killed, equivalent, _ = total
    shares = (f"Killed: {100 * killed / number:.1f} % of all, "
              f"{100 * killed / (number - equivalent):.1f} % of those that are not proved equivalent.")
    intro = (equivalence.HERE / "report_head.md").read_text()
    seconds = sum(fault.seconds for fault in found)
    parts = [intro, f"## Result\n\nSeed {seed}; {seconds:.0f} s for the checks of all faults, one after the other.\n", text,
             f"{shares}\n\n## Survivors\n", listed(found, "survived"), "## Proved equivalent\n",
             listed(found, "equivalent")]
    path.write_text("\n".join(parts))
    print(text + "\n" + shares)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="build folder of rtl_cosim/mutation")
    parser.add_argument("--seed", type=int, default=1, help="seed of the netlists, for the report and the choice")
    parser.add_argument("--units", nargs="+", choices=UNITS, default=UNITS)
    parser.add_argument("--sample", type=int, help="only so many faults, drawn with the seed, without proofs")
    parser.add_argument("--report", type=pathlib.Path, help="Markdown file to write")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    arguments.build = arguments.build.resolve()
    found = []
    for unit in arguments.units:
        found += drawn.drawn_faults(unit, arguments.build) + written_faults(unit)
    if arguments.sample:
        found = random.Random(arguments.seed).sample(found, arguments.sample)
    program = {unit: Program(unit, arguments.build) for unit in arguments.units}
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(lambda unit: check_sound(program[unit], unit), arguments.units))
        # First without the last round, by far the longest: most are killed before, or need not be tried.
        list(pool.map(lambda fault: program[fault.unit].run(fault, SHORT), found))
        if not arguments.sample:
            for unit in arguments.units:
                finish_unit(pool, program[unit], unit, [f for f in found if f.unit == unit], arguments.build,
                            arguments.seed)
    if arguments.report:
        write_report(arguments.report, found, arguments.seed)
    killed = sum(f.state == "killed" for f in found)
    print(f"seed {arguments.seed}: {killed} of {len(found)} faults killed")
    for fault in found:
        if fault.state == "survived":
            print(f"survived: {fault.unit} {fault.kind} {fault.number}, {fault.place}: {fault.what} {fault.why}")
    if arguments.sample and killed < 0.8 * len(found):
        sys.exit("mutation: fewer than 80 % of the drawn faults are killed; some of those left may be equivalent")


if __name__ == "__main__":
    main()
