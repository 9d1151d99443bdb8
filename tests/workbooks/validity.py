"""Whether the parts that we write are valid by the schemas that are published with the standard."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from lxml import etree

_STRICT = (
    (b"http://purl.oclc.org/ooxml/officeDocument/", b"http://schemas.openxmlformats.org/officeDocument/2006/"),
    (b"http://purl.oclc.org/ooxml/spreadsheetml/main", b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"),
    (b"http://purl.oclc.org/ooxml/drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
)
_BY_ROOT = {
    "{http://schemas.openxmlformats.org/package/2006/content-types}Types": "opc/opc-contentTypes.xsd",
    "{http://schemas.openxmlformats.org/package/2006/relationships}Relationships": "opc/opc-relationships.xsd",
    "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}wsDr": "dml-spreadsheetDrawing.xsd",
    "{http://schemas.openxmlformats.org/drawingml/2006/chart}chartSpace": "dml-chart.xsd",
}


class Schemas:
    """The schemas in a folder, loaded when first wanted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: dict[str, etree.XMLSchema] = {}

    def faults(self, source: Path, target: Path) -> list[str]:
        """The parts that `target` has and `source` has not, and those that were valid before, that are not valid.

        There are schemas of the transitional form only; a strict workbook's namespaces are taken for those.
        """
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(target) as new:
            known = set(old.namelist())
            changed = [n for n in new.namelist() if n in known and old.getinfo(n).CRC != new.getinfo(n).CRC]
            added = [n for n in new.namelist() if n not in known]
            found = [f"{name}: {fault}" for name in added for fault in self.invalid(new.read(name))]
            return found + [
                f"{name}: {fault}"
                for name in changed
                if not self.invalid(old.read(name))
                for fault in self.invalid(new.read(name))
            ]

    def invalid(self, data: bytes) -> list[str]:
        """What is wrong with a part."""
        for strict, transitional in _STRICT:
            data = data.replace(strict, transitional)
        root = etree.fromstring(data)
        name = _BY_ROOT.get(str(root.tag), "sml.xsd")
        if name not in self._loaded:
            self._loaded[name] = etree.XMLSchema(etree.parse(self._folder / name))
        schema = self._loaded[name]
        return [] if schema.validate(root) else [re.sub(r"\{[^}]*\}", "", str(schema.error_log.last_error))]
