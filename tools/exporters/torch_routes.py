# SPDX-License-Identifier: Apache-2.0
"""The routes of the matrix that begin in PyTorch: each writes net.onnx into a folder."""

import torch


def torchscript(opset):
    def export(net, calibration, folder):
        torch.onnx.export(net, (calibration[:1],), folder / "net.onnx", dynamo=False, opset_version=opset,
                          input_names=["input"])
    return export


def dynamo(opset):
    def export(net, calibration, folder):
        torch.onnx.export(net, (calibration[:1],), folder / "net.onnx", dynamo=True, opset_version=opset,
                          input_names=["input"], external_data=False, verbose=False)
    return export


def calibration_reader(images):
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.left = iter(images)

        def get_next(self):
            image = next(self.left, None)
            return None if image is None else {"input": image[None].numpy()}
    return Reader()


def onnx_runtime(form, activations, weights, per_channel, prepare, opset=17):
    """`quantize_static` of the float file of the TorchScript exporter."""
    def export(net, calibration, folder):
        from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
        from onnxruntime.quantization.shape_inference import quant_pre_process
        source = folder / "float.onnx"
        torch.onnx.export(net, (calibration[:1],), source, dynamo=False, opset_version=opset, input_names=["input"])
        if prepare:
            quant_pre_process(source, folder / "prepared.onnx")
            source = folder / "prepared.onnx"
        quantize_static(source, folder / "net.onnx", calibration_reader(calibration), QuantFormat[form],
                        per_channel=per_channel, activation_type=QuantType[activations],
                        weight_type=QuantType[weights])
    return export


def brevitas(form):
    """Post-training quantization of the traced network: 8 bits with Clip (QCDQ), or Quant nodes (QONNX)."""
    def export(net, calibration, folder):
        from brevitas.export import export_onnx_qcdq, export_qonnx
        from brevitas.graph.calibrate import calibration_mode
        from brevitas.graph.quantize import preprocess_for_quantize, quantize
        net = preprocess_for_quantize(net, equalize_iters=0, merge_bn=True)
        net = quantize(net)
        with torch.no_grad(), calibration_mode(net):
            net(calibration)
        write = export_onnx_qcdq if form == "qcdq" else export_qonnx
        write(net, args=calibration[:1], export_path=str(folder / "net.onnx"), opset_version=13, dynamo=False,
              input_names=["input"])
    return export


def pt2e(backend):
    """torchao's flow with ExecuTorch's quantizer for XNNPACK or torchao's for x86, then the dynamo exporter."""
    def export(net, calibration, folder):
        from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
        if backend == "xnnpack":
            from executorch.backends.xnnpack.quantizer import xnnpack_quantizer as q
            quantizer = q.XNNPACKQuantizer().set_global(q.get_symmetric_quantization_config(is_per_channel=True))
        else:
            import torchao.quantization.pt2e.quantizer.x86_inductor_quantizer as q
            quantizer = q.X86InductorQuantizer().set_global(q.get_default_x86_inductor_quantization_config())
        graph = torch.export.export(net, (calibration[:1],), strict=backend != "xnnpack").module()
        graph = prepare_pt2e(graph, quantizer)
        with torch.no_grad():
            for image in calibration:
                graph(image[None])
        torch.onnx.export(convert_pt2e(graph), (calibration[:1],), folder / "net.onnx", dynamo=True,
                          input_names=["input"], external_data=False, verbose=False)
    return export


def quark(config):
    def export(net, calibration, folder):
        from quark.onnx import ModelQuantizer
        from quark.onnx.quantization.config import Config, get_default_config
        source = folder / "float.onnx"
        torch.onnx.export(net, (calibration[:1],), source, dynamo=False, opset_version=17, input_names=["input"])
        quantizer = ModelQuantizer(Config(global_quant_config=get_default_config(config)))
        quantizer.quantize_model(str(source), str(folder / "net.onnx"), calibration_reader(calibration))
    return export


ROUTES = {
    "torchscript11": torchscript(11),
    "torchscript13": torchscript(13),
    "torchscript17": torchscript(17),
    "dynamo18": dynamo(18),
    "dynamo20": dynamo(20),
    "dynamo23": dynamo(23),
    "ort_qdq_s8_channel": onnx_runtime("QDQ", "QInt8", "QInt8", True, True),
    "ort_qdq_u8_tensor": onnx_runtime("QDQ", "QUInt8", "QUInt8", False, False),
    "ort_qdq_u8s8": onnx_runtime("QDQ", "QUInt8", "QInt8", True, False, 13),
    "ort_qop_u8": onnx_runtime("QOperator", "QUInt8", "QUInt8", False, True),
    "ort_qop_s8_channel": onnx_runtime("QOperator", "QInt8", "QInt8", True, True),
    "ort_qop_raw": onnx_runtime("QOperator", "QUInt8", "QInt8", False, False),
    "brevitas_qcdq": brevitas("qcdq"),
    "brevitas_qonnx": brevitas("qonnx"),
    "pt2e_xnnpack": pt2e("xnnpack"),
    "pt2e_x86": pt2e("x86"),
    "quark_xint8": quark("XINT8"),
    "quark_a8w8": quark("A8W8"),
}
