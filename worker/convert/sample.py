"""Rows of a file as columns of cells: what a first contract is inferred from, and what a model is tried with."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from worker.endpoints.rules import ModelMisfit
from worker.scoring.schema import Column, ColumnType, Output, Schema, match_key
from worker.workbooks import read_apart

WORKBOOKS = {".xlsx", ".xlsm"}


def read_cells(file: Path, names: Sequence[str]) -> dict[str, list[Any]]:
    """The columns of a CSV (UTF-8, comma) as text, of a workbook as their cells; None for blank.

    In a workbook the table is found by the names, and only those columns are read. Raises ModelMisfit, WorkbookError.
    """
    if file.suffix.lower() in WORKBOOKS:
        wanted = Schema(tuple(Column(name, ColumnType.TEXT) for name in names), (Output("any", ColumnType.NUMBER),))
        frame = read_apart(file, wanted).frame
        return {str(name): [_cell(value) for value in frame[name].tolist()] for name in frame.columns}
    with file.open(encoding="utf-8-sig", newline="") as text:
        try:
            numbered = [(number, row) for number, row in enumerate(csv.reader(text), 1) if row]
            (_, header), *rows = numbered
        except (ValueError, csv.Error):
            raise ModelMisfit([f"{file.name} has no header, or is no CSV in UTF-8"]) from None
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise ModelMisfit([f"{file.name}: the header {name!r} stands twice" for name in twice])
    for number, row in rows:
        if len(row) != len(header):  # every value in it may have moved
            raise ModelMisfit([f"{file.name}, row {number}: {len(row)} cells below a header of {len(header)}"])
    return {name: [row[i] or None for _, row in rows] for i, name in enumerate(header)}


def for_model(cells: Mapping[str, Sequence[Any]], names: Sequence[str] | None, count: int | None) -> dict[str, str]:
    """The columns of a model, in its order, each with its header in the table.

    A model that knows no names takes the columns as they come. Raises ModelMisfit.
    """
    if names is None:
        if count != len(cells):
            raise ModelMisfit([f"the model takes {count} columns without names; the sample has {len(cells)}"])
        return {header: header for header in cells}
    headers = {_key(header): header for header in cells}
    if faults := [f"the sample has no column {name!r}" for name in names if _key(name) not in headers]:
        raise ModelMisfit(faults)
    return {name: headers[_key(name)] for name in names}


def _key(name: str) -> str:
    return match_key(name).replace(" ", "_")  # as LightGBM writes names


def _cell(value: object) -> object:
    if isinstance(value, pd.Timestamp):
        return value.isoformat(timespec="seconds")
    return None if value is pd.NaT or value != value or value == "" else value  # noqa: PLR0124 - NaN
