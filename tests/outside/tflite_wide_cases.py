# SPDX-License-Identifier: Apache-2.0
"""Drawn TFLite files of 16-bit activations and 8-bit weights (16 x 8), for comparisons of their integers."""
import numpy

import tflite_cases
from tflite_cases import SAME, VALID, Case, Draw, finish
from tflite_files import TYPES, Builder, Tensor, constant

LOWEST, END = -32768, 32768


class WideDraw(Draw):
    """Random tensors of INT16, all with zero point 0, weights of INT8 and biases of INT64."""

    def __init__(self, seed):
        super().__init__(seed, "int16")

    def scale(self, low=0.01, high=0.1):
        return float(numpy.float32(super().scale(low, high) / 64))

    def zero(self):
        return 0

    def values(self, shape):
        return self.rng.integers(LOWEST, END, shape).astype(numpy.int16)

    def sums(self, name, shape, x, w, terms):
        spread = 18900 * 74 * float(numpy.sqrt(terms)) * x.scales[0] * w.scales[0]
        return self.tensor(name, shape, float(numpy.float32(spread / 12800 * self.rng.uniform(0.5, 1.5))))

    def bias(self, count, x, w):
        scales = [float(numpy.float32(x.scales[0]) * numpy.float32(scale)) for scale in w.scales]
        values = self.rng.integers(-2000000, 2000000, count).astype(numpy.int64)
        return constant("b", values, scales, [0] * len(scales))


def table(draw, op, options=None, scales=None, **fields):
    """A function of one element, on all 65536 integers."""
    x_scale, y_scale = scales or (draw.scale(0.01, 0.2), draw.scale(0.02, 0.1))
    x = draw.tensor("x", (1, 256, 256, 1), x_scale)
    y = draw.tensor("y", x.shape, y_scale)
    builder = Builder()
    builder.add(op, [x], [y], 2, options, **fields)
    values = numpy.arange(LOWEST, END).astype(numpy.int16).reshape(x.shape)
    return Case(builder.finish([x], [y]), values)


def relu(draw):
    return table(draw, "RELU")


def relu6(draw):
    return table(draw, "RELU6")


def leaky_relu(draw):
    return table(draw, "LEAKY_RELU", "LeakyReluOptions", alpha=draw.scale(0.01, 0.4))


def sigmoid(draw, op):
    """Scales of all sizes, and the two powers of two that the kernels treat apart."""
    kind = int(draw.rng.integers(4))
    x_scale = 2.0**-12 if kind == 0 else 2.0**-11 if kind == 1 else float(numpy.float32(10 ** draw.rng.uniform(-5, 0)))
    return table(draw, op, scales=(x_scale, 2.0**-15))


def logistic(draw):
    return sigmoid(draw, "LOGISTIC")


def tanh(draw):
    return sigmoid(draw, "TANH")


def change_of_scale(draw):
    return table(draw, "QUANTIZE", "QuantizeOptions")


def two_parts(draw, op, options, **fields):
    """Sum, difference or product of an image and a convolution of it."""
    shape = (1, 20, 21, 6)
    x = draw.tensor("x", shape)
    w = draw.weights((6, 1, 1, 6), 0)
    a = draw.sums("a", shape, x, w, 6)
    widest = max(x.scales[0], a.scales[0])
    full = x.scales[0] * a.scales[0] * 16384 if op == "MUL" else widest
    y = draw.tensor("y", shape, float(numpy.float32(full * draw.rng.uniform(0.7, 2))))
    builder = Builder()
    builder.add("CONV_2D", [x, w, draw.bias(6, x, w)], [a], 4, "Conv2DOptions", padding=VALID, strideH=1, strideW=1,
                dilationHFactor=1, dilationWFactor=1)
    builder.add(op, [x, a], [y], 2, options, fusedActivationFunction=draw.activation(), **fields)
    return finish(builder, draw, x, y)


def add(draw):
    return two_parts(draw, "ADD", "AddOptions", potScaleInt16=False)


def subtract(draw):
    return two_parts(draw, "SUB", "SubOptions", potScaleInt16=False)


def multiply(draw):
    return two_parts(draw, "MUL", "MulOptions")


def transposed_convolution(draw):
    x = draw.tensor("x", (1, 6, 5, 4))
    w = draw.weights((3, 3, 2, 4), 0)
    y = draw.sums("y", (1, 12, 10, 3), x, w, 8)
    shape = constant("shape", numpy.array(y.shape, numpy.int32))
    builder = Builder()
    builder.add("TRANSPOSE_CONV", [shape, w, x, draw.bias(3, x, w)], [y], 3, "TransposeConvOptions", padding=SAME, strideH=2,
                strideW=2)
    return finish(builder, draw, x, y)


def wide_bias(draw):
    """Biases and sums beyond 32 bits: every input is at most a pixel of a large bright plane."""
    x = draw.tensor("x", (1, 3, 40, 64))
    w = draw.weights((5, 3, 3, 64), 0)
    scales = [x.scales[0] * scale for scale in w.scales]
    b = constant("b", draw.rng.integers(-3 * 2**32, 3 * 2**32, 5).astype(numpy.int64), scales, [0] * 5)
    y = draw.tensor("y", (1, 1, 38, 5), float(numpy.float32(2**33 / 25000 * max(scales))))
    builder = Builder()
    builder.add("CONV_2D", [x, w, b], [y], 4, "Conv2DOptions", padding=VALID, strideH=1, strideW=1, dilationHFactor=1,
                dilationWFactor=1)
    return finish(builder, draw, x, y)


def network(draw, fully_connected=False):
    """What a small image network has: float borders, convolutions, a residual sum, pools, a mean."""
    real = Tensor("real", (1, 12, 12, 3), "float32")
    x = draw.tensor("x", real.shape)
    builder = Builder()
    builder.add("QUANTIZE", [real], [x], 2, "QuantizeOptions")
    w = draw.weights((8, 3, 3, 3), 0)
    a = draw.sums("a", (1, 12, 12, 8), x, w, 27)
    plain = {"padding": SAME, "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    builder.add("CONV_2D", [x, w, draw.bias(8, x, w)], [a], 4, "Conv2DOptions", fusedActivationFunction=1, **plain)
    d = draw.weights((1, 3, 3, 8), 3)
    d.name, other = "d", draw.bias(8, a, d)
    other.name = "d.bias"
    deep = draw.sums("deep", a.shape, a, d, 9)
    builder.add("DEPTHWISE_CONV_2D", [a, d, other], [deep], 5, "DepthwiseConv2DOptions", depthMultiplier=1, **plain)
    total = draw.tensor("total", a.shape, float(numpy.float32(max(a.scales[0], deep.scales[0]) * 1.3)))
    builder.add("ADD", [a, deep], [total], 2, "AddOptions", fusedActivationFunction=1, potScaleInt16=False)
    pooled, largest = draw.like("pooled", (1, 6, 6, 8), total), draw.like("largest", (1, 6, 6, 8), total)
    window = {"padding": VALID, "strideH": 2, "strideW": 2, "filterHeight": 2, "filterWidth": 2}
    builder.add("AVERAGE_POOL_2D", [total], [pooled], 3, "Pool2DOptions", **window)
    builder.add("MAX_POOL_2D", [total], [largest], 3, "Pool2DOptions", **window)
    both = draw.like("both", (1, 6, 6, 16), total)
    builder.add("CONCATENATION", [pooled, largest], [both], 3, "ConcatenationOptions", axis=3)
    last = draw.tensor("last", (1, 16), float(numpy.float32(total.scales[0] * 0.6)))
    builder.add("MEAN", [both, constant("axes", numpy.array([1, 2], numpy.int32))], [last], 2, "ReducerOptions",
                keepDims=False)
    if fully_connected:
        m = draw.weights((5, 16), 0)
        m.name, more = "m", draw.bias(5, last, m)
        more.name = "m.bias"
        scores = draw.sums("scores", (1, 5), last, m, 16)
        builder.add("FULLY_CONNECTED", [last, m, more], [scores], 11, "FullyConnectedOptions")
        last = scores
    out = Tensor("out", last.shape, "float32")
    builder.add("DEQUANTIZE", [last], [out], 3, "DequantizeOptions")
    halves = draw.rng.integers(-60000, 60000, real.shape).astype(numpy.float32) / 2
    return Case(builder.finish([real], [out]), (halves * numpy.float32(x.scales[0])).astype(numpy.float32))


def narrow_bias(draw):
    """Of 32 bits, beside which the kernel rounds twice."""
    x = draw.tensor("x", (1, 9, 8, 5))
    w = draw.weights((6, 3, 3, 5), 0)
    b = draw.bias(6, x, w)
    b.type, b.values = "int32", b.values.astype(numpy.int32)
    y = draw.sums("y", (1, 9, 8, 6), x, w, 45)
    builder = Builder()
    builder.add("CONV_2D", [x, w, b], [y], 4, "Conv2DOptions", padding=SAME, strideH=1, strideW=1, dilationHFactor=1,
                dilationWFactor=1, quantizedBiasType=TYPES["int32"], fusedActivationFunction=draw.activation())
    return finish(builder, draw, x, y)


def narrow_bias_of_a_product(draw):
    features = int(draw.rng.integers(8, 40))
    x = draw.tensor("x", (1, features))
    w = draw.weights((7, features), 0)
    b = draw.bias(7, x, w)
    b.type, b.values = "int32", b.values.astype(numpy.int32)
    y = draw.sums("y", (1, 7), x, w, features)
    builder = Builder()
    builder.add("FULLY_CONNECTED", [x, w, b], [y], 11, "FullyConnectedOptions", quantizedBiasType=TYPES["int32"])
    return finish(builder, draw, x, y)


def softmax(draw):
    """Behind a convolution that leaves one pixel, as the network's last operator; steps of all sizes."""
    channels = int(draw.rng.integers(2, 400))
    x = draw.tensor("x", (1, 1, 1, 8))
    w = draw.weights((channels, 1, 1, 8), 0)
    logits = draw.sums("logits", (1, 1, 1, channels), x, w, 8)
    logits.scales = (float(numpy.float32(logits.scales[0] * 4.0 ** int(draw.rng.integers(0, 4)))),)
    flat = draw.like("flat", (1, channels), logits)
    shares = draw.tensor("shares", (1, channels), 1 / 32768)
    builder = Builder()
    builder.add("CONV_2D", [x, w, draw.bias(channels, x, w)], [logits], 4, "Conv2DOptions", padding=VALID, strideH=1,
                strideW=1, dilationHFactor=1, dilationWFactor=1)
    builder.add("RESHAPE", [logits, constant("shape", numpy.array(flat.shape, numpy.int32))], [flat], 1, "ReshapeOptions",
                newShape=list(flat.shape))
    builder.add("SOFTMAX", [flat], [shares], 2, "SoftmaxOptions", beta=1.0)
    return finish(builder, draw, x, shares)


def classifier(draw):
    return network(draw, fully_connected=True)


COMMON = (tflite_cases.convolution, tflite_cases.depthwise_convolution, tflite_cases.average_pool, tflite_cases.max_pool,
          tflite_cases.concatenation, tflite_cases.pad, tflite_cases.pad_before_convolution, tflite_cases.mean,
          tflite_cases.mean_of_length, tflite_cases.channels_first, tflite_cases.upsampling_by_copies,
          tflite_cases.channel_shuffle, *tflite_cases.WITH_CONSTANTS, transposed_convolution, add, subtract, multiply, relu,
          relu6, leaky_relu, logistic, tanh, change_of_scale, wide_bias, narrow_bias, softmax, network)
"""Whose integers both presets share."""
IN_DOUBLE = (tflite_cases.fully_connected, tflite_cases.flattened_image, narrow_bias_of_a_product, classifier)
"""With fully connected layers, which LiteRT computes in float64."""
