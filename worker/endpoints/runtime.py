"""onnxruntime, silent and with a limit of memory. Everything here imports it from this module.

As built for PyPI it counts its uses, keeps an id of the machine under the user's cache folder and sends both to its
maker. The variable must stand before the first import; the call covers the older kind of Windows builds, which do not
know it. Source: "Disabling Telemetry" in the Privacy.md that ships with onnxruntime 1.32.

All models of a process take what they compute with from one arena of at most MEMORY_BYTES, and give it back after each
run; their weights lie outside of it. A model that asks for more fails. Text longer than 15 characters is not counted.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as native

onnxruntime.disable_telemetry_events()

MEMORY_BYTES = 2**30
"""What the models of a process may compute with at one time."""

_SHRINK = ("memory.enable_memory_arena_shrinkage", "cpu:0")

native.create_and_register_allocator(
    native.OrtMemoryInfo("Cpu", native.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, native.OrtMemType.DEFAULT),
    native.OrtArenaCfg(MEMORY_BYTES, 0, -1, -1),  # grows by doubling; the other sizes as onnxruntime chooses them
)


def session_options() -> onnxruntime.SessionOptions:
    """How every model is loaded."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # calls run side by side instead: two threads were slower on two cores
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False
    options.log_severity_level = 4
    for name, value in (
        ("session.intra_op.allow_spinning", "0"),
        ("session.load_model_format", "ONNX"),
        ("session.use_env_allocators", "1"),
        ("session.use_device_allocator_for_initializers", "1"),
    ):
        options.add_session_config_entry(name, value)
    return options


def run_options() -> onnxruntime.RunOptions:
    """How one run is made; its `terminate` ends it at the next operator."""
    options = onnxruntime.RunOptions()
    options.add_run_config_entry(*_SHRINK)
    return options


def lacks_memory(error: BaseException) -> bool:
    """Whether this is how onnxruntime says that there is no more memory."""
    words = str(error)
    return isinstance(error, MemoryError) or any(sign in words for sign in ("BFCArena", "bad_alloc", "bad allocation"))


__all__ = ["MEMORY_BYTES", "lacks_memory", "native", "onnxruntime", "run_options", "session_options"]
