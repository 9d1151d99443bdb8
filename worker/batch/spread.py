"""How the scores of a job are spread: how many rows have which, in few lines that a person takes in at a glance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from worker.scoring import ColumnType, Output

_MOST_VALUES = 8
_MOST_DIFFERENT = 20_000
_BANDS = 10
_STEPS = (1, 2, 5, 10, 20)
_NEAREST = 1e-9
_SMALLEST, _LARGEST = 1e-300, 1e300
_MOST_DECIMALS = 6
_LARGE = 1e12


@dataclass(frozen=True, slots=True)
class Spread:
    """Numbers of rows by band or value of one output."""

    output: Output
    labels: tuple[str, ...]
    counts: tuple[int, ...]


def spread(outputs: Sequence[Output], sheets: Sequence[Sequence[Iterable[pa.Array]]]) -> Spread | None:
    """Of the first output that is a number, else of the first; None where no row has one, it is a date, or so many are
    different that nothing is frequent.

    Each sheet has a column of cells for each output, in which a row without a score is blank: arrays, which are gone
    through twice and not held. Numbers from 0 to 1 fall into tenths, others into about ten bands with round borders; a
    number on a border belongs to the upper band, the largest to the last. Of other values the most frequent are told
    one by one.
    """
    place = next((n for n, output in enumerate(outputs) if output.type is ColumnType.NUMBER), 0)
    output, columns = outputs[place], [sheet[place] for sheet in sheets]
    if output.type in (ColumnType.NUMBER, ColumnType.INTEGER):
        return _banded(output, columns)
    if output.type is ColumnType.DATETIME:
        return None
    return _counted(output, columns)


def _numbers(columns: Sequence[Iterable[pa.Array]]) -> Iterator[npt.NDArray[np.float64]]:
    """The finite numbers, array by array; none of them is empty."""
    for array in (array for column in columns for array in column):
        if pa.types.is_floating(array.type) or pa.types.is_integer(array.type):
            values = array.drop_null().to_numpy().astype(np.float64)
            if len(values := values[np.isfinite(values)]):
                yield values


def _banded(output: Output, columns: Sequence[Iterable[pa.Array]]) -> Spread | None:
    ends = [(float(part.min()), float(part.max())) for part in _numbers(columns)]
    edges = _edges(min(low for low, _ in ends), max(high for _, high in ends)) if ends else []
    if not edges:
        return None
    counts = sum(np.histogram(part, edges)[0] for part in _numbers(columns))
    labels = tuple(_label(a, b, output.format) for a, b in pairwise(edges))
    return Spread(output, labels, tuple(int(count) for count in np.atleast_1d(counts)))


def _edges(low: float, high: float) -> list[float]:
    """The borders of the bands, round numbers; none where numbers are too near or too far for that."""
    if low >= 0 and high <= 1:
        return [n / _BANDS for n in range(_BANDS + 1)]
    size = max(abs(low), abs(high))
    rough = (high - low or 1) / _BANDS
    if not (_SMALLEST < size < _LARGEST and rough > size * _NEAREST):
        return []
    scale = 10.0 ** math.floor(math.log10(rough))
    step = next(step * scale for step in _STEPS if step * scale >= rough)

    def border(number: int) -> float:
        return float(f"{number * step:.12g}")  # 3 * 0.1 is a little more than 0.3

    first, last = math.floor(low / step), math.ceil(high / step)
    first, last = first - (border(first) > low), last + (border(last) < high)
    return [border(number) for number in range(first, max(last, first + 1) + 1)]


def _label(low: float, high: float, code: str) -> str:
    scale, sign = (100, "%") if "%" in code else (1, "")
    step = (high - low) * scale
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    shape = f",.{decimals}f" if decimals <= _MOST_DECIMALS and abs(high) < _LARGE else ".6g"
    ends = [format(value * scale, shape) for value in (low, high)]
    return (" to " if low < 0 else "\u2013").join(ends) + sign


def _counted(output: Output, columns: Sequence[Iterable[pa.Array]]) -> Spread | None:
    counted: Counter[object] = Counter()
    for array in (array for column in columns for array in column):
        counted.update(array.drop_null().to_pylist())
        if len(counted) > _MOST_DIFFERENT:
            return None
    if not counted:
        return None
    common = sorted(counted.items(), key=lambda item: (-item[1], str(item[0])))
    lines = [(_shown(value), count) for value, count in common[:_MOST_VALUES]]
    if others := common[_MOST_VALUES:]:
        lines.append((f"{len(others):,} other values", sum(count for _, count in others)))
    return Spread(output, tuple(label for label, _ in lines), tuple(count for _, count in lines))


def _shown(value: object) -> str:
    return str(value).upper() if isinstance(value, bool) else str(value)[:40]
