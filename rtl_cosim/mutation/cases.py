# SPDX-License-Identifier: Apache-2.0
"""Case distinctions: a proof that is too large as a whole is made for every value of some inputs on its own.

A unit's cases (units.toml) are bits of an input port. `values`: one case for each of their values. `lengths`: the bits
are a number with sign; one case for each sign and place of the first bit that differs from it. Together the cases are
all values that the inputs can have.
"""

import itertools

import aiger


def values(bits):
    """All values of `bits`, lowest first, as {literal: 0 or 1}."""
    return [dict(zip(bits, case)) for case in itertools.product((0, 1), repeat=len(bits))]


def lengths(bits):
    """Sign and length: all bits above the leading one are the sign, those below it are free."""
    cases = []
    for sign in (0, 1):
        for leading in range(len(bits) - 1):
            above = {bit: sign for bit in bits[leading + 1:]}
            cases.append(above | {bits[leading]: 1 - sign})
        cases.append({bit: sign for bit in bits})
    return cases


KINDS = {"values": values, "lengths": lengths}


def of_unit(unit, instances):
    """The unit's lists of cases, in their order."""
    found = []
    for port, kind, first, width in unit.get("cases", []):
        places = instances.graph.places("i", port)[first:first + width]
        found.append(KINDS[kind]([instances.inputs[place] for place in places]))
    return found


def cofactor(builder, literal, case):
    """The graph of `literal` with the inputs of `case` fixed: a new builder and the literal there."""
    new, of = aiger.Builder(), {0: aiger.FALSE}
    fixed = {key >> 1: value for key, value in case.items()}
    for node in needed(builder, literal):
        pair = builder.nodes[node]
        if pair is None:
            of[node] = fixed[node] if node in fixed else new.new_input()
        else:
            of[node] = new.both(*(of[a >> 1] ^ (a & 1) for a in pair))
    return new, of[literal >> 1] ^ (literal & 1)


def needed(builder, literal):
    """Nodes that a literal depends on, itself included, each after those that it depends on."""
    found, stack = set(), [literal >> 1]
    while stack:
        node = stack.pop()
        if node and node not in found:
            found.add(node)
            stack += [a >> 1 for a in builder.nodes[node] or ()]
    return sorted(found)


def last_passage(graph, sound, faulty):
    """The last node of the unit's graph that a fault has to pass to reach an output, or None. `sound`, `faulty`: what
    each node of the graph is in the two units. Where it is alike in both units, so is everything after it."""
    first = 1 + graph.inputs + len(graph.next)
    touched = {i for i in range(first, len(sound)) if sound[i] != faulty[i]}
    until = {}  # the last place where a node is used
    for i in sorted(touched):
        until.update((a >> 1, i) for a in graph.ands[i - first] if a >> 1 in touched)
    until.update((a >> 1, len(sound)) for a in graph.outputs + graph.next if a >> 1 in touched)
    ending = {}
    for node, last in until.items():
        ending.setdefault(last, []).append(node)
    live, passage = set(), None
    for i in sorted(touched):
        live.difference_update(ending.get(i, ()))
        if i in until:
            live.add(i)
            if live == {i}:
                passage = i
    return passage
