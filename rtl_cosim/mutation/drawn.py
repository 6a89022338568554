# SPDX-License-Identifier: Apache-2.0
"""Faults, and those that yosys drew from a netlist."""

import re

import netlist


class Fault:
    """One fault and what became of it."""

    def __init__(self, unit, kind, number, place, what):
        self.unit, self.kind, self.number, self.place, self.what = unit, kind, number, place, what
        self.state, self.seconds, self.why = "", 0.0, ""


def innermost(places):
    """The position in the module that contains none of the others' modules; of several the last, which is a statement."""
    modules = {place.split(".")[0] for place in places}

    def holds_another(module):
        text = next(netlist.RTL.glob(f"*/{module}.sv")).read_text()
        return any(re.search(rf"^\s+{other}\s+(#|u_)", text, re.MULTILINE) for other in modules - {module})

    inner = [place for place in places if not holds_another(place.split(".")[0])]
    return inner[-1]


def drawn_faults(unit, folder):
    """What yosys drew: the innermost source position and what is done to which bit."""
    found = []
    for number, line in enumerate((folder / unit / "mutations.txt").read_text().splitlines(), 1):
        option = {key: value for key, value in re.findall(r"-(\w+) (\S+)", line)}
        places = [place for place in re.findall(r"-src (systoliq_\S+)", line) if ":0." not in place]
        cell = re.sub(r"\$flatten|\\", "", option["cell"])
        place = innermost(places) if places else cell
        what = f"{option['mode']} at bit {option['portbit']} of port {option['port']} of {cell}"
        if "wire" in option:
            what += f", which is {option['wire']}[{option['wirebit']}]"
        found.append(Fault(unit, "netlist", number, re.sub(r"[.](\d+)-.*", "", place), what))
    return found
