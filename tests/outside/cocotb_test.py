# SPDX-License-Identifier: Apache-2.0
"""The requantization unit under Icarus Verilog, driven by cocotb (requantize_bench.py), and with a planted fault.

Icarus 11 does not read the project's SystemVerilog: Yosys turns it into a netlist first.
"""
import os
import pathlib
import subprocess
import tempfile
import unittest

from cocotb_tools import runner

HERE = pathlib.Path(__file__).resolve().parent
RTL = pathlib.Path(os.environ["SYSTOLIQ_SOURCE_DIR"]) / "rtl_cosim/rtl"
TOP = "systoliq_requantize"
FILES = ("common/systoliq_isa_pkg", "common/systoliq_pkg", "post/systoliq_significand",
         "post/systoliq_rounding_shift", f"post/{TOP}")


def simulate(folder, change=("", "")):
    """Runs the bench on the unit, in whose text the first of `change` is replaced; returns (tests, failures)."""
    sources = []
    for file in FILES:
        text = (RTL / f"{file}.sv").read_text()
        if file.endswith(TOP):
            assert change[0] in text, f"{file}.sv has no {change[0]}"
            text = text.replace(*change, 1)
        sources.append(folder / pathlib.Path(f"{file}.sv").name)
        sources[-1].write_text(text)
    netlist = folder / f"{TOP}.v"
    script = f"read_verilog -sv -noassert {' '.join(map(str, sources))}; hierarchy -check -top {TOP}; proc; opt_clean; "
    subprocess.run(["yosys", "-q", "-p", f"{script} write_verilog -noattr {netlist}"], check=True, capture_output=True)
    simulator = runner.get_runner("icarus")
    options = {"hdl_toplevel": TOP, "build_dir": folder / "build"}
    simulator.build(sources=[netlist], timescale=("1ns", "1ps"), log_file=folder / "build.log", **options)
    results = simulator.test(
        test_module="requantize_bench",
        hdl_toplevel_lang="verilog",
        extra_env={"PYTHONPATH": str(HERE)},
        log_file=folder / "test.log",
        **options,
    )
    return runner.get_results(results)


class Cocotb(unittest.TestCase):
    def test_requantization_unit(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(simulate(pathlib.Path(folder)), (1, 0))

    def test_a_planted_fault_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            fault = ("(FactorBits - 2))) >>> (FactorBits - 1)", "(FactorBits - 3))) >>> (FactorBits - 1)")
            self.assertEqual(simulate(pathlib.Path(folder), fault), (1, 1))


if __name__ == "__main__":
    unittest.main()
