# SPDX-License-Identifier: Apache-2.0
"""cocotb bench of systoliq_requantize: every preset, a vector a cycle, against docs/numerics.md in fractions.

Runs within the simulator, which cocotb_test.py starts.
"""
import fractions
import math
import random

import cocotb
import numpy
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

PRESETS = (
    "tflite_ref",
    "tflite_single",
    "ort_mlas",
    "floor",
    "half_up",
    "half_even",
    "half_away",
    "pot_floor",
    "pot_half_up",
)
RESULT_BITS = 34
VECTORS = 400


def floor(value):
    return math.floor(value)


def half_up(value):
    return math.floor(value + fractions.Fraction(1, 2))


def half_even(value):
    return round(value)


def half_away(value):
    return half_up(abs(value)) * (1 if value >= 0 else -1)


LAST = {"floor": floor, "half_even": half_even, "half_away": half_away, "pot_floor": floor}


def power(exponent):
    return fractions.Fraction(2) ** exponent


def requantize(preset, accumulator, multiplier, shift):
    """The table of docs/numerics.md, limited to the unit's result."""
    if preset == "tflite_ref":
        operand = (accumulator * 2 ** max(shift, 0) + 2**31) % 2**32 - 2**31
        high = half_up(fractions.Fraction(operand * multiplier, 2**31))
        exact = half_away(min(high, 2**31 - 1) / power(max(-shift, 0)))
    elif preset == "ort_mlas":
        factor = numpy.float32(multiplier) * numpy.float32(2.0**shift)
        exact = half_even(fractions.Fraction(float(numpy.float32(accumulator) * factor)))
    else:
        scale = power(shift) if preset.startswith("pot") else multiplier * power(shift - 31)
        exact = LAST.get(preset, half_up)(accumulator * scale)
    return max(-(2 ** (RESULT_BITS - 1)), min(2 ** (RESULT_BITS - 1) - 1, exact))


def vector(draw, preset):
    """Accumulator, multiplier, shift; ties and the ends of the ranges come often."""
    accumulator = draw.choice((draw.randrange(-(2**31), 2**31), draw.randrange(-5000, 5000), -(2**31), 2**31 - 1, 0))
    if preset == "ort_mlas":
        return accumulator, draw.randrange(2**23, 2**24), draw.randrange(-60, -20)
    if preset.startswith("pot"):
        return accumulator, 1, draw.randrange(-40, 3)
    return accumulator, draw.choice((2**30, draw.randrange(2**30, 2**31))), draw.randrange(-31, 3)


async def answer(dut):
    """The next result; the unit answers in order."""
    while True:
        await FallingEdge(dut.clk_i)
        if dut.valid_o.value == 1:
            return dut.result_o.value.to_signed()


async def check(dut, expected):
    for preset, words, result in expected:
        found = await answer(dut)
        assert found == result, f"{preset} of {words}: expected {result}, found {found}"


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def every_preset(dut):
    draw = random.Random(1)
    vectors = [(preset, vector(draw, preset)) for _ in range(VECTORS) for preset in PRESETS]
    expected = [(preset, words, requantize(preset, *words)) for preset, words in vectors]
    dut.rst_ni.value = 0
    dut.valid_i.value = 0
    Clock(dut.clk_i, 2, unit="ns").start()
    await FallingEdge(dut.clk_i)
    dut.rst_ni.value = 1
    checker = cocotb.start_soon(check(dut, expected))
    for preset, (accumulator, multiplier, shift) in vectors:
        await RisingEdge(dut.clk_i)
        dut.valid_i.value = 1
        dut.preset_i.value = PRESETS.index(preset)
        dut.accumulator_i.value = accumulator
        dut.multiplier_i.value = multiplier
        dut.shift_i.value = shift
    await RisingEdge(dut.clk_i)
    dut.valid_i.value = 0
    await checker
