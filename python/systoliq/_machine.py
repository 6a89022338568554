# SPDX-License-Identifier: Apache-2.0
"""Machines, networks compiled for them, and what runs find."""
import json
import os
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Union, cast

import numpy as np
import numpy.typing as npt

from systoliq import _core
from systoliq._options import Arrays, Path, Progress

if TYPE_CHECKING:
    from systoliq._network import IntegerNetwork

ConfigLike = Union["Config", Path, Mapping[str, Any], None]


def _toml_value(key: str, value: object) -> str:
    if not isinstance(value, (bool, int, float, str)):
        raise _core.InputError(f"config: {key} = {value!r}; accepted: numbers, strings, true and false")
    return json.dumps(value)


def _toml(keys: Mapping[str, Any]) -> str:
    """{"array": {"rows": 8}, "array.cols": 8} as TOML, a line a key."""
    root: list[str] = []
    sections: dict[str, list[str]] = {}
    for name, value in keys.items():
        if isinstance(value, Mapping):
            sections.setdefault(name, []).extend(
                f"{json.dumps(key)} = {_toml_value(f'{name}.{key}', of)}" for key, of in value.items()
            )
        elif "." in name:
            section, key = name.split(".", 1)
            sections.setdefault(section, []).append(f"{json.dumps(key)} = {_toml_value(name, value)}")
        else:
            root.append(f"{json.dumps(name)} = {_toml_value(name, value)}")
    for section, lines in sections.items():
        root.append(f"[{json.dumps(section)}]")
        root.extend(lines)
    return "\n".join(root) + "\n"


class Config:
    """A machine. What is left out has its default; `systoliq info --machine` prints all keys with their ranges."""

    def __init__(self, source: Union[Path, Mapping[str, Any], None] = None) -> None:
        """From a TOML file; from keys, either {"array": {"rows": 8}} or {"array.rows": 8}; or the default machine.
        Raises InputError."""
        if isinstance(source, Mapping):
            self._core = _core.parse_config(_toml(source), "config")
        else:
            self._core = _core.read_config("" if source is None else os.fspath(source))

    def __repr__(self) -> str:
        return f"<systoliq.Config {self.to_dict()}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Config) and self.toml == other.toml

    def __hash__(self) -> int:
        return hash(self.toml)

    @property
    def toml(self) -> str:
        """Every key that is set, as the TOML file that gives this machine."""
        return self._core.toml

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """The same as a dictionary of sections."""
        return tomllib.loads(self.toml)


class Result:
    """What a run found. All figures are those of `systoliq run --json`."""

    def __init__(self, core: _core.RunReport, energy: Path | None) -> None:
        self._core = core
        self._dict: dict[str, Any] = json.loads(core.json("" if energy is None else os.fspath(energy)))
        self._layers: list[dict[str, Any]] = self._dict["layers"]
        self._totals: dict[str, Any] = self._dict["totals"]

    def __repr__(self) -> str:
        return f"<systoliq.Result of {self._dict['network']!r}, level {self._dict['level']}: {self.totals}>"

    def to_dict(self) -> dict[str, Any]:
        """The object that `systoliq run --json` prints."""
        return self._dict

    @property
    def layers(self) -> list[dict[str, Any]]:
        """A dictionary a layer: cycles, traffic, errors against float, mismatches against the reference, counters."""
        return self._layers

    @property
    def totals(self) -> dict[str, Any]:
        return self._totals

    @property
    def isolated(self) -> dict[str, dict[str, float]]:
        """From compare(): each layer's error on exact inputs by its name: mse, sqnr_db, max_abs_error and cosine. The
        SQNR of an exact layer is infinite."""
        return dict(self._core.isolated_errors())

    @property
    def first_mismatches(self) -> dict[str, str]:
        """Of layers that differ from the integer reference: where first, expected and found. Empty when all is well."""
        return dict(self._core.first_mismatches())

    @property
    def outputs(self) -> dict[str, npt.NDArray[Any]]:
        """The network's outputs by name, images along the first axis, as the file declares them: float32, or int8 or
        uint8 where it does not dequantize them; as `systoliq run --output` writes them. From run(..., outputs=True)."""
        return cast(dict[str, npt.NDArray[Any]], dict(self._core.outputs()))

    @property
    def integers(self) -> dict[str, npt.NDArray[np.int32]]:
        """Every layer's stored integers by its name, [images, c, h, w]; from run(..., outputs=True)."""
        return dict(self._core.layer_integers())


class Program:
    """A network compiled for a machine; IntegerNetwork.compile() makes it."""

    def __init__(self, network: "IntegerNetwork", config: Config, core: _core.MachineProgram) -> None:
        self.network = network
        self.config = config
        self._core = core

    def __repr__(self) -> str:
        return f"<systoliq.Program of {self.network.name!r}: {self.command_count} commands>"

    @property
    def command_count(self) -> int:
        return self._core.command_count

    @property
    def command_address(self) -> int:
        """Byte address of the first command in the memory image."""
        return self._core.command_address

    @property
    def memory_image(self) -> npt.NDArray[np.uint8]:
        """A copy of the memory as a run starts with it, before the input is put in its place."""
        return self._core.memory_image

    def disassemble(self) -> str:
        """The commands as text, a line each."""
        return self._core.listing()

    def _images(self, images: Union[_core.Images, Arrays, None], default: int) -> _core.Images:
        if isinstance(images, _core.Images):
            return images
        return self.network.images(images, images=default if images is None else None)

    def run(
        self,
        images: Union[_core.Images, Arrays, None] = None,
        *,
        level: str = "transaction",
        outputs: bool = True,
        energy: Path | None = None,
        progress: Progress | None = None,
    ) -> Result:
        """Runs images on the machine and compares every layer with the integer reference and with float.

        images: an array as IntegerNetwork.images() takes it, or what that gives; default: the first of the data set.
        level: functional (data), timing (cycles), transaction (both) or cycle (both, clocked).
        progress: called with (images done, all images) after each. What it raises ends the run, as Ctrl-C does.
        Raises InputError.
        """
        core = _core.run(self._core, self._images(images, 1), level, False, outputs, progress)
        return Result(core, energy)

    def compare(
        self,
        images: Union[_core.Images, Arrays, None] = None,
        *,
        level: str = "transaction",
        outputs: bool = False,
        energy: Path | None = None,
        progress: Progress | None = None,
    ) -> Result:
        """run(), with each layer's error on exact inputs, too: Result.isolated. By default on 16 images."""
        core = _core.run(self._core, self._images(images, 16), level, True, outputs, progress)
        return Result(core, energy)

    def accuracy(
        self, images: _core.Images, *, level: str = "functional", progress: Progress | None = None
    ) -> dict[str, Any]:
        """Top-1 over images with labels: images, float_top1 and quantized_top1, as `systoliq accuracy --json`."""
        count, float_correct, quantized_correct = _core.accuracy(self._core, images, level, progress)
        return {
            "images": count,
            "float_top1": float_correct / count,
            "quantized_top1": quantized_correct / count,
            "level": level,
        }
