#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the hand-written faults of faults.toml into copies of the sources, all behind one selector.

Fault n of a unit replaces one expression: `(selected == n ? fault : expression)`. Sources that carry no fault are
copied as they are. The selector is a DPI function, since the faulty modules lie anywhere below the top.
"""

import argparse
import pathlib
import re
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
RTL = HERE.parent / "rtl"
PACKAGE = """// SPDX-License-Identifier: Apache-2.0
// The fault that is switched on; 0 for none.
package systoliq_fault_pkg;
  import "DPI-C" pure function int systoliq_selected_fault();
endpackage : systoliq_fault_pkg
"""


def faults_of(unit):
    return [fault for fault in tomllib.loads((HERE / "faults.toml").read_text())["fault"] if fault["unit"] == unit]


def spaced(text):
    """The text with any run of blanks, so that aligning a column in the RTL does not move a fault."""
    return r"\s+".join(re.escape(part) for part in text.split())


def position(fault):
    """Line, first and last character of the expression; its line must occur exactly once."""
    lines = next(RTL.glob(f"*/{fault['file']}.sv")).read_text().splitlines()
    found = [(i, match) for i, line in enumerate(lines) for match in [re.search(spaced(fault["line"]), line)] if match]
    expression = re.search(spaced(fault["expression"]), found[0][1].group(0)) if len(found) == 1 else None
    if expression is None:
        sys.exit(f"faults.toml: '{fault['name']}': the line '{fault['line']}' occurs {len(found)} times in "
                 f"{fault['file']}.sv, or lacks the expression; one line with it is needed")
    first = found[0][1].start() + expression.start()
    return found[0][0], first, first + len(expression.group(0))


def faulty_texts(unit):
    """All sources by name, with the unit's faults in them."""
    texts = {path.stem: path.read_text().splitlines() for path in RTL.glob("*/*.sv")}
    places = {}
    for number, fault in enumerate(faults_of(unit), 1):
        places.setdefault((fault["file"], *position(fault)), []).append((number, fault["fault"]))
    # From right to left, so that positions hold.
    for (name, line, first, last), choices in sorted(places.items(), reverse=True):
        text = texts[name][line]
        expression = f"({text[first:last]})"
        for number, fault in choices:
            expression = f"((systoliq_fault_pkg::systoliq_selected_fault() == {number}) ? ({fault}) : {expression})"
        texts[name][line] = text[:first] + expression + text[last:]
    return {name: "\n".join(lines) + "\n" for name, lines in texts.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("unit")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder of the faulty sources")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "systoliq_fault_pkg.sv").write_text(PACKAGE)
    for name, text in faulty_texts(arguments.unit).items():
        (arguments.out / f"{name}.sv").write_text(text)


if __name__ == "__main__":
    main()
