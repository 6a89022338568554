# SPDX-License-Identifier: Apache-2.0
"""Drawn TFLite files of one or a few operators, int8 or uint8, for comparisons of their integers."""
import dataclasses

import numpy
from ai_edge_litert import schema_py_generated as schema

from tflite_files import TYPES, Builder, Tensor, constant

SAME, VALID = schema.Padding.SAME, schema.Padding.VALID
ACTIVATIONS = [schema.ActivationFunctionType.NONE, schema.ActivationFunctionType.RELU,
               schema.ActivationFunctionType.RELU6, schema.ActivationFunctionType.RELU_N1_TO_1]


@dataclasses.dataclass
class Case:
    content: bytes
    inputs: numpy.ndarray  # one image along axis 0, as the file's integers or floats


class Draw:
    """Random tensors of one integer type."""

    def __init__(self, seed, kind):
        self.rng = numpy.random.default_rng(seed)
        self.kind = kind
        self.offset = 128 if kind == "uint8" else 0

    def scale(self, low=0.01, high=0.1):
        return float(numpy.float32(self.rng.uniform(low, high)))

    def zero(self):
        return int(self.rng.integers(-128, 128)) + self.offset

    def tensor(self, name, shape, scale=None, zero=None):
        scale = self.scale() if scale is None else scale
        return Tensor(name, tuple(shape), self.kind, (scale,), (self.zero() if zero is None else zero,))

    def like(self, name, shape, other):
        return Tensor(name, tuple(shape), other.type, other.scales, other.zero_points)

    def values(self, shape):
        return (self.rng.integers(-128, 128, shape) + self.offset).astype(self.kind)

    def weights(self, shape, axis, per_channel=True):
        """int8: symmetric, a scale a channel; uint8: one scale and a zero point, as older converters write."""
        if self.kind == "uint8":
            zero = int(self.rng.integers(100, 156))
            return constant("w", self.rng.integers(0, 256, shape).astype(numpy.uint8), (self.scale(0.002, 0.01),), (zero,))
        count = shape[axis] if per_channel else 1
        scales = [self.scale(0.002, 0.01) for _ in range(count)]
        values = self.rng.integers(-127, 128, shape).astype(numpy.int8)
        return constant("w", values, scales, [0] * count, axis)

    def sums(self, name, shape, x, w, terms):
        """An output that sums of products of so many terms fill."""
        spread = 74 * 74 * float(numpy.sqrt(terms)) * x.scales[0] * w.scales[0]
        return self.tensor(name, shape, float(numpy.float32(spread / 50 * self.rng.uniform(0.5, 1.5))))

    def bias(self, count, x, w):
        scales = [float(numpy.float32(x.scales[0]) * numpy.float32(scale)) for scale in w.scales]
        values = self.rng.integers(-2000, 2000, count).astype(numpy.int32)
        return constant("b", values, scales, [0] * len(scales))

    def activation(self):
        return ACTIVATIONS[int(self.rng.integers(len(ACTIVATIONS)))]


def finish(builder, draw, x, y):
    return Case(builder.finish([x], [y]), draw.values(x.shape))


def outputs_of(size, kernel, stride, dilation, padding):
    if padding == SAME:
        return -(-size // stride)
    return (size - (kernel - 1) * dilation - 1) // stride + 1


def window(draw, size):
    """Kernel, stride, dilation and padding of one axis that fit."""
    kernel = int(draw.rng.integers(1, 4))
    dilation = int(draw.rng.integers(1, 3)) if kernel > 1 else 1
    stride = int(draw.rng.integers(1, 3)) if dilation == 1 else 1
    padding = SAME if draw.rng.integers(2) or (kernel - 1) * dilation + 1 > size else VALID
    return kernel, stride, dilation, padding


def convolution(draw, depthwise=False):
    height, width = (int(draw.rng.integers(4, 9)) for _ in range(2))
    channels = int(draw.rng.integers(1, 6))
    kernel, stride, dilation, padding = window(draw, min(height, width))
    kernel_width = int(draw.rng.integers(1, kernel + 1))
    x = draw.tensor("x", (1, height, width, channels))
    if depthwise:
        multiplier = int(draw.rng.integers(1, 3))
        filters = channels * multiplier
        w = draw.weights((1, kernel, kernel_width, filters), 3)
    else:
        filters = int(draw.rng.integers(2, 7))
        w = draw.weights((filters, kernel, kernel_width, channels), 0, per_channel=bool(draw.rng.integers(4)))
    b = draw.bias(filters, x, w) if draw.rng.integers(4) else None
    shape = [outputs_of(size, k, stride, dilation, padding) for size, k in ((height, kernel), (width, kernel_width))]
    y = draw.sums("y", (1, *shape, filters), x, w, kernel * kernel_width * (1 if depthwise else channels))
    builder = Builder()
    fields = {"padding": padding, "strideH": stride, "strideW": stride, "dilationHFactor": dilation,
              "dilationWFactor": dilation, "fusedActivationFunction": draw.activation()}
    if depthwise:
        fields["depthMultiplier"] = multiplier
    inputs = [x, w, b] if b is not None or depthwise else [x, w, draw.bias(filters, x, w)]
    if depthwise and b is None:
        inputs = [x, w, draw.bias(filters, x, w)]
    op = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
    builder.add(op, inputs, [y], 3, "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions", **fields)
    return finish(builder, draw, x, y)


def depthwise_convolution(draw):
    return convolution(draw, depthwise=True)


def fully_connected(draw, flatten=False):
    features = int(draw.rng.integers(8, 40))
    x = draw.tensor("x", (1, 3, 4, 5) if flatten else (1, features))
    builder = Builder()
    rows = x
    if flatten:
        features = 60
        rows = draw.like("flat", (1, 60), x)
        builder.add("RESHAPE", [x, constant("shape", numpy.array([1, 60], numpy.int32))], [rows], 1, "ReshapeOptions",
                    newShape=[1, 60])
    filters = int(draw.rng.integers(2, 9))
    w = draw.weights((filters, features), 0, per_channel=False)
    y = draw.sums("y", (1, filters), x, w, features)
    builder.add("FULLY_CONNECTED", [rows, w, draw.bias(filters, x, w)], [y], 4, "FullyConnectedOptions",
                fusedActivationFunction=draw.activation())
    return finish(builder, draw, x, y)


def flattened_image(draw):
    return fully_connected(draw, flatten=True)


def pool(draw, op="AVERAGE_POOL_2D"):
    height, width, channels = (int(draw.rng.integers(3, 8)) for _ in range(3))
    kernel, stride, _, padding = window(draw, min(height, width))
    x = draw.tensor("x", (1, height, width, channels))
    shape = [outputs_of(size, kernel, stride, 1, padding) for size in (height, width)]
    y = draw.like("y", (1, *shape, channels), x)
    builder = Builder()
    builder.add(op, [x], [y], 2, "Pool2DOptions", padding=padding, strideH=stride, strideW=stride, filterHeight=kernel,
                filterWidth=kernel, fusedActivationFunction=draw.activation())
    return finish(builder, draw, x, y)


def average_pool(draw):
    return pool(draw)


def max_pool(draw):
    return pool(draw, "MAX_POOL_2D")


def add(draw):
    """A tensor and a padded part of the chain before it."""
    shape = (1, 5, 4, 6)
    x = draw.tensor("x", shape)
    w = draw.weights((6, 1, 1, 6), 0)
    a = draw.sums("a", shape, x, w, 6)
    y = draw.tensor("y", shape, float(numpy.float32(max(x.scales[0], a.scales[0]) * draw.rng.uniform(0.7, 2))))
    builder = Builder()
    builder.add("CONV_2D", [x, w, draw.bias(6, x, w)], [a], 3, "Conv2DOptions", padding=VALID, strideH=1, strideW=1,
                dilationHFactor=1, dilationWFactor=1)
    builder.add("ADD", [x, a], [y], 2, "AddOptions", fusedActivationFunction=draw.activation())
    return finish(builder, draw, x, y)


def every_sum(draw):
    """ADD of every pair of integers: both come from the channels of one image, by convolutions that copy them."""
    zero, ties = draw.zero(), bool(draw.rng.integers(2))
    x = draw.tensor("x", (1, 256, 256, 2), 0.25 if ties else None, zero)
    builder, parts = Builder(), []
    for channel in range(2):
        copies = numpy.full((1, 1, 1, 2), draw.offset, draw.kind)
        copies[0, 0, 0, channel] += 1
        w = constant(f"w{channel}", copies, (0.5**channel if ties else draw.scale(0.5, 2.0),), (draw.offset,))
        scale = float(numpy.float32(x.scales[0]) * numpy.float32(w.scales[0]))
        bias = constant(f"b{channel}", numpy.zeros(1, numpy.int32), (scale,), (0,))
        parts.append(draw.tensor(f"part{channel}", (1, 256, 256, 1), scale, zero))
        builder.add("CONV_2D", [x, w, bias], [parts[-1]], 3, "Conv2DOptions", padding=VALID, strideH=1, strideW=1,
                    dilationHFactor=1, dilationWFactor=1)
    largest = max(part.scales[0] for part in parts)
    factor = 2 if ties else draw.rng.uniform(0.7, 2)
    y = draw.tensor("y", (1, 256, 256, 1), float(numpy.float32(largest * factor)))
    builder.add("ADD", parts, [y], 2, "AddOptions", fusedActivationFunction=draw.activation())
    pairs = numpy.stack(numpy.meshgrid(numpy.arange(256), numpy.arange(256)), axis=-1)[None] - 128 + draw.offset
    return Case(builder.finish([x], [y]), pairs.astype(draw.kind))


def concatenation(draw):
    shape = (1, 4, 3, 5)
    x = draw.tensor("x", shape)
    a, y = draw.like("a", (1, 4, 3, 5), x), draw.like("y", (1, 4, 3, 10), x)
    builder = Builder()
    builder.add("MAX_POOL_2D", [x], [a], 2, "Pool2DOptions", padding=SAME, strideH=1, strideW=1, filterHeight=2,
                filterWidth=2)
    builder.add("CONCATENATION", [a, x], [y], 2, "ConcatenationOptions", axis=3)
    return finish(builder, draw, x, y)


def pad(draw):
    amounts = numpy.array([[0, 0], *draw.rng.integers(0, 3, (2, 2)), [0, 0]], numpy.int32)
    x = draw.tensor("x", (1, 4, 5, 3))
    shape = [size + before + after for size, (before, after) in zip(x.shape, amounts.tolist())]
    y = draw.like("y", shape, x)
    builder = Builder()
    builder.add("PAD", [x, constant("amounts", amounts)], [y], 2, "PadOptions")
    return finish(builder, draw, x, y)


def pad_before_convolution(draw):
    x = draw.tensor("x", (1, 5, 5, 3))
    padded = draw.like("padded", (1, 7, 6, 3), x)
    w = draw.weights((4, 3, 3, 3), 0)
    y = draw.sums("y", (1, 3, 2, 4), x, w, 27)
    builder = Builder()
    amounts = constant("amounts", numpy.array([[0, 0], [1, 1], [0, 1], [0, 0]], numpy.int32))
    builder.add("PAD", [x, amounts], [padded], 2, "PadOptions")
    builder.add("CONV_2D", [padded, w, draw.bias(4, x, w)], [y], 3, "Conv2DOptions", padding=VALID, strideH=2, strideW=2,
                dilationHFactor=1, dilationWFactor=1)
    return finish(builder, draw, x, y)


def mean(draw):
    height, width = (int(draw.rng.integers(1, 9)) for _ in range(2))
    keep = bool(draw.rng.integers(2))
    x = draw.tensor("x", (1, height, width, 12))
    shape = (1, 1, 1, 12) if keep else (1, 12)
    y = draw.like("y", shape, x) if draw.rng.integers(3) == 0 else draw.tensor("y", shape)
    builder = Builder()
    builder.add("MEAN", [x, constant("axes", numpy.array([1, 2], numpy.int32))], [y], 2, "ReducerOptions", keepDims=keep)
    return finish(builder, draw, x, y)


def mean_of_length(draw):
    """Of [n, length, channels], as one-dimensional networks end."""
    x = draw.tensor("x", (1, int(draw.rng.integers(2, 40)), 7))
    y = draw.tensor("y", (1, 7))
    builder = Builder()
    builder.add("MEAN", [x, constant("axis", numpy.array(1, numpy.int32))], [y], 2, "ReducerOptions", keepDims=False)
    return finish(builder, draw, x, y)


def function(draw, op, version=2, options=None, fixed=None, **fields):
    x = draw.tensor("x", (1, 16, 16, 1), draw.scale(0.01, 0.2))
    y = draw.tensor("y", x.shape, draw.scale(0.02, 0.1)) if fixed is None else draw.tensor(
        "y", x.shape, fixed[0], fixed[1] + draw.offset)
    builder = Builder()
    builder.add(op, [x], [y], version, options, **fields)
    values = (numpy.arange(-128, 128) + draw.offset).astype(draw.kind).reshape(x.shape)
    return Case(builder.finish([x], [y]), values)


def relu(draw):
    return function(draw, "RELU")


def relu6(draw):
    return function(draw, "RELU6")


def relu_n1_to_1(draw):
    return function(draw, "RELU_N1_TO_1", 1)


def logistic(draw):
    return function(draw, "LOGISTIC", fixed=(1 / 256, -128))


def tanh(draw):
    return function(draw, "TANH", fixed=(1 / 128, 0))


def hard_swish(draw):
    return function(draw, "HARD_SWISH", 1, "HardSwishOptions")


def leaky_relu(draw):
    return function(draw, "LEAKY_RELU", 2, "LeakyReluOptions", alpha=draw.scale(0.01, 0.4))


def change_of_scale(draw):
    return function(draw, "QUANTIZE", 2, "QuantizeOptions")


def softmax(draw):
    """Behind a fully connected layer, as the network's last operator."""
    x = draw.tensor("x", (1, 20))
    w = draw.weights((11, 20), 0, per_channel=False)
    logits = draw.sums("logits", (1, 11), x, w, 20)
    y = draw.tensor("y", (1, 11), 1 / 256, -128 + draw.offset)
    builder = Builder()
    builder.add("FULLY_CONNECTED", [x, w, draw.bias(11, x, w)], [logits], 4, "FullyConnectedOptions")
    builder.add("SOFTMAX", [logits], [y], 2, "SoftmaxOptions", beta=1.0)
    return finish(builder, draw, x, y)


def float_borders(draw):
    """QUANTIZE and DEQUANTIZE around a convolution; inputs on and between the halves of a step."""
    real = Tensor("real", (1, 6, 6, 2), "float32")
    x = draw.tensor("x", real.shape)
    w = draw.weights((4, 1, 1, 2), 0)
    y = draw.sums("y", (1, 6, 6, 4), x, w, 2)
    out = Tensor("out", y.shape, "float32")
    builder = Builder()
    builder.add("QUANTIZE", [real], [x], 2, "QuantizeOptions")
    builder.add("CONV_2D", [x, w, draw.bias(4, x, w)], [y], 3, "Conv2DOptions", padding=VALID, strideH=1, strideW=1,
                dilationHFactor=1, dilationWFactor=1)
    builder.add("DEQUANTIZE", [y], [out], 2, "DequantizeOptions")
    halves = draw.rng.integers(-300, 300, real.shape).astype(numpy.float32) / 2
    return Case(builder.finish([real], [out]), (halves * numpy.float32(x.scales[0])).astype(numpy.float32))


def classifier(draw, borders):
    """Two layers and a Softmax between borders of another type."""
    kind = "uint8" if borders == "other integers" and draw.kind == "int8" else draw.kind
    shift = 128 if kind != draw.kind else 0
    x = draw.tensor("x", (1, 3, 4, 5))
    w = draw.weights((9, 3, 4, 5), 0)
    logits = draw.sums("logits", (1, 1, 1, 9), x, w, 60)
    flat, shares = draw.like("flat", (1, 9), logits), draw.tensor("shares", (1, 9), 1 / 256, -128 + draw.offset)
    if borders == "floats":
        first, last = Tensor("first", x.shape, "float32"), Tensor("last", shares.shape, "float32")
    else:
        first, last = (Tensor(name, of.shape, kind, of.scales, (of.zero_points[0] + shift,))
                       for name, of in (("first", x), ("last", shares)))
    builder = Builder()
    builder.add("QUANTIZE", [first], [x], 2, "QuantizeOptions")
    builder.add("CONV_2D", [x, w, draw.bias(9, x, w)], [logits], 3, "Conv2DOptions", padding=VALID, strideH=1, strideW=1,
                dilationHFactor=1, dilationWFactor=1)
    builder.add("RESHAPE", [logits, constant("shape", numpy.array([1, 9], numpy.int32))], [flat], 1, "ReshapeOptions",
                newShape=[1, 9])
    builder.add("SOFTMAX", [flat], [shares], 2, "SoftmaxOptions", beta=1.0)
    if borders == "floats":
        builder.add("DEQUANTIZE", [shares], [last], 2, "DequantizeOptions")
        values = draw.rng.uniform(-100, 100, x.shape) * x.scales[0]
        return Case(builder.finish([first], [last]), values.astype(numpy.float32))
    builder.add("QUANTIZE", [shares], [last], 2, "QuantizeOptions")
    return Case(builder.finish([first], [last]), draw.rng.integers(0, 256, x.shape).astype(numpy.uint8))


def classifier_of_floats(draw):
    return classifier(draw, "floats")


def classifier_of_other_integers(draw):
    return classifier(draw, "other integers")


def channels_first(draw):
    """As exporters of other frameworks write: a TRANSPOSE behind the input and before the output."""
    x = draw.tensor("x", (1, 3, 6, 5))
    image = draw.like("image", (1, 6, 5, 3), x)
    w = draw.weights((4, 3, 3, 3), 0)
    made = draw.sums("made", (1, 6, 5, 4), x, w, 27)
    y = draw.like("y", (1, 4, 6, 5), made)
    builder = Builder()
    builder.add("TRANSPOSE", [x, constant("last", numpy.array([0, 2, 3, 1], numpy.int32))], [image], 2, "TransposeOptions")
    builder.add("CONV_2D", [image, w, draw.bias(4, x, w)], [made], 3, "Conv2DOptions", padding=SAME, strideH=1, strideW=1,
                dilationHFactor=1, dilationWFactor=1)
    builder.add("TRANSPOSE", [made, constant("first", numpy.array([0, 3, 1, 2], numpy.int32))], [y], 2, "TransposeOptions")
    return finish(builder, draw, x, y)


def upsampling_by_copies(draw):
    """As Keras repeats rows and columns: an axis more, copies along it, and one axis less."""
    height, width, channels = (int(draw.rng.integers(2, 5)) for _ in range(3))
    x = draw.tensor("x", (1, height, width, channels))
    w = draw.weights((4, 1, 1, channels), 0)
    a = draw.sums("a", (1, height, width, 4), x, w, channels)
    builder = Builder()
    builder.add("CONV_2D", [x, w, draw.bias(4, x, w)], [a], 4, "Conv2DOptions", padding=VALID, strideH=1, strideW=1,
                dilationHFactor=1, dilationWFactor=1)
    shape, axis = list(a.shape), 2
    for copies in draw.rng.integers(2, 4, 2).tolist():
        opened = draw.like(f"opened{axis}", (*shape[:axis], 1, *shape[axis:]), a)
        place = constant(f"place{axis}", numpy.array(axis, numpy.int32))
        builder.add("EXPAND_DIMS", [a, place], [opened], 1, "ExpandDimsOptions")
        many = [copies if i == axis else 1 for i in range(5)]
        tiled = draw.like(f"tiled{axis}", [n * m for n, m in zip(opened.shape, many)], a)
        builder.add("TILE", [opened, constant(f"copies{axis}", numpy.array(many, numpy.int32))], [tiled], 2, "TileOptions")
        shape[axis - 1] *= copies
        a = draw.like(f"closed{axis}", tuple(shape), a)
        sizes = constant(f"sizes{axis}", numpy.array(shape, numpy.int32))
        builder.add("RESHAPE", [tiled, sizes], [a], 1, "ReshapeOptions", newShape=shape)
        axis += 1
    v = draw.weights((3, 3, 3, 4), 0)
    v.name, other = "v", draw.bias(3, a, v)
    other.name = "v.bias"
    y = draw.sums("y", (*shape[:3], 3), a, v, 36)
    builder.add("CONV_2D", [a, v, other], [y], 4, "Conv2DOptions", padding=SAME, strideH=1, strideW=1, dilationHFactor=1,
                dilationWFactor=1)
    return finish(builder, draw, x, y)


def channel_shuffle(draw):
    """Channels as two axes, which change places, between two convolutions; on five axes."""
    groups, each = (int(draw.rng.integers(2, 4)) for _ in range(2))
    channels = groups * each
    x = draw.tensor("x", (1, 3, 4, channels))
    w = draw.weights((channels, 1, 1, channels), 0)
    a = draw.sums("a", x.shape, x, w, channels)
    plain = {"padding": SAME, "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    builder = Builder()
    builder.add("CONV_2D", [x, w, draw.bias(channels, x, w)], [a], 4, "Conv2DOptions", **plain)
    apart, turned = draw.like("apart", (1, 3, 4, groups, each), a), draw.like("turned", (1, 3, 4, each, groups), a)
    together = draw.like("together", x.shape, a)
    for before, after in ((a, apart), (turned, together)):
        sizes = constant(f"sizes of {after.name}", numpy.array(after.shape, numpy.int32))
        if after is together:
            order = constant("order", numpy.array([0, 1, 2, 4, 3], numpy.int32))
            builder.add("TRANSPOSE", [apart, order], [turned], 2, "TransposeOptions")
        builder.add("RESHAPE", [before, sizes], [after], 1, "ReshapeOptions", newShape=list(after.shape))
    v = draw.weights((3, 3, 3, channels), 0)
    v.name, other = "v", draw.bias(3, together, v)
    other.name = "v.bias"
    y = draw.sums("y", (1, 3, 4, 3), together, v, 9 * channels)
    builder.add("CONV_2D", [together, v, other], [y], 4, "Conv2DOptions", **plain)
    return finish(builder, draw, x, y)


def with_constant(draw, op, options, shape, first=False, **fields):
    """An image and a constant: one number, one for each channel, or an image. One number meets all 8-bit integers."""
    x = draw.tensor("x", (1, 16, 16, 1) if shape == (1, 1, 1, 1) else (1, 5, 4, 6))
    other = constant("c", draw.values(shape), (draw.scale(),), (draw.zero(),))
    width = 16384 if draw.kind == "int16" else 64
    full = x.scales[0] * other.scales[0] * width if op == "MUL" else max(x.scales[0], other.scales[0])
    y = draw.tensor("y", x.shape, float(numpy.float32(full * draw.rng.uniform(0.7, 2))))
    builder = Builder()
    builder.add(op, [other, x] if first else [x, other], [y], 2, options, fusedActivationFunction=draw.activation(), **fields)
    values = draw.values(x.shape)
    if shape == (1, 1, 1, 1) and draw.kind != "int16":
        values = (numpy.arange(-128, 128) + draw.offset).astype(draw.kind).reshape(x.shape)
    return Case(builder.finish([x], [y]), values)


def times_a_number(draw):
    return with_constant(draw, "MUL", "MulOptions", (1, 1, 1, 1))


def plus_a_number(draw):
    return with_constant(draw, "ADD", "AddOptions", (1, 1, 1, 1), potScaleInt16=False)


def minus_a_number(draw):
    return with_constant(draw, "SUB", "SubOptions", (1, 1, 1, 1), potScaleInt16=False)


def a_number_minus(draw):
    return with_constant(draw, "SUB", "SubOptions", (1, 1, 1, 1), first=True, potScaleInt16=False)


def times_constants(draw):
    return with_constant(draw, "MUL", "MulOptions", (1, 1, 1, 6))


def plus_an_image(draw):
    return with_constant(draw, "ADD", "AddOptions", (1, 5, 4, 6), potScaleInt16=False)


WITH_CONSTANTS = (times_a_number, plus_a_number, minus_a_number, a_number_minus, times_constants, plus_an_image)


def shape_of_a_transposed_convolution(draw):
    """As Keras writes it: the batch of the output's shape is that of the input."""
    size, channels = int(draw.rng.integers(3, 7)), int(draw.rng.integers(2, 5))
    x = draw.tensor("x", (1, size, size, channels))
    w = draw.weights((3, 2, 2, channels), 0)
    y = draw.sums("y", (1, 2 * size, 2 * size, 3), x, w, channels)
    shape, batch = Tensor("shape", (4,), "int32"), Tensor("batch", (), "int32")
    wanted = Tensor("wanted", (4,), "int32")
    first, second = (constant(name, numpy.array([at], numpy.int32)) for name, at in (("first", 0), ("second", 1)))
    side, filters = (constant(name, numpy.array(n, numpy.int32)) for name, n in (("side", 2 * size), ("filters", 3)))
    builder = Builder()
    builder.add("SHAPE", [x], [shape], 1, "ShapeOptions", outType=TYPES["int32"])
    builder.add("STRIDED_SLICE", [shape, first, second, second], [batch], 1, "StridedSliceOptions", shrinkAxisMask=1)
    builder.add("PACK", [batch, side, side, filters], [wanted], 1, "PackOptions", valuesCount=4, axis=0)
    builder.add("TRANSPOSE_CONV", [wanted, w, x, draw.bias(3, x, w)], [y], 3, "TransposeConvOptions", padding=VALID,
                strideH=2, strideW=2)
    return finish(builder, draw, x, y)


ALL = (convolution, depthwise_convolution, fully_connected, flattened_image, average_pool, max_pool, add, every_sum,
       concatenation, pad, pad_before_convolution, mean, mean_of_length,
       shape_of_a_transposed_convolution, relu, relu6, relu_n1_to_1, logistic, tanh, hard_swish, leaky_relu,
       change_of_scale, softmax, float_borders, classifier_of_floats,
       classifier_of_other_integers, channels_first, upsampling_by_copies,
       channel_shuffle, *WITH_CONSTANTS)
