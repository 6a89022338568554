# SPDX-License-Identifier: Apache-2.0
"""Builds the wheel of the package with `pip wheel` and installs it in a virtual environment of its own.

usage: make_wheel.py SOURCE FOLDER, by the Python that has what pyproject.toml asks for. FOLDER/wheel gets the wheel,
FOLDER/environment the environment; it sees the packages of this Python, so that nothing is loaded from anywhere.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import time
import venv

QUIET = ["--disable-pip-version-check", "--no-index", "--no-deps"]


def build_wheel(source, folder):
    """Its path. Objects of an earlier build are used again."""
    shutil.rmtree(folder, ignore_errors=True)
    environment = dict(os.environ, CMAKE_BUILD_PARALLEL_LEVEL="2")
    options = [*QUIET, "--no-build-isolation", "--verbose", "--wheel-dir", folder]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, source], check=True, env=environment)
    (wheel,) = folder.glob("systoliq-*.whl")
    return wheel


def make_environment(wheel, folder):
    venv.create(folder, clear=True, with_pip=False)
    python = folder / "bin" / "python"
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = pathlib.Path(subprocess.check_output([python, "-c", ask], text=True).strip())
    (site / "outside.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    subprocess.run([python, "-m", "pip", "install", *QUIET, wheel], check=True)


def main(source, folder):
    start = time.monotonic()
    wheel = build_wheel(pathlib.Path(source), pathlib.Path(folder, "wheel"))
    print(f"{wheel.name}: {wheel.stat().st_size} bytes after {time.monotonic() - start:.0f} s")
    make_environment(wheel, pathlib.Path(folder, "environment"))


if __name__ == "__main__":
    main(*sys.argv[1:])
