# SPDX-License-Identifier: Apache-2.0
"""The example notebook and docs/python.md do what they show."""
import doctest
import json
import os
import pathlib
import sys

import pytest

SOURCE = pathlib.Path(os.environ["SYSTOLIQ_SOURCE_DIR"])
sys.path[:0] = [str(SOURCE / "tests" / "outside"), str(SOURCE / "tests" / "python")]
import notebook  # noqa: E402
import program  # noqa: E402

NOTEBOOK = SOURCE / "examples" / "python" / "first_steps.ipynb"


@pytest.fixture(scope="module")
def executed():
    return notebook.run(NOTEBOOK)


def test_the_notebook_shows_what_it_computes(executed):
    stored = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    cells = [cell for cell in stored["cells"] if cell["cell_type"] == "code"]
    assert len(cells) >= 5 and all(cell["outputs"] for cell in cells[-3:])
    assert executed[0] == stored


def test_the_figures_of_the_notebook_are_those_of_the_program(executed, tmp_path):
    names = executed[1]
    assert names["result"].to_dict() == json.loads(program.call("run", "lenet5", "--json", "--images", 4))
    for machine in names["machines"].values():
        (tmp_path / "machine.toml").write_text(machine["config"].toml)
        options = ["--json", "--level", "timing", "--config", tmp_path / "machine.toml"]
        assert machine["cycles"] == json.loads(program.call("run", "lenet5", *options))["totals"]["cycles"]
    narrow = json.loads(program.call("compare", "lenet5", "--json", "--weight-bits", 4, "--images", 4))
    assert names["compared"].to_dict() == narrow


def test_a_notebook_that_shows_something_else_is_found(tmp_path):
    text = NOTEBOOK.read_text(encoding="utf-8")
    (tmp_path / "changed.ipynb").write_text(text.replace("416520", "416521"), encoding="utf-8")
    assert "416521" in (tmp_path / "changed.ipynb").read_text(encoding="utf-8")
    assert notebook.run(tmp_path / "changed.ipynb")[0] != json.loads((tmp_path / "changed.ipynb").read_text())


def test_snippets_of_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = SOURCE / "docs" / "python.md"
    found = doctest.testfile(str(page), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert found.attempted > 20 and found.failed == 0
    shown = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("```python")]
    assert not shown, "what doctest does not run"
