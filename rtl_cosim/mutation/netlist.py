#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Places faults in a unit's netlist, all behind one selector.

yosys flattens the unit, `mutate` draws the faults (seeded), and the netlist that has them all gets an input port
`mutsel`: 0 is the unit as it is, n the unit with fault n alone.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
RTL = HERE.parent / "rtl"
SELECTOR_BITS = 16
REDUCTION = "opt -full\nwreduce\nopt_clean\n"


def units():
    return tomllib.loads((HERE / "units.toml").read_text())


def run_yosys(script, folder, name, timeout=None):
    """Runs a yosys script; its log stays beside the results."""
    (folder / f"{name}.ys").write_text(script)
    log = folder.resolve() / f"{name}.log"
    result = subprocess.run(["yosys", "-q", "-l", str(log), "-s", f"{name}.ys"], cwd=folder, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
    return result.returncode, result.stdout


def with_parameters(text, parameters):
    """The module's source with other defaults. (A parameter given to yosys's `hierarchy` makes 0.23 stop.)"""
    for name, value in parameters.items():
        text, count = re.subn(rf"(parameter\s+(?:int unsigned|bit)\s+{name}\s*=\s*)[^,\n]+?(,?)(?=\s*\n)",
                              rf"\g<1>{value}\g<2>", text, count=1)
        if count != 1:
            sys.exit(f"netlist: no parameter {name} in the unit; accepted are the names in its module header")
    return text


def write_sources(unit, folder):
    """Sources as yosys shall read them; returns their names, the packages first."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(RTL.glob("*/*.sv")):
        text = path.read_text()
        (folder / path.name).write_text(with_parameters(text, unit["parameters"]) if path.stem == unit["top"] else text)
    names = sorted(path.name for path in RTL.glob("*/*.sv"))
    packages = ["systoliq_isa_pkg.sv", "systoliq_pkg.sv"]
    return packages + [name for name in names if name not in packages]


def make(name, seed, folder):
    unit = units()[name]
    sources = write_sources(unit, folder)
    script = (f"read_verilog -sv -defer -DSYNTHESIS {' '.join(sources)}\nprep -flatten -top {unit['top']}\n"
              # Bits that nothing looks at and constants go first: a fault there would be none.
              f"{unit.get('reductions', 2) * REDUCTION}"
              f"simplemap t:$adff t:$adffe t:$dff\nopt_clean\nopt_expr\nopt_clean\n"
              f"write_rtlil base.il\n"
              f"mutate -list {unit['mutants']} -seed {seed} -o mutations.txt -ctrl mutsel {SELECTOR_BITS} 1\n")
    code, text = run_yosys(script, folder, "draw")
    if code != 0:
        sys.exit(f"netlist: yosys cannot read {name}:\n{text}")
    # Bits on their own: Verilator 5.006 simulates a vector wrongly whose bits depend on each other in a circle.
    script = ("read_rtlil base.il\nscript mutations.txt\nwrite_rtlil mutants.il\nsplitnets\n"
              "write_verilog -noattr mutants.v\n")
    code, text = run_yosys(script, folder, "apply")
    if code != 0:
        sys.exit(f"netlist: yosys cannot place the faults of {name}:\n{text}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("unit", choices=units())
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder of the results")
    arguments = parser.parse_args()
    make(arguments.unit, arguments.seed, arguments.out)


if __name__ == "__main__":
    main()
