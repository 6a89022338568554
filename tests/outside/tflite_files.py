# SPDX-License-Identifier: Apache-2.0
"""Small TFLite files of single operators, by the schema that LiteRT's package carries."""
import dataclasses

import flatbuffers
import numpy
from ai_edge_litert import schema_py_generated as schema

TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "int8": schema.TensorType.INT8,
    "uint8": schema.TensorType.UINT8,
    "int16": schema.TensorType.INT16,
    "int32": schema.TensorType.INT32,
    "int64": schema.TensorType.INT64,
}


@dataclasses.dataclass
class Tensor:
    """A tensor of the file; `values` make it a constant."""

    name: str
    shape: tuple
    type: str = "int8"
    scales: tuple = ()
    zero_points: tuple = ()
    values: numpy.ndarray = None
    axis: int = 0


def constant(name, values, scales=(), zero_points=(), axis=0):
    values = numpy.asarray(values)
    return Tensor(name, values.shape, values.dtype.name, tuple(scales), tuple(zero_points), values, axis)


class Builder:
    """Collects operators; finish() gives the bytes."""

    def __init__(self):
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.graph = schema.SubGraphT()
        self.graph.name = "main"
        self.graph.tensors, self.graph.operators = [], []
        self.model.subgraphs = [self.graph]
        self.places = {}

    def place(self, tensor):
        if tensor is None:
            return -1
        if tensor.name in self.places:
            return self.places[tensor.name]
        made = schema.TensorT()
        made.name, made.shape, made.type = tensor.name, list(tensor.shape), TYPES[tensor.type]
        made.buffer = 0
        if tensor.scales:
            made.quantization = schema.QuantizationParametersT()
            made.quantization.scale = [float(scale) for scale in tensor.scales]
            made.quantization.zeroPoint = [int(zero) for zero in tensor.zero_points] or [0] * len(tensor.scales)
            made.quantization.quantizedDimension = tensor.axis
        if tensor.values is not None:
            buffer = schema.BufferT()
            buffer.data = numpy.frombuffer(numpy.ascontiguousarray(tensor.values).tobytes(), dtype=numpy.uint8)
            self.model.buffers.append(buffer)
            made.buffer = len(self.model.buffers) - 1
        self.graph.tensors.append(made)
        self.places[tensor.name] = len(self.graph.tensors) - 1
        return self.places[tensor.name]

    def add(self, op, inputs, outputs, version=1, options=None, **fields):
        """`op` as the format names it; `options` the name of its table, `fields` what lies in it."""
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, op)
        code.version = version
        self.model.operatorCodes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self.model.operatorCodes) - 1
        operator.inputs = [self.place(tensor) for tensor in inputs]
        operator.outputs = [self.place(tensor) for tensor in outputs]
        if options is not None:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            operator.builtinOptions = getattr(schema, options + "T")()
            for name, value in fields.items():
                if not hasattr(operator.builtinOptions, name):
                    raise ValueError(f"{options} has no {name}")
                setattr(operator.builtinOptions, name, value)
        self.graph.operators.append(operator)

    def finish(self, inputs, outputs):
        self.graph.inputs = [self.place(tensor) for tensor in inputs]
        self.graph.outputs = [self.place(tensor) for tensor in outputs]
        builder = flatbuffers.Builder(4096)
        builder.Finish(self.model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())
