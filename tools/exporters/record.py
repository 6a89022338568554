# SPDX-License-Identifier: Apache-2.0
"""Records what the runtimes answer for a cell's network, one array of all tested images for each output and way.

wanted.npz has arrays WAY|OUTPUT. The ways are

    fused       ONNX Runtime with all optimizations and INT8 as it is. As it comes it turns INT8 into UINT8 on a PC,
                and then computes operators whose operands have several readers in float
    default     ONNX Runtime as it comes
    unfused     ONNX Runtime without optimizations: quantized operators in float between their integers
    qonnx       the QONNX package, which alone executes its Quant nodes
    xnnpack     LiteRT as it comes, with XNNPACK
    reference   LiteRT's reference kernels
"""

import numpy as np


def onnx_runtime(file, tested, way):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    level = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_DISABLE_ALL if way == "unfused" else level.ORT_ENABLE_ALL
    if way == "fused":
        options.add_session_config_entry("session.qdqisint8allowed", "1")
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    rows = [session.run(names, {session.get_inputs()[0].name: image[None]}) for image in tested]
    return {name: np.stack([row[i] for row in rows]) for i, name in enumerate(names)}


def qonnx(file, tested):
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.transformation.infer_shapes import InferShapes
    model = ModelWrapper(str(file)).transform(InferShapes())
    rows = [execute_onnx(model, {model.graph.input[0].name: image[None]}) for image in tested]
    return {output.name: np.stack([row[output.name] for row in rows]) for output in model.graph.output}


def litert(file, tested, reference):
    from ai_edge_litert import interpreter
    kind = interpreter.OpResolverType
    runner = interpreter.Interpreter(str(file), num_threads=1, experimental_op_resolver_type=(
        kind.BUILTIN_REF if reference else kind.AUTO))
    runner.allocate_tensors()
    rows = []
    for image in tested:
        runner.set_tensor(runner.get_input_details()[0]["index"], image[None])
        runner.invoke()
        rows.append([runner.get_tensor(output["index"]).copy() for output in runner.get_output_details()])
    names = [output["name"] for output in runner.get_output_details()]
    return {name: np.stack([row[i] for row in rows]) for i, name in enumerate(names)}


def as_the_border(file, arrays):
    """Images as the integers that a TensorFlow Lite file takes."""
    from ai_edge_litert import interpreter
    details = interpreter.Interpreter(str(file)).get_input_details()[0]
    if details["dtype"] == np.float32:
        return arrays
    scale, zero = details["quantization"]
    limits = np.iinfo(details["dtype"])
    return [np.clip(np.rint(a / scale) + zero, limits.min, limits.max).astype(details["dtype"]) for a in arrays]


def record(folder, calibration, tested):
    """Writes calibration.npy, in.npy and wanted.npz for the network in `folder`."""
    wanted = {}
    file = folder / "net.tflite"
    if file.exists():
        calibration, tested = as_the_border(file, (calibration, tested))
        wanted["xnnpack"] = litert(file, tested, False)
        wanted["reference"] = litert(file, tested, True)
    else:
        import onnx
        file = folder / "net.onnx"
        model = onnx.load(file)
        shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim][1:]
        if shape != list(tested.shape[1:]):  # channels first in the file, last in Keras
            calibration, tested = (np.ascontiguousarray(np.moveaxis(a, -1, 1)) for a in (calibration, tested))
        if any(node.domain.startswith("qonnx") for node in model.graph.node):
            wanted["qonnx"] = qonnx(file, tested)
        else:
            wanted = {way: onnx_runtime(file, tested, way) for way in ("fused", "default", "unfused")}
    np.save(folder / "calibration.npy", calibration)
    np.save(folder / "in.npy", tested)
    np.savez(folder / "wanted.npz", **{f"{way}|{name}": a for way, each in wanted.items() for name, a in each.items()})
