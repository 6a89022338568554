# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and exceptions of callbacks end long work soon, and leave everything usable."""
import signal
import subprocess
import sys
import threading
import time

import pytest
import systoliq

# Calls that take long, on a machine of one PE.
LONG = {
    "functional": 'program.run(images, level="functional")',
    "timing": 'program.run(images, level="timing")',
    "transaction": 'program.run(images, level="transaction")',
    "cycle": 'program.run(images[:100], level="cycle")',
    "accuracy": "program.accuracy(digits)",
    "quantize": 'network.quantize(calibration_images=100000, activation_range="kl")',
    "layerwise": 'network.quantize(images=images, calibration="layerwise")',
}
CALLS = ", ".join(f"{name!r}: lambda: {call}" for name, call in LONG.items())
SCRIPT = """
import signal
import numpy as np
import systoliq

signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the parent ignores
network = systoliq.load("lenet5")
integers = network.quantize()
program = integers.compile({"array.rows": 1, "array.cols": 1})
before = program.run().to_dict()
images = np.zeros((10000, 1, 32, 32), np.float32)
digits = integers.images(dataset="digits", images=5000)
for name, call in {%s}.items():
    print("started", name, flush=True)
    try:
        call()
    except KeyboardInterrupt:
        print("interrupted", name, flush=True)
    else:
        print("ended", name, flush=True)
    assert program.run().to_dict() == before
    assert program.run(level="cycle").totals == before["totals"]
print("usable", flush=True)
"""


def test_ctrl_c_ends_long_work():
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT % CALLS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        for work in LONG:
            assert child.stdout.readline() == f"started {work}\n", child.stderr.read()
            time.sleep(0.5)
            sent = time.monotonic()
            child.send_signal(signal.SIGINT)
            assert child.stdout.readline() == f"interrupted {work}\n"
            assert time.monotonic() - sent < 10, work
        output, errors = child.communicate(timeout=60)
        assert (output, child.returncode) == ("usable\n", 0), errors
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
        child.stderr.close()


class Enough(Exception):
    pass


@pytest.mark.parametrize("level", ["functional", "timing", "transaction", "cycle"])
def test_what_a_callback_raises_ends_the_run(level):
    network = systoliq.load("lenet5").quantize(calibration_images=2)
    program = network.compile()
    expected = program.run(level=level).to_dict()
    steps = []

    def progress(done, total):
        steps.append(done)
        if done == 3:
            raise Enough("three are enough")

    with pytest.raises(Enough, match="three are enough"):
        program.run(network.images(images=50), level=level, progress=progress)
    assert steps == [1, 2, 3]
    assert program.run(level=level).to_dict() == expected


def test_signal_handlers_run_meanwhile():
    """A handler that returns interrupts nothing."""
    network = systoliq.load("lenet5").quantize(calibration_images=2)
    program = network.compile()
    alarms = []
    before = signal.signal(signal.SIGALRM, lambda *_: alarms.append(time.monotonic()))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
        result = program.run(network.images(images=300), level="functional")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert result.totals["mismatches"] == 0
    assert alarms


def test_other_threads_run_meanwhile():
    network = systoliq.load("lenet5").quantize(calibration_images=2)
    images = network.images(images=300)
    program = network.compile()
    ended = threading.Event()
    seen = []

    def watch():
        while not ended.wait(0.01):
            seen.append(time.monotonic())

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.monotonic()
    program.run(images, level="functional")
    stop = time.monotonic()
    ended.set()
    watcher.join()
    within = [at for at in seen if start < at < stop]
    assert len(within) > 10 * (stop - start)
