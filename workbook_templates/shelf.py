"""Where definitions are: those that ship beside this file, and a provider's own in a folder, which come first."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from workbook_templates.definition import Definition, DefinitionError, Fault
from workbook_templates.differences import Difference, read_differences
from workbook_templates.reader import read_definition

FOLDER = "templates"
"""The folder of a home in which a provider's own definitions are."""

_ENDING = ".toml"
LARGEST = 2**20


class Shelf:
    """The definitions that a home can use: `<home>/templates/*.toml`, then those that ship."""

    def __init__(self, home: Path) -> None:
        self.own = home / FOLDER

    def names(self) -> list[str]:
        """Names of all templates, in order."""
        return sorted({file.name.removesuffix(_ENDING) for file in self._files()})

    def is_own(self, name: str) -> bool:
        """Whether it is the provider's, not one that ships."""
        return (self.own / f"{name}{_ENDING}").is_file()

    def text(self, name: str) -> str:
        """The TOML of a definition. Raises DefinitionError when it is not there or cannot be read."""
        found = next((file for file in self._files() if file.name == f"{name}{_ENDING}"), None)
        if found is None:
            what = f"there is no such template; there are {', '.join(self.names())}"
            raise DefinitionError(name, (Fault(0, "", what),))
        try:
            with found.open("rb") as stream:
                data = stream.read(LARGEST + 1)
            if len(data) > LARGEST:
                raise DefinitionError(name, (Fault(0, "", "the file has more than 1 MB"),))
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise DefinitionError(name, (Fault(0, "", "the file is not UTF-8 text"),)) from None

    def read(self, name: str, language: str | None = None) -> Definition:
        """A definition in the language that suits best. Raises DefinitionError."""
        return read_definition(self.text(name), name, language)

    def differences(self, name: str) -> dict[str, Difference]:
        """What differs for customers, from the table `<home>/templates/NAME.csv`; none without one.

        Raises DefinitionError.
        """
        table = self.own / f"{name}.csv"
        if not table.is_file():
            return {}
        with table.open(encoding="utf-8-sig", newline="") as lines:
            return read_differences(lines, name)

    def _files(self) -> Iterator[Path | Traversable]:
        if self.own.is_dir():
            yield from sorted(file for file in self.own.iterdir() if file.suffix == _ENDING and file.is_file())
        yield from (file for file in resources.files(__package__).iterdir() if file.name.endswith(_ENDING))
