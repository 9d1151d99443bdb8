"""onnxruntime, silent. Everything here imports it from this module.

As built for PyPI it counts its uses, keeps an id of the machine under the user's cache folder and sends both to its
maker. The variable must stand before the first import; the call covers the older kind of Windows builds, which do not
know it. Source: "Disabling Telemetry" in the Privacy.md that ships with onnxruntime 1.32.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as native

onnxruntime.disable_telemetry_events()

__all__ = ["native", "onnxruntime"]
