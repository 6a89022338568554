# SPDX-License-Identifier: Apache-2.0
"""A bit-accurate, cycle-approximate model of a quantized CNN accelerator.

    import systoliq
    network = systoliq.load("lenet5").quantize(weight_bits=6)
    result = network.compile({"array.rows": 8, "array.cols": 8}).run()
    print(result.totals["cycles"], result.totals["mismatches"])

docs/python.md says more.
"""
import pathlib

try:
    from systoliq import _core
except ImportError as error:
    if "cannot open shared object file" not in str(error):
        raise
    raise ImportError(
        f"systoliq needs shared libraries as Debian 12 has them, and one is missing: {error}. As root: apt-get install "
        "libsystemc-dev libspdlog-dev libtomlplusplus-dev libonnx-dev libprotobuf-dev libdnnl-dev zlib1g-dev "
        "libpng-dev libjpeg62-turbo-dev"
    ) from error

_core.set_shipped_folder(str(pathlib.Path(__file__).parent / "share"))

from systoliq._core import Images, InputError, InternalError
from systoliq._machine import Config, Program, Result
from systoliq._network import IntegerNetwork, Network, built_in_networks, load
from systoliq._options import Remark

for _error in (InputError, InternalError):
    _error.__module__ = "systoliq"  # where users find them
__version__: str = _core.version
__all__ = [
    "Config",
    "Images",
    "InputError",
    "IntegerNetwork",
    "InternalError",
    "Network",
    "Program",
    "Remark",
    "Result",
    "built_in_networks",
    "load",
]
