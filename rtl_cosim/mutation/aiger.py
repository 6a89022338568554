# SPDX-License-Identifier: Apache-2.0
"""And-inverter graphs in the binary AIGER format: reads one that holds all faults and writes it for a single one.

To set inputs to constants is all that a fault's number asks for. Doing it here, not in yosys, takes a second instead of
a minute, and keeps inputs and registers in the same order for every fault, as the solver needs it.
"""

import re


class Graph:
    """A graph whose inputs called `selector` choose the fault."""

    def __init__(self, path, selector):
        data = path.read_bytes()
        lines, at = [], 0

        def line():
            nonlocal at
            end = data.index(b"\n", at)
            text, at = data[at:end].decode(), end + 1
            return text

        _, _, inputs, latches, outputs, ands = line().split()[:6]
        self.inputs, latches, outputs, ands = int(inputs), int(latches), int(outputs), int(ands)
        self.latches = [tuple(map(int, line().split())) for _ in range(latches)]
        self.outputs = [int(line()) for _ in range(outputs)]

        def number():
            nonlocal at
            value, shift = 0, 0
            while data[at] & 0x80:
                value, shift, at = value | (data[at] & 0x7F) << shift, shift + 7, at + 1
            value, at = value | data[at] << shift, at + 1
            return value

        self.ands = []
        for i in range(ands):
            first = 2 * (1 + self.inputs + latches + i) - number()
            self.ands.append((first, first - number()))
        symbols = re.findall(rb"^i(\d+) " + selector.encode() + rb"(?:\[(\d+)\])?$", data[at:], re.MULTILINE)
        self.selector = {int(place): int(bit or 0) for place, bit in symbols}
        if not self.selector:
            raise RuntimeError(f"{path}: no input {selector}")

    def write(self, path, number):
        """The graph with fault `number` alone, without the selector's inputs."""
        new = [0]  # literal of each variable
        count = 0
        for place in range(self.inputs):
            if place in self.selector:
                new.append(number >> self.selector[place] & 1)
            else:
                count += 1
                new.append(2 * count)
        inputs = count
        for _ in range(len(self.latches) + len(self.ands)):
            count += 1
            new.append(2 * count)

        def literal(old):
            return new[old >> 1] ^ (old & 1)

        text = bytearray(f"aig {count} {inputs} {len(self.latches)} {len(self.outputs)} {len(self.ands)}\n".encode())
        for following, *start in self.latches:
            text += " ".join(map(str, [literal(following), *start])).encode() + b"\n"
        for output in self.outputs:
            text += f"{literal(output)}\n".encode()
        own = 2 * (inputs + len(self.latches))
        for first, second in self.ands:
            own += 2
            high, low = sorted((literal(first), literal(second)), reverse=True)
            for value in (own - high, high - low):
                while value >= 0x80:
                    text.append(value & 0x7F | 0x80)
                    value >>= 7
                text.append(value)
        path.write_bytes(text)
