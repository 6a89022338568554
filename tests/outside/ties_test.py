# SPDX-License-Identifier: Apache-2.0
"""tools/networks: a difference of one step is a tie only where the exact value lies on one."""
import os
import pathlib
import sys
import tempfile
import unittest

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(pathlib.Path(os.environ["SYSTOLIQ_SOURCE_DIR"]) / "tools" / "networks"))
import table  # noqa: E402
import ties  # noqa: E402

SCALE = numpy.float32(0.05)  # of input and output, so that averages of four lie on ties often


def average(relu=False, tail=None):
    """A QDQ average of 2 x 2 of one channel; `tail`, an operator behind the last DequantizeLinear."""
    constants = [numpy_helper.from_array(SCALE, "s"), numpy_helper.from_array(numpy.int8(3), "z")]
    nodes = [helper.make_node("QuantizeLinear", ["x", "s", "z"], ["xq"]),
             helper.make_node("DequantizeLinear", ["xq", "s", "z"], ["xd"]),
             helper.make_node("AveragePool", ["xd"], ["a"], kernel_shape=[2, 2], strides=[2, 2]),
             *([helper.make_node("Relu", ["a"], ["r"])] if relu else []),
             helper.make_node("QuantizeLinear", ["r" if relu else "a", "s", "z"], ["q"]),
             helper.make_node("DequantizeLinear", ["q", "s", "z"], ["d" if tail else "y"]),
             *([helper.make_node(tail, ["d"], ["y"])] if tail else [])]
    shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, size, size])
              for name, size in (("x", 16), ("y", 8))]
    graph = helper.make_graph(nodes, "average", shapes[:1], shapes[1:], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


class Ties(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "net"
        self.folder.mkdir()
        self.stored = numpy.random.default_rng(5).integers(-60, 60, (1, 1, 16, 16))
        self.inputs = {"x": (self.stored * SCALE).astype(numpy.float32)}
        sums = self.stored.reshape(8, 2, 8, 2).sum(axis=(1, 3)).reshape(-1)
        self.on_tie = sums % 4 == 2
        self.down = numpy.floor(sums / 4)  # the integer below a tie
        self.nearest = numpy.rint(sums / 4)

    def ties_between(self, wanted, found, **options):
        file = self.folder / "net.onnx"
        onnx.save(average(**options), file)
        return ties.ties(file, "y", self.inputs, *[(each * SCALE).astype(numpy.float32) for each in (wanted, found)])

    def test_both_neighbors_of_a_tie_are_right(self):
        self.assertTrue(0 < self.on_tie.sum() < self.on_tie.size)
        numpy.testing.assert_array_equal(self.ties_between(self.down, self.down + 1), self.on_tie)
        numpy.testing.assert_array_equal(self.ties_between(self.down + 1, self.down, relu=False), self.on_tie)

    def test_a_step_away_from_the_neighbors_is_none(self):
        for first, second in ((0, 2), (-1, 0), (1, 2)):
            self.assertFalse(self.ties_between(self.down + first, self.down + second).any())

    def test_behind_a_relu(self):
        positive = self.on_tie & (self.down >= 0)
        found = self.ties_between(numpy.maximum(self.down, 0), numpy.maximum(self.down, 0) + 1, relu=True)
        numpy.testing.assert_array_equal(found, positive)

    def test_of_other_tails_there_are_none(self):
        self.assertFalse(self.ties_between(self.down, self.down + 1, tail="Softmax").any())

    def compared(self, wanted):
        """The table's judgment of systoliq's outputs beside these."""
        onnx.save(average(), self.folder / "net.onnx")
        numpy.save(self.folder / "in_x.npy", self.inputs["x"])
        numpy.save(self.folder / "ort_y.npy", (wanted * SCALE).astype(numpy.float32).reshape(1, 1, 8, 8))
        return table.Network(self.folder).run(os.environ["SYSTOLIQ_PROGRAM"])

    def test_the_table_counts_them(self):
        other = numpy.where(self.on_tie, 2 * self.down + 1 - self.nearest, self.nearest)  # the other neighbors
        self.assertEqual(self.compared(self.nearest).result(), "agrees")
        count = int(self.on_tie.sum())
        self.assertEqual(self.compared(other).result(), f"agrees ({count} ties)")

    def test_the_table_hides_no_other_difference(self):
        wrong = self.nearest.copy()
        wrong[numpy.flatnonzero(~self.on_tie)[0]] += 1
        network = self.compared(wrong)
        self.assertEqual((network.result(), network.remark), ("differs", "y: 1 of 64 values"))
        wrong[numpy.flatnonzero(self.on_tie)[0]] = 2 * self.down[self.on_tie][0] + 1 - self.nearest[self.on_tie][0]
        self.assertEqual(self.compared(wrong).result(), "differs (1 tie)")


if __name__ == "__main__":
    unittest.main()
