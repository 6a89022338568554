# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime against systoliq: functions of one element over all 256 integers, and sums and products of two operands.

Functions are compared with ONNX Runtime's unfused operators, products with what it fuses. Both are equal to the integer;
sums may differ by 1 on ties (docs/numerics.md).
"""
import math
import tempfile
import unittest

import flatbuffers
import numpy
import onnx
import onnxruntime
from ai_edge_litert import interpreter as litert
from onnx import TensorProto, helper, numpy_helper

import litert_writer
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


def multiply_by_litert(operands, out, stored):
    """MUL of LiteRT's reference kernels; operands and out: scale and zero point, stored: int8 [1, n] each."""
    writer = litert_writer.Writer(None)
    schema = litert_writer.schema
    shape = stored[0].shape
    inputs = [writer.add_tensor(name, shape, schema.TensorType.INT8, [scale], [zero])
              for name, (scale, zero) in zip("ab", operands)]
    output = writer.add_tensor("c", shape, schema.TensorType.INT8, [out[0]], [out[1]])
    options = schema.MulOptionsT()
    options.fusedActivationFunction = 0
    writer.operator(schema.BuiltinOperator.MUL, 2, inputs, output, schema.BuiltinOptions.MulOptions, options)
    writer.graph.inputs, writer.graph.outputs = inputs, [output]
    builder = flatbuffers.Builder(1024)
    builder.Finish(writer.model.Pack(builder), file_identifier=b"TFL3")
    machine = litert.Interpreter(model_content=bytes(builder.Output()),
                                 experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF)
    machine.allocate_tensors()
    for detail, values in zip(machine.get_input_details(), stored):
        machine.set_tensor(detail["index"], values)
    machine.invoke()
    return machine.get_tensor(machine.get_output_details()[0]["index"])


class LiteRtProducts(unittest.TestCase):
    """Preset tflite_ref, a tensor times its own table, over scales that tie and scales that do not."""

    def test_products_are_equal(self):
        random = numpy.random.default_rng(9)
        for a_scale, b_scale, out_scale in ((0.05, 0.0078125, 0.0234), (0.5, 0.25, 1.0), (0.031, 0.011, 0.0124)):
            with self.subTest(scales=(a_scale, b_scale, out_scale)):
                model = Model(False)
                a = model.quantize("x", a_scale, -9)
                b = model.quantize(model.apply("Neg", a), b_scale, 17)
                model.quantize(model.apply("Mul", a, b), out_scale, -33, output="y")
                images = (random.uniform(-140, 130, (1, 1, 16, 16)) * a_scale).astype(numpy.float32)
                with tempfile.TemporaryDirectory() as folder:
                    path = f"{folder}/net.onnx"
                    model.save(path, [1, 1, 16, 16], 13)
                    found = program.run(folder, path, images, "--preset", "tflite_ref")
                stored = numpy.clip(numpy.rint(images / numpy.float32(a_scale)) - 9, -128, 127).astype(numpy.int8)
                second = next(values for name, values in found.items() if name == "node2")
                pair = [stored.reshape(1, -1), second.astype(numpy.int8).reshape(1, -1)]
                expected = multiply_by_litert([(a_scale, -9), (b_scale, 17)], (out_scale, -33), pair)
                numpy.testing.assert_array_equal(found["y"].reshape(1, -1), expected)


if __name__ == "__main__":
    unittest.main()
