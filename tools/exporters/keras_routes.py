# SPDX-License-Identifier: Apache-2.0
"""The routes of the matrix that begin in Keras: each writes net.onnx or net.tflite into a folder."""

import numpy as np
import tensorflow as tf


def function_of(net):
    """The network as a function of one image, its weights frozen by the converters."""
    spec = tf.TensorSpec((1, *net.input_shape[1:]), tf.float32, name="input")
    return tf.function(lambda input: net(input, training=False), input_signature=[spec]), spec


def tf2onnx(opset, channels_first=False):
    def export(net, calibration, folder):
        import tf2onnx as converter
        function, spec = function_of(net)
        first = ["input"] if channels_first and len(spec.shape) == 4 else None
        converter.convert.from_function(function, [spec], opset=opset, inputs_as_nchw=first,
                                        output_path=str(folder / "net.onnx"))
    return export


def tf2onnx_quantized(net, calibration, folder):
    """tf2onnx, then ONNX Runtime's `quantize_static`, QDQ."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.left = iter(calibration)

        def get_next(self):
            image = next(self.left, None)
            return None if image is None else {"input": image[None]}
    tf2onnx(17)(net, calibration, folder)
    (folder / "net.onnx").rename(folder / "float.onnx")
    quant_pre_process(folder / "float.onnx", folder / "prepared.onnx")
    quantize_static(folder / "prepared.onnx", folder / "net.onnx", Reader(), QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QInt8, weight_type=QuantType.QInt8)


def litert(kind, border=tf.float32, per_tensor=False):
    """The TensorFlow Lite converter: float, int8 or int16x8, with that type at the borders."""
    def export(net, calibration, folder):
        converter = tf.lite.TFLiteConverter.from_keras_model(net)
        if kind != "float":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: ([image[None]] for image in calibration)
            op_set = "TFLITE_BUILTINS_INT8" if kind == "int8" else (
                "EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8")
            converter.target_spec.supported_ops = [getattr(tf.lite.OpsSet, op_set)]
            converter.inference_input_type = converter.inference_output_type = border
            converter._experimental_disable_per_channel = per_tensor
        (folder / "net.tflite").write_bytes(converter.convert())
    return export


ROUTES = {
    "tf2onnx13": tf2onnx(13),
    "tf2onnx18_nchw": tf2onnx(18, True),
    "tf2onnx_ort_qdq": tf2onnx_quantized,
    "litert_float": litert("float"),
    "litert_int8": litert("int8", tf.int8),
    "litert_uint8_border": litert("int8", tf.uint8),
    "litert_float_border": litert("int8"),
    "litert_int8_tensor": litert("int8", tf.int8, True),
    "litert_int16x8": litert("int16x8", tf.int16),
}
