# SPDX-License-Identifier: Apache-2.0
"""Loading, quantizing, and what is refused."""
import inspect
import json
import os
import pathlib
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
import systoliq

sys.path.insert(0, os.path.join(os.environ["SYSTOLIQ_SOURCE_DIR"], "tests", "outside"))
import program  # noqa: E402

SOURCE = pathlib.Path(os.environ["SYSTOLIQ_SOURCE_DIR"])


def options_of(command):
    """Names of the options in --help, as keywords."""
    lines = program.call(command, "--help").splitlines()
    found = [re.match(r"\s+(?:-\w,)?--([a-z-]+)", line) for line in lines]
    return {option[1].replace("-", "_") for option in found if option}


def keywords(function):
    return {name for name, given in inspect.signature(function).parameters.items() if given.kind is given.KEYWORD_ONLY}


def test_quantize_takes_what_the_program_takes():
    command_line = options_of("quantize")
    assert {"weight_bits", "power_of_two"} <= command_line
    command_line |= options_of("compare") & {"float"}
    others = {"help", "output", "errors", "histograms", "input"}
    assert keywords(systoliq.Network.quantize) - {"images"} | keywords(systoliq.load) == command_line - others


def test_images_takes_what_the_program_takes():
    command_line = options_of("accuracy")
    assert keywords(systoliq.IntegerNetwork.images) <= command_line
    assert {"dataset", "images", "labels", "mean", "std", "input_layout"} == keywords(systoliq.IntegerNetwork.images)


def test_a_network_says_what_it_is():
    network = systoliq.load("lenet5")
    assert not network.is_quantized
    ((_, shape),) = network.inputs.items()
    assert shape == (1, 1, 32, 32)
    assert network.outputs == {"logits": (1, 10)}
    assert [op for _, op in network.operators].count("Conv") == 3
    assert "lenet5" in systoliq.built_in_networks()
    assert systoliq.load(SOURCE / "models" / "lenet5.onnx").operators == network.operators


def test_saved_is_what_the_program_writes(tmp_path):
    program.call("quantize", "lenet5", "--weight-bits", 4, "-o", tmp_path / "program.onnx")
    network = systoliq.load("lenet5").quantize(weight_bits=4)
    network.save(tmp_path / "python.onnx")
    assert (tmp_path / "python.onnx").read_bytes() == (tmp_path / "program.onnx").read_bytes() == network.to_onnx()
    again = systoliq.load(tmp_path / "python.onnx")
    assert again.is_quantized
    read = again.quantize()
    for layer in read.layers:
        if layer["op"] == "Conv":
            assert layer["weight_bits"] == 4
            np.testing.assert_array_equal(read.weights(layer["name"]), network.weights(layer["name"]))
            np.testing.assert_array_equal(read.bias(layer["name"]), network.bias(layer["name"]))
    compared = again.quantize(float=SOURCE / "models" / "lenet5.onnx").compile().run()
    assert compared.to_dict()["float_network"] == str(SOURCE / "models" / "lenet5.onnx")


def test_weights_are_the_integers_that_the_scales_turn_back():
    onnx = pytest.importorskip("onnx")
    network = systoliq.load("lenet5").quantize()
    (layer,) = [layer for layer in network.layers if layer["name"] == "conv1"]
    weights = network.weights("conv1")
    assert weights.shape == (6, 1, 5, 5) and weights.dtype == np.int32 and layer["groups"] == 1
    reals = weights * np.array(layer["weight_scales"]).reshape(-1, 1, 1, 1)
    graph = onnx.load(SOURCE / "models" / "lenet5.onnx").graph
    stored = [onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer]
    originals = [tensor for tensor in stored if tensor.shape == (6, 1, 5, 5)]
    assert min(np.abs(original - reals).max() for original in originals) <= max(layer["weight_scales"]) / 2 + 1e-6


def test_calibrated_on_given_images():
    network = systoliq.load("lenet5")
    images = network.quantize().images(images=4).array
    narrow = network.quantize(images=images * 0.5)
    wide = network.quantize(images=images)
    assert narrow.tensors[0]["scale"] < wide.tensors[0]["scale"]
    assert network.quantize(images=images).to_onnx() == wide.to_onnx()


def test_random_weights_are_remarked():
    with pytest.warns(systoliq.Remark, match="random weights") as caught:
        network = systoliq.load("lenet5_1998")
    assert [warning.filename for warning in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # said once
        quantized = network.quantize(calibration_images=2)
    assert quantized.remarks == ["network lenet5_1998: random weights, seed 1"]
    with pytest.warns(systoliq.Remark, match="outside the calibrated range") as caught:
        quantized.compile().run(np.full((1, 32, 32), 100.0), level="functional")
    assert [warning.filename for warning in caught] == [__file__]


REFUSED = {
    "no network": (lambda: systoliq.load("no_such_network"), "no_such_network"),
    "no file": (lambda: systoliq.load("/nowhere/x.onnx"), "/nowhere/x.onnx"),
    "bits": (lambda: systoliq.load("lenet5").quantize(weight_bits=9), "weight-bits.*9.*2.*8"),
    "preset": (lambda: systoliq.load("lenet5").quantize(preset="nearest"), "preset.*nearest.*tflite_ref"),
    "layer": (lambda: systoliq.load("lenet5").quantize(widths={"conv9": 4}), "conv9"),
    "range": (lambda: systoliq.Config({"array.rows": 0}), r"array.rows = 0 .*accepted: 1 to 256"),
    "key": (lambda: systoliq.Config({"array": {"row": 4}}), "array.row .*did you mean 'rows'"),
    "type": (lambda: systoliq.Config({"array.rows": [4]}), r"array.rows = \[4\]"),
    "table": (lambda: systoliq.Config({"rows": 4}), "rows"),
    "name": (lambda: systoliq.Config({"array.dataflow": 'w"s'}), "array.dataflow.*accepted"),
    "level": (lambda: lenet5().compile().run(level="rtl"), "rtl.*functional"),
    "shape": (lambda: lenet5().compile().run(np.zeros((32, 32, 3))), r"\[32, 32, 3\].*\[1, 1, 32, 32\]"),
    "value": (lambda: lenet5().compile().run(np.full((1, 32, 32), np.nan)), "finite"),
    "no image": (lambda: lenet5().compile().run(np.zeros((0, 1, 32, 32))), "."),
    "other images": (lambda: lenet5().compile().run(mlp().images()), r"\[1, 1, 28, 28\].*\[1, 1, 32, 32\]"),
    "both": (lambda: systoliq.load("lenet5").quantize(images=np.zeros((1, 32, 32)), dataset="digits"), "dataset"),
    "array and data set": (lambda: lenet5().images(np.zeros((1, 32, 32)), dataset="digits"), "dataset"),
    "array and mean": (lambda: lenet5().images(np.zeros((1, 32, 32)), mean=0.5), "mean"),
    "array and number": (lambda: lenet5().images(np.zeros((1, 32, 32)), images=2), "images"),
    "layout of a data set": (lambda: lenet5().images(dataset="digits", input_layout="nhwc"), "input-layout"),
    "no effect": (lambda: systoliq.load("lenet5").quantize(sigmas=2.0), "sigmas"),
    "shape": (lambda: systoliq.load("lenet5", shape={"input": (1, 1, 28, 28)}), "input"),
    "dataset": (lambda: lenet5().images(dataset="letters"), "letters"),
    "labels": (lambda: lenet5().compile().accuracy(lenet5().images(np.zeros((1, 32, 32)))), "0 labels for 1 image"),
    "weights": (lambda: lenet5().weights("conv9"), "conv9.*accepted: conv1"),
    "fit": (lambda: lenet5().compile({"buffers.activation_kib": 1, "array.rows": 64}), ""),
    "folder": (lambda: lenet5().save("/nowhere/x.onnx"), "/nowhere"),
}


def mlp():
    return systoliq.load("fashion_mlp").quantize(calibration_images=2)


def lenet5():
    return systoliq.load("lenet5").quantize(calibration_images=2)


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_a_value_error_that_says_what_is_wrong(case):
    call, message = REFUSED[case]
    with pytest.raises(systoliq.InputError, match=f"(?s){message}") as raised:
        call()
    assert isinstance(raised.value, ValueError) and str(raised.value)


def test_python_refuses_what_it_can_itself():
    network = systoliq.load("lenet5")
    with pytest.raises(TypeError, match="weigth_bits"):
        network.quantize(weigth_bits=4)
    with pytest.raises(ValueError, match="[Oo]bject arrays"):
        network.quantize(images=[object()])
    assert issubclass(systoliq.InternalError, RuntimeError)
    assert systoliq.InputError.__module__ == systoliq.InternalError.__module__ == "systoliq"


def test_a_missing_library_is_named(tmp_path):
    """A copy of the package whose module asks for a library that is not there."""
    package = pathlib.Path(systoliq.__file__).parent
    copy = tmp_path / "systoliq"
    copy.mkdir()
    for file in package.glob("*.py"):
        (copy / file.name).write_bytes(file.read_bytes())
    (module,) = package.glob("_core*.so")
    content = module.read_bytes()
    assert b"libsystemc" in content
    (copy / module.name).write_bytes(content.replace(b"libsystemc", b"libabsentc"))
    ended = subprocess.run(
        [sys.executable, "-c", "import systoliq"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("ImportError: systoliq needs") and "libabsentc" in last and "libsystemc-dev" in last


def test_figures_are_plain(tmp_path):
    result = lenet5().compile().run()
    (tmp_path / "run.json").write_text(json.dumps(result.to_dict()))
    assert type(result.layers) is list and type(result.totals["cycles"]) is int
