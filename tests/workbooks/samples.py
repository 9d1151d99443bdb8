"""Workbooks that are made to hurt, each with how it must end. Scaled down, with limits scaled down alike."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.workbooks.smallest import HEAD, MAIN, Parts, packed, sheet_xml, smallest
from worker.workbooks import FileLimits
from worker.workbooks.errors import Fault, Limit

LIMITS = FileLimits(upload_mb=12, expanded_mb=60, cells_millions=1, seconds=10, memory_mb=1000)
READ = "read"
"""It is no trap after all: it is read, and written with new sheets, within the limits."""

Make = Callable[[Path], object]

STRINGS, SHEET, BOOK = "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml"
TYPES, LINKS, STYLES = "[Content_Types].xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"
_ROWS = (
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
    '<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2"><v>2</v></c></row>'
)
_WORDS = "<si><t>Purpose</t></si><si><t>Amount</t></si><si><t>car</t></si>"
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@dataclass(frozen=True)
class Sample:
    """`make(path)` writes the file; `ends` is one of the faults and limits it may end with, or READ."""

    make: Make
    ends: tuple[Fault | Limit | str, ...]


@cache
def samples() -> dict[str, Sample]:
    """All of them, by what they are."""
    made = {name: Sample(make, ends) for name, (make, *ends) in _all().items()}
    return {name: Sample(each.make, tuple(each.ends)) for name, each in made.items()}


def _all() -> dict[str, tuple]:
    return _files() | _archives() | _doctypes() | _xml() | _sheets() | _packages()


def _parts(changed: Parts, *extra: tuple[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Make:
    return lambda path: packed(path, smallest() | changed, extra, method)


def _late(make: Callable[[], Make]) -> Make:
    """What takes much memory is made when it is wanted."""

    def made(path: Path) -> None:
        make()(path)

    return made


def _bytes(change: Callable[[bytearray], bytes | bytearray], changed: Parts | None = None) -> Make:
    """The smallest workbook with its bytes changed."""

    def make(path: Path) -> None:
        packed(path, smallest() | (changed or {}))
        path.write_bytes(change(bytearray(path.read_bytes())))

    return make


def _files() -> dict[str, tuple]:
    return {
        "an empty file": (lambda path: path.write_bytes(b""), Fault.EMPTY),
        "zeros": (lambda path: path.write_bytes(bytes(5000)), Fault.UNFINISHED),
        "text": (lambda path: path.write_text("Purpose,Amount\ncar,1\n"), Fault.NOT_A_WORKBOOK),
        "a web page": (lambda path: path.write_text("<html><table/></html>"), Fault.NOT_A_WORKBOOK),
        "a program with a workbook behind it": (_bytes(lambda data: b"MZ" + bytes(500) + data), Fault.NOT_A_WORKBOOK),
        "half a workbook": (_bytes(lambda data: data[: len(data) // 2]), Fault.UNFINISHED),
        "a workbook with a hole": (_bytes(_hole), Fault.UNFINISHED),
        "more bytes than are taken": (
            _late(
                lambda: _parts({}, ("xl/media/a.bin", zlib.compress(bytes(9)) * 1_300_000), method=zipfile.ZIP_STORED)
            ),
            Limit.FILE_BYTES,
        ),
        "an end record in its comment": (_bytes(_second_end), Fault.NOT_A_WORKBOOK),
    }


def _hole(data: bytearray) -> bytearray:
    at = data.index(b"PK\3\4", 900)
    data[at : at + 200] = bytes(200)
    return data


def _second_end(data: bytearray) -> bytearray:
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)
    data[-2:] = struct.pack("<H", len(end) + 2)
    return data + end + b"xx"


def _archives() -> dict[str, tuple]:
    return {
        "bzip2": (_parts({}, method=zipfile.ZIP_BZIP2), Fault.METHOD),
        "lzma": (_parts({}, method=zipfile.ZIP_LZMA), Fault.METHOD),
        "an encrypted entry": (_bytes(lambda data: _directory(data, BOOK, 8, "<H", 1)), Fault.METHOD),
        "two entries of one name": (_parts({}, (SHEET, sheet_xml(_ROWS))), Fault.DUPLICATE_ENTRY),
        "one name in two cases": (_parts({}, ("XL/Worksheets/SHEET1.xml", "x")), Fault.DUPLICATE_ENTRY),
        "one name with another slash": (_parts({}, ("xl\\workbook.xml", "x")), Fault.DUPLICATE_ENTRY),
        "a name that climbs out": (_parts({}, ("xl/../../../evil.txt", "x")), Fault.ENTRY_NAME),
        "a name that climbs out on Windows": (_parts({}, ("xl\\..\\..\\evil.txt", "x")), Fault.ENTRY_NAME),
        "a name on a drive": (_parts({}, ("c:/evil.txt", "x")), Fault.ENTRY_NAME),
        "a name with a stream": (_parts({}, ("xl/a.xml:evil", "x")), Fault.ENTRY_NAME),
        "a name with a zero": (
            _bytes(lambda d: d.replace(b"xl/z0y.bin", b"xl/z\0y.bin"), {"xl/z0y.bin": "x"}),
            Fault.ENTRY_NAME,
        ),
        "a name without end": (_parts({}, ("x" * 60_000, "x")), Fault.ENTRY_NAME),
        "too many entries": (_late(lambda: _parts({}, *((f"x/{n}", "") for n in range(10_001)))), Limit.ENTRIES),
        "an end record that counts 65,535": (_bytes(lambda d: _end(d, 10, "<H", 65_535)), Limit.ENTRIES),
        "a directory of four thousand million bytes": (_bytes(lambda d: _end(d, 12, "<I", 2**32 - 2)), Limit.ENTRIES),
        "a directory before the file": (_bytes(lambda d: _end(d, 16, "<I", 2**31)), Fault.DAMAGED),
        "two entries that share their bytes": (_bytes(_shared), Fault.OVERLAP),
        "a thousand entries of one kernel": (_kernel, Fault.OVERLAP),
        "an entry that reaches into the next": (
            _bytes(lambda d: _directory(d, STYLES, 20, "<I", 100_000)),
            Fault.OVERLAP,
        ),
        "an entry larger than it says": (_bytes(lambda d: _directory(d, STRINGS, 24, "<I", 100)), Fault.FALSE_SIZE),
        "an entry smaller than it says": (_bytes(lambda d: _directory(d, STRINGS, 24, "<I", 40_000_000)), Limit.RATIO),
        "a picture larger than it says": (
            _late(
                lambda: _bytes(
                    lambda d: _directory(d, "xl/media/a.png", 24, "<I", 100), {"xl/media/a.png": bytes(20_000_000)}
                )
            ),
            Fault.FALSE_SIZE,
        ),
        "packed bytes cut off": (_bytes(lambda d: _directory(d, STRINGS, 20, "<I", 20)), Fault.FALSE_SIZE),
        "packed bytes that are none": (_bytes(_garbage), Fault.DAMAGED),
        "a false checksum": (_bytes(lambda d: _directory(d, BOOK, 16, "<I", 1)), Fault.DAMAGED),
        "another name in front than in the directory": (_bytes(_renamed), Fault.DAMAGED),
        "another method in front": (_bytes(lambda d: _local(d, STRINGS, 8, "<H", 0)), Fault.DAMAGED),
        "a local header with an extra field without end": (
            _bytes(lambda d: _local(d, STYLES, 28, "<H", 60_000)),
            Fault.OVERLAP,
        ),
        "strings that unpack 1000 to 1": (_late(lambda: _parts({STRINGS: _strings("A" * 20_000_000)})), Limit.RATIO),
        "blanks between rows": (_late(lambda: _parts({SHEET: sheet_xml(_ROWS + " " * 20_000_000)})), Limit.RATIO),
        "more than may be unpacked": (
            _late(lambda: _parts({}, ("xl/media/a.bin", bytes(61_000_000)))),
            Limit.EXPANDED_BYTES,
        ),
        "much that nobody unpacks": (_late(lambda: _parts({}, ("xl/media/a.png", bytes(40_000_000)))), READ),
        "zip files in zip files": (
            _late(lambda: _parts({}, *((f"xl/embeddings/{n}.zip", _zip()) for n in range(50)))),
            READ,
        ),
        "workbooks in workbooks": (_late(lambda: _parts({}, ("xl/embeddings/book.xlsx", _zip()))), READ),
    }


@cache
def _zip() -> bytes:
    """Six megabytes of XML in a few kilobytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.xml", b"<a>" + b" " * 6_000_000 + b"</a>")
    return made.getvalue()


def _directory(data: bytearray, name: str, at: int, kind: str, value: int) -> bytearray:
    """Another value in the directory's record of an entry."""
    record = data.index(name.encode(), data.index(b"PK\1\2")) - 46
    struct.pack_into(kind, data, record + at, value)
    return data


def _local(data: bytearray, name: str, at: int, kind: str, value: int) -> bytearray:
    """Another value in the header in front of an entry."""
    struct.pack_into(kind, data, data.index(name.encode()) - 30 + at, value)
    return data


def _end(data: bytearray, at: int, kind: str, value: int) -> bytearray:
    struct.pack_into(kind, data, data.rindex(b"PK\5\6") + at, value)
    return data


def _shared(data: bytearray) -> bytearray:
    records = [at for at in range(len(data)) if data[at : at + 4] == b"PK\1\2"]
    data[records[-1] + 42 : records[-1] + 46] = data[records[-2] + 42 : records[-2] + 46]
    return data


def _garbage(data: bytearray) -> bytearray:
    at = data.index(SHEET.encode()) + len(SHEET)
    data[at : at + 60] = b"\xff" * 60
    return data


def _renamed(data: bytearray) -> bytearray:
    at = data.index(STYLES.encode())
    data[at : at + len(STYLES)] = b"xl/styleZ.xml"
    return data


def _kernel(path: Path) -> None:
    """Fifield's: many records of the directory lead to one entry."""
    packed(path, smallest() | {"xl/media/k.bin": bytes(5_000_000)})
    data = path.read_bytes()
    end = data.rindex(b"PK\5\6")
    count, size, start = struct.unpack_from("<HII", data, end + 10)
    record = data[data.rindex(b"PK\1\2") : end]
    directory = data[start:end] + record * 1000
    told = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count + 1000, count + 1000, len(directory), start, 0)
    path.write_bytes(data[:start] + directory + told)
    assert size == end - start


def _strings(more: str = "", head: str = HEAD, count: str = 'count="3" uniqueCount="3"') -> str:
    last = f"<si><t>{more}</t></si>" if more else ""
    return f'{head}<sst xmlns="{MAIN}" {count}>{_WORDS}{last}</sst>'


def _doctypes() -> dict[str, tuple]:
    lol = f'<!DOCTYPE sst [<!ENTITY l0 "lololololol">{_LAUGHS}]>'
    quadratic = f'<!DOCTYPE sst [<!ENTITY q "{"A" * 100_000}">]>'
    outside = '<!DOCTYPE sst [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    named = '<!DOCTYPE sst SYSTEM "http://127.0.0.1:9/x.dtd">'
    parameter = '<!DOCTYPE sst [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p">%p;]>'
    plain = "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"
    wide = f'<?xml version="1.0" encoding="UTF-16"?>{lol}{_strings("&l3;", "")}'
    blanks = " \n" * 1_500_000 + plain
    late = f"{HEAD}<!--{'x' * (2**20 - len(HEAD) - 8)}-->{lol}{_strings('', '')}"
    return {
        name: (_parts({part: data}), Fault.DTD)
        for name, part, data in (
            ("a billion laughs in strings", STRINGS, _strings("&l9;", HEAD + lol)),
            (
                "a billion laughs in a sheet",
                SHEET,
                HEAD + lol.replace("sst", "worksheet") + sheet_xml(_ROWS)[len(HEAD) :],
            ),
            ("a billion laughs in the content types", TYPES, HEAD + lol + str(smallest()[TYPES])[len(HEAD) :]),
            ("a document type in the links", LINKS, HEAD + lol + str(smallest()[LINKS])[len(HEAD) :]),
            ("a document type in the styles", STYLES, HEAD + lol + str(smallest()[STYLES])[len(HEAD) :]),
            ("a document type in the workbook", BOOK, HEAD + lol + str(smallest()[BOOK])[len(HEAD) :]),
            ("a document type in a part nobody reads", "docProps/app.xml", plain),
            ("a document type in a drawing", "xl/drawings/vmlDrawing1.vml", plain),
            ("a document type in a part of no kind", "xl/custom/data", "\ufeff \n" + plain),
            ("a document type in UTF-16", STRINGS, wide.encode("utf-16")),
            ("a document type in UTF-16 without its mark", STRINGS, wide.encode("utf-16-be")),
            ("a document type in UTF-16 in a part nobody reads", "customXml/item1.xml", plain.encode("utf-16-le")),
            ("one entity fifty thousand times", STRINGS, _strings("&q;" * 50_000, HEAD + quadratic)),
            ("an entity that is a file", STRINGS, _strings("&x;", HEAD + outside)),
            ("a document type elsewhere", STRINGS, _strings("", HEAD + named)),
            ("a parameter entity", STRINGS, _strings("", HEAD + parameter)),
            ("a document type behind a megabyte of comment", STRINGS, late),
            ("a document type behind three megabytes of blanks", "docProps/app.xml", blanks),
        )
    } | {
        "a picture with a document type": (_parts({}, ("xl/media/a.svg", "<!DOCTYPE svg><svg/>")), READ),
        "UTF-7": (_parts({STRINGS: _strings("+ADwAIQ-DOCTYPE", HEAD.replace("UTF-8", "UTF-7"))}), Fault.ENCODING),
        "EBCDIC": (_parts({STRINGS: _strings("", HEAD.replace("UTF-8", "cp037"))}), Fault.ENCODING),
    }


def _xml() -> dict[str, tuple]:
    cell = '<row r="1"><c r="A1" {}><v>1</v></c></row>'
    attributes = " ".join(f'a{n}="1"' for n in range(100_000))
    return {
        "strings in strings in strings": (
            _late(
                lambda: _parts(
                    {STRINGS: f'{HEAD}<sst xmlns="{MAIN}"><si>{"<r>" * 200_000}{"</r>" * 200_000}</si></sst>'}
                )
            ),
            Fault.DAMAGED,
        ),
        "a hundred thousand attributes": (_parts({SHEET: sheet_xml(cell.format(attributes) + _ROWS)}), READ),
        "an attribute of four megabytes": (
            _late(lambda: _parts({SHEET: sheet_xml(cell.format(f'x="{"y" * 4_000_000}"') + _ROWS)})),
            READ,
        ),
        "a number of four million digits": (
            _late(
                lambda: _parts({SHEET: sheet_xml(_ROWS + f'<row r="3"><c r="B3"><v>{"9" * 4_000_000}</v></c></row>')})
            ),
            READ,
        ),
        "numbers that are none": (
            _parts(
                {
                    SHEET: sheet_xml(
                        _ROWS + '<row r="3"><c r="B3"><v>NaN</v></c></row><row r="4"><c r="B4"><v>1e999</v></c></row>'
                    )
                }
            ),
            READ,
        ),
        "dates beyond the calendar": (
            _parts(
                {
                    SHEET: sheet_xml(
                        _ROWS
                        + '<row r="3"><c r="B3" s="1"><v>1e18</v></c></row>'
                        + '<row r="4"><c r="B4" s="1"><v>-5</v></c></row>'
                        + '<row r="5"><c r="B5" t="d"><v>99999-13-45</v></c></row>'
                    )
                }
            ),
            READ,
        ),
        "control characters": (_parts({STRINGS: _strings("a_x0000_b&#x1;")}), READ),
        "a zero in the text": (_parts({STRINGS: _strings("a\0b")}), READ),
        "elements that are not closed": (_parts({SHEET: sheet_xml(_ROWS)[:-20]}), Fault.DAMAGED),
        "strings by numbers that are not there": (
            _parts({SHEET: sheet_xml(_ROWS + '<row r="3"><c r="A3" t="s"><v>4000000000</v></c></row>')}),
            Fault.DAMAGED,
        ),
        "strings by negative numbers": (
            _parts({SHEET: sheet_xml(_ROWS + '<row r="3"><c r="A3" t="s"><v>-1</v></c></row>')}),
            Fault.DAMAGED,
        ),
    }


def _sheets() -> dict[str, tuple]:
    def row(number: object, column: str = "A", tag: str = "row") -> str:
        return f'<{tag} r="{number}"><c r="{column}{number}"><v>9</v></c></{tag}>'

    def sheet(rows: str, before: str = "", behind: str = "") -> Make:
        return _parts(
            {SHEET: f'{HEAD}<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{behind}</worksheet>'}
        )

    inline = '<is><t>&lt;row r="2000000"> <!-- --> &lt;c r="ZZZZ1"> &lt;mergeCell ref="A1:XFD1048576"/> {}</t></is>'
    diagonal = "".join(row(n * 1000, "XFD") for n in range(1, 1001))
    prefixed = (
        f'{HEAD}<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{row(9_999_999, tag="x:row")}</x:sheetData></x:worksheet>'
    )
    wide = sheet_xml(_ROWS + row(2_000_000)).replace("UTF-8", "UTF-16").encode("utf-16")
    merges = "".join(f'<mergeCell ref="{"ABCD"[n % 4]}1:{"ABCD"[n % 4]}1048576"/>' for n in range(10))
    shared = f'<f t="shared" ref="A1:XFD1048576" si="0">{"B1+" * 2000}1</f>'
    first = f'<row r="3"><c r="D3">{shared}<v>1</v></c></row>'
    many = "".join(f'<row r="{n}"><c r="D{n}"><f t="shared" si="0"/><v>1</v></c></row>' for n in range(4, 1000))
    return {
        "a cell in the last corner": (sheet(_ROWS + row(1_048_576, "XFD")), Limit.CELLS),
        "a cell in the last corner that comes first": (sheet(row(1_048_576, "XFD") + _ROWS), Limit.CELLS),
        "cells down a diagonal": (sheet(_ROWS + diagonal), Limit.CELLS),
        "a row far below": (sheet(_ROWS + row(2_000_000_000)), Fault.OUTSIDE),
        "a row number of 40 digits": (sheet(_ROWS + row("9" * 40)), Fault.OUTSIDE),
        "a column far right": (sheet(_ROWS + row(1, "ZZZZZZZ")), Fault.OUTSIDE),
        "a column one too far right": (sheet(_ROWS + row(3, "XFE")), Fault.OUTSIDE),
        "rows above the first": (sheet(row(0) + row(-5) + _ROWS), Fault.DAMAGED),
        "a far row in single quotes": (sheet(_ROWS + row(9_999_999).replace('"', "'")), Fault.OUTSIDE),
        "a far row with blanks around": (sheet(_ROWS + row(9_999_999).replace('r="', 'r = "')), Fault.OUTSIDE),
        "a far row behind a line's end": (sheet(_ROWS + row(9_999_999).replace(" r=", "\nr=")), Fault.OUTSIDE),
        "a far row behind a comment that names another part": (
            _parts({SHEET: sheet_xml(_ROWS + row(9_999_999)).replace("<worksheet", "<!-- <sst> --><worksheet")}),
            Fault.OUTSIDE,
        ),
        "a far row behind a long comment": (
            _parts({SHEET: sheet_xml(_ROWS + row(9_999_999)).replace("<worksheet", f"<!--{'x' * 9000}--><worksheet")}),
            Fault.OUTSIDE,
        ),
        "texts that look like far rows": (
            sheet(_ROWS + row(3).replace("<v>9</v>", inline.format('r="9999999"' + "protocol " * 20_000), 1)),
            READ,
        ),
        "a far row under a prefix": (_parts({SHEET: prefixed}), Fault.OUTSIDE),
        "a far row in UTF-16": (_parts({SHEET: wide}), Fault.OUTSIDE),
        "too many cells": (
            _late(
                lambda: _parts(
                    {SHEET: sheet_xml("<row>" + "<c><v>1</v></c>" * 1_001_000 + "</row>")}, method=zipfile.ZIP_STORED
                )
            ),
            Limit.FILE_BYTES,
        ),
        "too many cells, packed": (
            _late(lambda: sheet("<row>" + "<c><v>1</v></c>" * 1_001_000 + "</row>")),
            Limit.RATIO,
        ),
        "more rows than there can be": (_late(lambda: sheet("<row/>" * 1_048_577)), Limit.RATIO),
        "a count of four thousand million": (
            _parts({STRINGS: _strings(count='count="1" uniqueCount="4000000000"')}),
            Fault.FALSE_SIZE,
        ),
        "a count of 9e18": (_parts({STRINGS: _strings(count=f'uniqueCount="{9 * 10**18}"')}), Fault.FALSE_SIZE),
        "a count in single quotes": (_parts({STRINGS: _strings(count="uniqueCount = '4000000000'")}), Fault.FALSE_SIZE),
        "a merge of the whole sheet": (
            sheet(_ROWS, behind='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'),
            Limit.MERGED,
        ),
        "merges of whole columns": (sheet(_ROWS, behind=f"<mergeCells>{merges}</mergeCells>"), Limit.MERGED),
        "a merge upside down": (
            sheet(_ROWS, behind='<mergeCells><mergeCell ref="XFD1048576:A1"/></mergeCells>'),
            Limit.MERGED,
        ),
        "definitions of more columns than there are": (
            sheet(_ROWS, "<cols>" + '<col min="1" max="2"/>' * 17_000 + "</cols>"),
            Fault.OUTSIDE,
        ),
        "a column definition without end": (
            sheet(_ROWS, '<cols><col min="1" max="4000000000"/></cols>'),
            Fault.OUTSIDE,
        ),
        "a size of the whole sheet": (sheet(_ROWS, '<dimension ref="A1:XFD1048576"/>'), READ),
        "a size of one cell": (sheet(_ROWS, '<dimension ref="A1"/>'), READ),
        "a size beyond the sheet": (sheet(_ROWS, '<dimension ref="A1:ZZZZZZZ99999999999999999999"/>'), READ),
        "one formula for the whole sheet": (sheet(_ROWS + first + many), READ),
    }


def _packages() -> dict[str, tuple]:
    book, links, styles = (str(smallest()[name]) for name in (BOOK, LINKS, STYLES))
    one = '<sheet name="Data" sheetId="1" r:id="rId1"/>'
    sheets = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId1"/>' for n in range(1, 3001))
    names = "".join(f'<definedName name="N{n}">Data!$A${n}</definedName>' for n in range(1, 100_001))
    formats = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>' * 64_000
    target = 'Target="worksheets/sheet1.xml"'
    return {
        "three thousand sheets in one part": (_parts({BOOK: book.replace(one, sheets)}), "AmbiguousInput"),
        "a hundred thousand names": (
            _parts({BOOK: book.replace("</workbook>", f"<definedNames>{names}</definedNames></workbook>")}),
            READ,
        ),
        "64,000 formats of cells": (_parts({STYLES: styles.replace("</cellXfs>", f"{formats}</cellXfs>")}), READ),
        "a sheet that is the password file": (
            _parts({LINKS: links.replace(target, 'Target="../../../../etc/passwd"')}),
            "NoInput",
        ),
        "a sheet that is elsewhere": (
            _parts({LINKS: links.replace(target, 'Target="file:///etc/passwd" TargetMode="External"')}),
            "NoInput",
        ),
        "a sheet that is the workbook": (_parts({LINKS: links.replace(target, 'Target="workbook.xml"')}), "NoInput"),
        "no links at all": (_parts({LINKS: "<Relationships/>"}), Fault.DAMAGED),
        "no content types": (
            lambda path: packed(path, {n: d for n, d in smallest().items() if n != TYPES}),
            Fault.NOT_A_WORKBOOK,
        ),
        "a document of another program": (
            _parts(
                {TYPES: str(smallest()[TYPES]).replace("spreadsheetml.sheet.main", "wordprocessingml.document.main")}
            ),
            Fault.NOT_A_WORKBOOK,
        ),
    }
