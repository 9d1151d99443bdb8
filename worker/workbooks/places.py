"""What a person means who says where the rows are: a sheet, a range, a table, a defined name."""

from __future__ import annotations

from worker.workbooks.addressing import Area, Region, quoted, split_sheet
from worker.workbooks.errors import AmbiguousInput, UnknownInput
from worker.workbooks.sources import Source


class Places:
    """The places of a workbook that have a name."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._sheets = {sheet.name.casefold(): sheet for sheet in source.sheets}

    def find(self, where: str) -> tuple[str, Region | None]:
        """A sheet ('' for any), and a region in it (None for the blocks that have the wanted columns).

        Raises UnknownInput, AmbiguousInput.
        """
        where = where.strip()
        if not where:
            return "", None
        # a sheet's name may come in quotes
        if sheet := self._sheets.get(split_sheet(f"{where}!")[0].casefold()):
            return sheet.name, None
        for table in self._source.tables:
            if table.name.casefold() == where.casefold():
                return table.sheet, table.rows
        found = self._range(where) or self._named(where)
        if found is None:
            raise self._unknown(where)
        return found[0], Region(found[1])

    def _range(self, text: str) -> tuple[str, Area] | None:
        name, rest = split_sheet(text)
        sheet, area = self._sheets.get(name.casefold()), Area.parse(rest)
        return (sheet.name, area) if sheet and area else None

    def _named(self, where: str) -> tuple[str, Area] | None:
        sheet, name = split_sheet(where)
        fitting = [n for n in self._source.names if n.name.casefold() == name.casefold()]
        fitting = [n for n in fitting if not sheet or n.sheet.casefold() == sheet.casefold()]
        # outside of a sheet, the name of the whole workbook counts
        for scope in (False, True):
            areas = {found for n in fitting if bool(n.sheet) is scope and (found := self._range(n.formula))}
            if len(areas) > 1:
                raise AmbiguousInput(tuple(sorted(f"{quoted(sheet)}!{area}" for sheet, area in areas)))
            if areas:
                return areas.pop()
        return None

    def _unknown(self, where: str) -> UnknownInput:
        named = {n.name for n in self._source.names if not n.name.startswith("_xlnm.") and self._range(n.formula)}
        return UnknownInput(
            where,
            tuple(sheet.name for sheet in self._sheets.values()),
            tuple(table.name for table in self._source.tables),
            tuple(sorted(named)),
        )
