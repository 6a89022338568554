# SPDX-License-Identifier: Apache-2.0
"""Judges a cell: does systoliq run its network, and do the outputs agree with what a runtime answered?

A quantized network agrees with a way of record.py when all outputs of all tested images are equal to it, integers to
the integer and floats but for their last bits. A float network is calibrated on other images first, and agrees when
the SQNR of each output is 20 dB or more. So does a quantized network that leaves tensors in float between its
integers, which --scales calibrate gives scales: its runtime does not round them.
"""

import json
import pathlib
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "networks"))
from table import LEAST_SQNR_DB, Refused, call, close, sqnr_db  # noqa: E402

MEMORY = 4 << 30  # bytes of address space
PRESETS = {"xnnpack": ["xnn_fp32"], "reference": ["tflite_ref", "tflite_single"]}  # others: as the file says

WIDE_ROUTE = "litert_int16x8"  # whose networks need presets and a machine of their own
WIDE_PRESETS = ["litert_16x8", "tflite_16x8"]
WIDE_MACHINE = "[datatypes]\nactivation_bits = 16\n"

LEFT_IN_FLOAT = ("so it would stay in float", "in float, though", "are not 8-bit integers")  # refusals of quantized networks


def limited(program, *arguments):
    return call("prlimit", f"--as={MEMORY}", str(program), *arguments)


class Cell:
    """One folder of make.py, and what became of it: `state` is agrees, differs, refused or not made."""

    def __init__(self, folder):
        self.folder, self.state, self.remark, self.sqnr, self.way = folder, "", "", "", ""
        self.file = next((f for f in (folder / "net.onnx", folder / "net.tflite") if f.exists()), None)

    def judge(self, program):
        made = json.loads((self.folder / "made.json").read_text())
        if "error" in made:
            self.state, self.remark = "not made", made["error"]
            return self
        arrays = np.load(self.folder / "wanted.npz")
        self.wanted = {}
        for key in arrays.files:
            way, name = key.split("|", 1)
            self.wanted.setdefault(way, {})[name] = arrays[key]
        with tempfile.TemporaryDirectory() as scratch:
            try:
                self._judge(program, pathlib.Path(scratch))
            except Refused as error:
                self.state, self.remark = "refused", self._plain(error)
        return self

    def _judge(self, program, scratch):
        file, quantized = scratch / "quantized.onnx", False
        try:
            limited(program, "quantize", self.file, "--input", self.folder / "calibration.npy", "-o", file)
        except Refused as error:
            if not any(words in str(error) for words in ("is quantized already", *LEFT_IN_FLOAT)):
                raise
            file, quantized = self.file, True
        tried = []
        for way, outputs in self.wanted.items():
            presets = WIDE_PRESETS if self.folder.name == WIDE_ROUTE else PRESETS.get(way, [None])
            for preset in presets if quantized else [None]:
                tried.append(self._compare(program, scratch, file, preset, way, outputs, quantized))
        if all(state == "refused" and any(w in remark for w in LEFT_IN_FLOAT) for state, remark, *_ in tried):
            tried = [self._calibrated(program, scratch, way, outputs) for way, outputs in self.wanted.items()]
        order = ("refused", "differs", "agrees")
        best = max(tried, key=lambda each: (order.index(each[0]), each[2]))
        self.state, self.remark, worst, self.way = best
        self.sqnr = "" if self.state == "refused" else "exact" if worst == float("inf") else f"{worst:.1f} dB"

    def _compare(self, program, scratch, file, preset, way, outputs, quantized):
        """State, remark, worst SQNR and name of one way with one preset."""
        named = f"{way} {preset}" if preset else way
        try:
            found = self._run(program, scratch, file, preset)
        except Refused as error:
            return "refused", self._plain(error), float("-inf"), named
        agrees, remark, worst = (exactly if quantized else roughly)(outputs, found)
        return "agrees" if agrees else "differs", remark, worst, named

    def _calibrated(self, program, scratch, way, outputs):
        """The same with scales of what is not quantized from the calibration images, as a folder of arrays."""
        images = scratch / "images"
        (images / "0").mkdir(parents=True, exist_ok=True)
        for i, image in enumerate(np.load(self.folder / "calibration.npy")):
            np.save(images / "0" / f"{i:03}.npy", image)
        more = ("--scales", "calibrate", "--dataset", f"arrays:{images}")
        try:
            found = self._run(program, scratch, self.file, None, *more)
        except Refused as error:
            return "refused", self._plain(error), float("-inf"), way
        agrees, remark, worst = roughly(outputs, found)
        return "agrees" if agrees else "differs", remark, worst, f"{way} calibrated"

    def _plain(self, error):
        return str(error).replace(f"{self.file}: ", "").removeprefix("systoliq: ").replace(str(self.folder), "")

    def _run(self, program, scratch, file, preset, *more):
        out = scratch / f"out_{preset}{len(more)}"
        if not out.exists():
            options = [*more, *(["--preset", preset] if preset else [])]
            if self.folder.name == WIDE_ROUTE:
                machine = scratch / "machine.toml"
                machine.write_text(WIDE_MACHINE)
                options += ["--config", machine]
            pixels = np.load(self.folder / "in.npy", mmap_mode="r").ndim > 2
            if pixels and file.suffix == ".onnx" and self.file.suffix == ".tflite":  # it has channels first
                options += ["--input-layout", "nhwc"]
            report = json.loads(limited(program, "run", file, "--input", self.folder / "in.npy", "--json", "--output",
                                        out, *options))
            if report["totals"]["mismatches"]:
                raise Refused(f"{report['totals']['mismatches']} mismatches against the integer reference")
        names = json.loads((out / "names.json").read_text())
        return {name: np.load(out / files[0]) for name, files in names.items()}


def pairs(wanted, found):
    for name, array in wanted.items():
        others = [a for n, a in found.items() if n == name] or [a for a in found.values() if a.size == array.size]
        if not others or others[0].size != array.size:
            raise Refused(f"no output is {name} of {array.size} values")
        other = others[0].reshape(len(array), *others[0].shape[1:])
        if array.shape[2:] == (*other.shape[2:], other.shape[1]) and array.shape[2:] != other.shape[1:]:
            other = np.moveaxis(other, 1, -1)
        yield name, array.reshape(-1), other.reshape(-1)


def exactly(wanted, found):
    """Do all values agree, what does not, and the worst SQNR."""
    different, worst = [], float("inf")
    for name, a, b in pairs(wanted, found):
        count = int(np.sum(~close(a, b)))
        if count:
            different.append(f"{name}: {count} of {a.size} values")
            worst = min(worst, sqnr_db(a, b))
    return not different, ", ".join(different), worst


def roughly(wanted, found):
    values = [(sqnr_db(a, b), name) for name, a, b in pairs(wanted, found)]
    worst, name = min(values)
    return worst >= LEAST_SQNR_DB, "" if worst >= LEAST_SQNR_DB else f"{name}: SQNR {worst:.1f} dB", worst
