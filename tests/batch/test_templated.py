"""Filled-in templates come back with a sheet in the definition's words, and nothing else in them touched."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import PatternFill

from tests.batch.filled import FIRST, HEADER, Desk, applicants, changed, fill, grid, renew
from tests.workbooks.unchanged import changes
from tests.workbooks.validity import Schemas
from workbook_templates.differences import Difference
from workbook_templates.shelf import Shelf
from worker.batch.publish import template_name
from worker.demo import material
from worker.endpoints import Remote
from worker.endpoints.conventions import set_conventions

WORDS = {"en": ("Input", "Results", "Application"), "de": ("Eingabe", "Ergebnisse", "Antrag")}

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "home")


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_results_are_in_the_customers_words(desk: Desk, language: str) -> None:
    """Sentence, problems, bands with counts, chart, then the rows, the identifier leftmost, the reason in words."""
    rows = applicants(6)
    rows[1]["Age (years)"] = "n/a"
    rows[2]["Purpose"] = "zoo"
    rows[3]["Duration (months)"] = None
    job, file = desk.send(fill(desk.template(language), rows))
    assert (job.state, job.rows_scored, job.rows_with_problems) == ("done", 3, 3)
    _, name, own = WORDS[language]
    lines = grid(file, name)
    said = {
        "en": "3 of 6 applications scored, 3 need attention",
        "de": "3 von 6 Anträgen bewertet, 3 brauchen Aufmerksamkeit",
    }
    assert lines[0] == [said[language]]
    day = dt.datetime.fromtimestamp(job.ended_at, dt.UTC)
    facts = {
        "en": f"Credit applications · acme · Model: version 1 of {day:%Y-%m-%d} · Scored on {day:%Y-%m-%d}",
        "de": f"Kreditanträge · acme · Modell: Version 1 vom {day:%d.%m.%Y} · Bewertet am {day:%d.%m.%Y}",
    }
    assert lines[1] == [facts[language]]
    problems = {
        "en": ["Age: not a number (1)", "Duration: missing (1)", "What for: not in the list (1)"],
        "de": ["Alter: keine Zahl (1)", "Laufzeit: fehlt (1)", "Wofür: nicht in der Liste (1)"],
    }
    assert [line[0] for line in lines[3:6]] == problems[language]
    header = next(number for number, line in enumerate(lines) if line[:1] == [own])
    table = {line[0]: line for line in lines[header + 1 :]}
    assert [line[0] for line in lines[header + 1 :]] == [f"A-{number:03d}" for number in range(6)]
    reasons = {
        "en": "Age (H11): not a number: 'n/a'. A whole number from 18 to 100 is needed.",
        "de": "Alter (H11): keine Zahl: 'n/a'. Hier wird eine ganze Zahl von 18 bis 100 gebraucht.",
    }
    assert table["A-001"][-1] == reasons[language]
    bands = {
        "en": ["low risk", "medium risk", "high risk"],
        "de": ["geringes Risiko", "mittleres Risiko", "hohes Risiko"],
    }
    at = next(number for number, line in enumerate(lines) if line[:1] == bands[language][:1])
    counts = dict(zip(bands[language], (line[1] for line in lines[at : at + 3]), strict=True))
    shown = [line[4] for line in lines[header + 1 :] if len(line) == 7]
    assert counts == {band: shown.count(band) for band in bands[language]}
    assert sum(counts.values()) == 3
    for line in (line for line in lines[header + 1 :] if len(line) == 7):
        risk, wording = line[3], line[4]
        assert wording == bands[language][(risk >= 0.2) + (risk >= 0.5)]


def test_everything_shown_is_stored(desk: Desk) -> None:
    """No formula to compute; the chart has its points; model, day and contact stand in the footer."""
    _, file = desk.send(fill(desk.template("en"), applicants(4)))
    book = openpyxl.load_workbook(file)
    sheet = book["Results"]
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    (chart,) = sheet._charts
    points = [float(point.v) for point in chart.series[0].val.numRef.numCache.pt]
    assert sum(points) == 4
    footer = sheet.oddFooter.left.text
    assert "version 1 of" in footer
    assert "scores@example.com" in footer
    colors = {cell.value: cell.fill.fgColor.rgb for row in sheet.iter_rows() for cell in row}
    assert (colors["low risk"], colors["high risk"]) == ("FFCFE8D5", "FFF6CFC7")
    assert book.sheetnames == ["Start", "Input", "Codes", "Lists", "Results"]


def test_a_customers_own_colour_name_and_contact(desk: Desk) -> None:
    """The table of differences holds for results too."""
    (desk.home / "templates").mkdir(exist_ok=True)
    table = "customer,name,accent,contact\nacme,Acme Bank,8A1538,desk@acme.example\n"
    (desk.home / "templates" / "credit.csv").write_text(table)
    _, file = desk.send(fill(desk.template("en"), applicants(2)))
    sheet = openpyxl.load_workbook(file)["Results"]
    assert "· Acme Bank ·" in sheet["A2"].value
    assert sheet.oddFooter.left.text.endswith("desk@acme.example")
    assert sheet.sheet_properties.tabColor.rgb == "FF8A1538"
    assert Difference("x").customer == "x"


@pytest.mark.parametrize("what", ["version", "template", "gone"])
def test_when_the_definition_is_gone_the_plain_sheets_serve(desk: Desk, what: str) -> None:
    """Another version, another name, a definition that cannot be read."""
    file = fill(desk.template("en"), applicants(2))
    book = openpyxl.load_workbook(file)
    if what == "version":
        book.defined_names["Sheetscore_Template_Version"].attr_text = '"77"'
    elif what == "template":
        book.defined_names["Sheetscore_Template"].attr_text = '"nosuch"'
    else:
        (desk.home / "templates").mkdir(exist_ok=True)
        (desk.home / "templates" / "credit.toml").write_text("this is not TOML")
    book.save(file)
    job, scored = desk.send(file)
    assert job.state == "done"
    assert openpyxl.load_workbook(scored).sheetnames[-2:] == ["Scores", "Scores summary"]


def as_a_person(book: Any) -> None:
    """Does to a filled-in template what people do: renames, moves, sorts, hides, pastes over, adds and deletes."""
    sheet = book["Input"]
    places = {cell.value: cell.column for cell in sheet[HEADER] if cell.value}
    moved, other = places["Job"], places["Telephone"]
    last = FIRST + 7
    for row in range(HEADER, last + 1):
        one, two = sheet.cell(row, moved), sheet.cell(row, other)
        one.value, two.value = two.value, one.value
    sheet.cell(HEADER, places["Credit amount (DM)"]).value = "Amount"  # its label
    lines = [[cell.value for cell in sheet[row][: max(places.values())]] for row in range(FIRST, last + 1)]
    for row, line in zip(range(FIRST, last + 1), reversed(lines), strict=True):
        for column, value in enumerate(line, 1):
            sheet.cell(row, column).value = value
    sheet.column_dimensions["D"].hidden = True
    sheet.row_dimensions[FIRST + 1].hidden = True
    mine = max(places.values()) + 6
    for row in range(FIRST, FIRST + 40):
        sheet.cell(row, mine).value = f"=A{row}&1"
    sheet.cell(FIRST, 3).fill = PatternFill("solid", fgColor="FFFF00")
    del book["Codes"], book["Start"]
    added = book.create_sheet("Mine")
    added["A1"], added["A2"] = "=SUM(1,2)", "kept"


@pytest.fixture
def short(desk: Desk) -> Desk:
    """The same with five prepared rows: whatever stands below them is below the table."""
    (desk.home / "templates").mkdir()
    text = (
        Shelf(desk.home).text("credit").replace("rows = 500", "rows = 5").replace("sample_rows = 3", "sample_rows = 0")
    )
    (desk.home / "templates" / "credit.toml").write_text(text)
    return desk


@pytest.mark.parametrize("door", ["folder", "upload", "command"])
def test_a_persons_habits(short: Desk, door: str) -> None:
    """Through every door each row comes back with its own score, three below the table too; what is wrong by pasting
    over the checks is told; every part of the person's workbook is, byte for byte, what it was.
    """
    rows = applicants(8)
    rows[2]["Housing"] = "tent"
    _, plain = short.send(fill(short.template("en"), rows), door)
    source = fill(short.template("en"), rows, as_a_person)
    job, file = short.send(source, door)
    assert (job.state, job.rows_read, job.rows_scored, job.rows_with_problems) == ("done", 8, 7, 1)
    assert changes(source, file) == []
    assert openpyxl.load_workbook(file).sheetnames == ["Input", "Lists", "Mine", "Results"]

    def scored(book: Path) -> dict[str, list[Any]]:
        lines = [line for line in grid(book, "Results") if str(line[:1]).startswith("['A-")]
        return {line[0]: line[2:6] if len(line) == 7 else line[2:3] for line in lines}

    assert scored(file) == scored(plain)
    assert list(scored(file)) == [f"A-{number:03d}" for number in reversed(range(8))]


def test_a_twin_that_goes_by_place_would_mix_the_columns_up(short: Desk) -> None:
    """The moved columns hold other values: the test above sees a reader that does not go by names."""
    rows = applicants(8)
    assert any(row["Job"] != row["Telephone"] for row in rows)
    file = fill(short.template("en"), rows, as_a_person)
    sheet = openpyxl.load_workbook(file)["Input"]
    header = [cell.value for cell in sheet[HEADER]]
    assert header.index("Job") > header.index("Telephone")
    assert sheet.cell(FIRST, header.index("Job") + 1).value == rows[-1]["Job"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_sheet_is_valid_by_the_published_schemas(desk: Desk, language: str) -> None:
    schemas = Path(__file__).parents[3] / "shared" / "schemas"
    if not schemas.is_dir():
        pytest.skip("the schemas are not beside the checkout")
    rows = applicants(6)
    rows[1]["Purpose"] = "zoo"
    source = fill(desk.template(language), rows)
    _, file = desk.send(source)
    assert Schemas(schemas).faults(source, file) == []


def test_a_stale_template_is_scored_where_that_is_right(desk: Desk) -> None:
    """What changed is told by column and how, in the customer's words; a new template lies beside the result."""
    file = fill(desk.template("de"), applicants(3))
    renew(desk, material.model(1), {"Age (years)": changed("Age (years)", maximum=90)})
    job, scored = desk.send(file)
    assert job.state == "done"
    told = [line[0] for line in grid(scored, "Ergebnisse")[3:6]]
    assert told[0] == "Diese Mappe ist älter als das Modell, dessen Spalten sich seither geändert haben."
    assert "Alter (jetzt 18 bis 90)" in told[1]
    assert told[2] == "Eine neue Vorlage liegt daneben."
    fresh = openpyxl.load_workbook(scored.with_name(template_name(scored.name)))
    fingerprint = fresh.defined_names["Sheetscore_Schema"].attr_text.strip('"')
    version = desk.registry.endpoint("creditrisk/acme").contract_version
    assert fingerprint == desk.registry.versions("creditrisk")[version - 1].contract.fingerprint()


def test_a_stale_template_that_cannot_be_scored_says_which_columns(short: Desk) -> None:
    """A column that is new and needed: the reason names it, and a new template lies beside."""
    file = fill(short.template("en"), applicants(3))
    elsewhere = Remote("http://127.0.0.1:9/workspaces/w/services/s", "classic")
    renew(short, elsewhere, {"Income": {"type": "number"}})
    job, failed = short.send(file)
    assert job.state == "failed"
    assert job.reason.startswith(
        "This workbook is older than the model, whose columns changed since. New: Income. "
        "A new template lies beside it. The header in Input!"
    )
    box = {entry.name for entry in failed.parent.iterdir()}
    stem = file.stem
    assert box == {file.name, f"{stem}.reason.txt", f"{stem}.new-template.xlsx"}


def test_a_template_as_new_as_its_endpoint_gets_none_beside_it(desk: Desk) -> None:
    job, scored = desk.send(fill(desk.template("en"), applicants(2)))
    assert job.state == "done"
    assert [entry.name for entry in scored.parent.iterdir()] == [scored.name]


def test_a_definition_that_says_nothing_wrong_of_the_outputs_still_speaks(desk: Desk) -> None:
    """A new category without words keeps a template from being built, not the results from being told."""
    file = fill(desk.template("de"), applicants(2))
    first, *purposes = next(one for one in material.contract().inputs if one.name == "Purpose").categories
    renew(desk, material.model(1), {"Purpose": changed("Purpose", categories=[*purposes, first, "boat"])})
    job, scored = desk.send(file)
    assert job.state == "done"
    told = [line[0] for line in grid(scored, "Ergebnisse")[3:5]]
    assert told == [
        "This workbook is older than the model, whose columns changed since.",
        "Changed: Purpose (also takes boat).",
    ]
    assert [entry.name for entry in scored.parent.iterdir()] == [scored.name]


def test_results_are_never_taken_for_input(desk: Desk) -> None:
    """Sent again, the workbook is scored again; the sheet of before stays, the new one gets the next name."""
    _, file = desk.send(fill(desk.template("en"), applicants(3)))
    again = desk.home / "again.xlsx"
    shutil.copyfile(file, again)
    job, twice = desk.send(again)
    assert (job.state, job.rows_read) == ("done", 3)
    assert openpyxl.load_workbook(twice).sheetnames[-2:] == ["Results", "Results 2"]
    assert changes(again, twice) == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_earlier_results_are_replaced_where_the_customer_wants_that(desk: Desk, language: str) -> None:
    """Again and again one sheet of results, with the last rows; one that a person wrote into is kept."""
    set_conventions(desk.engine, "acme", replace_earlier=True)
    name = WORDS[language][1]
    before = openpyxl.load_workbook(file := desk.template(language)).sheetnames
    row = applicants(2)[1]  # its score has 16 digits; openpyxl writes no more
    for count in (4, 2, 3):
        job, file = desk.send(fill(file, [row] * count))
        assert (job.state, openpyxl.load_workbook(file).sheetnames) == ("done", [*before, name])
    book = openpyxl.load_workbook(file)
    book[name]["A40"] = "call them"
    book.save(file)
    assert openpyxl.load_workbook(desk.send(file)[1]).sheetnames == [*before, name, f"{name} 2"]
