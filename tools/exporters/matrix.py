#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes networks as people do, runs them, and writes the table of architectures and routes (README.md).

A cell that was made and judged is kept; --judge judges kept ones again, as after a change of the program.
The program ends with 1 where less than 90 % of the cells that their exporters can make agree.
"""

import argparse
import ast
import importlib.metadata
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from judge import Cell  # noqa: E402

LEAST_SHARE = 0.9
MARKS = {"calibrated": "≈", "agrees": "✓", "differs": "≠", "refused": "✗", "not made": "–", "": " "}
PACKAGES = ("torch", "torchvision", "timm", "onnx", "onnxscript", "onnxruntime", "brevitas", "qonnx", "torchao", "executorch",
            "amd-quark", "tensorflow-cpu", "keras", "tf2onnx", "ai-edge-litert")


def keys(file, table):
    """The keys of dictionary `table` in a Python file, without loading the packages that the file imports."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == table:
            return [key.value for key in node.value.keys]
    raise KeyError(f"{file} has no {table}")


def families():
    here = pathlib.Path(__file__).parent
    return {name: (keys(here / f"{name}_nets.py", "NETS"), keys(here / f"{name}_routes.py", "ROUTES"))
            for name in ("torch", "keras")}


def chosen(given, names):
    return [name for name in names if not given or name in given]


def make(root, family, architectures, routes):
    missing = [f"{a}/{r}" for a in architectures for r in routes if not (root / a / r / "made.json").exists()]
    if missing:
        subprocess.run([sys.executable, pathlib.Path(__file__).parent / "make.py", family, root, *missing], check=True)


def verdict(folder, program, again):
    """The kept verdict, or a new one."""
    file = folder / "verdict.json"
    if file.exists():
        kept = json.loads(file.read_text())
        if not (again == "all" or (again == "failed" and kept["state"] != "agrees")):
            return kept
    cell = Cell(folder).judge(program)
    new = {"state": cell.state, "remark": cell.remark, "sqnr": cell.sqnr, "way": cell.way}
    file.write_text(json.dumps(new))
    print(f"{folder.parent.name}/{folder.name}: {' '.join(new.values())}", file=sys.stderr, flush=True)
    return new


def share(verdicts):
    made = [v for v in verdicts if v["state"] != "not made"]
    good = sum(v["state"] == "agrees" for v in made)
    return good, len(made), len(verdicts) - len(made)


def mark_of(verdict):
    return "calibrated" if verdict["state"] == "agrees" and "calibrated" in verdict["way"] else verdict["state"]


def grid(architectures, routes, verdicts):
    """Rows are architectures, columns routes, and a last row counts what agrees."""
    lines = ["| architecture | " + " | ".join(f"`{r}`" for r in routes) + " |", "| --- |" + " :-: |" * len(routes)]
    for a in architectures:
        marks = [MARKS[mark_of(verdicts[a, r])] if (a, r) in verdicts else " " for r in routes]
        lines.append(f"| {a} | " + " | ".join(marks) + " |")
    counts = []
    for r in routes:
        good, made, _ = share([v for (_, route), v in verdicts.items() if route == r])
        counts.append(f"{good} of {made}")
    return "\n".join([*lines, "| agree | " + " | ".join(counts) + " |"]) + "\n"


def reasons(verdicts):
    rows = ["| architecture | route | result | reason |", "| --- | --- | --- | --- |"]
    for (architecture, route), v in sorted(verdicts.items()):
        if v["state"] != "agrees":
            remark = f"{v['remark']} ({v['sqnr']})" if v["state"] == "differs" and "SQNR" not in v["remark"] else v["remark"]
            rows.append(f"| {architecture} | `{route}` | {v['state']} | " + remark.replace("|", "\\|").replace("\n", " ") + " |")
    return "\n".join(rows) + "\n"


def report(tables, verdicts):
    good, made, unmade = share(verdicts.values())
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    parts = [f"**{good} of {made} cells agree ({100 * good / max(made, 1):.1f} %)**; {unmade} more were not made, since the "
             f"exporter itself ends with an error.\n\nPackages: {versions}.\n"]
    parts += [f"### {title}\n\n{text}" for title, text in tables]
    return "\n".join([*parts, "### Cells that do not agree\n", reasons(verdicts)])


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path, help="systoliq")
    parser.add_argument("--cells", type=pathlib.Path, default=pathlib.Path("build/exporters/cells"), help="folder of cells")
    parser.add_argument("--architectures", nargs="+", help="only these")
    parser.add_argument("--routes", nargs="+", help="only these")
    parser.add_argument("--as-made", action="store_true", help="make no cells; judge and list those that are there")
    parser.add_argument("--judge", choices=("new", "failed", "all"), default="new", help="which cells to judge again")
    parser.add_argument("--markdown", type=pathlib.Path, help="file to write the tables to, between the lines "
                        "<!-- matrix --> and <!-- end of matrix -->; default: standard output")
    return parser.parse_args()


def write(text, file):
    if not file:
        print(text)
        return
    before, rest = file.read_text().split("<!-- matrix -->\n")
    after = rest.split("<!-- end of matrix -->")[1]
    file.write_text(f"{before}<!-- matrix -->\n{text}<!-- end of matrix -->{after}")


def main():
    arguments = options()
    root, program = arguments.cells.resolve(), arguments.program.resolve()
    verdicts, tables = {}, []
    for family, title in (("torch", "From PyTorch"), ("keras", "From Keras")):
        architectures, routes = (chosen(given, names) for given, names in zip(
            (arguments.architectures, arguments.routes), families()[family]))
        if not arguments.as_made:
            make(root, family, architectures, routes)
        for a in architectures:
            there = [r for r in routes if (root / a / r / "made.json").exists()]
            verdicts.update({(a, r): verdict(root / a / r, program, arguments.judge) for r in there})
        if architectures and routes:
            tables.append((title, grid(architectures, routes, {k: v for k, v in verdicts.items() if k[1] in routes})))
    write(report(tables, verdicts), arguments.markdown)
    good, made, _ = share(verdicts.values())
    print(f"{good} of {made} cells agree", file=sys.stderr)
    sys.exit(made == 0 or good < LEAST_SHARE * made)


if __name__ == "__main__":
    main()
