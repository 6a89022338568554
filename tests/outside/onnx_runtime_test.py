# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime against systoliq, preset ort_mlas: the stored integers of every layer of the same file.

Convolutions, fully connected layers and maximum pooling are equal. ONNX Runtime averages, and on x86 adds, in floats,
whose rounding errors decide ties: there the two may differ by 1 (docs/numerics.md), and nowhere else. Preset ort_x86
adds as ONNX Runtime does there: every sum is equal.
"""
import pathlib
import shutil
import tempfile
import unittest

import numpy
import onnx
import onnxruntime

import networks
import onnx_writer
import program

IMAGES = 3
SEEDS = 4
FLOAT_ERROR = 1e-4  # of a sum or an average in steps of the output, at most 255 of them


def full_weights():
    """Whether the processor has VNNI; without it ONNX Runtime adds two 8-bit products in 16 bits, which saturate."""
    flags = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    return "avx512_vnni" in flags or "avx_vnni" in flags


def has_fused_multiply_add():
    flags = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    return " avx2" in flags and " fma" in flags


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def by_onnx_runtime(path, images):
    """Output name -> integers, images one by one as an accelerator takes them."""
    runtime = session(path)
    names = [output.name for output in runtime.get_outputs()]
    input_name = runtime.get_inputs()[0].name
    runs = [runtime.run(names, {input_name: image[None]}) for image in images]
    return {name: numpy.concatenate([run[i] for run in runs]) for i, name in enumerate(names)}


def exact_result(layer, operands):
    """What a sum or an average is before it is rounded, in steps of the output, without the zero point."""
    reals = [
        (stored.astype(float) - tensor.zero_point) * float(tensor.scale)
        for stored, tensor in zip(operands, layer.inputs)
    ]
    if layer.op == "add":
        return (reals[0] + reals[1]) / float(layer.output.scale)
    windows = numpy.lib.stride_tricks.sliding_window_view(reals[0], layer.kernel, axis=(2, 3))
    strided = windows[:, :, :: layer.strides[0], :: layer.strides[1]]
    return strided.mean(axis=(4, 5)) / float(layer.output.scale)


def wrong(layer, ours, theirs, operands):
    """How many integers differ that may not."""
    differs = ours != theirs
    if layer.op in ("add", "average", "global_average"):
        tie = numpy.abs(exact_result(layer, operands) % 1 - 0.5) < FLOAT_ERROR
        differs &= ~(tie & (numpy.abs(ours - theirs) == 1))
    return numpy.count_nonzero(differs)


class DrawnNetworks(unittest.TestCase):
    def compare_network(self, network, form, seed, preset="ort_mlas"):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/net.onnx"
            onnx_writer.write_onnx(network, path, form, preset)
            stored = {network.input.name: network.stored_input(numpy.random.default_rng(seed), IMAGES)}
            images = network.real_input(stored[network.input.name])
            expected = by_onnx_runtime(path, images)
            found = program.run(folder, path, images)
        for layer in network.layers:
            name = layer.output.name
            theirs = expected[f"{name}.stored"].astype(int)
            ours = found[name if form == "qdq" else f"{name}.stored"].astype(int).reshape(theirs.shape)
            with self.subTest(seed=seed, form=form, layer=name, op=layer.op):
                self.assertGreater(len(numpy.unique(theirs)), 2, "the outputs hardly vary")
                operands = [stored[tensor.name] for tensor in layer.inputs]
                exact = layer.op == "add" and preset == "ort_x86"
                count = numpy.count_nonzero(ours != theirs) if exact else wrong(layer, ours, theirs, operands)
                self.assertEqual(count, 0, f"of {theirs.size} integers")
            stored[name] = theirs
        return expected, found

    def compare_drawn(self, draw, form, **options):
        """Networks of both types and of weights of 7 bits, and of 8 where the processor lets ONNX Runtime be right."""
        for weight_limit in (63, 127) if full_weights() else (63,):
            for kind in (numpy.int8, numpy.uint8):
                for seed in range(SEEDS):
                    self.compare_network(draw(seed, kind, weight_limit, **options), form, seed)

    def test_qdq_networks(self):
        self.compare_drawn(networks.chain, "qdq")

    def test_qlinear_operators(self):
        self.compare_drawn(networks.chain, "qlinear", biased_dense=False)

    def test_residual_add(self):
        self.compare_drawn(networks.residual, "qdq")

    @unittest.skipUnless(has_fused_multiply_add(), "ONNX Runtime adds in another form without AVX2 and FMA")
    def test_residual_add_of_x86(self):
        for kind in (numpy.int8, numpy.uint8):
            for seed in range(SEEDS):
                self.compare_network(networks.residual(seed, kind, 63), "qdq", seed, preset="ort_x86")

    def test_average_pooling(self):
        for form in ("qdq", "qlinear"):
            for same_scale in (True, False):
                self.compare_drawn(networks.averages, form, same_scale=same_scale)

    def test_a_wrong_rounding_is_noticed(self):
        network = networks.chain(0)
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/net.onnx"
            onnx_writer.write_onnx(network, path, "qdq", preset="floor")
            images = network.real_input(network.stored_input(numpy.random.default_rng(0), 1))
            expected = by_onnx_runtime(path, images)
            found = program.run(folder, path, images)
        first = network.layers[0].output.name
        self.assertGreater(numpy.count_nonzero(found[first] != expected[f"{first}.stored"]), 0)


class ShippedNetworks(unittest.TestCase):
    """models/*.onnx as `systoliq quantize` writes them: every layer's integers, on noise in the range of the input."""

    def layers_of(self, path):
        """Layer name -> name of its stored integers, all of which become outputs of the file."""
        model = onnx.load(path)
        makers = {node.output[0]: node.name for node in model.graph.node}
        layers = {}
        for node in model.graph.node:
            if node.op_type == "QuantizeLinear" and node.input[0] in makers:
                layers[makers[node.input[0]]] = node.output[0]
                model.graph.output.append(onnx.ValueInfoProto(name=node.output[0]))
        onnx.save(model, path)
        dimensions = model.graph.input[0].type.tensor_type.shape.dim
        return layers, [dimension.dim_value for dimension in dimensions][1:]

    def compare_model(self, name, count, *options):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/{name}.q.onnx"
            program.call("quantize", name, "-o", path, "--preset", "ort_mlas", *options)
            found_in = f"{folder}/shown.onnx"
            shutil.copy(path, found_in)
            layers, shape = self.layers_of(found_in)
            self.assertEqual(len(layers), count)
            images = numpy.random.default_rng(1).random((IMAGES, *shape), dtype=numpy.float32)
            expected = by_onnx_runtime(found_in, images)
            found = program.run(folder, path, images)
        for layer, stored in layers.items():
            with self.subTest(network=name, options=options, layer=layer):
                theirs = expected[stored].astype(int)
                ours = found[layer].astype(int).reshape(theirs.shape)
                self.assertGreater(len(numpy.unique(theirs)), 3, "the outputs hardly vary")
                self.assertEqual(numpy.count_nonzero(ours != theirs), 0, f"of {theirs.size} integers")

    def test_models(self):
        for bits in ("7", "8") if full_weights() else ("7",):
            for options in ([], ["--per-tensor"], ["--unsigned-activations"]):
                self.compare_model("lenet5", 7, "--weight-bits", bits, *options)
                self.compare_model("fashion_mlp", 3, "--weight-bits", bits, *options)


if __name__ == "__main__":
    unittest.main()
