"""The demonstration's files are what the scripts make, are as good as we say, and hold what we promise."""

import os
import re
import subprocess
import sys
import warnings
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from worker.demo import book, credit, logo, material, train
from worker.demo.applicants import CHECKED_BY_HAND, FAULTS, HEADER_ROW, OWN_COLUMNS
from worker.endpoints.runtime import onnxruntime
from worker.scoring.check import check
from worker.scoring.errors import Problem, ProblemKind
from worker.scoring.schema import ColumnType, Schema

FILES = ("creditrisk.json", "creditrisk-1.onnx", "creditrisk-2.onnx")
SHIPPED = Path(material.__file__).parent
PROTECTED = (b"personal_status", b"foreign", b"male", b"divorced", b"resident")


def parts(data: bytes) -> dict[str, bytes]:
    """Name and unpacked bytes of each part of a workbook."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def stored(sheet: str) -> Worksheet:
    """A sheet of the workbook that ships, with the stored values of its formulas."""
    with warnings.catch_warnings():
        # openpyxl says that it would lose the data bars if it saved this file.
        warnings.filterwarnings("ignore", ".*extension is not supported", UserWarning)
        return openpyxl.load_workbook(BytesIO(material.workbook()), data_only=True)[sheet]


def protected(data: bytes) -> set[bytes]:
    """The traces of protected attributes in the bytes."""
    return {word for word in PROTECTED if word in data.lower()}


@pytest.fixture(scope="module")
def workbook() -> dict[str, bytes]:
    """The parts of the workbook that ships."""
    return parts(material.workbook())


@pytest.fixture(scope="module")
def listing() -> tuple[pd.DataFrame, list[Problem]]:
    """The applicants as a reader of workbooks gets them, with the error cells found on the way."""
    sheet = stored("Applicants")
    header, *rows = sheet.iter_rows(min_row=HEADER_ROW, min_col=2, values_only=True)
    frame = pd.DataFrame(rows, columns=header, dtype=object)
    at, columns = np.nonzero((frame == "#N/A").to_numpy())
    errors = [
        Problem(int(row), ProblemKind.ERROR_CELL, str(header[column]), "#N/A")
        for row, column in zip(at, columns, strict=True)
    ]
    return frame, errors


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The training script, run twice side by side in interpreters that order their sets differently."""
    folders = (tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second"))
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "worker.demo.train", str(folder)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=SHIPPED.parents[1],
            stdout=subprocess.DEVNULL,
        )
        for folder, seed in zip(folders, ("0", "1"), strict=True)
    ]
    assert [run.wait() for run in runs] == [0, 0]
    return folders


def test_training_twice_writes_the_same_bytes(trained: tuple[Path, Path]) -> None:
    """Nothing in the files depends on the run: no time, no order of a set."""
    first, second = trained
    for name in FILES:
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_shipped_models_and_contract_are_what_training_makes(trained: tuple[Path, Path]) -> None:
    """The contract is equal byte for byte; the models score equally, as processors differ in last digits."""
    assert (trained[0] / "creditrisk.json").read_bytes() == (SHIPPED / "creditrisk.json").read_bytes()
    inputs, _ = credit.load()
    for number in (1, 2):
        fresh = train.score((trained[0] / f"creditrisk-{number}.onnx").read_bytes(), inputs)
        shipped = train.score(material.model(number), inputs)
        assert (fresh[0] == shipped[0]).all()
        np.testing.assert_allclose(fresh[1], shipped[1], rtol=0, atol=1e-6)


@pytest.mark.parametrize("number", train.FITS)
def test_onnx_scores_as_scikit_learn_does(number: int) -> None:
    """The conversion changes no label and no probability beyond 32-bit rounding, over all applicants."""
    difference, flips = train.agreement(train.FITS[number](), material.model(number))
    assert flips == 0
    assert difference < 1e-6


@pytest.mark.parametrize("number", [1, 2])
def test_quality_on_applicants_held_out(number: int) -> None:
    """Each version ranks, decides and estimates better than the stated floors on rows it never saw."""
    learn, held, _, _ = train.split()
    assert len(held) == train.HELD_OUT
    assert not set(learn.index) & set(held.index)
    quality = train.quality(material.model(number))
    assert quality["AUC"] >= 0.75
    assert quality["accuracy"] > 0.70
    assert quality["Brier"] < 0.18


def test_versions_score_differently() -> None:
    """The two versions are two models: most applicants get another probability."""
    inputs, _ = credit.load()
    one, two = (train.score(material.model(number), inputs)[1] for number in (1, 2))
    assert (np.abs(one - two) > 0.01).mean() > 0.8


@pytest.mark.parametrize("number", [1, 2])
def test_model_declares_the_contract(number: int) -> None:
    """The model's inputs are the contract's columns by name, type and order, the outputs are where it says."""
    session = onnxruntime.InferenceSession(material.model(number))
    contract = material.contract()
    tensors = {ColumnType.NUMBER: "float", ColumnType.INTEGER: "int64", ColumnType.TEXT: "string"}
    assert [(item.name, item.type, item.shape) for item in session.get_inputs()] == [
        (column.name, f"tensor({tensors[column.type]})", [None, 1]) for column in contract.inputs
    ]
    given = {item.name: item.shape for item in session.get_outputs()}
    assert [(output.source, output.index) for output in contract.outputs] == [("probabilities", 0), ("label", None)]
    assert given == {"label": [None], "probabilities": [None, 2]}


@pytest.mark.parametrize("number", [1, 2])
def test_probability_is_of_default(number: int) -> None:
    """The probability belongs to "bad": it is above one half exactly where the label says so."""
    inputs, _ = credit.load()
    label, default = train.score(material.model(number), inputs)
    assert ((default > 0.5) == (label == "bad")).all()


def test_contract_is_complete() -> None:
    """18 described inputs, 2 outputs, 5 sample rows of every input; reading it back gives the same contract."""
    contract = material.contract()
    assert len(contract.inputs) == 18
    assert contract.output_names == ("Probability of default", "Predicted risk")
    assert all(column.description for column in contract.inputs)
    assert [list(row) for row in contract.sample] == [list(contract.input_names)] * 5
    assert Schema.from_dict(contract.to_dict()) == contract


def test_contract_is_true_of_the_data() -> None:
    """Every real applicant passes the check, and every category occurs: none is missing, none invented."""
    inputs, _ = credit.load()
    contract = material.contract()
    checked = check(inputs, contract)
    assert checked.problems == ()
    assert len(inputs) == 1000
    for column in contract.inputs:
        if column.type is ColumnType.TEXT:
            assert set(inputs[column.name]) == set(column.categories)


def test_protected_attributes_appear_nowhere(workbook: dict[str, bytes]) -> None:
    """Neither contract, models nor workbook hold a protected attribute; the same search finds them in the source."""
    for data in ((SHIPPED / name).read_bytes() for name in FILES):
        assert protected(data) == set()
    assert protected(b"".join(workbook.values())) == set()
    assert protected((SHIPPED / credit.FILE).read_bytes()) == set(PROTECTED)


def test_files_are_small() -> None:
    """What ships for the demonstration weighs little."""
    assert all(len(material.model(number)) < 150_000 for number in (1, 2))
    assert len(material.workbook()) < 200_000


def test_workbook_is_what_the_script_makes(tmp_path: Path, workbook: dict[str, bytes]) -> None:
    """Two builds are equal byte for byte, the shipped file part for part, as deflate differs between builds."""
    first, second = tmp_path / "first.xlsx", tmp_path / "second.xlsx"
    book.build(first)
    book.build(second)
    assert first.read_bytes() == second.read_bytes()
    assert parts(first.read_bytes()) == workbook


def test_workbook_has_what_real_workbooks_have(workbook: dict[str, bytes]) -> None:
    """Charts, picture, comment, conditional formats, validation, merged cells, rich text, names, a hidden sheet."""
    assert {"xl/charts/chart1.xml", "xl/charts/chart2.xml", "xl/comments1.xml"} <= set(workbook)
    assert workbook["xl/media/image1.png"] == logo.png()
    applicants = workbook["xl/worksheets/sheet2.xml"]
    for trait in (b"<conditionalFormatting", b"<dataValidation ", b"<mergeCell ", b"<autoFilter", b'state="frozen"'):
        assert trait in applicants
    assert b"<r><rPr>" in workbook["xl/sharedStrings.xml"]
    assert b'name="Lists" sheetId="4" state="hidden"' in workbook["xl/workbook.xml"]
    assert b'<definedName name="Applicants_Data">Applicants!$B$6:$V$1006<' in workbook["xl/workbook.xml"]
    assert b'<definedName name="Branches">Lists!$A$2:$A$5<' in workbook["xl/workbook.xml"]


def test_every_formula_has_its_value(workbook: dict[str, bytes]) -> None:
    """A reader that computes nothing sees values: 30 on the overview, 7 among the applicants."""
    counts = []
    for number in (1, 2):
        sheet = workbook[f"xl/worksheets/sheet{number}.xml"]
        counts.append(len(re.findall(rb"<f>[^<]+</f><v>[^<]+</v>", sheet)))
        assert counts[-1] == sheet.count(b"<f>")
    assert counts == [30, len(CHECKED_BY_HAND) + 1]


def test_overview_tells_the_truth(listing: tuple[pd.DataFrame, list[Problem]]) -> None:
    """The stored values of the overview's formulas are what Excel finds over the applicants as they stand."""
    frame, _ = listing
    sheet = stored("Overview")
    amounts = pd.to_numeric(frame["Credit amount (DM)"], errors="coerce")
    months = pd.to_numeric(frame["Duration (months)"], errors="coerce")
    shown = [sheet[f"C{row}"].value for row in range(6, 11)]
    assert shown == pytest.approx(
        [1000, amounts.sum(), amounts.mean(), months.mean(), (frame["Checking account"] == "no account").mean()]
    )
    for branch, *figures in sheet.iter_rows(min_row=14, max_row=17, min_col=2, max_col=5, values_only=True):
        own = frame["Branch"] == branch
        assert figures == pytest.approx([own.sum(), amounts[own].sum(), amounts[own].mean()])
    total = next(sheet.iter_rows(min_row=18, max_row=18, min_col=2, max_col=5, values_only=True))
    assert total == ("Total", 1000, amounts.sum(), pytest.approx(amounts.mean()))
    for purpose, count in sheet.iter_rows(min_row=22, max_row=31, min_col=2, max_col=3, values_only=True):
        assert count == (frame["Purpose"] == purpose).sum()


def test_exactly_20_rows_need_attention(listing: tuple[pd.DataFrame, list[Problem]]) -> None:
    """980 of 1,000 rows can be scored; the others have the mistakes that are written down, 21 of them."""
    frame, errors = listing
    assert tuple(frame.columns) == (*OWN_COLUMNS, *material.contract().input_names)
    checked = check(frame, material.contract(), errors)
    assert int(checked.good.sum()) == 980
    assert [(problem.row + 1, problem.column) for problem in checked.problems] == [
        (number, column) for number, column, _ in FAULTS
    ]
    assert Counter(problem.kind for problem in checked.problems) == {
        ProblemKind.BLANK: 7,
        ProblemKind.NOT_A_CATEGORY: 6,
        ProblemKind.NOT_A_NUMBER: 3,
        ProblemKind.DATE_IN_NUMBER: 2,
        ProblemKind.NOT_WHOLE: 1,
        ProblemKind.OUT_OF_RANGE: 1,
        ProblemKind.ERROR_CELL: 1,
    }


def test_rows_without_mistakes_are_the_data(listing: tuple[pd.DataFrame, list[Problem]]) -> None:
    """Apart from the mistakes the workbook holds the data, so its scores are the model's."""
    inputs, _ = credit.load()
    kept = ~inputs.index.isin([number - 1 for number, _, _ in FAULTS])
    frame = listing[0][list(inputs.columns)]
    assert frame[kept].to_numpy().tolist() == inputs[kept].to_numpy().tolist()


def test_running_needs_nothing_that_training_needs() -> None:
    """The demonstration runs where scikit-learn and XlsxWriter are not installed."""
    program = (
        "import sys; from worker.demo import material; material.contract(); material.model(1); material.workbook();"
        "print({'sklearn', 'skl2onnx', 'onnx', 'xlsxwriter'} & set(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=SHIPPED.parents[1], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "set()"
