"""The last step of a build: stored values beside formulas, and a package whose bytes depend on nothing else.

openpyxl writes formulas without values, the time of saving, and the clock's time into the archive.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Mapping

_FORMULA = re.compile(rb'(<c r="([A-Z]+[0-9]+)"[^>]*>)(<f>[^<]*</f>)<v ?/?>(?:</v>)?')
_SAVED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
_EARLIEST = (1980, 1, 1, 0, 0, 0)


def finish(package: bytes, stored: Mapping[str, Mapping[str, int]], saved: dt.datetime) -> bytes:
    """The package with the stored value of each formula, by part (`xl/worksheets/sheet1.xml`) and cell.

    Raises KeyError for a formula without a value, so that none is handed out.
    """
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename.startswith("xl/worksheets/sheet"):
                data = _valued(data, stored.get(entry.filename, {}))
            elif entry.filename == "docProps/core.xml":
                data = _SAVED.sub(rb"\g<1>" + f"{saved:%Y-%m-%dT%H:%M:%SZ}".encode(), data)
            kept = zipfile.ZipInfo(entry.filename, _EARLIEST)
            kept.compress_type, kept.external_attr, kept.create_system = zipfile.ZIP_DEFLATED, 0o600 << 16, 3
            new.writestr(kept, data)
    return made.getvalue()


def _valued(sheet: bytes, values: Mapping[str, int]) -> bytes:
    left = dict(values)
    made = _FORMULA.sub(lambda m: b"%b%b<v>%d</v>" % (m[1], m[3], left.pop(m[2].decode())), sheet)
    if left or made.count(b"<f>") != len(values):
        raise KeyError(f"formulas and stored values are not the same cells: {sorted(left)}")
    return made
