# SPDX-License-Identifier: Apache-2.0
"""Calls the program `systoliq`, named by the environment's SYSTOLIQ_PROGRAM, and reads what it wrote."""
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
    """Every layer's stored integers, a dictionary name -> [images, c, h, w], of the ONNX file `network`.

    images: float32 [images, ...]. Model and integer reference must agree: the program fails where they do not.
    """
    folder = pathlib.Path(folder)
    numpy.save(folder / "images.npy", images)
    out = folder / "out"
    inputs = ["--input", folder / "images.npy", "--images", len(images)]
    call("run", network, *inputs, "--output", out, "--all-layers", *arguments)
    result = {}
    for path in sorted(out.glob("*.npy")):
        name = path.stem
        if len(images) > 1:
            image, name = name.split("_", 1)
            index = int(image[len("image"):])
        else:
            index = 0
        result.setdefault(name, [None] * len(images))[index] = numpy.load(path)
        path.unlink()
    return {name: numpy.concatenate(values) for name, values in result.items()}
