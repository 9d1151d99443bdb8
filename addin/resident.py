"""The Python that stays: one process of Excel for Windows answers all clicks and formulas."""

from __future__ import annotations

import gc

GC_OBJECTS = 50_000


def settle() -> None:
    """Have the garbage collector come seldom, and leave alone what this process has loaded for good; once is enough."""
    # Cells are many objects, none of them in a cycle: at the default of 700 the collector walks over a large block
    # again and again while it is scored, and frees nothing.
    if gc.get_threshold()[0] < GC_OBJECTS:
        gc.freeze()
        gc.set_threshold(GC_OBJECTS)
