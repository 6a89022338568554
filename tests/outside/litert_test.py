# SPDX-License-Identifier: Apache-2.0
"""LiteRT (TensorFlow Lite) against systoliq: the same integers as a TFLite and as an ONNX file.

Preset tflite_ref meets the reference kernels, but for their fully connected layer, which rounds once (tflite_single).
Preset ort_mlas meets XNNPACK, which requantizes convolutions and fully connected layers in floats.
"""
import tempfile
import unittest

import numpy
from ai_edge_litert import interpreter as litert

import litert_writer
import networks
import onnx_writer
import program

IMAGES = 2
SEEDS = 6
REFERENCE = litert.OpResolverType.BUILTIN_REF
XNNPACK = litert.OpResolverType.AUTO


def by_litert(network, stored, resolver):
    """Layer name -> integers [images, c, h, w] (fully connected: [images, c])."""
    machine = litert.Interpreter(model_content=litert_writer.to_tflite(network), experimental_op_resolver_type=resolver)
    machine.allocate_tensors()
    outputs = machine.get_output_details()
    runs = []
    for image in stored:
        machine.set_tensor(machine.get_input_details()[0]["index"], litert_writer.nhwc(image[None]))
        machine.invoke()
        runs.append([machine.get_tensor(output["index"]) for output in outputs])
    result = {}
    for i, layer in enumerate(network.layers):
        values = numpy.concatenate([run[i] for run in runs])
        result[layer.output.name] = values if values.ndim == 2 else numpy.transpose(values, (0, 3, 1, 2))
    return result


class LiteRt(unittest.TestCase):
    def differing(self, network, seed, preset, resolver):
        """The number of integers that differ, by layer."""
        stored = network.stored_input(numpy.random.default_rng(seed), IMAGES)
        expected = by_litert(network, stored, resolver)
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/net.onnx"
            onnx_writer.write_onnx(network, path, preset=preset)
            found = program.run(folder, path, network.real_input(stored))
        counts = {}
        for layer in network.layers:
            theirs = expected[layer.output.name]
            self.assertGreater(len(numpy.unique(theirs)), 2, f"{layer.output.name} hardly varies")
            ours = found[layer.output.name].reshape(theirs.shape)
            counts[layer.output.name] = int(numpy.count_nonzero(ours != theirs))
        return counts

    def expect_equal(self, draw, preset, resolver):
        for seed in range(SEEDS):
            with self.subTest(network=draw.__name__, seed=seed):
                counts = self.differing(draw(seed), seed, preset, resolver)
                self.assertEqual(sum(counts.values()), 0, counts)

    def expect_differences(self, draw, preset, resolver):
        total = sum(sum(self.differing(draw(seed), seed, preset, resolver).values()) for seed in range(SEEDS))
        self.assertGreater(total, 0, f"{preset} cannot be told from the right one")

    def test_reference_kernels(self):
        for draw in (networks.tflite_chain, networks.residual, networks.averages):
            self.expect_equal(draw, "tflite_ref", REFERENCE)
            self.expect_differences(draw, "tflite_single", REFERENCE)

    def test_reference_fully_connected(self):
        self.expect_equal(networks.dense, "tflite_single", REFERENCE)
        self.expect_differences(networks.dense, "tflite_ref", REFERENCE)

    def test_xnnpack(self):
        for draw in (networks.tflite_chain, networks.dense):
            self.expect_equal(draw, "ort_mlas", XNNPACK)
            self.expect_differences(draw, "tflite_ref", XNNPACK)


if __name__ == "__main__":
    unittest.main()
