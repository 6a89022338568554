#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/area.md from area.csv, and draws it: processing element over the bits of weights, requantization unit over
the bits of the multiplier."""

import argparse
import csv
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
LEFT, TOP, WIDTH, HEIGHT, GAP = 70, 46, 300, 220, 110
COLORS = ("#1b6ca8", "#c8553d", "#3f7d20")


def number(text):
    return int(text) if text else 0


def panel(origin, title, x_label, lines, top):
    """One diagram; `lines` is a list of (name, [(x, y)])."""
    xs = sorted({x for _, points in lines for x, _ in points})

    def at(x, y):
        span = max(xs) - min(xs)
        return origin + WIDTH * (x - min(xs)) / span, TOP + HEIGHT * (1 - y / top)

    out = [f'<text x="{origin}" y="{TOP - 20}" font-weight="bold">{title}</text>']
    for tick in range(5):
        y = top * tick / 4
        _, py = at(xs[0], y)
        out.append(f'<line x1="{origin}" y1="{py:.1f}" x2="{origin + WIDTH}" y2="{py:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{origin - 8}" y="{py + 4:.1f}" text-anchor="end">{y:,.0f}</text>')
    for x in xs:
        px, _ = at(x, 0)
        out.append(f'<text x="{px:.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{x}</text>')
    out.append(f'<text x="{origin + WIDTH / 2}" y="{TOP + HEIGHT + 38}" text-anchor="middle">{x_label}</text>')
    for index, (name, points) in enumerate(lines):
        color = COLORS[index]
        places = [at(x, y) for x, y in sorted(points)]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in places)
        out.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        out += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{color}"/>' for px, py in places]
        y = TOP + HEIGHT - 14 - 18 * (len(lines) - 1 - index)
        out.append(f'<line x1="{origin + 120}" y1="{y - 4}" x2="{origin + 140}" y2="{y - 4}" stroke="{color}" '
                   f'stroke-width="2"/><text x="{origin + 146}" y="{y}">{name}</text>')
    return out


def draw(rows):
    pe = [row for row in rows if row["block"] == "pe" and number(row["accumulator_bits"]) == 32
          and row["saturate"] == "0"]
    lines = [(f"activations of {bits} bits", [(number(row["operand_bits"]) - 1, float(row["nand2"])) for row in pe
                                              if number(row["activation_bits"]) == bits]) for bits in (8, 4)]
    unit = [row for row in rows if row["block"] == "requantize" and number(row["accumulator_bits"]) == 32]
    units = [("accumulator of 32 bits", [(number(row["multiplier_bits"]), float(row["nand2"])) for row in unit])]
    width = 2 * LEFT + 2 * WIDTH + GAP - 30
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{TOP + HEIGHT + 60}" '
           f'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="white"/>']
    out += panel(LEFT, "Processing element, NAND2 equivalents", "bits of a weight (linear)", lines, 2000)
    out += panel(LEFT + WIDTH + GAP, "Requantization unit, NAND2 equivalents", "bits of the multiplier", units, 28000)
    return "\n".join([*out, "</svg>", ""])


def table(title, columns, rows):
    """`columns`: heading and what it shows of a row."""
    lines = [f"## {title}", "", "| " + " | ".join(name for name, _ in columns) + " |",
             "| " + " | ".join("--:" for _ in columns) + " |"]
    lines += ["| " + " | ".join(str(show(row)) for _, show in columns) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def nand2(row):
    return f"{float(row['nand2']):,.0f}"


def parts(name):
    return lambda row: f"{float(row[name]):,.0f}"


def field(name):
    return lambda row: row[name]


def yes(name):
    return lambda row: "yes" if row[name] == "1" else "no"


def tables(rows):
    area = [("NAND2", nand2), ("of these logic", parts("combinational")), ("flip-flops", parts("sequential"))]
    of = {block: [row for row in rows if row["block"] == block] for block in {row["block"] for row in rows}}
    arrays = {(number(row["rows"]), number(row["cols"])): float(row["nand2"]) for row in of["array"]}
    columns = [{"rows": str(r), "first": f"{arrays[r, 1]:,.0f}", "next": f"{arrays[r, 2] - arrays[r, 1]:,.0f}"}
               for r in sorted({r for r, _ in arrays})]
    return "\n".join([
        table("Processing element", [("activation bits", field("activation_bits")),
                                     ("weight bits", lambda row: number(row["operand_bits"]) - 1),
                                     ("sum bits", field("accumulator_bits")), ("saturates", yes("saturate")), *area],
              of["pe"]),
        "A decoded linear weight has a bit more than a stored one, for the zero point.\n",
        table("Array column", [("rows", field("rows")), ("NAND2 of an array of one column", field("first")),
                               ("NAND2 of a second column", field("next"))], columns),
        "8-bit activations, 8-bit weights, 32-bit sums. The first column brings the registers that skew the activations,\n"
        "one more for every row; the second those that pass activations and weights on and delay the first one's sums.\n",
        table("Weight decoder, a column", [("weight bits", field("weight_bits")), ("operand bits", field("operand_bits")),
                                           ("codebook", yes("codebook")), *area], of["decoder"]),
        table("Requantization unit, a lane", [("accumulator bits", field("accumulator_bits")),
                                              ("multiplier bits", field("multiplier_bits")), *area], of["requantize"]),
        "Multiplier bits 0: shifts only. All presets at run time."])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--csv", type=pathlib.Path, default=HERE / "area.csv")
    parser.add_argument("--svg", type=pathlib.Path, default=HERE.parent.parent / "docs" / "img" / "area.svg")
    parser.add_argument("--doc", type=pathlib.Path, default=HERE.parent.parent / "docs" / "area.md")
    arguments = parser.parse_args()
    with arguments.csv.open() as file:
        rows = list(csv.DictReader(file))
    arguments.svg.write_text(draw(rows))
    arguments.doc.write_text((HERE / "area_head.md").read_text() + "\n" + tables(rows) + "\n")


if __name__ == "__main__":
    main()
