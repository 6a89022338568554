#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes cells: exports architectures on routes and records what a runtime answers.

    make.py FAMILY ROOT ARCHITECTURE/ROUTE...

FAMILY is torch or keras. Cell ROOT/ARCHITECTURE/ROUTE gets net.onnx or net.tflite, calibration.npy, in.npy (as the
network takes them), wanted.npz (see record.py) and made.json. Every cell is made in a process of its own, with a time
and a memory limit, by a fork of this one, so that the packages are loaded once.
"""

import importlib
import json
import os
import pathlib
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", OMP_NUM_THREADS="1", TF_ENABLE_ONEDNN_OPTS="0")
warnings.simplefilter("ignore")

sys.path.insert(0, str(pathlib.Path(__file__).parent))

SECONDS = 300
MEMORY = 8 << 30  # bytes of data
CALIBRATION, TESTED = 16, 4  # images
LOADED_ONCE = {
    "torch": ("torch", "torchvision", "timm", "onnx", "onnxruntime.quantization", "onnxscript", "brevitas.graph.quantize", "brevitas.export",
              "executorch.backends.xnnpack.quantizer.xnnpack_quantizer", "quark.onnx", "torch.onnx._internal.exporter._core",
              "torchao.quantization.pt2e.quantizer.x86_inductor_quantizer", "qonnx.core.onnx_exec"),
    "keras": ("tensorflow", "keras", "tf2onnx", "onnx", "onnxruntime.quantization"),
}


def make(family, architecture, route, folder):
    """Exports one cell and records the runtimes' outputs. In the child process."""
    import data
    import record
    nets, routes = importlib.import_module(f"{family}_nets"), importlib.import_module(f"{family}_routes")
    shape = nets.NETS[architecture][1]
    (calibration, _), (tested, _) = data.images(CALIBRATION, shape, 1), data.images(TESTED, shape, 2)
    weights = folder.parent / ("torch.weights.pt" if family == "torch" else "keras.weights.h5")
    if family == "torch":
        import torch
        torch.set_num_threads(1)
        given = torch.from_numpy(calibration)
    else:
        given = calibration
    net = nets.made(architecture, lambda count, seed: data.images(count, shape, seed), weights)
    start = time.time()
    routes.ROUTES[route](net, given, folder)
    seconds = time.time() - start
    for rest in (*folder.glob("float.onnx*"), *folder.glob("prepared.onnx*")):
        rest.unlink()
    record.record(folder, calibration, tested)
    (folder / "made.json").write_text(json.dumps({"seconds": round(seconds, 1)}))


def child(arguments, folder):
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    os.chdir(folder)  # some exporters write files beside
    log = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    code = 0
    try:
        make(*arguments, folder)
    except BaseException as error:  # whatever an exporter does
        traceback.print_exc()
        lines = [line for line in str(error).strip().splitlines() if line.strip()] or [""]
        (folder / "made.json").write_text(json.dumps({"error": f"{type(error).__name__}: {lines[0].strip()}"}))
        code = 1
    sys.stdout.flush()
    os._exit(code)


def wait(pid):
    """What ended the process, or None where it wrote what it had to say itself."""
    end = time.time() + SECONDS
    while time.time() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return f"the exporter ended by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else None
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return f"no end within {SECONDS} s"


def load(family):
    """Loads the packages, and lets PyTorch's exporters load what they need at their first export."""
    for name in LOADED_ONCE[family]:
        importlib.import_module(name)
    if family == "torch":
        import torch
        import torch_routes
        torch.set_num_threads(1)
        with tempfile.TemporaryDirectory() as scratch:
            for route in ("dynamo18", "pt2e_xnnpack", "pt2e_x86"):
                net = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.ReLU()).eval()
                torch_routes.ROUTES[route](net, torch.zeros(2, 1, 4, 4), pathlib.Path(scratch))


def main():
    family, root, *cells = sys.argv[1:]
    load(family)
    for cell in cells:
        folder = pathlib.Path(root) / cell
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        pid = os.fork()
        if pid == 0:
            child((family, *cell.split("/")), folder)
        error = wait(pid)
        if error:
            (folder / "made.json").write_text(json.dumps({"error": error}))
        print(f"{cell}: {(folder / 'made.json').read_text()}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
