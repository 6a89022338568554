# SPDX-License-Identifier: Apache-2.0
"""Which elements of an output lie half way between two integers, so that a runtime's rounding errors decide.

The last operator of a QDQ network sums products in float32 and quantizes. Here it is computed again in float64, of the
integers that ONNX Runtime makes in front of it without optimizations. An element lies on a tie when its exact value is
as near to the middle of two integers as the errors of a float32 sum reach: ROUNDINGS half units in the last place of
the sum of the magnitudes of all terms. Networks that end in anything but the LINEAR operators have no ties.
"""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

LINEAR = {"Conv", "ConvTranspose", "AveragePool", "GlobalAveragePool", "Add", "Sum", "Gemm", "MatMul", "ReduceMean",
          "Relu"}
ROUNDINGS = 4
HALF_UNIT = 2.0**-24  # of a float32 beside its value


class _Part:
    """The operators between the last integers and the output's QuantizeLinear."""

    def __init__(self, file, output):
        self.model = onnx.load(file)
        self.makers = {name: node for node in self.model.graph.node for name in node.output}
        self.constants = {each.name: numpy_helper.to_array(each) for each in self.model.graph.initializer}
        for node in self.model.graph.node:
            if node.op_type == "Constant" and node.attribute[0].name == "value":
                self.constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        last = self.makers.get(output)
        self.dequantizes = last is not None and last.op_type == "DequantizeLinear"
        self.quantize = self.makers.get(last.input[0]) if self.dequantizes else last
        self.nodes, self.dequantized, self.fits = [], {}, False
        if self.quantize is not None and self.quantize.op_type == "QuantizeLinear":
            self.fits = self.is_constant(self.quantize.input[1:]) and self._collect(self.quantize.input[0])

    def is_constant(self, names):
        return all(name in self.constants for name in names)

    def _collect(self, name):
        """Operators in front of a float, in an order that can be computed; False where one is not of these."""
        node = self.makers.get(name)
        if node is None:
            return name in self.constants
        if node.op_type == "DequantizeLinear" and self.is_constant(node.input[1:]):
            self.dequantized[name] = node
            return True
        if node.op_type not in LINEAR or node.domain:
            return name in self.constants
        if not all(self._collect(each) for each in node.input if each):
            return False
        if node not in self.nodes:
            self.nodes.append(node)
        return True

    def parameters(self, node):
        """Scale and zero point in float64 and int64."""
        scale = self.constants[node.input[1]].astype(np.float64)
        zero = self.constants[node.input[2]].astype(np.int64) if len(node.input) > 2 else np.int64(0)
        return scale, zero

    def reals(self, inputs):
        """What the part reads, dequantized in float64."""
        stored = {node.input[0] for node in self.dequantized.values()} - set(self.constants)
        known = {**self.constants, **_run(self.model, sorted(stored), inputs)}
        values = {}
        for name, node in self.dequantized.items():
            scale, zero = self.parameters(node)
            integers = known[node.input[0]].astype(np.int64)
            axis = next((each.i for each in node.attribute if each.name == "axis"), 1) % max(integers.ndim, 1)
            shape = [-1 if i == axis else 1 for i in range(integers.ndim)]
            if scale.size > 1:
                scale, zero = scale.reshape(shape), np.broadcast_to(zero, scale.shape).reshape(shape)
            values[name] = (integers - zero) * scale
        return values

    def compute(self, values, change=lambda array: array):
        """The part in float64; `change` of everything that it reads."""
        known = dict(values)
        for name in {name for node in self.nodes for name in node.input} & set(self.constants):
            floats = np.issubdtype(self.constants[name].dtype, np.floating)
            known[name] = self.constants[name].astype(np.float64) if floats else self.constants[name]
        known = {name: change(array) if array.dtype == np.float64 else array for name, array in known.items()}
        output = self.quantize.input[0]
        if not self.nodes:
            return known[output]
        declared = [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
                    for name, array in known.items()]
        made = helper.make_tensor_value_info(output, TensorProto.DOUBLE, None)
        graph = helper.make_graph(self.nodes, "part", declared, [made])
        return ReferenceEvaluator(helper.make_model(graph, opset_imports=self.model.opset_import)).run(None, known)[0]


def _run(model, names, inputs):
    """Integers of the model by name, as ONNX Runtime makes them without optimizations."""
    if not names:
        return {}
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    there = {each.name for each in shown.graph.output}
    shown.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in there)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(shown.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip(names, session.run(names, inputs)))


def ties(file, output, inputs, wanted, found):
    """Elements of `output`, flat, in which `wanted` and `found` are the two integers beside a tie. `inputs`: arrays."""
    none = np.zeros(found.size, bool)
    part = _Part(file, output)
    if not part.fits:
        return none
    scale, zero = part.parameters(part.quantize)
    if scale.size != 1:
        return none
    values = part.reals(inputs)
    exact = (part.compute(values) / scale).reshape(-1)
    magnitude = (part.compute(values, np.abs) / scale).reshape(-1)
    if exact.size != found.size:
        return none

    def steps(array):
        array = array.reshape(-1).astype(np.float64)
        return np.rint(array / scale) if part.dequantizes else array - zero

    below = np.floor(exact)
    near = np.abs(exact - below - 0.5) <= ROUNDINGS * HALF_UNIT * magnitude
    a, b = steps(wanted), steps(found)
    return near & (np.minimum(a, b) == below) & (np.maximum(a, b) == below + 1)
