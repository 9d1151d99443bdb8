"""Hidden defined names: what the workbook remembers of a scoring."""

from __future__ import annotations

import re

import xlwings as xw

from addin import excelfacts
from addin.grid.area import Area
from addin.grid.sheets import area_of

_LONGEST_LITERAL = 255


def set_name(book: xw.Book, name: str, value: str | Area) -> None:
    """Define, or define again, a name that the user does not see: a text of up to 7,000 characters, or an area, which
    then follows inserted and deleted rows.
    """
    if isinstance(value, Area):
        refers_to = "='{}'!{}".format(value.sheet.replace("'", "''"), re.sub("([A-Z]+)", r"$\1$", value.address))
    else:
        parts = [value[i : i + _LONGEST_LITERAL] for i in range(0, len(value), _LONGEST_LITERAL)] or [""]
        refers_to = "=" + "&".join('"{}"'.format(part.replace('"', '""')) for part in parts)
    delete_name(book, name)
    excelfacts.hide_name(book.names.add(name, refers_to))


def get_name(book: xw.Book, name: str) -> str | Area | None:
    """What a name holds, None when there is no such name or its cells are gone, of another workbook, or none at all."""
    found = _find(book, name)
    refers_to = "" if found is None else found.refers_to or ""
    if refers_to.startswith('="'):
        return "".join(part.replace('""', '"') for part in re.findall(r'"((?:[^"]|"")*)"', refers_to))
    if found is None or "#REF!" in refers_to or "[" in refers_to:
        return None
    try:
        return area_of(found.refers_to_range)
    except Exception:  # noqa: BLE001 - each engine has a class of its own for a name without cells
        return None


def delete_name(book: xw.Book, name: str) -> None:
    """Remove a name; nothing happens when there is none."""
    found = _find(book, name)
    if found is not None:
        found.delete()


def _find(book: xw.Book, name: str) -> xw.Name | None:
    """The workbook's name. Where the sheet in front, a copy of another one, has a name of its own that reads the same,
    Excel gives that one.
    """
    if name not in book.names:
        return None
    found = book.names[name]
    return found if found.name == name else next((each for each in book.names if each.name == name), None)


def names(book: xw.Book, prefix: str) -> tuple[str, ...]:
    """All names of the workbook that begin like this, in Excel's order."""
    return tuple(name.name for name in book.names if name.name.startswith(prefix))
