# SPDX-License-Identifier: Apache-2.0
"""Calls the program `systoliq`, named by the environment's SYSTOLIQ_PROGRAM, and reads what it wrote."""
import json
import os
import pathlib
import subprocess

import numpy


def call(*arguments):
    """Standard output of `systoliq arguments`. RuntimeError with all it said where it does not end with 0."""
    command = [os.environ["SYSTOLIQ_PROGRAM"], *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def run(folder, network, images, *arguments):
    """Every layer's integers in the file's types, a dictionary name -> [images, ...], of the ONNX file `network`; under the
    names of the layer, its tensor and its output.

    images: float32 [images, ...]. Model and integer reference must agree: the program fails where they do not.
    """
    folder = pathlib.Path(folder)
    numpy.save(folder / "images.npy", images)
    out = folder / "out"
    call("run", network, "--input", folder / "images.npy", "--output", out, "--all-layers", *arguments)
    names = json.loads((out / "names.json").read_text(encoding="utf-8"))
    return {name: numpy.load(out / next(file for file in files if file.endswith(".int.npy")))
            for name, files in names.items()}
