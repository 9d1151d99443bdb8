"""`sheetscore models convert`: a provider's own trained model becomes an ONNX file and a first contract."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from worker.cli import show
from worker.cli.home import Json
from worker.convert import Agreement, convert_apart


def convert_model(
    pipeline: Annotated[
        Path,
        typer.Argument(
            help="joblib or pickle of a fitted estimator, or a booster: .txt of LightGBM, .json or .ubj of XGBoost."
            " Loading a pickle runs the code in it: convert only your own.",
            exists=True,
            dir_okay=False,
        ),
    ],
    *,
    sample: Annotated[
        Path, typer.Option(help="CSV or xlsx of rows with the columns it was trained on.", exists=True, dir_okay=False)
    ],
    out: Annotated[
        Path | None, typer.Option(help="The ONNX file; beside the model if not given. Its contract ends in .json.")
    ] = None,
    tolerance: Annotated[
        float, typer.Option(min=0, help="Scores that differ by no more are equal; a share, but for probabilities.")
    ] = 1e-4,
    as_json: Json = False,
) -> None:
    """Turn a trained model into ONNX, compare both on sample rows, and refuse what scores otherwise."""
    model = out or pipeline.with_suffix(".onnx")
    contract = model.with_suffix(".json")
    for file in (model, contract):
        if file.exists():
            raise FileExistsError(17, "there already, and not written over", str(file))
    made = convert_apart(pipeline, sample, tolerance=tolerance)
    facts = {"model": str(model), "contract": str(contract)} if made.agreement.holds else {}
    if made.agreement.holds:
        model.write_bytes(made.model)
        contract.write_text(json.dumps(made.contract.to_dict(), indent=2, ensure_ascii=False) + "\n", "utf-8")
    for note in made.notes:
        show.complain(note)
    if as_json:
        show.one({**facts, **asdict(made.agreement)}, as_json=True)
    else:
        _tell(made.agreement, facts)
    if not made.agreement.holds:
        show.complain("It scores otherwise than the original on these rows. Nothing was written.")
        raise typer.Exit(1)


def _tell(agreement: Agreement, facts: dict[str, str]) -> None:
    equal = agreement.rows - agreement.apart
    counts = {
        "rows compared": agreement.rows,
        "largest difference of a number": f"{agreement.largest:.1e}",
        "rows whose numbers are equal": f"{equal:,} ({equal / agreement.rows:.2%})",
        "rows with another label": agreement.flips,
    }
    show.one({**facts, **counts}, as_json=False)
    if agreement.told:
        show.console.print("")
        show.rows([asdict(each) for each in agreement.told], as_json=False, empty="")
    if facts:
        show.console.print(
            "\nLook at the contract: types, categories, outputs. Its sample rows are shown to everyone with a key: put"
            f" in made-up ones.\nThen: sheetscore services add NAME {facts['model']} --contract {facts['contract']}"
        )
