"""Add result sheets to a workbook and leave everything else in it byte for byte as it was."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from worker.workbooks.frames import Sheet, pages
from worker.workbooks.publish import whole_file
from worker.workbooks.splice import Appended, splice


def append_sheets(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    sheets: Mapping[str, pd.DataFrame] | Sequence[Sheet],
    *,
    replace: bool = False,
) -> Appended:
    """Write the workbook `source` with `sheets` behind its own to `target`, which may be `source`.

    With `replace`, sheets of ours that nobody changed since get the new contents instead; one that was changed stays.
    Every part that need not change keeps its compressed bytes. Text never becomes a formula. Raises WorkbookError; then
    `target` is as it was. A file from a stranger belongs in `quarantine.append_apart`.
    """
    drawn = pages(sheets)
    with whole_file(Path(target), like=Path(source)) as file:
        return splice(source, file, drawn, replace=replace)
