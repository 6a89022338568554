# SPDX-License-Identifier: Apache-2.0
"""LiteRT's reference kernels against systoliq on TFLite files of 16-bit activations and 8-bit weights, to the integer.

Preset litert_16x8 meets all of it. Preset tflite_16x8 differs in fully connected layers alone, which TensorFlow Lite
Micro multiplies by 15 bits and LiteRT by a float64.
"""
import pathlib
import tempfile
import unittest

import numpy

import tflite_wide_cases as cases
from tflite_test import REFERENCE, by_litert, by_systoliq

SEEDS = 4
MACHINE = """[datatypes]
activation_bits = 16
accumulator_bits = {accumulator}
[requant]
multiplier_bits = {multiplier}
"""
LONG_SUMS = {"wide_bias"}  # beyond 32 bits, which take multipliers of 16


def run(draw_case, seed, preset):
    """Integers or floats of both; LiteRT's second."""
    case = draw_case(cases.WideDraw(seed))
    long_sums = draw_case.__name__ in LONG_SUMS
    with tempfile.TemporaryDirectory() as folder:
        machine = pathlib.Path(folder) / "machine.toml"
        text = MACHINE.format(accumulator=48 if long_sums else 32, multiplier=16 if long_sums else 32)
        machine.write_text(text, encoding="utf-8")
        ours = by_systoliq(folder, case, preset, "--config", machine)
    return ours, by_litert(case, REFERENCE)


class WideTflite(unittest.TestCase):
    def expect_equal(self, draw_case, preset):
        varies = False
        for seed in range(SEEDS):
            with self.subTest(case=draw_case.__name__, preset=preset, seed=seed):
                ours, theirs = run(draw_case, seed, preset)
                self.assertEqual(ours.dtype, theirs.dtype)
                self.assertEqual(ours.shape, theirs.shape)
                self.assertEqual(int(numpy.count_nonzero(ours != theirs)), 0)
                varies = varies or len(numpy.unique(theirs)) > 4
        self.assertTrue(varies, f"{draw_case.__name__} hardly varies")

    def test_both_presets(self):
        for draw_case in cases.COMMON:
            for preset in ("tflite_16x8", "litert_16x8"):
                self.expect_equal(draw_case, preset)

    def test_fully_connected_layers_in_double(self):
        for draw_case in cases.IN_DOUBLE:
            self.expect_equal(draw_case, "litert_16x8")

    def test_fully_connected_layers_of_15_bits_differ(self):
        pairs = [run(cases.tflite_cases.fully_connected, seed, "tflite_16x8") for seed in range(SEEDS)]
        self.assertGreater(sum(numpy.count_nonzero(ours != theirs) for ours, theirs in pairs), 0)
        farthest = max(int(numpy.abs(ours.astype(int) - theirs).max()) for ours, theirs in pairs)
        self.assertLessEqual(farthest, 2)  # 15 bits of a multiplier, 15 of a result

    def test_refusals(self):
        case = cases.relu(cases.WideDraw(0))
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(RuntimeError, "16 bits.*activation_bits = 8; accepted: datatypes.activation_bits = 16"):
                by_systoliq(folder, case, "tflite_16x8")
            with self.assertRaisesRegex(RuntimeError, "activations of 16 bits.*accepted: tflite_16x8, litert_16x8"):
                by_systoliq(folder, case, "tflite_ref")


if __name__ == "__main__":
    unittest.main()
