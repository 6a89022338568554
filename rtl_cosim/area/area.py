#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Gate counts of the RTL's blocks at several widths, in NAND2 equivalents.

yosys synthesizes each block to simple gates and flip-flops; every kind of cell counts as in AREA, after the sizes that
static CMOS cells of a common library have relative to its two-input NAND. Writes a CSV file, a table and a plot.
"""

import argparse
import concurrent.futures
import csv
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
RTL = HERE.parent / "rtl"

# NAND2 equivalents. A NAND2 has 4 transistors; the others by their usual cells: inverter 2, AND/OR 6, XOR 10, mux 10,
# AOI3 6, flip-flop 24, with reset 28, with enable an additional mux.
AREA = {
    "NOT": 0.5, "NAND": 1.0, "NOR": 1.0, "AND": 1.5, "OR": 1.5, "ANDNOT": 1.5, "ORNOT": 1.5, "XOR": 2.5, "XNOR": 2.5,
    "MUX": 2.5, "NMUX": 2.0, "AOI3": 1.5, "OAI3": 1.5, "DFF": 6.0, "DFFE": 8.5, "ADFF": 7.0, "ADFFE": 9.5,
}


def points():
    """Block, top module, its parameters, and the width that is varied."""
    for weight in (2, 4, 6, 8):
        for activation in (4, 8):
            yield "pe", "systoliq_pe", {"ActivationBits": activation, "OperandBits": weight + 1, "AccumulatorBits": 32}
    for accumulator in (16, 20, 24, 48):
        yield "pe", "systoliq_pe", {"ActivationBits": 8, "OperandBits": 9, "AccumulatorBits": accumulator}
    yield "pe", "systoliq_pe", {"ActivationBits": 8, "OperandBits": 9, "AccumulatorBits": 32, "Saturate": "1'b1"}
    # With one column and with two: the difference is a column, without the skew registers that all columns share.
    for rows in (4, 8, 16):
        for cols in (1, 2):
            yield "array", "systoliq_pe_array", {"Rows": rows, "Cols": cols, "ActivationBits": 8, "OperandBits": 9,
                                                 "AccumulatorBits": 32}
    for weight in (2, 4, 8):
        yield "decoder", "systoliq_weight_decoder", {"Cols": 1, "WeightBits": weight, "OperandBits": weight + 1}
    for weight in (2, 4):
        yield "decoder", "systoliq_weight_decoder", {"Cols": 1, "WeightBits": weight, "OperandBits": 8,
                                                     "Codebook": "1'b1"}
    for accumulator, multiplier in ((32, 0), (32, 8), (32, 16), (32, 25), (32, 32), (20, 32), (24, 32), (48, 32)):
        yield "requantize", "systoliq_requantize", {"AccumulatorBits": accumulator, "MultiplierBits": multiplier}


def with_parameters(text, parameters):
    for name, value in parameters.items():
        text, count = re.subn(rf"(parameter\s+(?:int unsigned|bit)\s+{name}\s*=\s*)[^,\n]+?(,?)(?=\s*\n)",
                              rf"\g<1>{value}\g<2>", text, count=1)
        if count != 1:
            sys.exit(f"area: no parameter {name}")
    return text


def cell_kind(cell):
    """$_NAND_ is NAND; $_DFF_PN0_ is ADFF, with an enable ADFFE."""
    name = cell.strip("$_")
    if name.startswith("DFFE_"):
        return "ADFFE" if len(name) > len("DFFE_PP") else "DFFE"
    if name.startswith("DFF_"):
        return "ADFF" if len(name) > len("DFF_P") else "DFF"
    return name


def synthesize(point):
    block, top, parameters = point
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for path in RTL.glob("*/*.sv"):
            text = path.read_text()
            (folder / path.name).write_text(with_parameters(text, parameters) if path.stem == top else text)
        others = " ".join(sorted(p.name for p in RTL.glob("*/*.sv") if not p.stem.endswith("_pkg")))
        script = (f"read_verilog -sv -defer -DSYNTHESIS systoliq_isa_pkg.sv systoliq_pkg.sv {others}; synth -flatten -top {top}; "
                  f"abc -g simple; opt_clean; tee -q -o stat.json stat -json")
        result = subprocess.run(["yosys", "-q", "-p", script], cwd=folder, capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"area: yosys stops at {top} {parameters}:\n{result.stdout}{result.stderr}")
        text = (folder / "stat.json").read_text()
        cells = json.loads(text[text.index("{"):])["design"]["num_cells_by_type"]
    unknown = sorted({cell_kind(cell) for cell in cells} - AREA.keys())
    if unknown:
        sys.exit(f"area: no size for cells {unknown}")
    sequential = sum(count * AREA[cell_kind(cell)] for cell, count in cells.items() if "DFF" in cell)
    total = sum(count * AREA[cell_kind(cell)] for cell, count in cells.items())
    flops = sum(count for cell, count in cells.items() if "DFF" in cell)
    names = {"ActivationBits": "activation_bits", "OperandBits": "operand_bits", "AccumulatorBits": "accumulator_bits",
             "WeightBits": "weight_bits", "MultiplierBits": "multiplier_bits", "Rows": "rows", "Cols": "cols"}
    row = {name: "" for name in names.values()}
    row.update({names[key]: value for key, value in parameters.items() if key in names})
    row.update(block=block, saturate=int("Saturate" in parameters), codebook=int("Codebook" in parameters),
               nand2=total, combinational=total - sequential, sequential=sequential, flip_flops=flops)
    print(block, parameters, total, flush=True)
    return row


COLUMNS = ["block", "rows", "cols", "activation_bits", "weight_bits", "operand_bits", "accumulator_bits", "multiplier_bits",
           "saturate", "codebook", "nand2", "combinational", "sequential", "flip_flops"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--csv", type=pathlib.Path, default=HERE / "area.csv")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--block", help="only this block, printed and not written")
    arguments = parser.parse_args()
    chosen = [point for point in points() if arguments.block in (None, point[0])]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        rows = list(pool.map(synthesize, chosen))
    if arguments.block is None:
        with arguments.csv.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
