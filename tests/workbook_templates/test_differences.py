"""The table of what differs for customers."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook_templates.definition import DefinitionError
from workbook_templates.differences import Difference, read_differences
from workbook_templates.shelf import Shelf

TABLE = """\
Customer,name,language,accent,contact,title
acme,Acme Ltd,de,#0f6b6b,"Ann
ann@example.com",
beta,,,,,Other title
"""


def test_a_line_is_laid_over_the_definition() -> None:
    found = read_differences(TABLE.splitlines(keepends=True), "credit")
    assert found["acme"] == Difference("acme", "Acme Ltd", "", "de", "0F6B6B", "Ann\nann@example.com")
    plain = Shelf(Path("no-such-home")).read("credit")
    acme, beta = (found[name].applied(plain) for name in ("acme", "beta"))
    assert (acme.customer, acme.accent, acme.title) == ("Acme Ltd", "0F6B6B", "Credit applications")
    assert (beta.customer, beta.accent, beta.title) == ("beta", plain.accent, "Other title")
    assert beta.contact == plain.contact


def test_everything_that_is_wrong_is_named_with_its_line() -> None:
    table = "customer,accent,language\nacme,red,\n,,\nacme,,deutsch!\ngood,,\ngood,,,more\n"
    with pytest.raises(DefinitionError) as raised:
        read_differences(table.splitlines(keepends=True), "credit")
    assert [str(fault) for fault in raised.value.faults] == [
        "line 2, accent: 'red' is not a colour such as 1F5F8B",
        "line 3, customer: is blank",
        "line 4, language: 'deutsch!' is not a code such as de or pt-BR",
        "line 6: there are more cells than columns",
        "line 6, customer: good stands twice",
    ]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"customer,colour\n", "unknown column 'colour'; known: customer, name, title"),
        (b"name\nx\n", "there must be one column customer"),
        (b"customer,name,name\n", "no column twice"),
        (b'customer\n"acme\n', "not CSV"),
        (b"customer\n\xff\n", "not UTF-8"),
        (b"customer,name\nacme,a\x07b\n", "has characters that a workbook cannot hold"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, table: bytes, words: str) -> None:
    shelf = Shelf(tmp_path)
    shelf.own.mkdir()
    (shelf.own / "credit.csv").write_bytes(table)
    with pytest.raises(DefinitionError, match=words):
        shelf.differences("credit")


def test_without_a_table_nothing_differs(tmp_path: Path) -> None:
    assert Shelf(tmp_path).differences("credit") == {}
