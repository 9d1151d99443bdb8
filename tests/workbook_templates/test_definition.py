"""Definitions: what is read, and how everything that is wrong is named at once."""

from __future__ import annotations

import pytest

from workbook_templates.definition import Definition, DefinitionError
from workbook_templates.fit import check_fit, faults
from workbook_templates.reader import read_definition
from workbook_templates.shelf import Shelf
from workbook_templates.words import ENGLISH, best, blanks, shipped
from worker.scoring import Column, ColumnType, Output, Schema

SCHEMA = Schema(
    (
        Column("Age", ColumnType.INTEGER, minimum=18, maximum=100),
        Column("Job", ColumnType.TEXT, categories=("none", "some")),
    ),
    (Output("Risk", ColumnType.NUMBER), Output("Class", ColumnType.TEXT)),
    ({"Age": 20, "Job": "none"},),
)
GOOD = """\
service = "risk"
title = { en = "Risks", de = "Risiken" }
languages = ["en", "de"]
sample_rows = 1

[words]
filled = { en = "Rows there", de = "Da" }

[[columns]]
name = { en = "Number", de = "Nummer" }
passes = true

[[columns]]
name = "Age"
label = { en = "How old", de = "Wie alt" }

[[columns]]
name = "Job"
values = { none = "no job", some = "a job" }

[[outputs]]
name = "Risk"
format = "0.0%"
bands = [
  { to = 0.5, wording = { en = "low", de = "klein" }, color = "00AA00" },
  { from = 0.5, wording = { en = "high", de = "gross" }, color = "#aa0000" },
]

[[charts]]
title = "Risks"
output = "Risk"

[[charts]]
title = "By job"
output = "Risk"
by = "Job"
"""


def read(text: str = GOOD, language: str | None = None) -> Definition:
    return read_definition(text, "risk", language)


def told(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as raised:
        check_fit(read(text), SCHEMA)
    return [str(fault) for fault in raised.value.faults]


def test_a_definition_is_read_in_the_language_that_suits_best() -> None:
    english, german = read(), read(language="de-AT")
    check_fit(english, SCHEMA)
    check_fit(german, SCHEMA)
    assert (english.title, german.title) == ("Risks", "Risiken")
    assert (english.words["filled"], german.words["filled"]) == ("Rows there", "Da")
    assert german.words["contact"] == "Ansprechpartner"
    assert german.passing[0].name == "Nummer"
    assert german.column("Age").label == "Wie alt"
    assert read(language="fr").language == "en"


def test_a_number_has_one_band() -> None:
    output = read().output("Risk")
    assert [getattr(output.band(value), "wording", None) for value in (-1.0, 0.4999, 0.5, 9.0, float("nan"))] == [
        "low",
        "low",
        "high",
        "high",
        None,
    ]
    assert [band.color for band in output.bands] == ["00AA00", "AA0000"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('service = "risk"\n', "", "service: give either"),
        ('service = "risk"', 'service = "risk"\nendpoint = "risk/a"', "line 2, endpoint: give either"),
        ('title = { en = "Risks", de = "Risiken" }', "", "title: is missing"),
        (', de = "Risiken" }', " }", "line 2, title: has no text for de"),
        ('de = "Risiken" }', 'de = "x", fr = "y" }', "line 2, title: fr: not among the languages"),
        ("sample_rows = 1", "sample_rows = true", "line 4, sample_rows: must be a whole number, not True"),
        ("sample_rows = 1", "sample_rows = 101", "line 4, sample_rows: must be between 0 and 100"),
        ("sample_rows = 1", "sample_rows = 2", "sample_rows: the contract has 1 sample rows, not 2"),
        ("sample_rows = 1", "rows = 0", "line 4, rows: must be between 1 and 100,000"),
        ("sample_rows = 1", 'colour = "red"', "line 4, colour: is not a field that is known here"),
        ("sample_rows = 1", 'accent = "red"', "line 4, accent: 'red' is not a colour"),
        (
            '"en", "de"',
            '"en", "de", "fr"',
            "line 6, words: language fr does not ship",
        ),
        ("filled =", "fulled =", "line 7, words fulled: is not a field"),
        ('"Rows there"', '"Rows {there}"', "line 7, words filled: {there}: not known in this sentence"),
        ('"Rows there"', '"Rows {there"', "line 7, words filled: a brace is not closed"),
        ("filled = {", 'start = "input"\nfilled = {', "line 6, words: two sheets have one name"),
        ("filled = {", 'start = "a/b"\nfilled = {', "line 7, words start: 'a/b' cannot be the name of a sheet"),
        ('name = "Age"', 'name = "Agee"', "line 13, columns ('Agee'): the endpoint does not take it; it takes 'Age'"),
        ('name = "Age"', 'name = "Job"', "line 17, columns: 'Job' stands twice"),
        ('name = "Age"', 'name = "Age"\ntype = "number"', "line 15, columns 2 ('Age') type: the contract says"),
        ("passes = true", 'passes = true\ntype = "money"', "line 12, columns 1 type: 'money' is not one of"),
        ('de = "Nummer" }\npasses = true', 'de = "x" }', "line 9, columns ('Number'): the endpoint does not take it"),
        ('"How old"', '"job"', "line 13, columns ('Age') label: 'job' is the name of another column"),
        ('some = "a job"', 'more = "a job"', "line 17, columns ('Job') values: ['more'] are not among its categories"),
        ('some = "a job"', 'more = "a job"', "line 17, columns ('Job') values: there are no words for ['some']"),
        ('name = "Risk"', 'name = "Rusk"', "line 21, outputs ('Rusk'): the endpoint does not return it; it returns"),
        ('name = "Risk"', 'name = "Class"', "line 21, outputs ('Class'): bands are for numbers, and this is text"),
        ('"0.0%"', "'0\"%'", "line 23, outputs 1 ('Risk') format: '0\"%' is not a number format"),
        ("{ from = 0.5", "{ from = 0.6", "line 24, outputs 1 ('Risk') bands: bands 1 and 2: numbers from 0.5 to 0.6 "),
        ("{ from = 0.5", "{ from = 0.4", "bands 1 and 2: numbers from 0.4 to 0.5 are in two bands"),
        ("{ from = 0.5, ", "{ ", "bands 1 and 2: say where the one ends (to) and the next begins (from)"),
        ("{ to = 0.5", "{ from = 0, to = 0.5", "numbers below 0 are in no band"),
        ("{ from = 0.5", "{ from = 0.5, to = 1", "numbers from 1 on are in no band"),
        ("{ to = 0.5", "{ from = 0.7, to = 0.5", "bands 1: ends where it begins or before"),
        (
            'output = "Risk"\n\n',
            'output = "Rusk"\n\n',
            "line 29, charts ('Risks'): the endpoint does not return 'Rusk'",
        ),
        ('output = "Risk"\n\n', 'output = "Class"\n\n', "line 29, charts ('Risks'): 'Class' has no bands"),
        ('by = "Job"', 'by = "Age"', "line 33, charts ('By job'): by 'Age': neither a column with a list"),
        ("title = {", "title = = {", "line 2: not TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(old: str, new: str, words: str) -> None:
    assert GOOD.count(old) >= 1
    assert any(words in fault for fault in told(GOOD.replace(old, new, 1))), told(GOOD.replace(old, new, 1))


def test_everything_that_is_wrong_is_named_at_once() -> None:
    text = GOOD.replace("sample_rows = 1", 'accent = "red"').replace("filled", "fulled").replace("{ from = 0.5, ", "{ ")
    assert [fault.split(":")[0] for fault in told(text)] == [
        "line 4, accent",
        "line 7, words fulled",
        "line 24, outputs 1 ('Risk') bands",
    ]
    text = GOOD.replace('"Age"', '"Agee"').replace('name = "Risk"', 'name = "Rusk"')
    assert len(faults(read(text), SCHEMA)) == 3  # the column, the output and the chart that wants its bands


@pytest.mark.parametrize("name", ["Credit", "a b", "-a", "a" * 41, ""])
def test_a_name_that_is_no_file_name_everywhere_is_refused(name: str) -> None:
    with pytest.raises(DefinitionError, match="must be lower-case letters"):
        read_definition(GOOD, name)


@pytest.mark.parametrize("language", ["de"])
def test_every_language_that_ships_has_every_word(language: str) -> None:
    english, other = shipped(ENGLISH), shipped(language)
    assert set(other) == set(english)
    for key, text in other.items():
        assert blanks(text) == blanks(english[key]), key


@pytest.mark.parametrize(
    ("languages", "wanted", "served"),
    [
        (("en", "de"), "de", "de"),
        (("en", "de"), "de-CH", "de"),
        (("en", "pt-BR", "pt"), "PT", "pt"),
        (("en", "pt-BR"), "pt", "pt-BR"),
        (("en", "de"), "fr", "en"),
        (("de", "en"), None, "de"),
    ],
)
def test_the_language_that_suits_best(languages: tuple[str, ...], wanted: str | None, served: str) -> None:
    assert best(languages, wanted) == served


def test_a_providers_own_definition_stands_before_the_one_that_ships(tmp_path) -> None:
    shelf = Shelf(tmp_path)
    assert "credit" in shelf.names()
    assert not shelf.is_own("credit")
    shelf.own.mkdir()
    (shelf.own / "credit.toml").write_text(GOOD, "utf-8")
    (shelf.own / "risk.toml").write_bytes(b"\xff\xfe")
    assert {"credit", "risk"} <= set(shelf.names())
    assert shelf.is_own("credit")
    assert shelf.read("credit").title == "Risks"
    with pytest.raises(DefinitionError, match="not UTF-8"):
        shelf.read("risk")
    with pytest.raises(DefinitionError, match="there is no such template; there are"):
        shelf.read("risque")
