# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime against systoliq: functions of one element over all 256 integers, and sums and products of two operands.

Functions are compared with ONNX Runtime's unfused operators, products with what it fuses and with LiteRT. Both are equal
to the integer; sums may differ by 1 on ties (docs/numerics.md).
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
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

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
        name = f"node{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], name=name, **attributes))
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


class Images(CalibrationDataReader):
    def __init__(self):
        self.images = iter(numpy.random.default_rng(1).uniform(-1, 1, (8, 1, 8, 12, 12)).astype(numpy.float32))

    def get_next(self):
        image = next(self.images, None)
        return None if image is None else {"x": image}


class QuantizedBlocks(unittest.TestCase):
    """Blocks of MobileNetV3, EfficientNet and YOLO as ONNX Runtime's own quantizer leaves them."""

    @staticmethod
    def convolve(m, x, channels, kernel, groups, random):
        of = channels[0] // groups
        weights = random.normal(0, 1.5 / math.sqrt(of * kernel * kernel), (channels[1], of, kernel, kernel))
        return m.apply("Conv", x, m.floats(weights), m.floats(random.normal(0, 0.2, channels[1])),
                       kernel_shape=[kernel] * 2, pads=[kernel // 2] * 4, group=groups)

    def build(self, path, activation, gate):
        random = numpy.random.default_rng(3)
        m = Model(False)
        stem = activation(m, self.convolve(m, "x", (8, 16), 3, 1, random))
        deep = activation(m, self.convolve(m, stem, (16, 16), 3, 16, random))
        if gate:
            inner = m.apply("Relu", self.convolve(m, m.apply("GlobalAveragePool", deep), (16, 4), 1, 1, random))
            deep = m.apply("Mul", deep, gate(m, self.convolve(m, inner, (4, 16), 1, 1, random)))
        narrow = self.convolve(m, deep, (16, 16), 1, 1, random)
        m.apply("Add", narrow, stem, output="y")
        graph = helper.make_graph(
            m.nodes, "graph", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 8, 12, 12])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 16, 12, 12])], m.constants)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)

    def compare(self, activation, gate, kind):
        images = numpy.random.default_rng(9).uniform(-1, 1, (3, 8, 12, 12)).astype(numpy.float32)
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/net.onnx"
            self.build(f"{folder}/float.onnx", activation, gate)
            quantize_static(f"{folder}/float.onnx", path, Images(), quant_format=QuantFormat.QDQ, activation_type=kind,
                            weight_type=QuantType.QInt8, per_channel=True)
            runtime = session(path, True)
            real = numpy.concatenate([runtime.run(None, {"x": image[None]})[0] for image in images])
            found = program.run(folder, path, images)["y"].astype(int)
            model = onnx.load(path)
        constants = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
        last = next(node for node in model.graph.node if "y" in node.output)
        scale, zero = (constants[name].reshape(-1)[0] for name in last.input[1:3])
        expected = numpy.rint(real / scale).astype(int) + int(zero)
        self.assertGreater(len(numpy.unique(expected)), 50)
        return numpy.abs(found.reshape(expected.shape) - expected)

    def test_blocks(self):
        hard = operator("HardSigmoid", alpha=1 / 6)
        for activation, gate in ((silu, operator("Sigmoid")), (operator("HardSwish"), hard), (hard_swish, None),
                                 (mish, None), (gelu, None), (operator("LeakyRelu", alpha=0.1), None)):
            for kind in (QuantType.QUInt8, QuantType.QInt8):
                with self.subTest(activation=activation.__name__, kind=str(kind)):
                    wrong = self.compare(activation, gate, kind)
                    self.assertLessEqual(wrong.max(), 1)  # a tie of the last sum
                    self.assertLess(numpy.count_nonzero(wrong), wrong.size // 100)


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
