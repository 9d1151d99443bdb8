"""What result columns are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from addin.grid import Block, is_named
from worker.scoring import Schema
from worker.scoring.schema import match_key

STATUS = "Status"


def result_names(block: Block, schema: Schema, before: Sequence[str]) -> tuple[str, ...]:
    """Names of the result columns: those of the scoring before, those that stand side by side in the block, or the
    outputs' and Status, each with a number where the data has such a column.
    """
    names = (*schema.output_names, STATUS)
    headers = block.headers or ()
    stretches = [before, *(headers[start : start + len(names)] for start in range(len(headers)))]
    for found in stretches:
        if len(found) == len(names) and all(map(is_named, found, names)):
            return tuple(found)
    return free_names(block, schema, ())


def free_names(block: Block, schema: Schema, taken: Iterable[str]) -> tuple[str, ...]:
    """The outputs' names and Status, each with a number where it is taken, in the data or elsewhere."""
    used = {match_key(name) for name in (*(block.headers or ()), *schema.input_names, *taken)}
    return tuple(_free(name, used) for name in (*schema.output_names, STATUS))


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while match_key(free) in taken:
        number += 1
        free = f"{name} {number}"
    taken.add(match_key(free))
    return free
