"""A host in a process of its own: `python -m tests.host.one_host HOME`. Prints its address; ends with its input."""

from __future__ import annotations

import sys
from pathlib import Path

from worker.endpoints import Snapshots
from worker.host import HostServer, create_app
from worker.logs import to_file
from worker.settings import Settings
from worker.store.engine import open_store


def main(home: Path) -> None:
    to_file(home)
    engine = open_store("", home)
    with (
        Snapshots(engine, home) as snapshots,
        HostServer(create_app(snapshots, Settings(home, {})), "127.0.0.1", 0) as server,
    ):
        print(server.url, flush=True)
        sys.stdin.read()
    engine.dispose()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
