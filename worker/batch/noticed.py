"""What the reader of a workbook noticed, in words for the summary sheet."""

from __future__ import annotations

_WARNINGS: dict[str, str] = {
    "blank-header": "The column in {} has no header and is not repeated beside the scores.",
    "rows-below-table": "There are rows from {} on, below the table. They are not part of it and were not scored.",
    "scored-beside": (
        "No sheet can be added to a file of this kind ({}): the scores are in this workbook, the file is as it was."
    ),
    "texts-read": "Texts that were read as numbers or dates, as is agreed with you: {}.",
    "text-cut": "Texts longer than the 32,767 characters that a cell holds, and cut off there: {}.",
    "hidden-rows": "Rows that are hidden or filtered out, and were scored like the others: {}.",
    "signature-invalidated": (
        "The workbook was signed. With sheets added, the signature no longer holds; the original is kept as it was."
    ),
    "shared-workbook": "The workbook is shared the old way (Share Workbook); its history does not know our sheets.",
    "structure-protected": "The workbook's structure is protected. Our sheets were added all the same, nothing else.",
}


def warning_words(warning: str) -> str:
    """What the reader of a workbook noticed, `code: cell`, in words."""
    code, _, cell = warning.partition(": ")
    return _WARNINGS[code].format(cell)
