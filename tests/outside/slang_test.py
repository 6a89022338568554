# SPDX-License-Identifier: Apache-2.0
"""slang, a front end that follows IEEE 1800 closely, reads and elaborates the SystemVerilog and has nothing to say.

Warnings count as errors. The environment's SYSTOLIQ_SOURCE_DIR names the project.
"""
import os
import pathlib
import tempfile
import unittest

from pyslang import driver

PROJECT = pathlib.Path(os.environ["SYSTOLIQ_SOURCE_DIR"]) / "rtl_cosim"
PACKAGE = "systoliq_pkg.sv"
PARAMETERS = (
    {},
    {"Rows": 5, "Cols": 3, "Lanes": 3, "AccumulatorBits": 12, "Saturate": "1'b1", "MultiplierBits": 25},
    {"Rows": 4, "Cols": 4, "Lanes": 2, "ActivationBits": 16, "WeightBits": 16, "AccumulatorBits": 48},
    {"Rows": 4, "Cols": 4, "Lanes": 4, "AccumulatorBits": 16, "Dataflow": 1, "MultiplierBits": 0},
    {"Rows": 4, "Cols": 4, "Lanes": 4, "WeightBits": 2, "Dataflow": 1, "Codebook": "1'b1", "CodebookBits": 4},
    {"Rows": 1, "Cols": 1, "Lanes": 1, "ActivationWords": 4096, "AccumulatorWords": 1, "ParamWords": 7},
)


def rtl():
    """Packages first, as every tool wants them."""
    files = sorted((PROJECT / "rtl").glob("*/*.sv"))
    return sorted(files, key=lambda path: path.name != PACKAGE)


def is_clean(files, top, parameters=(), options=()):
    """False where slang finds an error or a warning, which it prints to standard error."""
    command = ["slang", "-Werror", "--top", top, *options]
    command += [f"-G{name}={value}" for name, value in dict(parameters).items()]
    run = driver.Driver()
    run.addStandardArgs()
    words = " ".join(f'"{word}"' for word in [*command, *map(str, files)])
    if not run.parseCommandLine(words, driver.CommandLineOptions()) or not run.processOptions():
        raise ValueError(f"slang does not take {words[:200]}")
    return run.parseAllSources() and run.runFullCompilation(True)


class Slang(unittest.TestCase):
    def test_rtl(self):
        for parameters in PARAMETERS:
            with self.subTest(**parameters):
                self.assertTrue(is_clean(rtl(), "systoliq_accelerator", parameters))

    def test_what_surrounds_it(self):
        dpi = [PROJECT / "dpi" / f"systoliq_{name}.sv" for name in ("dpi_pkg", "requantize_scoreboard", "dpi_example")]
        for files, top in (
            ([PROJECT / "accelerator/systoliq_cosim_top.sv"], "systoliq_cosim_top"),
            (dpi, "systoliq_dpi_example"),
            ([PROJECT / "blocks/pipelined_requantize/pipelined_requantize.sv"], "pipelined_requantize"),
        ):
            with self.subTest(top=top):
                self.assertTrue(is_clean([*rtl(), *files], top))

    def test_planted_errors_are_found(self):
        files = rtl()
        victim = next(path for path in files if path.name == "systoliq_requantize.sv")
        text = victim.read_text()
        for right, wrong in (
            ("localparam int unsigned ScaleBits = 11;", "localparam int unsigned ScaleBits = 11"),
            ("localparam int unsigned ScaleBits = 11;", "localparam int unsigned ScaleBits = 11 << 40;"),
            ("systoliq_isa_pkg::PRESET_ORT_MLAS", "systoliq_isa_pkg::PRESET_OF_NOBODY"),
            ("u_accumulator_significand (", "u_accumulator_significand (.nowhere_i(1'b0),"),
        ):
            self.assertIn(right, text)
            with self.subTest(wrong=wrong), tempfile.TemporaryDirectory() as folder:
                faulty = pathlib.Path(folder) / victim.name
                faulty.write_text(text.replace(right, wrong, 1))
                changed = [faulty if path == victim else path for path in files]
                self.assertFalse(is_clean(changed, "systoliq_accelerator"))


if __name__ == "__main__":
    unittest.main()
