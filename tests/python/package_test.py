# SPDX-License-Identifier: Apache-2.0
"""What the wheel holds, and its types."""
import importlib.metadata
import os
import pathlib
import re
import subprocess
import sys
import zipfile

import pytest
import systoliq

SOURCE = pathlib.Path(os.environ["SYSTOLIQ_SOURCE_DIR"])
PACKAGE = pathlib.Path(systoliq.__file__).parent


@pytest.fixture(scope="module")
def wheel():
    (path,) = pathlib.Path(os.environ["SYSTOLIQ_WHEEL_FOLDER"]).glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_the_version_is_that_of_the_project():
    text = (SOURCE / "CMakeLists.txt").read_text()
    version = re.search(r"project\(systoliq VERSION ([0-9.]+)", text)[1]
    assert systoliq.__version__ == version == importlib.metadata.version("systoliq")


def test_the_wheel_is_the_package_and_nothing_else(wheel):
    names = set(wheel.namelist())
    assert all(name.startswith(("systoliq/", "systoliq-")) for name in names)
    shipped = {f"systoliq/share/{path.relative_to(SOURCE)}" for path in (SOURCE / "configs").rglob("*.toml")}
    shipped |= {f"systoliq/share/models/{path.name}" for path in (SOURCE / "models").glob("*.onnx")}
    assert shipped <= names
    assert {"systoliq/py.typed", "systoliq/_core.pyi", "systoliq/__init__.py"} <= names
    assert len([name for name in names if re.fullmatch(r"systoliq/_core\..*\.so", name)]) == 1
    assert not [name for name in names if name.endswith((".a", ".h", ".hpp", ".cpp", ".sv", ".cmake"))]
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_the_module_names_no_path_of_the_checkout(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith(".so")]
    assert str(SOURCE).encode() not in wheel.read(name)
    assert b"libtorch" not in wheel.read(name)


def test_packages_are_those_of_the_project():
    group = re.search(r'\[run\]="([^"]*)"', (SOURCE / "cmake" / "packages.sh").read_text())[1].split()
    page = (SOURCE / "docs" / "python.md").read_text()
    assert len(group) > 8
    assert [name for name in group if name not in page] == []
    module = (PACKAGE / "__init__.py").read_text()
    headers_only = {"libcli11-dev", "libflatbuffers-dev"}
    libraries = {name for name in group if name.endswith("-dev") and name.startswith(("lib", "zlib"))} - headers_only
    assert [name for name in libraries if name not in module] == []


def test_all_that_is_said_to_be_there_is_there():
    assert sorted(systoliq.__all__) == systoliq.__all__
    for name in systoliq.__all__:
        assert getattr(systoliq, name).__doc__, name
    for kind in (systoliq.Network, systoliq.IntegerNetwork, systoliq.Program):
        for name, member in vars(kind).items():
            if callable(member) and not name.startswith("_"):
                assert member.__doc__, f"{kind.__name__}.{name}"


def test_the_declarations_have_what_the_module_has():
    declarations = (PACKAGE / "_core.pyi").read_text()
    from systoliq import _core

    for name in vars(_core):
        if not name.startswith("_"):
            assert re.search(rf"^(def|class) {name}\b|^{name}\b", declarations, re.MULTILINE), name


CORRECT = """
import numpy as np
import systoliq
network: systoliq.IntegerNetwork = systoliq.load("lenet5").quantize(weight_bits=4, mean=[0.5], widths={"conv1": (8, 6)})
program = network.compile({"array.rows": 8})
result = program.run(np.zeros((1, 32, 32)), progress=lambda done, total: print(done / total))
cycles: int = result.totals["cycles"]
weights = network.weights("conv1") + 1
"""
WRONG = {
    'systoliq.load("lenet5").quantize(weight_bit=4)': "weight_bit",
    'systoliq.load("lenet5").quantize(weight_bits="4")': "weight_bits",
    'systoliq.load(5)': "load",
    'systoliq.Config(5)': "Config",
}


def check_types(folder, *arguments):
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(folder / "cache"), "--strict", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_types(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "correct.py").write_text(CORRECT)
    (tmp_path / "wrong.py").write_text("import systoliq\n" + "\n".join(WRONG) + "\n")
    package = check_types(tmp_path, "-p", "systoliq")
    assert package.returncode == 0, package.stdout + package.stderr
    found = check_types(tmp_path, "correct.py", "wrong.py").stdout
    assert "correct.py" not in found, found
    for number, name in enumerate(WRONG.values(), start=2):
        assert re.search(rf'wrong.py:{number}: error: .*"{name}"', found), found
