# SPDX-License-Identifier: Apache-2.0
"""TFLite files of a network of networks.py, by the schema that LiteRT's package carries."""
import flatbuffers
import numpy
from ai_edge_litert import schema_py_generated as schema

PADDING = {"same": schema.Padding.SAME, "valid": schema.Padding.VALID}


def nhwc(values):
    """[n, c, h, w] as [n, h, w, c]."""
    return numpy.ascontiguousarray(numpy.transpose(values, (0, 2, 3, 1)))


def padding_of(layer):
    """TFLite's name of the layer's pads. ValueError where it has none."""
    if not any(layer.pads):
        return PADDING["valid"]
    for axis, extent in enumerate(layer.inputs[0].shape[1:]):
        outputs = -(-extent // layer.strides[axis])
        total = max(0, (outputs - 1) * layer.strides[axis] + layer.kernel[axis] - extent)
        if (layer.pads[axis], layer.pads[axis + 2]) != (total // 2, total - total // 2):
            raise ValueError(f"pads {layer.pads} are not SAME")
    return PADDING["same"]


class Writer:
    def __init__(self, network):
        self.network = network
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.model.subgraphs = [self.graph]
        self.index_of = {}

    def add_tensor(self, name, shape, kind, scales, zero_points, values=None, axis=0):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = name, list(shape), kind
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale = [float(scale) for scale in scales]
        tensor.quantization.zeroPoint = list(zero_points)
        tensor.quantization.quantizedDimension = axis
        tensor.buffer = 0
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = numpy.frombuffer(numpy.ascontiguousarray(values).tobytes(), dtype=numpy.uint8)
            self.model.buffers.append(buffer)
            tensor.buffer = len(self.model.buffers) - 1
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def activation(self, tensor, row=False):
        if tensor.name not in self.index_of:
            channels, height, width = tensor.shape
            shape = (1, channels) if row else (1, height, width, channels)
            self.index_of[tensor.name] = self.add_tensor(
                tensor.name, shape, schema.TensorType.INT8, [tensor.scale], [tensor.zero_point]
            )
        return self.index_of[tensor.name]

    def operator(self, builtin, version, inputs, output, options_type, options):
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = builtin
        code.version = version
        self.model.operatorCodes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self.model.operatorCodes) - 1
        operator.inputs, operator.outputs = inputs, [output]
        operator.builtinOptionsType, operator.builtinOptions = options_type, options
        self.graph.operators.append(operator)

    def constants(self, layer, weights, axis):
        """Indices of weights and bias; the axis of the weights is that of the output channels."""
        name = layer.output.name
        count = len(layer.scales)
        stored = self.add_tensor(
            f"{name}.weights", weights.shape, schema.TensorType.INT8, layer.scales, [0] * count, weights, axis
        )
        scales = [layer.inputs[0].scale * scale for scale in layer.scales]
        bias = self.add_tensor(
            f"{name}.bias", layer.bias.shape, schema.TensorType.INT32, scales, [0] * count, layer.bias
        )
        return [stored, bias]

    @staticmethod
    def windowed(options, layer):
        options.padding = padding_of(layer)
        options.strideH, options.strideW = layer.strides
        options.fusedActivationFunction = int(layer.relu)
        return options

    def write_conv(self, layer):
        depthwise = layer.groups != 1
        weights = nhwc(layer.weights)
        options = schema.DepthwiseConv2DOptionsT() if depthwise else schema.Conv2DOptionsT()
        options.dilationHFactor = options.dilationWFactor = 1
        if depthwise:
            if layer.groups != layer.inputs[0].shape[0] or layer.groups != layer.output.shape[0]:
                raise ValueError("groups of more than one channel")
            weights = numpy.transpose(weights, (3, 1, 2, 0))
            options.depthMultiplier = 1
        inputs = [self.activation(layer.inputs[0]), *self.constants(layer, weights, 3 if depthwise else 0)]
        builtin = schema.BuiltinOperator
        kind = schema.BuiltinOptions
        self.operator(
            builtin.DEPTHWISE_CONV_2D if depthwise else builtin.CONV_2D,
            3,
            inputs,
            self.activation(layer.output),
            kind.DepthwiseConv2DOptions if depthwise else kind.Conv2DOptions,
            self.windowed(options, layer),
        )

    def write_dense(self, layer):
        channels, height, width = layer.inputs[0].shape
        weights = layer.weights.reshape(-1, channels, height, width)
        weights = nhwc(weights).reshape(layer.weights.shape)  # the reduction runs in the order of its tensor
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = int(layer.relu)
        inputs = [self.activation(layer.inputs[0]), *self.constants(layer, weights, 0)]
        output = self.activation(layer.output, row=True)
        kind = schema.BuiltinOptions.FullyConnectedOptions
        self.operator(schema.BuiltinOperator.FULLY_CONNECTED, 4, inputs, output, kind, options)

    def write_add(self, layer):
        options = schema.AddOptionsT()
        options.fusedActivationFunction = int(layer.relu)
        inputs = [self.activation(tensor) for tensor in layer.inputs]
        output = self.activation(layer.output)
        self.operator(schema.BuiltinOperator.ADD, 2, inputs, output, schema.BuiltinOptions.AddOptions, options)

    def write_pool(self, layer):
        options = self.windowed(schema.Pool2DOptionsT(), layer)
        options.filterHeight, options.filterWidth = layer.kernel
        builtin = schema.BuiltinOperator
        op = builtin.MAX_POOL_2D if layer.op == "max" else builtin.AVERAGE_POOL_2D
        output = self.activation(layer.output)
        self.operator(op, 2, [self.activation(layer.inputs[0])], output, schema.BuiltinOptions.Pool2DOptions, options)

    def write(self):
        self.graph.inputs = [self.activation(self.network.input)]
        for layer in self.network.layers:
            writer = {"conv": self.write_conv, "dense": self.write_dense, "add": self.write_add}
            writer.get(layer.op, self.write_pool)(layer)
        self.graph.outputs = [self.index_of[layer.output.name] for layer in self.network.layers]
        builder = flatbuffers.Builder(4096)
        builder.Finish(self.model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())


def to_tflite(network):
    """The file's bytes; every layer's integers are outputs, in the order of the layers."""
    return Writer(network).write()
