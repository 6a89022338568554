# SPDX-License-Identifier: Apache-2.0
"""Runs the code cells of a notebook, without Jupyter: what cells print, and the value of a last expression.

usage: notebook.py FILE.ipynb writes the outputs into the file.
"""
import ast
import contextlib
import io
import json
import pathlib
import sys


def run_cell(source, names):
    """Text that the cell prints, and the text of its last expression or None."""
    tree = ast.parse(source)
    last = ast.Expression(tree.body.pop().value) if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "<cell>", "exec"), names)
        value = eval(compile(last, "<cell>", "eval"), names) if last else None
    return printed.getvalue(), None if value is None else repr(value)


def outputs_of(printed, value, count):
    """The same as a notebook stores it."""
    outputs = []
    if printed:
        outputs.append({"name": "stdout", "output_type": "stream", "text": printed.splitlines(keepends=True)})
    if value is not None:
        data = {"text/plain": value.splitlines(keepends=True)}
        outputs.append({"data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result"})
    return outputs


def run(path):
    """The notebook with new outputs, and the names that its cells have defined."""
    notebook = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    names = {"__name__": "__main__"}
    count = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        count += 1
        cell["execution_count"] = count
        cell["outputs"] = outputs_of(*run_cell("".join(cell["source"]), names), count)
    return notebook, names


if __name__ == "__main__":
    updated, _ = run(sys.argv[1])
    pathlib.Path(sys.argv[1]).write_text(json.dumps(updated, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
