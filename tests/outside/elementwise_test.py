# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime against systoliq: functions of one element over all 256 integers, and sums and products of two operands.

Functions are compared with ONNX Runtime's unfused operators, products with what it fuses. Both are equal to the integer;
sums may differ by 1 on ties (docs/numerics.md).
"""
import math
import tempfile
import unittest

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import program

SCALES = [(0.05, -7, 0.04, -20), (0.03125, 0, 0.0078125, 0), (0.0471, 100, 0.0213, 50), (0.1, 3, 0.1, -5)]


def session(path, optimized):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if not optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class Model:
    """A QDQ graph, node by node; float input x, float output y."""

    def __init__(self, unsigned):
        self.type = numpy.uint8 if unsigned else numpy.int8
        self.offset = 128 if unsigned else 0
        self.nodes, self.constants = [], []

    def constant(self, values):
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(numpy.asarray(values), name))
        return name

    def floats(self, values):
        return self.constant(numpy.asarray(values, numpy.float32))

    def apply(self, operator, *inputs, output=None, **attributes):
        output = output or f"tensor{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], name=f"node{len(self.nodes)}", **attributes))
        return output

    def parameters(self, scale, zero):
        return self.floats(scale), self.constant(self.type(zero + self.offset))

    def quantize(self, tensor, scale, zero, output=None):
        scale, zero = self.parameters(scale, zero)
        return self.apply("DequantizeLinear", self.apply("QuantizeLinear", tensor, scale, zero), scale, zero,
                          output=output)

    def integers(self, stored, scale, zero):
        values = self.constant((stored + self.offset).astype(self.type))
        return self.apply("DequantizeLinear", values, *self.parameters(scale, zero))

    def save(self, path, shape, opset):
        graph = helper.make_graph(
            self.nodes, "graph", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)], self.constants)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9), path)


def operator(name, **attributes):
    return lambda m, x: m.apply(name, x, **attributes)


def with_constant(name, value, first=False):
    return lambda m, x: m.apply(name, *([m.floats(value), x] if first else [x, m.floats(value)]))


def silu(m, x):
    return m.apply("Mul", x, m.apply("Sigmoid", x))


def hard_swish(m, x):
    clipped = m.apply("Clip", m.apply("Add", x, m.floats(3)), m.floats(0), m.floats(6))
    return m.apply("Div", m.apply("Mul", x, clipped), m.floats(6))


def mish(m, x):
    return m.apply("Mul", x, m.apply("Tanh", m.apply("Softplus", x)))


def gelu(m, x):
    erf = m.apply("Erf", m.apply("Div", x, m.floats(math.sqrt(2))))
    return m.apply("Mul", m.apply("Mul", x, m.apply("Add", erf, m.floats(1))), m.floats(0.5))


def gelu_by_tanh(m, x):
    inner = m.apply("Add", x, m.apply("Mul", m.apply("Pow", x, m.floats(3)), m.floats(0.044715)))
    tanh = m.apply("Tanh", m.apply("Mul", inner, m.floats(math.sqrt(2 / math.pi))))
    return m.apply("Mul", m.apply("Mul", x, m.apply("Add", tanh, m.floats(1))), m.floats(0.5))


FUNCTIONS = {name: (operator(name), 13) for name in (
    "Relu", "LeakyRelu", "HardSigmoid", "Sigmoid", "Tanh", "Elu", "Selu", "Celu", "Softplus", "Softsign", "Abs", "Neg",
    "Sqrt", "Exp", "Log", "Reciprocal", "Erf", "Sign", "Floor", "Ceil", "Round", "Sin", "Cos", "ThresholdedRelu")}
FUNCTIONS.update({
    "HardSwish": (operator("HardSwish"), 14), "Mish": (operator("Mish"), 18), "Gelu": (operator("Gelu"), 20),
    "Gelu by tanh": (operator("Gelu", approximate="tanh"), 20), "LeakyRelu 0.1": (operator("LeakyRelu", alpha=0.1), 13),
    "HardSigmoid 1/6": (operator("HardSigmoid", alpha=1 / 6), 13), "Elu 1.3": (operator("Elu", alpha=1.3), 13),
    "PRelu": (with_constant("PRelu", [0.25]), 13), "square": (with_constant("Pow", 2.0), 13),
    "root": (with_constant("Pow", 0.5), 13), "x + c": (with_constant("Add", 0.37), 13),
    "x - c": (with_constant("Sub", 0.37), 13), "c - x": (with_constant("Sub", 0.37, True), 13),
    "x * c": (with_constant("Mul", -0.77), 13), "x / c": (with_constant("Div", 1.7), 13),
    "c / x": (with_constant("Div", 1.7, True), 13), "max": (with_constant("Max", 0.2), 13),
    "min": (with_constant("Min", 0.2), 13), "SiLU pattern": (silu, 13), "HardSwish pattern": (hard_swish, 13),
    "Mish pattern": (mish, 13), "Gelu pattern": (gelu, 13), "Gelu pattern by tanh": (gelu_by_tanh, 13)})


class Functions(unittest.TestCase):
    def compare(self, function, opset, scales, unsigned):
        scale, zero, out_scale, out_zero = scales
        model = Model(unsigned)
        result = function(model, model.quantize("x", scale, zero))
        model.quantize(result, out_scale, out_zero, output="y")
        ramp = ((numpy.arange(-128, 128) - zero) * numpy.float32(scale)).astype(numpy.float32)
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/net.onnx"
            model.save(path, [1, 1, 16, 16], opset)
            images = ramp.reshape(1, 1, 16, 16)
            real = session(path, False).run(None, {"x": images})[0]
            found = program.run(folder, path, images)["y"].astype(int).reshape(-1)
        expected = numpy.rint(real / numpy.float32(out_scale)).astype(int).reshape(-1) + out_zero + model.offset
        numpy.testing.assert_array_equal(found, expected)

    def test_all_integers(self):
        for name, (function, opset) in FUNCTIONS.items():
            for number, scales in enumerate(SCALES):
                with self.subTest(function=name, scales=scales):
                    self.compare(function, opset, scales, number % 2 == 1)


class Operands(unittest.TestCase):
    """Two tensors, a tensor and a constant; uint8, which ONNX Runtime fuses by default."""

    def compare(self, operation, second):
        random = numpy.random.default_rng(5)
        model = Model(True)
        a = model.quantize("x", 0.03, 3)
        if second == "tensor":
            b = model.quantize(model.apply("Sigmoid", a), 1 / 256, -128)
        else:
            b = model.integers(random.integers(-128, 128, second), 0.021, -8)
        out_scale = 0.017 if operation == "Mul" else 0.031
        model.quantize(model.apply(operation, a, b), out_scale, -20, output="y")
        images = random.uniform(-3.5, 3.5, (8, 4, 9, 9)).astype(numpy.float32)
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/net.onnx"
            model.save(path, [1, 4, 9, 9], 13)
            runtime = session(path, True)
            real = numpy.concatenate([runtime.run(None, {"x": image[None]})[0] for image in images])
            found = program.run(folder, path, images)["y"].astype(int).reshape(-1)
        steps = real.astype(float).reshape(-1) / out_scale
        return found - (numpy.rint(steps).astype(int) - 20 + 128)

    def test_products_are_equal(self):
        for second in ("tensor", (1, 4, 1, 1), (4, 1, 1), (1, 4, 9, 9)):
            with self.subTest(second=second):
                self.assertEqual(numpy.count_nonzero(self.compare("Mul", second)), 0)

    def test_sums_differ_on_ties_only(self):
        for operation in ("Add", "Sub"):
            for second in ("tensor", (1, 4, 1, 1), (4, 9, 9)):
                with self.subTest(operation=operation, second=second):
                    self.assertLessEqual(numpy.abs(self.compare(operation, second)).max(), 1)


if __name__ == "__main__":
    unittest.main()
