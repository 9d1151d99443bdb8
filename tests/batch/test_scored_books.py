"""What comes back: every row is accounted for, in sheets, parts and files of every kind."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from tests.batch.scored import check_scores, sheet
from tests.workbooks import otherfiles
from worker.batch import slabs
from worker.endpoints.conventions import set_conventions


def test_a_dropped_workbook_comes_back_scored(bench, book, tmp_path: Path, expected_risk) -> None:
    """The result stands in done, the original is kept as it was, the summary opens with a sentence."""
    source = book(tmp_path / "loans.xlsx", 250)
    job = bench.drive(bench.enter(source))
    assert (job.state, job.rows_read, job.rows_scored, job.rows_with_problems, job.calls) == ("done", 250, 250, 0, 5)
    done = bench.boxes().root / "done" / "loans.xlsx"
    check_scores(done, expected_risk, 250)
    assert sheet(done, "Scores summary")[0][0] == "All 250 rows scored"
    assert bench.folders.original(job.id, "loans.xlsx").read_bytes() == source.read_bytes()
    assert bench.boxes().failed == []
    assert done.stat().st_nlink == 1


def test_bad_rows_carry_their_reason_and_spoil_no_neighbour(bench, book, tmp_path: Path) -> None:
    """Four faults of four kinds: each row says which cell, what stands there and what is wanted."""
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 100, faults=True)))
    assert (job.state, job.rows_scored, job.rows_with_problems) == ("done", 96, 4)
    done = bench.boxes().root / "done" / "loans.xlsx"
    status = [line[-1] for line in sheet(done)[1:]]
    assert status[:5] == [
        "C5: Amount is blank; a value is needed",
        "C6: 'n/a' is not a number; Amount takes numbers",
        "D7: 'plane' is not a value of Purpose. Allowed: car, house, boat",
        "C8: 2024-02-29 is shown as a date, but Amount takes numbers; format the cell as Number and check it",
        "ok",
    ]
    assert [line[2] for line in sheet(done)[1:5]] == [""] * 4
    assert sheet(done, "Scores summary")[0][0] == "96 of 100 rows scored, 4 need attention"


def test_rows_of_which_none_can_be_sent_cost_no_call(bench, book, tmp_path: Path) -> None:
    """The job is done, and every row says why."""
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 4, faults=True)))
    assert (job.state, job.rows_scored, job.rows_with_problems, job.calls) == ("done", 0, 4, 0)


def test_a_scored_workbook_can_be_dropped_again(bench, book, tmp_path: Path) -> None:
    """Our own sheets are not taken as input; the new ones get the next names."""
    bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 20)))
    again = bench.drive(bench.enter(bench.boxes().root / "done" / "loans.xlsx"))
    assert (again.state, again.rows_read, again.result_name) == ("done", 20, "done/loans (2).xlsx")
    names = CalamineWorkbook.from_path(bench.boxes().root / "done" / "loans (2).xlsx").sheet_names
    assert names == ["Loans", "Notes", "Scores", "Scores summary", "Scores 2", "Scores summary 2"]


@pytest.mark.parametrize("door", ["folder", "upload"])
def test_earlier_sheets_are_replaced_where_the_customer_wants_that(
    bench, book, tmp_path: Path, expected_risk, door: str
) -> None:
    """However often: one `Scores` and one summary, of the last scoring. What a person wrote into one is kept."""
    set_conventions(bench.registry._engine, "acme", replace_earlier=True)
    source = book(tmp_path / "loans.xlsx", 20)

    def score(at: str, value: object) -> Path:
        """Change a cell and send the workbook."""
        changed = openpyxl.load_workbook(source)
        name, _, cell = at.partition("!")
        changed[name][cell] = value
        changed.save(source)
        job = bench.drive(bench.enter(source, door))
        made = (bench.boxes().root if door == "folder" else bench.folders.folder(job.id)) / job.result_name
        source.write_bytes(made.read_bytes())
        return made

    for amount in (2000, 3000, 4000):
        made = score("Loans!C5", amount)
        assert CalamineWorkbook.from_path(made).sheet_names == ["Loans", "Notes", "Scores", "Scores summary"]
        assert [line[2] for line in sheet(made)[1:3]] == [expected_risk(amount), expected_risk(1001)]
    made = score("Scores!H2", "ask them")
    names = CalamineWorkbook.from_path(made).sheet_names
    assert names == ["Loans", "Notes", "Scores", "Scores summary", "Scores 2"]
    assert (sheet(made)[1][2], sheet(made)[1][-1]) == (expected_risk(4000), "ask them")


def test_whether_sheets_are_replaced_is_settled_when_a_job_starts(bench, book, tmp_path: Path) -> None:
    """What the operator says while it is under way holds for the next one."""
    source = book(tmp_path / "loans.xlsx", 100)
    bench.drive(bench.enter(source))
    source.write_bytes((bench.boxes().root / "done" / "loans.xlsx").read_bytes())
    job_id = bench.enter(source)
    bench.transport.calls = 0
    assert bench.drive(job_id, stopping=lambda: bench.transport.calls >= 1).state == "queued"
    set_conventions(bench.registry._engine, "acme", replace_earlier=True)
    found = []
    for each in (job_id, bench.enter(source)):
        done = bench.boxes().root / (bench.drive(each).result_name or "")
        found.append(CalamineWorkbook.from_path(done).sheet_names[4:])
    assert found == [["Scores 2", "Scores summary 2"], []]


def test_every_input_of_a_workbook_gets_its_sheet(bench, book, tmp_path: Path, expected_risk) -> None:
    """Two sheets with the endpoint's columns: each row once, parts numbered through, the summary tells of each."""
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 120, faults=True, more=70)))
    assert (job.state, job.rows_read, job.rows_scored, job.rows_with_problems) == ("done", 190, 186, 4)
    done = bench.boxes().root / "done" / "loans.xlsx"
    names = CalamineWorkbook.from_path(done).sheet_names
    assert names[-3:] == ["Scores Loans", "Scores More loans", "Scores summary"]
    ids = [line[0] for name in names[-3:-1] for line in sheet(done, name)[1:]]
    assert ids == [f"L-{n:05d}" for n in range(190)]
    assert [line[2] for line in sheet(done, names[-2])[1:]] == [
        pytest.approx(expected_risk(1120 + n)) for n in range(70)
    ]
    assert job.parts == 5
    told = [value for what, value, *_ in sheet(done, "Scores summary") if what == "Input"]
    assert told == [
        "Loans!B4:D124. 116 of 120 rows scored, 4 need attention",
        "'More loans'!B4:D74. All 70 rows scored",
    ]


def test_one_input_alone_does_not_replace_the_sheet_of_another(bench, book, tmp_path: Path) -> None:
    """Both were scored, then one's scores were changed by a person, and that one is scored again."""
    set_conventions(bench.registry._engine, "acme", replace_earlier=True)
    bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 20, more=10)))
    scored = openpyxl.load_workbook(bench.boxes().root / "done" / "loans.xlsx")
    scored["Scores More loans"]["C2"] = 0.5
    scored.save(tmp_path / "again.xlsx")
    for where, names in (("More loans", ["Scores"]), ("Loans", ["Scores"])):
        job = bench.drive(bench.enter(tmp_path / "again.xlsx", where=where))
        done = bench.boxes().root / job.result_name
        assert CalamineWorkbook.from_path(done).sheet_names[3:] == [
            "Scores Loans",
            "Scores More loans",
            "Scores summary",
            *(names if where == "More loans" else []),
        ]
        rows = {name: len(sheet(done, name)) - 1 for name in ("Scores Loans", "Scores More loans")}
        assert rows == {"Scores Loans": 20, "Scores More loans": 10}


def test_an_input_without_rows_spoils_no_other(bench, book, tmp_path: Path) -> None:
    """A header alone is said in the summary; only when there is no row at all the job fails."""
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 20, more=0)))
    done = bench.boxes().root / "done" / "loans.xlsx"
    assert (job.state, job.rows_read) == ("done", 20)
    assert CalamineWorkbook.from_path(done).sheet_names[-2:] == ["Scores Loans", "Scores summary"]
    assert ["Input", "'More loans'!B4:D4. No row below it"] in [line[:2] for line in sheet(done, "Scores summary")]
    empty = bench.drive(bench.enter(book(tmp_path / "empty.xlsx", 0, more=0)))
    assert (empty.state, bench.transport.calls) == ("failed", 1)
    assert "no row below it" in (empty.reason or "")


def test_one_of_several_inputs_may_be_named(bench, book, tmp_path: Path) -> None:
    """Then it alone is scored, as if there were no other."""
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 20, more=10), where="More loans"))
    assert (job.state, job.rows_read) == ("done", 10)
    names = CalamineWorkbook.from_path(bench.boxes().root / "done" / "loans.xlsx").sheet_names
    assert names[-2:] == ["Scores", "Scores summary"]


def test_texts_are_read_as_the_customer_means_them_and_as_was_said_at_the_start(bench, book, tmp_path: Path) -> None:
    """What the operator says while a job is under way holds for the next one: the parts that are paid for stay its."""
    source = book(tmp_path / "loans.xlsx", 100)
    changed = openpyxl.load_workbook(source)
    for row in range(5, 65):
        changed["Loans"].cell(row, 3, f"{row}.000,5")
    changed.save(source)
    registry = bench.registry
    set_conventions(registry._engine, "acme", decimal_sign=",")
    job_id = bench.enter(source)
    first = bench.ledger.claim("me", lambda name: False, only=job_id)
    stopping = bench.drive(job_id, stopping=lambda: bench.transport.calls >= 1)
    assert (first.conventions, stopping.conventions) == (None, '{"decimal_sign": ","}')
    set_conventions(registry._engine, "acme", decimal_sign=".")
    job = bench.drive(job_id)
    assert (job.state, job.rows_scored) == ("done", 100)
    assert set(bench.transport.paid.values()) == {1}
    assert 5000.5 in bench.transport.paid
    summary = sheet(bench.boxes().root / "done" / "loans.xlsx", "Scores summary")
    notes = [value for what, value, *_ in summary if what == "Note"]
    assert notes == ["Texts that were read as numbers or dates, as is agreed with you: 60 in Amount."]
    assert bench.drive(bench.enter(source)).rows_scored == 40


def test_texts_that_no_cell_holds_are_told(bench, tmp_path: Path) -> None:
    """They are cut off where they are repeated; the file itself is kept. One that just fits is whole."""
    source = tmp_path / "loans.csv"
    texts = ["x" * 32_767, "x" * 32_768, "\U0001f600" * 16_384, "short"]
    source.write_text("\n".join(["Remark,Amount,Purpose", *(f"{text},{1000 + n},car" for n, text in enumerate(texts))]))
    job = bench.drive(bench.enter(source))
    assert (job.state, job.rows_scored) == ("done", 4)
    made = bench.boxes().root / "done" / "loans.scored.xlsx"
    notes = [value for what, value, *_ in sheet(made, "Scores summary") if what == "Note"]
    assert "Texts longer than the 32,767 characters that a cell holds, and cut off there: 2 in Remark." in notes
    shown = sorted(len(value) for line in sheet(made)[1:] for value in line[:3] if str(value)[0] in "x\U0001f600s")
    assert shown == [5, 16_383, 32_767, 32_767]


@pytest.mark.parametrize("ending", ["xls", "ods", "xlsb", "csv"])
def test_what_no_sheet_can_be_added_to_comes_back_beside_its_scores(
    bench, tmp_path: Path, expected_risk, ending: str
) -> None:
    """The file as it was, and a workbook with all its columns, the scores, and a summary that says why."""
    rows = [["Id", "Amount", "Purpose"], *([f"L-{n}", 1000 + n, "car"] for n in range(120))]
    source = tmp_path / f"loans.{ending}"
    if ending == "csv":
        source.write_text("\n".join(",".join(map(str, row)) for row in rows))
    else:
        getattr(otherfiles, f"write_{ending}")(source, {"Loans": rows})
    for number in ("", " (2)"):
        job = bench.drive(bench.enter(source))
        assert (job.state, job.rows_scored) == ("done", 120)
        done = bench.boxes().root / "done"
        assert (done / f"loans{number}.{ending}").read_bytes() == source.read_bytes()
        scored = done / f"loans.scored{number}.xlsx"
        assert CalamineWorkbook.from_path(scored).sheet_names == ["Scores", "Scores summary"]
        openpyxl.load_workbook(scored)
        header, *lines = sheet(scored)
        assert header == ["Id", "Row", "Amount", "Purpose", "Risk", "Label", "Status"]
        assert [[*line[:2], float(line[2])] for line in lines] == [[f"L-{n}", n + 2, 1000 + n] for n in range(120)]
        assert [line[4] for line in lines] == [pytest.approx(expected_risk(1000 + n)) for n in range(120)]
        assert {(line[3], *line[5:]) for line in lines} == {("car", "low", "ok")}
        notes = [value for what, value, *_ in sheet(scored, "Scores summary") if what == "Note"]
        why = f"No sheet can be added to a file of this kind (.{ending}): "
        why += "the scores are in this workbook, the file is as it was."
        assert notes == [why]
    assert len(list(done.iterdir())) == 4


def test_a_large_job_is_read_again_rather_than_held(
    bench, book, tmp_path: Path, expected_risk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the bounds of what is kept, slab by slab, the result is the same."""
    monkeypatch.setattr(slabs, "SLAB_ROWS", 100)
    monkeypatch.setattr(slabs, "KEPT_ROWS", 100)
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 430)))
    assert (job.state, job.calls, job.parts) == ("done", 9, 9)
    check_scores(bench.boxes().root / "done" / "loans.xlsx", expected_risk, 430)
    assert not list(bench.folders.folder(job.id).glob("scratch*"))
