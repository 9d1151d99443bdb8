"""The exchanges of `golden/classic/` are all that the page of research has, its codes of errors are ours in the same
class, and where we differ it is listed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.host import golden
from tests.host.test_classic_page import ALL, CODES, EXCEPTIONS, FOLDER

PAGE = Path(__file__).parents[3] / "shared" / "research" / "classic-endpoints.md"
TOLD_IN_PROSE = ("column form", "record form", "swagger.json")
RECORDED = [file for file in golden.FOLDER.rglob("*.json") if file.parent != FOLDER]
CLASSES: dict[str, list[str]] = CODES["page"]


@pytest.fixture(scope="module")
def page() -> str:
    """The page itself, which is kept beside the checkout."""
    if not PAGE.is_file():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{PAGE} is not there")
    return PAGE.read_text("utf-8")


def refusals(value: Any) -> Iterator[tuple[str, str]]:
    """Status and class together, and code, of every error in a golden file."""
    if isinstance(value, list):
        for turn in value:
            yield from refusals(turn)
    elif isinstance(value, dict) and isinstance(value.get("answer"), dict):
        error = value["answer"].get("error")
        if isinstance(error, dict):
            yield from ((f"{value['status']} {error['code']}", detail["code"]) for detail in error.get("details", []))


def test_every_exchange_of_the_page_has_a_golden(page: str) -> None:
    """Each operation of its two tables, and both forms and the description of which it tells in prose."""
    tables = re.findall(r"^\| (?:op|step) \| call \|.+?(?=\n(?!\|))", page, re.MULTILINE | re.DOTALL)
    rows = re.compile(r"^\| \**([a-z /]+?)\**(?: \([^|]*)? \|", re.MULTILINE)
    operations = [name for table in tables for name in rows.findall(table)]
    told = [*(name for name in operations if name not in {"op", "step"}), *TOLD_IN_PROSE]
    assert len(tables) == 2
    assert len(told) == 9 + 4 + len(TOLD_IN_PROSE)
    assert all(name in page.lower() for name in TOLD_IN_PROSE)
    names = [turn["exchange"] for turn in ALL]
    assert len(names) == len(set(names))
    missing = [name for name in told if not any(re.match(rf"{re.escape(name)}(\b|:)", have) for have in names)]
    assert missing == []


def test_every_field_of_the_endpoint_s_object_is_the_page_s(page: str) -> None:
    """As the page lists them, between its two brackets."""
    listed = re.search(r"^Endpoint object [^`]*`([^`]+)`", page, re.MULTILINE)
    assert listed is not None
    names = set(re.findall(r"\b[A-Z][A-Za-z]+\b", listed[1])) - {"TrainedModel"}
    objects = golden.read(FOLDER / "objects.json")
    resource = objects["Endpoint"]["Resources"][0]
    wanted = set(objects["Endpoint"]) | set(resource) | set(resource["Location"])
    assert wanted - {"+"} == names


def test_every_code_of_the_page_stands_under_its_class(page: str) -> None:
    """Of the table of errors."""
    table = page[page.index("| HTTP | class |") : page.index("Throttle overflow is")]
    told = set(re.findall(r"\b(?:[A-Z][a-z]+){2,}\b", re.sub(r"\([^)]*\)|\[[^]]*\]", "", table)))
    known = {name for key, codes in CLASSES.items() for name in (*codes, key.split()[1])}
    assert told - known == set()


def test_no_exception_is_unlisted_or_gone() -> None:
    """Each that an exchange names has its reason, each that is listed is shown by an exchange."""
    assert {name for turn in ALL for name in turn.get("exceptions", [])} == set(EXCEPTIONS)


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_code_of_the_page_is_answered_with_its_status_and_class(file: Path) -> None:
    """In every exchange that was recorded; other codes are listed as ours."""
    for place, code in refusals(json.loads(file.read_text("utf-8"))):
        allowed = [each for each, codes in CLASSES.items() if code in codes]
        assert place in allowed if allowed else code in CODES["ours"], (place, code)


def test_a_code_that_no_exchange_has_is_listed_with_the_reason() -> None:
    """And none is listed that has one."""
    seen = {c for f in (*RECORDED, *FOLDER.glob("*.json")) for _, c in refusals(json.loads(f.read_text("utf-8")))}
    every = {code for codes in CLASSES.values() for code in codes}
    assert every - seen == set(CODES["never"])
    assert set(CODES["ours"]) == seen - every
