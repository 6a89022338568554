#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every network of some folders on the default machine and compares the outputs with recorded ones.

A network is a folder with net.onnx or net.tflite, inputs in_NAME.npy and recorded outputs ort_NAME.npy; where
ort_fused_NAME.npy is there too, a quantized network may agree with either. Characters of names that do not fit file
names are _. A float network is calibrated on its inputs first.

A quantized network agrees when all its outputs are equal, floats but for their last bits, a float one when the SQNR of each output is 20 dB or more.
Elements that differ by one step and whose exact value lies on a tie (ties.py) count as equal; the result says how many there are.
The program ends with 1 where a network does not run or does not agree, unless --expect names a file of such networks.
Layers are those of the machine, then those of the host after a +.
"""

import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnx

import ties

LEAST_SQNR_DB = 20.0
SECONDS = 600  # of one program
SHOWN_OPERATORS = 6
RELATIVE = 1e-5  # float outputs of a quantized network: the host's last bits


def safe(name):
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)


class Refused(Exception):
    """What the program said."""


def call(program, *arguments):
    try:
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise Refused(f"no end within {SECONDS} s") from error
    if done.returncode != 0:
        raise Refused(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"status {done.returncode}")
    return done.stdout


def sqnr_db(wanted, found):
    noise = float(np.sum((wanted.astype(np.float64) - found) ** 2))
    signal = float(np.sum(wanted.astype(np.float64) ** 2))
    if noise == 0.0:
        return float("inf")
    return 10 * np.log10(signal / noise) if signal > 0.0 else float("-inf")


class Network:
    """One folder, and what became of it."""

    def __init__(self, folder):
        self.folder, self.name = folder, f"{folder.parent.name}/{folder.name}"
        self.file = next(path for path in (folder / "net.onnx", folder / "net.tflite") if path.exists())
        self.state, self.remark, self.layers, self.macs, self.cycles, self.share, self.sqnr = "", "", "", "", "", "", ""
        self.ties = 0

    def operators(self):
        """The commonest ones with their numbers, as "Conv 9, Add 3"."""
        if self.file.suffix != ".onnx":
            return ""
        names = [node.op_type for node in onnx.load(self.file, load_external_data=False).graph.node]
        common = collections.Counter(names).most_common(SHOWN_OPERATORS)
        more = ", ..." if len(set(names)) > SHOWN_OPERATORS else ""
        return ", ".join(f"{name} {count}" for name, count in common) + more

    def inputs(self):
        """--input NAME=FILE of each; a single one needs no name."""
        files = sorted(self.folder.glob("in_*.npy"))
        if len(files) == 1:
            return ["--input", files[0]]
        return [word for file in files for word in ("--input", f"{file.stem[3:]}={file}")]

    def arrays(self):
        """The inputs by their names in the network."""
        names = [each.name for each in onnx.load(self.file, load_external_data=False).graph.input]
        files = {name: self.folder / f"in_{safe(name)}.npy" for name in names}
        return {name: np.load(file) for name, file in files.items() if file.exists()}

    def different(self, name, wanted, found):
        """How many elements differ, and how many more do on a tie."""
        wrong = ~close(wanted, found)
        if not wrong.any() or self.file.suffix != ".onnx":
            return int(wrong.sum()), 0
        on_tie = wrong & ties.ties(self.file, name, self.arrays(), wanted, found)
        return int((wrong & ~on_tie).sum()), int(on_tie.sum())

    def result(self):
        return self.state + (f" ({self.ties} tie{'s' * (self.ties > 1)})" if self.ties else "")

    def recorded(self, name):
        """Arrays that an output may be equal to."""
        files = [self.folder / f"{kind}_{safe(name)}.npy" for kind in ("ort_fused", "ort")]
        return [np.load(file) for file in files if file.exists()]

    def run(self, program):
        with tempfile.TemporaryDirectory() as made:
            made = pathlib.Path(made)
            try:
                self._run(program, made)
            except Refused as error:
                self.state, self.remark = "refused", str(error).replace(str(self.file), self.file.name)
        return self

    def _run(self, program, made):
        file, quantized = made / "quantized.onnx", False
        try:
            call(program, "quantize", self.file, *self.inputs(), "-o", file)
        except Refused as error:
            if "is quantized already" not in str(error):
                raise
            file, quantized = self.file, True
        report = json.loads(call(program, "run", file, *self.inputs(), "--json", "--output", made / "out"))
        totals = report["totals"]
        hosts = totals.get("layers_on_host", 0)
        self.layers = f"{len(report['layers']) - hosts} + {hosts}" if hosts else str(len(report["layers"]))
        self.macs, self.cycles = totals["macs"], totals["cycles"]
        elements = report["array"]["rows"] * report["array"]["cols"]
        if self.cycles:
            self.share = f"{100 * self.macs / (self.cycles * elements):.0f} %"
        if totals["mismatches"]:
            self.state, self.remark = "differs", f"{totals['mismatches']} mismatches against the integer reference"
            return
        self._compare(made / "out", quantized)

    def _compare(self, out, quantized):
        self.state, worst = "agrees", float("inf")
        compared = 0
        for name, files in json.loads((out / "names.json").read_text()).items():
            found = np.load(out / files[0])
            wanted = [each for each in self.recorded(name) if each.size == found.size]
            if not wanted:
                continue
            compared += 1
            if quantized:
                different, on_tie = min(self.different(name, each, found) for each in wanted)
                self.ties += on_tie
                if different:
                    self.state, self.remark = "differs", f"{name}: {different} of {found.size} values"
            worst = min(worst, max(sqnr_db(each.reshape(-1), found.reshape(-1)) for each in wanted))
        if compared == 0:
            self.state, self.remark = "not compared", "no output has a recorded array of its size"
            return
        self.sqnr = "exact" if worst == float("inf") else f"{worst:.1f} dB"
        if not quantized and worst < LEAST_SQNR_DB:
            self.state, self.remark = "differs", f"SQNR below {LEAST_SQNR_DB:.0f} dB"


def close(wanted, found):
    wanted, found = wanted.reshape(-1), found.reshape(-1)
    if np.issubdtype(wanted.dtype, np.integer):
        return wanted == found
    return np.isclose(wanted, found, rtol=RELATIVE, atol=RELATIVE * float(np.max(np.abs(wanted), initial=0.0)))


def sources_of(manifest):
    """Of rows "| `name` | source | ...": the source by name."""
    return dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", manifest.read_text(), re.MULTILINE))


def table(networks, sources):
    rows = ["| network | source | operators | layers | MACs | cycles | utilization | result | SQNR | remark |",
            "| --- | --- | --- | --: | --: | --: | --: | --- | --: | --- |"]
    for n in networks:
        source = sources.get(n.folder.name, "").strip()
        cells = (f"`{n.name}`", source, n.operators(), n.layers, n.macs, n.cycles, n.share, n.result(), n.sqnr, n.remark)
        rows.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path, help="systoliq")
    parser.add_argument("folders", nargs="+", type=pathlib.Path, help="folders of networks, or single networks")
    parser.add_argument("--sources", type=pathlib.Path, help="Markdown file with rows | `NAME` | SOURCE |")
    parser.add_argument("--markdown", type=pathlib.Path, help="file to write the table to; default: standard output")
    parser.add_argument("--expect", type=pathlib.Path, help="NAME STATE a line: networks that may do otherwise")
    arguments = parser.parse_args()
    folders = []
    for folder in arguments.folders:
        inner = sorted(path.parent for path in [*folder.glob("*/net.onnx"), *folder.glob("*/net.tflite")])
        folders += inner or [folder]
    networks = []
    for folder in folders:
        networks.append(Network(folder.resolve()).run(arguments.program))
        print(f"{networks[-1].name}: {networks[-1].result()} {networks[-1].remark}", file=sys.stderr, flush=True)
    text = table(networks, sources_of(arguments.sources) if arguments.sources else {})
    if arguments.markdown:
        arguments.markdown.write_text(text)
    else:
        print(text)
    expected = {}
    if arguments.expect:
        lines = [line.split() for line in arguments.expect.read_text().splitlines() if line and line[0] != "#"]
        expected = {words[0]: words[1] for words in lines}
    wrong = [n for n in networks if n.state != expected.get(n.name, "agrees")]
    agreeing = sum(n.state == "agrees" for n in networks)
    print(f"{agreeing} of {len(networks)} networks agree", file=sys.stderr)
    if wrong:
        sys.exit("\n".join(f"{n.name}: {n.state}; expected: {expected.get(n.name, 'agrees')}" for n in wrong))


if __name__ == "__main__":
    main()
