"""Reads a template's definition from TOML, and names everything that is wrong with it at once, with its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from itertools import pairwise

from workbook_templates.definition import (
    MOST_ROWS,
    Band,
    Chart,
    ColumnWords,
    Definition,
    DefinitionError,
    Fault,
    OutputWords,
)
from workbook_templates.lines import Lines
from workbook_templates.section import Notes, Section
from workbook_templates.words import ENGLISH, best, blanks, shipped
from worker.scoring.schema import ColumnType, match_key

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_AT = re.compile(r"\(at line (\d+), column \d+\)")
MOST_IN_SHEET_NAME = 31
_SHEETS = ("start", "input", "lists", "codes", "results")


def read_definition(text: str, name: str, language: str | None = None) -> Definition:
    """The definition in a file's text, in the language that suits `language` best (BCP 47; None is the first).

    `name` is the file's without `.toml`. Raises DefinitionError.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        what = f"not TOML: {_AT.sub('', str(error)).strip()}"
        raise DefinitionError(name, (Fault(int(at[1]) if at else 0, "", what),)) from None
    notes = Notes(Lines(text))
    made = _definition(Section(values, notes), name, language)
    if notes.faults:
        raise DefinitionError(name, tuple(sorted(notes.faults, key=lambda fault: fault.line)))
    return made


def _definition(top: Section, name: str, language: str | None) -> Definition:
    if not _NAME.fullmatch(name):
        top.fault(f"the file's name {name!r} must be lower-case letters, digits and hyphens, 40 at most")
    _languages(top, language)
    service, endpoint = (str(top.get(key, str, "a text", "")) for key in ("service", "endpoint"))
    if bool(service) is bool(endpoint):
        top.fault("give either service = NAME or endpoint = SERVICE/ENDPOINT", "endpoint" if endpoint else "service")
    definition = Definition(
        name=name,
        title=top.text("title", needed=True),
        language=top.notes.language,
        languages=top.notes.languages,
        words=_words(top),
        service=service,
        endpoint=endpoint,
        version=top.whole("version", 1, 1, 999_999),
        about=top.text("about"),
        accent=top.color("accent", "1F5F8B"),
        contact=top.text("contact"),
        customer=top.text("customer"),
        rows=top.whole("rows", 1000, 1, MOST_ROWS),
        sample_rows=top.whole("sample_rows", 0, 0, 100),
        columns=tuple(_column(section) for section in top.tables("columns", "name")),
        outputs=tuple(_output(section) for section in top.tables("outputs", "name")),
        charts=tuple(_chart(section) for section in top.tables("charts", "title")),
    )
    if definition.sample_rows > definition.rows:
        top.fault("must not be more than rows", "sample_rows")
    _check_names(top, "columns", [(column.name, column.line) for column in definition.columns])
    _check_names(top, "outputs", [(output.name, output.line) for output in definition.outputs])
    top.close()
    return definition


def _languages(top: Section, wanted: str | None) -> None:
    given = top.get("languages", list, 'a list such as ["en", "de"]', [ENGLISH])
    known = [one for one in given if isinstance(one, str) and _LANGUAGE.fullmatch(one)]
    if len(known) != len(given) or not given or len({one.casefold() for one in known}) != len(given):
        top.fault("must be different codes of languages such as en or pt-BR", "languages")
    top.notes.languages = tuple(known) or (ENGLISH,)
    top.notes.language = best(top.notes.languages, wanted)


def _words(top: Section) -> dict[str, str]:
    """Every word of the workbook: those that ship in the language, with the definition's own in their place."""
    english = shipped(ENGLISH)
    given = top.get("words", dict, "a table of texts", {})
    section = Section(given, top.notes, "words", place="words")
    own = {key: section.text(key) for key in given if key in english}
    section.close()
    for language in top.notes.languages:
        if missing := sorted(set(english) - set(shipped(language)) - set(own)):
            section.fault(f"language {language} does not ship; these words are missing: {', '.join(missing)}")
    words = dict(shipped(top.notes.language)) | own
    for key, text in own.items():
        _check_word(section, key, text, english[key])
    sheets = [words.get(key, key).casefold() for key in _SHEETS]
    if len(set(sheets)) != len(sheets):
        section.fault("two sheets have one name")
    return words


def _check_word(section: Section, key: str, text: str, english: str) -> None:
    try:
        odd = sorted(blanks(text) - blanks(english) - set(() if key in _SHEETS else _SHEETS))
    except ValueError:
        section.fault("a brace is not closed", key)
        return
    if odd:
        section.fault(f"{', '.join('{' + name + '}' for name in odd)}: not known in this sentence", key)
    if not text.strip():
        section.fault("is blank", key)
    if key in _SHEETS and (len(text) > MOST_IN_SHEET_NAME or set(text) & set("[]:*?/\\'") or text != text.strip()):
        section.fault(f"{text!r} cannot be the name of a sheet", key)


def _column(section: Section) -> ColumnWords:
    passes = bool(section.get("passes", bool, "true or false", False))
    kind = section.get("type", str, "a text")
    if kind is not None and kind not in list(ColumnType):
        section.fault(f"{kind!r} is not one of {', '.join(ColumnType)}", "type")
        kind = None
    if kind is not None and not passes:
        section.fault("the contract says the type of an input; only a column that passes has one here", "type")
    column = ColumnWords(
        name=section.text("name", needed=True),
        label=section.text("label"),
        help=section.text("help"),
        unit=section.text("unit"),
        format=section.format("format"),
        values=section.words("values"),
        passes=passes,
        type=(ColumnType(kind) if kind else ColumnType.TEXT) if passes else None,
        line=section.line,
    )
    section.close()
    return column


def _output(section: Section) -> OutputWords:
    bands = section.tables("bands")
    output = OutputWords(
        name=section.text("name", needed=True),
        label=section.text("label"),
        help=section.text("help"),
        format=section.format("format"),
        bands=tuple(_band(band) for band in bands),
        values=section.words("values"),
        line=section.line,
    )
    _check_bands(section, output.bands)
    section.close()
    return output


def _band(section: Section) -> Band:
    band = Band(
        wording=section.text("wording", needed=True),
        color=section.color("color", "C8D3DA"),
        start=section.number("from"),
        end=section.number("to"),
    )
    section.close()
    return band


def _check_bands(section: Section, bands: Sequence[Band]) -> None:
    """The bands must cover every number once, in order."""
    if not bands:
        return
    if bands[0].start is not None:
        section.fault(f"numbers below {bands[0].start:g} are in no band; leave out the first one's from", "bands")
    if bands[-1].end is not None:
        section.fault(f"numbers from {bands[-1].end:g} on are in no band; leave out the last one's to", "bands")
    for number, (one, next_) in enumerate(pairwise(bands), 1):
        place = f"bands {number} and {number + 1}"
        if one.end is None or next_.start is None:
            section.fault(f"{place}: say where the one ends (to) and the next begins (from)", "bands")
        elif one.end < next_.start:
            section.fault(f"{place}: numbers from {one.end:g} to {next_.start:g} are in no band", "bands")
        elif one.end > next_.start:
            section.fault(f"{place}: numbers from {next_.start:g} to {one.end:g} are in two bands", "bands")
    for number, band in enumerate(bands, 1):
        if band.start is not None and band.end is not None and band.start >= band.end:
            section.fault(f"bands {number}: ends where it begins or before", "bands")


def _chart(section: Section) -> Chart:
    chart = Chart(
        output=str(section.get("output", str, "a text", "")),
        title=section.text("title", needed=True),
        by=section.text("by"),
        line=section.line,
    )
    if not chart.output:
        section.fault("is missing", "output")
    section.close()
    return chart


def _check_names(top: Section, place: str, names: Sequence[tuple[str, int]]) -> None:
    seen: set[str] = set()
    for name, line in names:
        if name and match_key(name) in seen:
            top.notes.faults.append(Fault(line, place, f"{name!r} stands twice"))
        seen.add(match_key(name))
