# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime against systoliq on ConvInteger with a bias in float behind it: strides, groups and pads of all kinds."""
import json
import pathlib
import tempfile
import unittest

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import program

INPUTS, OUTPUTS, HEIGHT, WIDTH = 8, 16, 13, 12


def network(rng, groups, stride, pad):
    """An input in [0, 255] with zero point 111, a convolution, its scaling, a bias that no integer replaces, ReLU."""
    constants = {
        "x.s": numpy.float32(0.013), "x.z": numpy.uint8(111), "w.z": numpy.int8(0), "y.s": numpy.float32(0.05),
        "y.z": numpy.uint8(0), "factor": numpy.float32(0.013) * numpy.float32(0.0201),
        "w": rng.integers(-20, 21, (OUTPUTS, INPUTS // groups, 3, 3)).astype(numpy.int8),
        "b": rng.normal(0, 0.5, (1, OUTPUTS, 1, 1)).astype(numpy.float32),
    }
    node = helper.make_node
    nodes = [
        node("QuantizeLinear", ["x", "x.s", "x.z"], ["xq"]),
        node("ConvInteger", ["xq", "w", "x.z", "w.z"], ["acc"], pads=[pad] * 4, strides=[stride] * 2, group=groups),
        node("Cast", ["acc"], ["f"], to=TensorProto.FLOAT), node("Mul", ["f", "factor"], ["m"]),
        node("Add", ["m", "b"], ["s"]), node("Relu", ["s"], ["r"]), node("QuantizeLinear", ["r", "y.s", "y.z"], ["q"]),
        node("DequantizeLinear", ["q", "y.s", "y.z"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes, "sums", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, INPUTS, HEIGHT, WIDTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(numpy.asarray(values), name) for name, values in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    return model.SerializeToString()


class ExactSums(unittest.TestCase):
    def test_strides_groups_and_pads(self):
        for seed, (groups, stride, pad) in enumerate(
            ((1, 1, 1), (1, 2, 1), (2, 1, 1), (8, 2, 1), (4, 2, 0), (8, 1, 0), (1, 3, 1), (2, 3, 0))):
            with self.subTest(groups=groups, stride=stride, pad=pad), tempfile.TemporaryDirectory() as name:
                folder, rng = pathlib.Path(name), numpy.random.default_rng(seed)
                content = network(rng, groups, stride, pad)
                image = rng.normal(size=(1, INPUTS, HEIGHT, WIDTH)).astype(numpy.float32)
                (folder / "net.onnx").write_bytes(content)
                numpy.save(folder / "in.npy", image)
                theirs = onnxruntime.InferenceSession(content).run(None, {"x": image})[0]
                said = program.call("run", folder / "net.onnx", "--input", folder / "in.npy", "--output", folder / "out")
                self.assertIn("host", said)  # which joins the parts of the sums
                files = json.loads((folder / "out" / "names.json").read_text(encoding="utf-8"))
                ours = numpy.load(folder / "out" / next(iter(files.values()))[0])
                self.assertGreater(len(numpy.unique(theirs)), 20)
                self.assertEqual(int(numpy.count_nonzero(ours != theirs)), 0)


if __name__ == "__main__":
    unittest.main()
