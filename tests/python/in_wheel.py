# SPDX-License-Identifier: Apache-2.0
"""pytest in the environment that make_wheel.py made.

usage: in_wheel.py FOLDER *_test.py…
"""
import os
import pathlib
import sys


def main(folder, *tests):
    folder = pathlib.Path(folder).resolve()
    python = folder / "environment" / "bin" / "python"
    os.environ["SYSTOLIQ_WHEEL_FOLDER"] = str(folder / "wheel")
    os.environ.pop("SYSTOLIQ_HOME", None)
    os.chdir(folder)  # nothing is found beside the tests
    arguments = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", "--durations=5", *tests]
    os.execv(python, [str(python), *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
