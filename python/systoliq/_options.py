# SPDX-License-Identifier: Apache-2.0
"""Keyword arguments as words of the command line, and what calls have to remark."""
import io
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Path = str | os.PathLike[str]
Progress = Callable[[int, int], object]  # called with the number of images done, and of all


class Remark(UserWarning):
    """Something that a user should know of a call that did what it was asked to."""


def remark(texts: Iterable[str]) -> None:
    """Warns of each, at the line outside the package that called it."""
    level = 1
    while sys._getframe(level).f_globals.get("__name__", "").startswith("systoliq."):
        level += 1
    for text in texts:
        warnings.warn(text, Remark, stacklevel=level + 1)


def _text(value: Any) -> str:
    """A number, a name, a path; several separated by commas; a dictionary as name=value, such as widths."""
    if isinstance(value, Mapping):
        return ",".join(f"{key}={'/'.join(map(str, of)) if isinstance(of, tuple) else of}" for key, of in value.items())
    if isinstance(value, (list, tuple)):
        return ",".join(map(_text, value))
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)


def words(options: Mapping[str, Any]) -> list[str]:
    """{"weight_bits": 4, "per_tensor": True} as ["--weight-bits=4", "--per-tensor"]; None and False are not given."""
    result = []
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if value is True:
            result.append(option)
        elif value is not None and value is not False:
            result.append(f"{option}={_text(value)}")
    return result


Arrays = npt.ArrayLike | Mapping[str, npt.ArrayLike]  # of one input, or of all by name


def _npy(array: npt.ArrayLike) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(array), allow_pickle=False)
    return stream.getvalue()


def with_array(given: list[str], array: Arrays | None) -> tuple[list[str], dict[str, bytes] | None]:
    """Words that say that there are images beside them, and what .npy files of those hold, by the input's name; an
    array without a name is that of the only input."""
    if array is None:
        return given, None
    arrays = array if isinstance(array, Mapping) else {"": array}
    return ["--input=images", *given], {name: _npy(each) for name, each in arrays.items()}
