"""`services infer`: a file in, a contract out, nothing published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from tests.endpoints import greedy, tiny
from worker.cli import app
from worker.endpoints.rules import ModelMisfit, ModelTooCostly

ROWS = [["Purpose", "Amount", "Months"], ["car", 1200.5, 12], ["boat", None, 6], ["car", 10, 1], ["boat", 20, 2]]


def csv_file(path: Path) -> None:
    path.write_text("\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in ROWS), "utf-8-sig")


def workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(path)


def infer(folder: Path, sample: Path, **given: Any) -> Any:
    (folder / "model.onnx").write_bytes(tiny.credit())
    words = ["services", "infer", folder / "model.onnx", "--sample", sample, "--out", folder / "contract.json"]
    return CliRunner().invoke(app, [str(word) for word in words], **given)


@pytest.mark.parametrize(("name", "make"), [("rows.csv", csv_file), ("rows.xlsx", workbook)])
def test_a_contract_is_written_and_can_be_published(tmp_path: Path, name: str, make: Any) -> None:
    """The same contract from both kinds of file; what is said last is the command that publishes it."""
    make(tmp_path / name)
    ran = infer(tmp_path, tmp_path / name, catch_exceptions=False)
    assert ran.exit_code == 0
    contract = json.loads((tmp_path / "contract.json").read_text("utf-8"))
    assert contract["inputs"] == [
        {"name": "Purpose", "type": "text", "categories": ["boat", "car"]},
        {"name": "Amount", "type": "number", "nullable": True},
        {"name": "Months", "type": "integer"},
    ]
    assert contract["sample"][1] == {"Purpose": "boat", "Amount": None, "Months": 6}
    assert "yes" in ran.stdout
    command = ran.stdout.split("Then: sheetscore ")[1].split()
    made = CliRunner().invoke(app, [*command, "--home", str(tmp_path / "home")])
    assert (made.exit_code, command[2]) == (1, "NAME")  # a name is still to be chosen
    command[2] = "credit"
    assert CliRunner().invoke(app, [*command, "--home", str(tmp_path / "home")]).exit_code == 0


def test_a_contract_that_is_there_stays(tmp_path: Path) -> None:
    """Somebody may have edited it."""
    csv_file(tmp_path / "rows.csv")
    (tmp_path / "contract.json").write_text("edited")
    assert isinstance(infer(tmp_path, tmp_path / "rows.csv").exception, FileExistsError)
    assert (tmp_path / "contract.json").read_text() == "edited"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"Purpose,Amount,Months\ncar,1,2\ncar,1,200,50,12\n", "rows.csv, row 3: 5 cells below a header of 3"),
        (b"Purpose,Amount,Months\n\ncar,1\n", "rows.csv, row 3: 2 cells below a header of 3"),
        (b"Purpose,Amount,Months,Amount\ncar,1,2,3\n", "rows.csv: the header 'Amount' stands twice"),
        (
            b"Purpose,Amount,Months\ncar,x,2\n",
            "column 'Amount', for an input that is tensor(float): 'x' (not a number)",
        ),
    ],
)
def test_a_sample_whose_values_may_have_moved_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    """A comma too many puts every value behind it below another header: the contract would be of other columns."""
    (tmp_path / "rows.csv").write_bytes(content)
    assert told in str(infer(tmp_path, tmp_path / "rows.csv").exception)
    assert not (tmp_path / "contract.json").exists()


def test_a_model_that_cannot_score_the_sample_leaves_no_contract(tmp_path: Path) -> None:
    """What was written would be taken for one that can be published."""
    (tmp_path / "greedy.onnx").write_bytes(greedy.tile(2**30))
    (tmp_path / "rows.csv").write_text("x\n1\n")
    out = tmp_path / "contract.json"
    words = ["services", "infer", tmp_path / "greedy.onnx", "--sample", tmp_path / "rows.csv", "--out", out]
    assert isinstance(CliRunner().invoke(app, [*map(str, words)]).exception, ModelTooCostly)
    assert not out.exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"Purpose\ncar"])
def test_a_sample_that_is_no_table_for_the_model(tmp_path: Path, content: bytes) -> None:
    """Empty, not UTF-8, or without the model's columns: said, and no file is left."""
    (tmp_path / "rows.csv").write_bytes(content)
    assert isinstance(infer(tmp_path, tmp_path / "rows.csv").exception, ModelMisfit)
    assert not (tmp_path / "contract.json").exists()
