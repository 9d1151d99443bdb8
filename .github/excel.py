"""Score the demonstration's workbook with the add-in's own button, in LibreOffice: `python .github/excel.py FOLDER`.

Leaves `before.xlsx` and `after.xlsx` in the folder, for README's pictures. Everything is real but Excel: host, model,
action and spreadsheet program.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

from addin.actions.desk import Desk
from addin.cache import Cache
from addin.catalogue import Catalogue
from addin.keystore import MemoryKeys
from addin.ribbon import Door
from addin.scorer import Scorer
from addin.settings import Settings
from addin.ui import RecordingUi
from tests.addin.desks import running_host
from tests.addin.lo_engine import host as libreoffice
from worker.demo import material

SHEET = "Applicants"
NOON = dt.datetime(2026, 5, 3, 12)
ANSWERS = ["Score the good rows", "Beside the data"]


def main(folder: Path) -> None:
    """Make both workbooks."""
    before, after = folder / "before.xlsx", folder / "after.xlsx"
    before.write_bytes(material.workbook())
    app = libreoffice.start()
    try:
        with running_host(folder / "home") as host:
            made = host.registry.add_service("creditrisk", material.contract(), material.model(2))
            host.snapshots.refresh()
            catalogue = Catalogue(folder, MemoryKeys())
            catalogue.add("creditrisk", host.location(made), made.primary)
            cache = Cache(folder / "scores.db", b"pictures", 10_000_000)
            book = app.books.open(before)
            book.sheets[SHEET].activate()
            book.sheets[SHEET]["B8"].select()
            ui = RecordingUi(answers=list(ANSWERS))

            def desk(*_: object) -> Desk:
                scorer = Scorer(catalogue, cache)
                return Desk(book, ui, catalogue, scorer, cache, Settings(folder), folder, lambda: NOON)

            Door(folder, caller=lambda: book, open_ui=lambda _: ui, open_desk=desk).dispatch("score_selection")
            sys.stdout.write(f"asked {ui.asked}\ntold {ui.told}\n")
            book.save(after)
    finally:
        libreoffice.stop(app)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
