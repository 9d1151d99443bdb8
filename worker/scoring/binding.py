"""What a workbook says of the endpoint it was made for: four hidden defined names, each a text constant.

A binding only names. Rights come from the folder, the key or the token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

NAMES: Mapping[str, str] = {
    "endpoint": "Sheetscore_Endpoint",
    "template": "Sheetscore_Template",
    "version": "Sheetscore_Template_Version",
    "fingerprint": "Sheetscore_Schema",
}
"""The defined name of the workbook that holds each field of a binding."""

START, CODES = "Start_Page", "Codes"
"""The defined names of what a template only says: nothing there is a row, whatever its words are."""

MOST_CHARACTERS = 255
"""Excel's limit for a text constant in a formula."""


@dataclass(frozen=True, slots=True)
class Binding:
    """The endpoint's id, the template's name and version, and the fingerprint of the schema it was made from."""

    endpoint: str
    template: str
    version: str
    fingerprint: str

    def formulas(self) -> dict[str, str]:
        """What each defined name refers to, without the equals sign: `"7f3a..."`.

        Raises ValueError for a text that Excel does not take as a constant.
        """
        return {NAMES[field]: constant(text) for field, text in asdict(self).items()}

    @classmethod
    def from_formulas(cls, formulas: Mapping[str, str]) -> Binding | None:
        """The binding among a workbook's defined names (name -> what it refers to), whose case does not count.

        None when one of the four is missing, twice there, or anything but a text constant.
        """
        known = [(name.casefold(), formula) for name, formula in formulas.items()]
        texts = {}
        for field in fields(cls):
            found = [formula for name, formula in known if name == NAMES[field.name].casefold()]
            text = read_constant(found[0]) if len(found) == 1 else None
            if text is None:
                return None
            texts[field.name] = text
        return cls(**texts)


def constant(text: str) -> str:
    """A text as a constant in a formula, `"it ""is"" so"`. Raises ValueError."""
    if not text.isprintable() or len(text) > MOST_CHARACTERS:
        raise ValueError(f"{text!r} cannot be a constant in a workbook: {MOST_CHARACTERS} printable characters at most")
    return '"' + text.replace('"', '""') + '"'


def read_constant(formula: str) -> str | None:
    """The text of such a constant, with or without an equals sign; None for anything else."""
    formula = formula.strip().removeprefix("=").strip()
    inner = formula[1:-1]
    if len(formula) < 2 or formula[0] != '"' or formula[-1] != '"' or '"' in inner.replace('""', ""):
        return None
    return inner.replace('""', '"')
