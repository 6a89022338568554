# SPDX-License-Identifier: Apache-2.0
"""Small quantized networks as plain data, drawn at random, from which the tests make ONNX and TFLite files.

All tensors are int8 or uint8, [1, c, h, w]. The integers of weights and biases are kept, not their real values: every
file made of a network carries the same integers.
"""
import dataclasses

import numpy


@dataclasses.dataclass
class Tensor:
    """real = scale * (stored - zero_point), stored in the range of `kind`; shape [c, h, w]."""

    name: str
    shape: tuple
    scale: numpy.float32
    zero_point: int
    kind: type = numpy.int8

    @property
    def low(self):
        return numpy.iinfo(self.kind).min

    @property
    def high(self):
        return numpy.iinfo(self.kind).max


@dataclasses.dataclass
class Layer:
    """op: conv, dense, add, average, global_average, max. `weights` is [o, i / groups, kh, kw] and [o, i] for dense.

    pads: top, left, bottom, right. `scales` are the weights' scales: one, or one an output channel. `relu` needs an
    output whose zero point is the lowest stored value, where clamping at 0 and saturating are the same.
    """

    op: str
    inputs: list
    output: Tensor
    weights: numpy.ndarray = None
    scales: numpy.ndarray = None
    bias: numpy.ndarray = None
    kernel: tuple = (1, 1)
    strides: tuple = (1, 1)
    pads: tuple = (0, 0, 0, 0)
    groups: int = 1
    relu: bool = False


@dataclasses.dataclass
class Network:
    input: Tensor
    layers: list

    def stored_input(self, generator, images):
        """Random stored values of `images` inputs, the extreme ones among them."""
        shape = (images, *self.input.shape)
        return generator.integers(self.input.low, self.input.high + 1, size=shape).astype(self.input.kind)

    def real_input(self, stored):
        return (stored.astype(numpy.float32) - numpy.float32(self.input.zero_point)) * self.input.scale


class Draw:
    """Draws tensors and layers one after another; every random choice comes from the seed."""

    def __init__(self, seed, kind=numpy.int8, weight_limit=127):
        self.generator = numpy.random.default_rng(seed)
        self.kind = kind
        self.weight_limit = weight_limit
        self.layers = []
        self.input = None

    def scale(self, low, high):
        return numpy.float32(numpy.exp(self.generator.uniform(numpy.log(low), numpy.log(high))))

    def zero_point(self, margin=0):
        """Any stored value but the outer `margin` ones at each end."""
        low, high = numpy.iinfo(self.kind).min, numpy.iinfo(self.kind).max
        return int(self.generator.integers(low + margin, high + 1 - margin))

    def start(self, channels, height, width):
        self.input = Tensor("input", (channels, height, width), self.scale(0.01, 0.1), self.zero_point(), self.kind)
        return self.input

    def weighted(self, op, source, weights_shape, shape, per_channel, relu, **geometry):
        """A layer with weights; the output's scale lets its values spread over the stored range and beyond its ends."""
        outputs = weights_shape[0]
        weights = self.generator.integers(-self.weight_limit, self.weight_limit + 1, size=weights_shape)
        count = outputs if per_channel else 1
        scales = numpy.array([self.scale(0.002, 0.02) for _ in range(count)], dtype=numpy.float32)
        bias = self.generator.integers(-3000, 3001, size=outputs).astype(numpy.int32)
        # Deviations in steps: of weights 73, of the input with its mean about 100, of what follows about 45.
        steps = 100 if source is self.input else 45
        spread = steps * source.scale * 73 * numpy.sqrt(numpy.mean(scales**2) * numpy.prod(weights_shape[1:]))
        zero_point = numpy.iinfo(self.kind).min if relu else self.zero_point(margin=64)
        output = Tensor(f"t{len(self.layers)}", shape, numpy.float32(spread / 45), zero_point, self.kind)
        layer = Layer(
            op, [source], output, weights.astype(numpy.int8), scales, bias, relu=relu, **geometry
        )
        self.layers.append(layer)
        return output

    def conv(self, source, outputs, kernel, strides=(1, 1), pads=(0, 0, 0, 0), groups=1, per_channel=True, relu=False):
        channels, height, width = source.shape
        shape = (
            outputs,
            (height + pads[0] + pads[2] - kernel[0]) // strides[0] + 1,
            (width + pads[1] + pads[3] - kernel[1]) // strides[1] + 1,
        )
        return self.weighted(
            "conv",
            source,
            (outputs, channels // groups, *kernel),
            shape,
            per_channel,
            relu,
            kernel=kernel,
            strides=strides,
            pads=pads,
            groups=groups,
        )

    def dense(self, source, outputs, per_channel=False, relu=False):
        features = int(numpy.prod(source.shape))
        return self.weighted("dense", source, (outputs, features), (outputs, 1, 1), per_channel, relu)

    def plain(self, op, sources, shape, scale, zero_point, **geometry):
        output = Tensor(f"t{len(self.layers)}", shape, scale, zero_point, self.kind)
        self.layers.append(Layer(op, sources, output, **geometry))
        return output

    def add(self, a, b):
        scale = numpy.float32(max(a.scale, b.scale) * self.generator.uniform(0.6, 1.8))
        return self.plain("add", [a, b], a.shape, scale, self.zero_point())

    def pool(self, op, source, kernel, strides, same_scale=True):
        channels, height, width = source.shape
        shape = (channels, (height - kernel[0]) // strides[0] + 1, (width - kernel[1]) // strides[1] + 1)
        scale = source.scale if same_scale else numpy.float32(source.scale * self.generator.uniform(0.4, 1.2))
        zero_point = source.zero_point if same_scale else self.zero_point()
        return self.plain(op, [source], shape, scale, zero_point, kernel=kernel, strides=strides)

    def network(self):
        return Network(self.input, self.layers)


def chain(seed, kind=numpy.int8, weight_limit=127, biased_dense=True):
    """Convolutions of every form, maximum pooling and fully connected layers."""
    draw = Draw(seed, kind, weight_limit)
    channels = int(draw.generator.integers(1, 6))
    x = draw.start(channels, int(draw.generator.integers(9, 15)), int(draw.generator.integers(9, 15)))
    a = draw.conv(x, 12, (3, 3), pads=(1, 1, 1, 1), relu=bool(draw.generator.integers(2)))
    b = draw.conv(a, 12, (3, 3), pads=(1, 1, 1, 1), groups=12)
    c = draw.conv(b, int(draw.generator.integers(3, 20)), (1, 1), per_channel=False)
    d = draw.conv(c, 10, (3, 2), strides=(2, 2), pads=(1, 0, 0, 1), relu=True)
    e = draw.pool("max", d, (2, 2), (1, 1))
    f = draw.dense(e, int(draw.generator.integers(2, 30)), relu=bool(draw.generator.integers(2)))
    draw.dense(f, 10)
    if not biased_dense:
        for layer in draw.layers[-2:]:
            layer.bias[:] = 0
    return draw.network()


def residual(seed, kind=numpy.int8, weight_limit=127):
    """Two branches of the same input, added; the sum comes last, so that nothing is computed from it."""
    draw = Draw(seed, kind, weight_limit)
    x = draw.start(4, 8, 7)
    a = draw.conv(x, 9, (3, 3), pads=(1, 1, 1, 1))
    b = draw.conv(x, 9, (1, 1), relu=True)
    draw.add(a, b)
    return draw.network()


def averages(seed, kind=numpy.int8, weight_limit=127, same_scale=True):
    """A convolution averaged over windows, and over the plane; of equal or of other scales."""
    draw = Draw(seed, kind, weight_limit)
    a = draw.conv(draw.start(3, 9, 10), 7, (3, 3), pads=(1, 1, 1, 1))
    draw.pool("average", a, (2, 3), (2, 1), same_scale)
    draw.pool("global_average", a, a.shape[1:], (1, 1), same_scale)
    return draw.network()


def tflite_chain(seed):
    """Convolutions as in chain(), in forms that TFLite has: padding that is SAME or none, groups of one channel."""
    draw = Draw(seed)
    x = draw.start(3, 11, 10)
    a = draw.conv(x, 12, (3, 3), pads=(1, 1, 1, 1), relu=True)
    b = draw.conv(a, 12, (3, 3), pads=(1, 1, 1, 1), groups=12)
    c = draw.conv(b, int(draw.generator.integers(3, 20)), (1, 1), per_channel=False)
    d = draw.conv(c, 10, (3, 2), strides=(2, 2), relu=True)
    draw.pool("max", d, (2, 2), (1, 1))
    return draw.network()


def dense(seed):
    """A wide fully connected layer on an image, and one on its result."""
    draw = Draw(seed)
    a = draw.dense(draw.start(3, 4, 5), 400, relu=True)
    draw.dense(a, 300)
    return draw.network()
