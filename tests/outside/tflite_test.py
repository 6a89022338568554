# SPDX-License-Identifier: Apache-2.0
"""LiteRT against systoliq on the same TFLite files: every operator, int8 and uint8, equal to the integer.

Presets tflite_ref and tflite_single meet the reference kernels (whose fully connected layer rounds once), xnn_fp32 meets
LiteRT as it comes, with XNNPACK.
"""
import json
import pathlib
import tempfile
import unittest

import numpy
from ai_edge_litert import interpreter as litert

import litert_writer
import networks
import program
import tflite_cases

SEEDS = 4
REFERENCE = litert.OpResolverType.BUILTIN_REF
XNNPACK = litert.OpResolverType.AUTO
ONCE = {"fully_connected", "flattened_image", "softmax"}  # what LiteRT's reference kernels round once
# Means are refused where ties decide; XNNPACK leaves operators with a computed shape to kernels of another rounding.
NOT_BY_XNNPACK = {"mean", "mean_of_length", "shape_of_a_transposed_convolution"}
ONLY_INT8 = {"hard_swish", "leaky_relu", "mean", "mean_of_length", "shape_of_a_transposed_convolution",
             "classifier_of_other_integers"}


def by_litert(case, resolver):
    machine = litert.Interpreter(model_content=case.content, experimental_op_resolver_type=resolver)
    machine.allocate_tensors()
    machine.set_tensor(machine.get_input_details()[0]["index"], case.inputs)
    machine.invoke()
    return machine.get_tensor(machine.get_output_details()[0]["index"])


def by_systoliq(folder, case, preset, *arguments):
    folder = pathlib.Path(folder)
    (folder / "net.tflite").write_bytes(case.content)
    numpy.save(folder / "in.npy", case.inputs)
    program.call("run", folder / "net.tflite", "--input", folder / "in.npy", "--preset", preset, "--output", folder / "out",
                 *arguments)
    names = json.loads((folder / "out" / "names.json").read_text(encoding="utf-8"))
    files = next(iter(names.values()))
    return numpy.load(folder / "out" / next(file for file in files if not file.endswith(".int.npy")))


class Tflite(unittest.TestCase):
    def compare(self, draw_case, kind, preset, resolver):
        varies = False
        for seed in range(SEEDS):
            with self.subTest(case=draw_case.__name__, kind=kind, preset=preset, seed=seed):
                case = draw_case(tflite_cases.Draw(seed, kind))
                with tempfile.TemporaryDirectory() as folder:
                    ours = by_systoliq(folder, case, preset)
                theirs = by_litert(case, resolver)
                self.assertEqual(ours.dtype, theirs.dtype)
                self.assertEqual(ours.shape, theirs.shape)
                self.assertEqual(int(numpy.count_nonzero(ours != theirs)), 0)
                varies = varies or len(numpy.unique(theirs)) > 2
        self.assertTrue(varies, f"{draw_case.__name__} hardly varies")

    def kinds(self, draw_case):
        return ("int8",) if draw_case.__name__ in ONLY_INT8 else ("int8", "uint8")

    def test_reference_kernels(self):
        for draw_case in tflite_cases.ALL:
            for kind in self.kinds(draw_case):
                preset = "tflite_single" if draw_case.__name__ in ONCE else "tflite_ref"
                self.compare(draw_case, kind, preset, REFERENCE)

    def test_xnnpack(self):
        for draw_case in tflite_cases.ALL:
            if draw_case.__name__ in NOT_BY_XNNPACK:
                continue
            for kind in self.kinds(draw_case):
                self.compare(draw_case, kind, "xnn_fp32", XNNPACK)

    def differing(self, network, seed, preset, resolver):
        """The number of integers that differ in all layers of a network, each an output of the file."""
        content = litert_writer.to_tflite(network)
        stored = network.stored_input(numpy.random.default_rng(seed), 1)
        image = litert_writer.nhwc(stored)
        machine = litert.Interpreter(model_content=content, experimental_op_resolver_type=resolver)
        machine.allocate_tensors()
        machine.set_tensor(machine.get_input_details()[0]["index"], image)
        machine.invoke()
        count = 0
        with tempfile.TemporaryDirectory() as folder:
            by_systoliq(folder, tflite_cases.Case(content, image), preset)
            out = pathlib.Path(folder) / "out"
            names = json.loads((out / "names.json").read_text(encoding="utf-8"))
            for output, layer in zip(machine.get_output_details(), network.layers):
                theirs = machine.get_tensor(output["index"])
                ours = numpy.load(out / next(file for file in names[layer.output.name] if not file.endswith(".int.npy")))
                self.assertEqual(ours.shape, theirs.shape)
                count += int(numpy.count_nonzero(ours != theirs))
        return count

    def test_drawn_networks(self):
        for draw in (networks.tflite_chain, networks.residual, networks.averages):
            for preset, resolver in (("tflite_ref", REFERENCE), ("xnn_fp32", XNNPACK)):
                with self.subTest(network=draw.__name__, preset=preset):
                    self.assertEqual(sum(self.differing(draw(seed), seed, preset, resolver) for seed in range(SEEDS)), 0)

    def test_presets_can_be_told_apart(self):
        cases = [tflite_cases.every_sum(tflite_cases.Draw(seed, "int8")) for seed in range(SEEDS)]
        for preset in ("tflite_ref", "ort_mlas"):
            with tempfile.TemporaryDirectory() as folder:
                total = sum(numpy.count_nonzero(by_systoliq(folder, case, preset) != by_litert(case, XNNPACK)) for case in cases)
            self.assertGreater(total, 0, f"{preset} cannot be told from xnn_fp32")
        for draw, preset, resolver in (
            (networks.residual, "tflite_ref", XNNPACK),
            (networks.tflite_chain, "tflite_single", REFERENCE),
        ):
            total = sum(self.differing(draw(seed), seed, preset, resolver) for seed in range(SEEDS))
            self.assertGreater(total, 0, f"{preset} cannot be told from the right one")

    def test_mean_of_xnnpack(self):
        """Equal to the integer, or refused where an odd zero point decides ties."""
        refused, draws = 0, 24
        for seed in range(draws):
            case = tflite_cases.mean(tflite_cases.Draw(seed, "int8"))
            with self.subTest(seed=seed), tempfile.TemporaryDirectory() as folder:
                try:
                    ours = by_systoliq(folder, case, "xnn_fp32")
                except RuntimeError as error:
                    self.assertRegex(str(error), "MEAN_0.*ties")
                    refused += 1
                    continue
                self.assertEqual(int(numpy.count_nonzero(ours != by_litert(case, XNNPACK))), 0)
        self.assertLess(refused, draws // 2)


if __name__ == "__main__":
    unittest.main()
