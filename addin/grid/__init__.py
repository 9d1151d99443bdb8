"""The only code that touches an xlwings Range: reads blocks of rows, writes values, finds room for results.

Never `expand()`: it stops at the first blank and silently drops the rows below.
"""

from __future__ import annotations

from addin.grid.area import Area
from addin.grid.block import Block
from addin.grid.columns import add_columns, add_sheet, is_beside_table, is_named, remove_columns, results_area
from addin.grid.front import active_area, goto, workbook
from addin.grid.kept import Kept, occupied, restore, snapshot
from addin.grid.names import delete_name, get_name, names, set_name
from addin.grid.obstacles import has_formulas
from addin.grid.read import is_unchanged, read_below, read_block, read_selection, read_sheet, read_table
from addin.grid.write import NA, write

__all__ = [
    "NA",
    "Area",
    "Block",
    "Kept",
    "active_area",
    "add_columns",
    "add_sheet",
    "delete_name",
    "get_name",
    "goto",
    "has_formulas",
    "is_beside_table",
    "is_named",
    "is_unchanged",
    "names",
    "occupied",
    "read_below",
    "read_block",
    "read_selection",
    "read_sheet",
    "read_table",
    "remove_columns",
    "restore",
    "results_area",
    "set_name",
    "snapshot",
    "workbook",
    "write",
]
