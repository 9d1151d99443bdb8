"""`sheetscore services infer`: a first contract from a model and a file of sample rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from worker.cli import show
from worker.convert.sample import read_cells
from worker.endpoints.inferring import infer
from worker.endpoints.trial import look_apart, score_apart


def infer_contract(
    model: Annotated[Path, typer.Argument(help="The ONNX file.", exists=True, dir_okay=False)],
    *,
    sample: Annotated[Path, typer.Option(help="CSV or xlsx with a header and rows.", exists=True, dir_okay=False)],
    out: Annotated[Path, typer.Option(help="The contract that is written; must not exist yet.")],
) -> None:
    """Write a first contract for a model, from the model and sample rows, for a person to edit. Publishes nothing."""
    data = model.read_bytes()
    graph = look_apart(data)
    columns = [name for name, (_, dimensions) in graph.inputs.items() if dimensions]
    contract = infer(graph, read_cells(sample, columns))
    scores = score_apart(contract, data)
    with out.open("x", encoding="utf-8") as file:
        json.dump(contract.to_dict(), file, indent=2, ensure_ascii=False)
        file.write("\n")
    facts = [(c.name, str(c.type), "yes" if c.nullable else "no", str(len(c.categories))) for c in contract.inputs]
    _table(("input", "type", "may be blank", "values"), facts)
    _table(tuple(scores), zip(*scores.values(), strict=True))
    show.console.print(
        f"\nWritten: {out}. Look at types, categories and outputs. Its sample rows are shown to everyone with a key:"
        f" put in made-up ones.\nThen: sheetscore services add NAME {model} --contract {out}",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )


def _table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    show.rows([dict(zip(names, row, strict=True)) for row in rows], as_json=False, empty="")
