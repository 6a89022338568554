# SPDX-License-Identifier: Apache-2.0
"""And-inverter graphs: reads yosys's binary AIGER files, builds new graphs out of them, and writes what a solver needs.

A literal is twice a node's number, plus 1 if it is inverted; 0 and 1 are the constants. Equal nodes are one node, so
that two units side by side share whatever a fault does not change.
"""

import re

FALSE, TRUE = 0, 1


class Graph:
    """A sequential graph as it was read. Ports are found by name: (kind, name) gives the places of its bits."""

    def __init__(self, path):
        data = path.read_bytes()
        at = 0

        def line():
            nonlocal at
            end = data.index(b"\n", at)
            text, at = data[at:end].decode(), end + 1
            return text

        self.inputs, latches, outputs, ands = (int(text) for text in line().split()[2:6])
        self.next = [int(line().split()[0]) for _ in range(latches)]
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
        self.ports = {}
        for kind, place, name, bit in re.findall(rb"^([io])(\d+) (\w+)(?:\[(\d+)\])?$", data[at:], re.MULTILINE):
            self.ports.setdefault((kind.decode(), name.decode()), {})[int(bit or 0)] = int(place)

    def places(self, kind, name):
        bits = self.ports[kind, name]
        return [bits[i] for i in range(len(bits))]


class Builder:
    """A combinational graph that grows."""

    def __init__(self):
        self.nodes = [None]  # a pair of literals, or None for an input (and for the constants)
        self.known = {}

    def new_input(self):
        self.nodes.append(None)
        return 2 * (len(self.nodes) - 1)

    def both(self, a, b):
        if a > b:
            a, b = b, a
        if a == FALSE or a == b ^ 1:
            return FALSE
        if a in (TRUE, b):
            return b
        if (a, b) not in self.known:
            self.nodes.append((a, b))
            self.known[a, b] = 2 * (len(self.nodes) - 1)
        return self.known[a, b]

    def either(self, a, b):
        return self.both(a ^ 1, b ^ 1) ^ 1

    def differ(self, a, b):
        return self.either(self.both(a, b ^ 1), self.both(a ^ 1, b))

    def any(self, literals):
        result = FALSE
        for literal in literals:
            result = self.either(result, literal)
        return result

    def plus_one(self, bits):
        """One bit more than given."""
        result, carry = [], TRUE
        for bit in bits:
            result.append(self.differ(bit, carry))
            carry = self.both(bit, carry)
        return result + [carry]

    def copy_nodes(self, graph, inputs, registers):
        """Another instance of a graph; returns what each of its nodes is."""
        new = [FALSE, *inputs, *registers]
        both = self.both
        for a, b in graph.ands:
            new.append(both(new[a >> 1] ^ (a & 1), new[b >> 1] ^ (b & 1)))
        return new

    def copy(self, graph, inputs, registers):
        """Another instance of a graph; returns its outputs and the registers' next values."""
        new = self.copy_nodes(graph, inputs, registers)
        return ([new[a >> 1] ^ (a & 1) for a in graph.outputs], [new[a >> 1] ^ (a & 1) for a in graph.next])

    def write(self, path, outputs, following=None):
        """What `outputs` depend on, in the binary AIGER format. `following`: next value of nodes that are registers,
        which start from 0."""
        following = following or {}
        needed, stack = set(), [literal >> 1 for literal in outputs]
        while stack:
            node = stack.pop()
            if node and node not in needed:
                needed.add(node)
                stack += [literal >> 1 for literal in self.nodes[node] or [following.get(node, FALSE)]]
        inputs = [node for node in sorted(needed) if self.nodes[node] is None and node not in following]
        latches = [node for node in sorted(needed) if node in following]
        ands = [node for node in sorted(needed) if self.nodes[node] is not None]
        new = {0: 0} | {node: i for i, node in enumerate(inputs + latches + ands, 1)}

        def literal(old):
            return 2 * new[old >> 1] + (old & 1)

        head = [len(new) - 1, len(inputs), len(latches), len(outputs), len(ands)]
        text = bytearray(f"aig {' '.join(map(str, head))}\n".encode())
        for own in [following[node] for node in latches] + outputs:
            text += f"{literal(own)}\n".encode()
        for node in ands:
            low, high = sorted(map(literal, self.nodes[node]))
            for value in (2 * new[node] - high, high - low):
                while value >= 0x80:
                    text.append(value & 0x7F | 0x80)
                    value >>= 7
                text.append(value)
        path.write_bytes(text)
