"""The two forms of the format: the namespaces that Excel writes, and those of a "Strict Open XML" workbook.

Rules: ECMA-376 part 1 (strict) and part 4 (transitional).
"""

from __future__ import annotations

from dataclasses import dataclass

from worker.workbooks.package import MAIN, MAIN_STRICT, RELATIONS, RELATIONS_STRICT

_DRAWINGS = "http://schemas.openxmlformats.org/drawingml/2006"
_DRAWINGS_STRICT = "http://purl.oclc.org/ooxml/drawingml"


@dataclass(frozen=True, slots=True)
class Dialect:
    """Namespaces of spreadsheets, relationships, drawings, drawings on sheets, and charts."""

    main: str
    relations: str
    drawing: str
    on_sheet: str
    chart: str


TRANSITIONAL = Dialect(MAIN, RELATIONS, f"{_DRAWINGS}/main", f"{_DRAWINGS}/spreadsheetDrawing", f"{_DRAWINGS}/chart")
STRICT = Dialect(
    MAIN_STRICT,
    RELATIONS_STRICT,
    f"{_DRAWINGS_STRICT}/main",
    f"{_DRAWINGS_STRICT}/spreadsheetDrawing",
    f"{_DRAWINGS_STRICT}/chart",
)
