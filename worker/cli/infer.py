"""`sheetscore services infer`: a first contract from a model and a file of sample rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from worker.cli import show
from worker.endpoints.inferring import infer
from worker.endpoints.rules import ModelMisfit
from worker.endpoints.trial import Graph, look_apart, score_apart
from worker.scoring.schema import Column, ColumnType, Output, Schema
from worker.workbooks import read_apart


def infer_contract(
    model: Annotated[Path, typer.Argument(help="The ONNX file.", exists=True, dir_okay=False)],
    *,
    sample: Annotated[Path, typer.Option(help="CSV or xlsx with a header and rows.", exists=True, dir_okay=False)],
    out: Annotated[Path, typer.Option(help="The contract that is written; must not exist yet.")],
) -> None:
    """Write a first contract for a model, from the model and sample rows, for a person to edit. Publishes nothing."""
    data = model.read_bytes()
    graph = look_apart(data)
    contract = infer(graph, _cells(sample, graph))
    with out.open("x", encoding="utf-8") as file:
        json.dump(contract.to_dict(), file, indent=2, ensure_ascii=False)
        file.write("\n")
    facts = [(c.name, str(c.type), "yes" if c.nullable else "no", str(len(c.categories))) for c in contract.inputs]
    _table(("input", "type", "may be blank", "values"), facts)
    scores = score_apart(contract, data)
    _table(tuple(scores), zip(*scores.values(), strict=True))
    show.console.print(
        f"\nWritten: {out}. Look at types, categories and outputs. Its sample rows are shown to everyone with a key:"
        f" put in rows of nobody.\nThen: sheetscore services add NAME {model} --contract {out}",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )


def _table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    show.rows([dict(zip(names, row, strict=True)) for row in rows], as_json=False, empty="")


def _cells(file: Path, graph: Graph) -> dict[str, list[Any]]:
    """The columns of a CSV (UTF-8, comma) as text, of a workbook as their cells; None for blank. Raises ModelMisfit."""
    if file.suffix.lower() in {".xlsx", ".xlsm"}:
        wanted = Schema(
            tuple(Column(name, ColumnType.TEXT) for name in graph.inputs), (Output("any", ColumnType.NUMBER),)
        )
        frame = read_apart(file, wanted).frame
        return {str(name): [_cell(value) for value in frame[name].tolist()] for name in frame.columns}
    with file.open(encoding="utf-8-sig", newline="") as text:
        try:
            header, *rows = [row for row in csv.reader(text) if row]
        except (ValueError, csv.Error):
            raise ModelMisfit([f"{file} has no header, or is no CSV in UTF-8"]) from None
    return {name: [row[i] or None if i < len(row) else None for row in rows] for i, name in enumerate(header)}


def _cell(value: object) -> object:
    if isinstance(value, pd.Timestamp):
        return value.isoformat(timespec="seconds")
    return None if value is pd.NaT or value != value or value == "" else value  # noqa: PLR0124 - NaN
