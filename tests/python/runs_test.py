# SPDX-License-Identifier: Apache-2.0
"""Runs from Python are those of the program `systoliq`: every integer, every figure."""
import json
import os
import pathlib
import subprocess
import sys
import threading

import numpy as np
import pytest
import systoliq

sys.path.insert(0, os.path.join(os.environ["SYSTOLIQ_SOURCE_DIR"], "tests", "outside"))
import program  # noqa: E402

SOURCE = pathlib.Path(os.environ["SYSTOLIQ_SOURCE_DIR"])
LEVELS = ["functional", "timing", "transaction", "cycle"]


@pytest.fixture(scope="module")
def lenet5():
    return systoliq.load("lenet5").quantize()


@pytest.fixture(scope="module")
def on_default(lenet5):
    return lenet5.compile()


@pytest.mark.parametrize("level", LEVELS)
def test_figures_are_those_of_the_program(on_default, lenet5, level):
    expected = json.loads(program.call("run", "lenet5", "--json", "--level", level, "--images", 2))
    assert on_default.run(lenet5.images(images=2), level=level).to_dict() == expected


def test_figures_on_another_machine_and_other_options():
    options = ["--weight-bits", 5, "--preset", "half_even", "--per-tensor", "--widths", "conv1=8/6,fc2=4"]
    config = SOURCE / "configs" / "small_4x4.toml"
    expected = json.loads(program.call("run", "lenet5", "--json", "--config", config, *options))
    network = systoliq.load(SOURCE / "models" / "lenet5.onnx").quantize(
        weight_bits=5, preset="half_even", per_tensor=True, widths={"conv1": (8, 6), "fc2": 4}
    )
    result = network.compile(config).run()
    expected["float_network"] = result.to_dict()["float_network"]  # a path here, a name there
    assert result.to_dict() == expected


def test_compare_is_that_of_the_program(on_default, lenet5):
    expected = json.loads(program.call("compare", "lenet5", "--json", "--images", 3))
    result = on_default.compare(lenet5.images(images=3))
    assert result.to_dict() == expected
    assert result.totals["mismatches"] == 0
    assert result.first_mismatches == {}
    assert list(result.isolated) == [layer["name"] for layer in result.layers]
    table = program.call("compare", "lenet5", "--images", 3)
    for layer in result.layers:
        errors = result.isolated[layer["name"]]
        assert f"{errors['sqnr_db']:.2f}" in next(line for line in table.splitlines() if line.startswith(layer["name"]))
    assert on_default.run().isolated == {}


def test_every_integer_is_that_of_the_program(tmp_path, on_default, lenet5):
    images = lenet5.images(images=3).array
    assert images.shape == (3, 1, 32, 32) and images.dtype == np.float32
    expected = program.run(tmp_path, "lenet5", images)
    found = on_default.run(images).integers
    assert set(found) <= set(expected)
    assert {"conv1", "pool2", "fc2"} <= set(found)
    for name, integers in found.items():
        assert integers.dtype == np.int32
        np.testing.assert_array_equal(integers, expected[name].reshape(integers.shape), err_msg=name)


@pytest.mark.parametrize("unsigned", [False, True])
def test_outputs_are_those_of_the_program(tmp_path, unsigned):
    network = systoliq.load("fashion_mlp").quantize(unsigned_activations=unsigned)
    network.save(tmp_path / "net.onnx")
    images = network.images(images=2).array
    np.save(tmp_path / "images.npy", images)
    program.call("run", tmp_path / "net.onnx", "--input", tmp_path / "images.npy", "--output", tmp_path / "out")
    files = json.loads((tmp_path / "out" / "names.json").read_text())
    ((name, output),) = systoliq.load(tmp_path / "net.onnx").quantize().compile().run(images).outputs.items()
    expected = np.load(tmp_path / "out" / files[name][0])
    assert output.dtype == expected.dtype
    np.testing.assert_array_equal(output, expected)


@pytest.mark.parametrize("level", ["functional", "cycle"])
def test_integers_of_other_levels_are_the_same(on_default, level):
    expected = on_default.run().integers
    for name, integers in on_default.run(level=level).integers.items():
        np.testing.assert_array_equal(integers, expected[name], err_msg=name)


def test_outputs_are_the_reals_of_the_integers(on_default, lenet5):
    result = on_default.run(lenet5.images(images=2))
    ((name, reals),) = result.outputs.items()
    assert name == "logits" and reals.shape == (2, 10) and reals.dtype == np.float32
    (tensor,) = [tensor for tensor in lenet5.tensors if tensor["name"] == name]
    integers = result.integers["fc2"].reshape(2, 10)
    expected = (integers - tensor["zero_point"]).astype(np.float32) * np.float32(tensor["scale"])
    np.testing.assert_array_equal(reals, expected)


def test_arrays_of_every_type_and_order_give_the_same_run(on_default, lenet5):
    images = np.round(lenet5.images(images=2).array).astype(np.int16)  # whole numbers, which every type holds
    expected = on_default.run(images.astype(np.float32)).integers["fc2"]
    for array in (images, images.astype(">f8"), np.asfortranarray(images), images.astype(np.float16), images.tolist()):
        np.testing.assert_array_equal(on_default.run(array).integers["fc2"], expected)
    np.testing.assert_array_equal(on_default.run(images[1]).integers["fc2"], expected[1:])
    turned = lenet5.images(np.moveaxis(images, 1, -1), input_layout="nhwc")
    np.testing.assert_array_equal(on_default.run(turned).integers["fc2"], expected)


def test_images_come_back_as_they_went(lenet5):
    array = np.random.default_rng(1).uniform(-1, 1, (3, 1, 32, 32)).astype(np.float32)
    images = lenet5.images(array)
    assert len(images) == 3 and len(images.labels) == 0
    np.testing.assert_array_equal(images.array, array)
    copy = images.array
    copy[:] = 0
    np.testing.assert_array_equal(images.array, array)


def test_accuracy_is_that_of_the_program(on_default, lenet5):
    expected = json.loads(program.call("accuracy", "lenet5", "--json", "--images", 40))
    found = on_default.accuracy(lenet5.images(images=40))
    assert found == {key: expected[key] for key in found}
    assert found["quantized_top1"] > 0.9


def test_progress_rises_by_one_to_all(on_default, lenet5):
    for level in LEVELS:
        steps = []
        on_default.run(lenet5.images(images=5), level=level, progress=lambda *step, steps=steps: steps.append(step))
        assert steps == [(done, 5) for done in range(1, 6)]
    steps = []
    on_default.accuracy(lenet5.images(images=20), progress=lambda *step: steps.append(step))
    assert steps == [(done, 20) for done in range(1, 21)]


def test_runs_from_several_threads_agree(on_default):
    expected = on_default.run().to_dict()
    found = []
    threads = [threading.Thread(target=lambda: found.append(on_default.run().to_dict())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_a_run_within_a_progress_callback(on_default, lenet5):
    inner = []
    outer = on_default.run(
        lenet5.images(images=2), progress=lambda *_: inner.append(on_default.run().to_dict()["totals"]["cycles"])
    )
    assert inner == [outer.totals["cycles"]] * 2


def test_a_child_process_runs_too(on_default):
    """fork() while nothing runs: the child has the elaborated machine and goes on with it."""
    expected = on_default.run().totals["cycles"]
    child = os.fork()
    if child == 0:
        os._exit(0 if on_default.run().totals["cycles"] == expected else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_beside_other_users_of_onnx():
    """In one process with packages that bring Protocol Buffers and ONNX of their own, whoever comes first."""
    code = "import {}, {}; import systoliq; print(systoliq.load('lenet5').quantize().compile().run().totals['cycles'])"
    for first, second in (("systoliq", "onnx, onnxruntime"), ("onnx, onnxruntime", "systoliq")):
        command = [sys.executable, "-c", code.format(first, second)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stdout.strip()) == (0, "10503"), ended.stderr


def test_the_machine_is_that_of_the_keys(lenet5):
    by_file = systoliq.Config(SOURCE / "configs" / "small_4x4.toml")
    by_sections = systoliq.Config(by_file.to_dict())
    flat = {f"{section}.{key}": value for section, keys in by_file.to_dict().items() for key, value in keys.items()}
    assert by_file == by_sections == systoliq.Config(flat)
    assert by_file != systoliq.Config()
    assert systoliq.Config({"array": {"rows": 8}}).to_dict()["array"]["rows"] == 8
    program_of = {lenet5.compile(config).disassemble() for config in (by_file, by_sections, flat)}
    assert len(program_of) == 1


def test_the_program_is_that_of_compile(tmp_path, on_default):
    program.call("compile", "lenet5", "-o", tmp_path)
    np.testing.assert_array_equal(on_default.memory_image, np.fromfile(tmp_path / "memory.bin", np.uint8))
    assert on_default.disassemble() == (tmp_path / "commands.txt").read_text()
    assert on_default.command_count == len(on_default.disassemble().splitlines())
