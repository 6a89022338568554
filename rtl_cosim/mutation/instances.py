# SPDX-License-Identifier: Apache-2.0
"""A unit and the same unit with a fault, side by side in one graph, with the same inputs and the same state."""

import aiger


class Instances:
    """The sound unit, and as many faulty ones as are asked for, with the same inputs and registers.

    `alike`: registers, by place, that in the sound unit always hold what another one does (its place), or 0 (-1). That
    is put in for them, and their next values are always looked at.
    """

    def __init__(self, graph, unit=None, alike=None):
        self.graph, self.unit = graph, unit
        self.builder = aiger.Builder()
        self.inputs = [self.builder.new_input() for _ in range(graph.inputs)]
        self.reset = graph.places("i", "rst_ni") if graph.next else []
        if unit:
            for place in self.reset:
                self.inputs[place] = aiger.TRUE  # the unit runs
            self._make_commands_legal()
        self.alike = alike or {}
        self.registers = [self.builder.new_input() for _ in graph.next]
        for i, other in self.alike.items():
            self.registers[i] = aiger.FALSE if other < 0 else self.registers[other]
        self.places = {}  # of the registers that are a node
        for i, own in enumerate(self.registers):
            if own != aiger.FALSE:
                self.places.setdefault(own >> 1, []).append(i)
        self.sound = self.instance(0)

    def check_reset(self):
        """The proofs that begin with the reset take it that all registers are 0 then."""
        inputs = list(self.inputs)
        for place in self.reset:
            inputs[place] = aiger.FALSE
        for place in self.graph.places("i", "mutsel"):
            inputs[place] = aiger.FALSE
        _, following = self.builder.copy(self.graph, inputs, self.registers)
        others = sum(literal != aiger.FALSE for literal in following)
        if others:
            raise RuntimeError(f"{others} registers of the unit are not 0 after a reset; no proof can begin there")

    def instance(self, number, apart=None):
        """Outputs, next values and, apart from the outputs, address bits beyond a buffer with their enables, of the unit
        with a fault, or 0: none. `apart`: registers of its own, by place, instead of the sound unit's."""
        inputs, registers = self._selecting(number), list(self.registers)
        for place, own in (apart or {}).items():
            registers[place] = own
        outputs, following = self.builder.copy(self.graph, inputs, registers)
        beyond = self._hide_unseen(outputs) if self.unit else []
        return outputs, following, beyond

    def nodes(self, number):
        """What each node of the graph is in the unit with a fault, or 0: none."""
        return self.builder.copy_nodes(self.graph, self._selecting(number), self.registers)

    def _selecting(self, number):
        inputs = list(self.inputs)
        for bit, place in enumerate(self.graph.places("i", "mutsel")):
            inputs[place] = number >> bit & 1
        return inputs

    def unlike(self, number, apart):
        """Two units that run beside each other: all registers are common but for those `apart`, places with a node each,
        of which the faulty unit has its own. Returns a literal that is 1 where an output differs or the common registers
        would no longer be alike, the next values of all registers by node, and the places of such common registers."""
        outputs, following, beyond = self.instance(number, apart)
        sound_outputs, sound_following, sound_beyond = self.sound
        outputs = outputs + [self.builder.both(*bit) for bit in beyond]
        sound_outputs = sound_outputs + [self.builder.both(*bit) for bit in sound_beyond]
        left = [i for i, (a, b) in enumerate(zip(sound_following, following)) if a != b and i not in apart]
        differ = [self.builder.differ(a, b) for a, b in zip(sound_outputs, outputs) if a != b]
        differ += [self.builder.differ(sound_following[i], following[i]) for i in left]
        own = {node >> 1: following[place] for place, node in apart.items()}
        return self.builder.any(differ), self.following_of_nodes() | own, left

    def following_of_nodes(self):
        return {own >> 1: after for own, after in zip(self.registers, self.sound[1]) if own != aiger.FALSE}

    def difference(self, number):
        """1 where an output of a faulty unit, or the next value of a register that an output depends on, is wrong.

        No legal command leaves the buffers: while an address counts, its bits beyond the buffer are 0 in the sound unit.
        Where a fault keeps them so for ever, whatever the rest does, they need not be looked at; else they are outputs,
        and only those states are asked for in which the sound unit's are 0.
        """
        sound, faulty, builder = self.sound, self.instance(number), self.builder
        outputs, legal = [sound[0], faulty[0]], aiger.TRUE
        if not self._beyond_stays(faulty):
            beyond = [[builder.both(*bit) for bit in unit[2]] for unit in (sound, faulty)]
            outputs, legal = [own + more for own, more in zip(outputs, beyond)], builder.any(beyond[0]) ^ 1
        matters = self._behind(outputs[0] + outputs[1], sound[1], faulty[1]) | self.alike.keys()
        pairs = list(zip(*outputs)) + [pair for i, pair in enumerate(zip(sound[1], faulty[1])) if i in matters]
        return builder.both(builder.any([builder.differ(a, b) for a, b in pairs if a != b]), legal)

    def _behind(self, literals, *following):
        """Registers on which literals depend, directly or through others, with any of the given next values."""
        nodes, visited, found = self.builder.nodes, {0}, set()
        stack = [literal >> 1 for literal in literals]
        while stack:
            node = stack.pop()
            if node in visited:
                continue
            visited.add(node)
            if nodes[node] is not None:
                stack += (nodes[node][0] >> 1, nodes[node][1] >> 1)
            else:
                found.update(self.places.get(node, ()))
                stack += (each[i] >> 1 for i in self.places.get(node, ()) for each in following)
        return found

    def _beyond_stays(self, faulty):
        """True if the faulty unit's address bits beyond a buffer are built like the sound one's, or are 0 for ever."""
        for (own, _), (other, _) in zip(self.sound[2], faulty[2]):
            registers = self._behind([own, other], self.sound[1], faulty[1])
            if own == other and all(self.sound[1][i] == faulty[1][i] for i in registers):
                continue
            if not self._zero_for_ever(other, faulty[1], self._behind([other], faulty[1])):
                return False
        return True

    def _zero_for_ever(self, literal, following, zero):
        """True if `literal` is 0 as long as registers are that start from 0, whatever the inputs are."""
        while True:
            known = {node: 0 for node, places in self.places.items() if zero.issuperset(places)}
            left = {i for i in zero if self._ternary(following[i], known) == 0}
            if left == zero:
                return self._ternary(literal, known) == 0
            zero = left

    def _ternary(self, literal, known):
        """0, 1, or None where it depends on what is not in `known`, which grows."""
        nodes, stack = self.builder.nodes, [literal >> 1]
        known.setdefault(0, 0)
        while stack:
            node = stack[-1]
            pair = nodes[node]
            if node in known or pair is None:
                known.setdefault(node, None)
                stack.pop()
                continue
            missing = [a >> 1 for a in pair if a >> 1 not in known]
            if missing:
                stack += missing
                continue
            values = [None if known[a >> 1] is None else known[a >> 1] ^ (a & 1) for a in pair]
            known[node] = 0 if 0 in values else None if None in values else 1
        value = known[literal >> 1]
        return None if value is None else value ^ (literal & 1)

    def _make_commands_legal(self):
        places = self.graph.places("i", "command_i")
        for kind, fields in self.unit["legal"].items():
            for field, bits in fields.items():
                word = places[32 * int(field):32 * int(field) + 32]
                value = [self.inputs[place] for place in word[:bits]]
                above = value[-1] if kind == "signed" else aiger.FALSE
                if kind == "counts":
                    value = self.builder.plus_one(value)
                for i, place in enumerate(word):
                    self.inputs[place] = value[i] if i < len(value) else above

    def _hide_unseen(self, outputs):
        beyond = []
        for name, (enable, width, stride) in self.unit["seen"].items():
            seen = outputs[self.graph.places("o", enable)[0]]
            for i, place in enumerate(self.graph.places("o", name)):
                if i % stride >= width:
                    beyond.append((outputs[place], seen))
                    seen_bit = aiger.FALSE
                else:
                    seen_bit = self.builder.both(outputs[place], seen)
                outputs[place] = seen_bit
        return beyond
