# SPDX-License-Identifier: Apache-2.0
"""ONNX files of a network of networks.py: in QDQ form, or with QLinear operators."""
import numpy
from onnx import TensorProto, helper, numpy_helper

OPSET = 13


class Writer:
    def __init__(self, network, form):
        self.network, self.form = network, form
        self.nodes, self.constants, self.outputs = [], [], []

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(numpy.asarray(values), name))
        return name

    def scale_of(self, tensor):
        """Names of scale and zero point, made at the first use."""
        names = [f"{tensor.name}.scale", f"{tensor.name}.zero_point"]
        if not any(constant.name == names[0] for constant in self.constants):
            self.constant(names[0], numpy.float32(tensor.scale))
            self.constant(names[1], tensor.kind(tensor.zero_point))
        return names

    def node(self, op, inputs, output, domain="", **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def quantize(self, real, tensor):
        """Its integers become an output of the file too, so that a runtime shows them."""
        stored = self.node("QuantizeLinear", [real, *self.scale_of(tensor)], f"{tensor.name}.stored")
        self.outputs.append(self.declaration(stored, tensor))

    def dequantize(self, tensor, flat=False):
        stored = f"{tensor.name}.stored"
        if flat:
            stored = self.node("Flatten", [stored], f"{tensor.name}.flat{len(self.nodes)}", axis=1)
        return self.node("DequantizeLinear", [stored, *self.scale_of(tensor)], f"{tensor.name}.real{len(self.nodes)}")

    def declaration(self, name, tensor):
        shape = tensor.shape if tensor.shape[1:] != (1, 1) or not self.is_row(tensor) else tensor.shape[:1]
        kind = helper.np_dtype_to_tensor_dtype(numpy.dtype(tensor.kind))
        return helper.make_tensor_value_info(name, kind, ["N", *shape])

    def is_row(self, tensor):
        return any(layer.op == "dense" and layer.output is tensor for layer in self.network.layers)

    @staticmethod
    def window(layer, with_groups=False):
        attributes = {"kernel_shape": layer.kernel, "strides": layer.strides, "pads": layer.pads}
        if with_groups:
            attributes["group"] = layer.groups
        return attributes

    def weights(self, layer, name):
        """Names of integers, scales and zero points; of a fully connected layer transposed for a matrix product."""
        single = len(layer.scales) == 1
        stored = layer.weights
        if layer.op == "dense" and self.form == "qlinear":
            stored = stored.T
            # ONNX Runtime multiplies matrices of the same type only.
            if layer.inputs[0].kind is numpy.uint8:
                stored = (stored.astype(int) + 128).astype(numpy.uint8)
        scales = layer.scales[0] if single else layer.scales
        zeros = numpy.full(len(layer.scales), 128 if stored.dtype == numpy.uint8 else 0, dtype=stored.dtype)
        return [
            self.constant(f"{name}.weights", stored),
            self.constant(f"{name}.weights.scale", scales),
            self.constant(f"{name}.weights.zero_point", zeros[0] if single else zeros),
        ]

    def qdq_layer(self, layer):
        name = layer.output.name
        if layer.op in ("conv", "dense"):
            real = self.node("DequantizeLinear", self.weights(layer, name), f"{name}.weights.real", axis=0)
            scales = layer.inputs[0].scale * layer.scales
            bias = [
                self.constant(f"{name}.bias", layer.bias),
                self.constant(f"{name}.bias.scale", scales[0] if len(scales) == 1 else scales),
            ]
            bias = self.node("DequantizeLinear", bias, f"{name}.bias.real", axis=0)
            source = self.dequantize(layer.inputs[0], flat=layer.op == "dense")
            if layer.op == "conv":
                made = self.node("Conv", [source, real, bias], name, **self.window(layer, with_groups=True))
            else:
                made = self.node("Gemm", [source, real, bias], name, transB=1)
            if layer.relu:
                made = self.node("Relu", [made], f"{name}.relu")
        else:
            ops = {"add": "Add", "max": "MaxPool", "average": "AveragePool", "global_average": "GlobalAveragePool"}
            window = self.window(layer) if layer.op in ("max", "average") else {}
            made = self.node(ops[layer.op], [self.dequantize(tensor) for tensor in layer.inputs], name, **window)
        self.quantize(made, layer.output)

    def qlinear_layer(self, layer):
        name = layer.output.name
        stored = f"{name}.stored"
        source = layer.inputs[0]
        operand = [f"{source.name}.stored", *self.scale_of(source)]
        if layer.op == "conv":
            inputs = [*operand, *self.weights(layer, name), *self.scale_of(layer.output)]
            inputs.append(self.constant(f"{name}.bias", layer.bias))
            self.node("QLinearConv", inputs, stored, **self.window(layer, with_groups=True))
        elif layer.op == "dense":
            operand[0] = self.node("Flatten", [operand[0]], f"{name}.flat", axis=1)
            self.node("QLinearMatMul", [*operand, *self.weights(layer, name), *self.scale_of(layer.output)], stored)
        elif layer.op == "max":
            self.node("MaxPool", operand[:1], stored, **self.window(layer))
        else:
            op = "QLinearAveragePool" if layer.op == "average" else "QLinearGlobalAveragePool"
            window = self.window(layer) if layer.op == "average" else {}
            self.node(op, [*operand, *self.scale_of(layer.output)], stored, domain="com.microsoft", **window)
        self.outputs.append(self.declaration(stored, layer.output))

    def write(self, path, preset):
        source = self.network.input
        declared = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", *source.shape])
        self.quantize("x", source)
        self.outputs.clear()
        for layer in self.network.layers:
            if self.form == "qdq":
                self.qdq_layer(layer)
            else:
                self.qlinear_layer(layer)
        graph = helper.make_graph(self.nodes, "drawn", [declared], self.outputs, self.constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        helper.set_model_props(model, {"systoliq.preset": preset})
        with open(path, "wb") as file:
            file.write(model.SerializeToString())


def write_onnx(network, path, form="qdq", preset="ort_mlas"):
    """form: qdq, or qlinear (without sums). The outputs are the stored integers of every layer, `NAME.stored`."""
    Writer(network, form).write(path, preset)
