# SPDX-License-Identifier: Apache-2.0
"""Networks: as a file has them, and as integers."""
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from systoliq import _core
from systoliq._machine import Config, ConfigLike, Program
from systoliq._options import Arrays, Path, remark, with_array, words

Widths = Mapping[str, int | tuple[int, int]] | Path


def built_in_networks() -> list[str]:
    """Names that load() takes beside paths."""
    return _core.built_in_networks()


def load(
    network: Path = "lenet5",
    *,
    shape: Mapping[str, Sequence[int]] | None = None,
    bias: str | None = None,
    scales: str | None = None,
) -> "Network":
    """An ONNX or TensorFlow Lite file, float or quantized, or a built-in network by its name. `shape`: sizes of inputs
    that the file leaves open, by name. `bias`: of a quantized file whose biases are not integers at input scale *
    weight scale; "requantize" rounds them to it even where that moves an output by more than half a step, which is
    refused otherwise. `scales`: of a quantized file without QuantizeLinear behind some operators; "calibrate" gives
    their tensors 8 bits over the range that the calibration images show, which are refused otherwise. Raises
    InputError."""
    options = [f"--shape={name}={','.join(map(str, sizes))}" for name, sizes in (shape or {}).items()]
    if bias is not None:
        options.append(f"--bias={bias}")
    if scales is not None:
        options.append(f"--scales={scales}")
    path = os.fspath(network)
    return Network([*options, "./" + path if path.startswith("-") else path])


class Network:
    """A network as its file has it; load() makes it."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._core = _core.load(words)
        remark(self._core.remarks)

    def __repr__(self) -> str:
        kind = "quantized" if self.is_quantized else "float"
        return f"<systoliq.Network {self.name!r}, {kind}, {len(self.operators)} operators>"

    @property
    def name(self) -> str:
        return self._core.name

    @property
    def is_quantized(self) -> bool:
        return self._core.is_quantized

    @property
    def inputs(self) -> dict[str, tuple[int, ...]]:
        """Shapes by name."""
        return {name: tuple(shape) for name, shape in self._core.inputs}

    @property
    def outputs(self) -> dict[str, tuple[int, ...]]:
        """Shapes by name."""
        return {name: tuple(shape) for name, shape in self._core.outputs}

    @property
    def operators(self) -> list[tuple[str, str]]:
        """Name and ONNX operator of each node, in the order of execution."""
        return self._core.operators

    @property
    def metadata(self) -> dict[str, str]:
        return self._core.metadata

    def quantize(
        self,
        *,
        images: Arrays | None = None,
        input_layout: str | None = None,
        dataset: str | None = None,
        mean: float | Sequence[float] | None = None,
        std: float | Sequence[float] | None = None,
        float: Path | None = None,
        preset: str | None = None,
        weight_bits: int | None = None,
        widths: Widths | None = None,
        activation_bits: int | None = None,
        per_tensor: bool = False,
        symmetric_activations: bool = False,
        affine_weights: bool = False,
        unsigned_activations: bool = False,
        power_of_two: bool = False,
        codebook: str | None = None,
        codebook_optimal: bool = False,
        codebook_seed: int | None = None,
        affine: str | None = None,
        calibration: str | None = None,
        power_of_two_observer: bool = False,
        symmetric_scale: str | None = None,
        equalize: bool = False,
        bias_correction: bool = False,
        scale_form: str | None = None,
        bias_form: str | None = None,
        bias_bits: int | None = None,
        weight_range: str | None = None,
        activation_range: str | None = None,
        sigmas: float | None = None,
        percentile: float | None = None,
        calibration_images: int | None = None,
    ) -> "IntegerNetwork":
        """The integers of this network, calibrated on `images`, an array, or on the data set's training part.

        Options are those of `systoliq quantize --help`, with underscores; so are their values and defaults. `widths`
        may also be a dictionary: layer -> bits of weights, or (weights, activations). A network that is quantized
        already gives the integers of its file; of the options it takes `preset`, and `float`, the network that it is
        compared with.
        The file is read again. Raises InputError.
        """
        given = {name: value for name, value in locals().items() if name not in ("self", "images")}
        core = _core.quantize(*with_array([*words(given), *self._words], images))
        remark(text for text in core.remarks if text not in self._core.remarks)
        return IntegerNetwork(core)


class IntegerNetwork:
    """Scales and integers, ready to run; Network.quantize() makes it."""

    def __init__(self, core: _core.IntegerNetwork) -> None:
        self._core = core

    def __repr__(self) -> str:
        return f"<systoliq.IntegerNetwork {self.name!r}, {len(self.layers)} layers, preset {self.preset}>"

    @property
    def name(self) -> str:
        return self._core.name

    @property
    def preset(self) -> str:
        """The requantization arithmetic."""
        return self._core.preset

    @property
    def metadata(self) -> dict[str, str]:
        return self._core.metadata

    @property
    def remarks(self) -> list[str]:
        """What loading and quantizing did that a user should know."""
        return self._core.remarks

    @property
    def layers(self) -> list[dict[str, Any]]:
        """In the order of execution: name, op, inputs and output (tensors), macs; of a convolution weight_bits,
        weight_zero_point, weight_scales and groups, too."""
        return self._core.layers

    @property
    def tensors(self) -> list[dict[str, Any]]:
        """name, shape, scale, zero_point, bits, storage_offset: real = scale * (stored - zero_point)."""
        return self._core.tensors

    def weights(self, layer: str) -> npt.NDArray[np.int32]:
        """A copy of a layer's stored integers, [o, i / groups, kh, kw]; indices where it has a codebook."""
        return self._core.weights(layer)

    def bias(self, layer: str) -> npt.NDArray[np.int64]:
        """A copy of a layer's bias integers, one an output channel."""
        return self._core.bias(layer)

    def save(self, path: Path) -> None:
        """Writes the ONNX file that `systoliq quantize` writes."""
        self._core.save(os.fspath(path))

    def to_onnx(self) -> bytes:
        """The bytes of that file."""
        return self._core.to_onnx()

    def images(
        self,
        array: Arrays | None = None,
        *,
        input_layout: str | None = None,
        dataset: str | None = None,
        images: int | None = None,
        labels: Path | None = None,
        mean: float | Sequence[float] | None = None,
        std: float | Sequence[float] | None = None,
    ) -> _core.Images:
        """Images for run(): those of an array, or the first `images` (default 1) of a data set's test part.

        An array is one image of the network's input shape, with or without the leading 1, or several along axis 0; of
        reals, or of the file's integers where its input is an integer tensor. Of a network with several inputs it is a
        dictionary of such arrays, by the inputs' names. Options are those of `systoliq accuracy
        --help`. Raises InputError.
        """
        given = {name: value for name, value in locals().items() if name not in ("self", "array")}
        found = _core.read_images(self._core, *with_array(words(given), array))
        remark(found.remarks)
        return found

    def compile(self, config: "ConfigLike" = None) -> Program:
        """For a machine: a Config, a TOML file, a dictionary of keys, or the default machine. Raises InputError where
        the network does not fit."""
        machine = config if isinstance(config, Config) else Config(config)
        return Program(self, machine, _core.compile(self._core, machine._core))
