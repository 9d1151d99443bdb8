"""A registry in a fresh home."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.endpoints.trials import remembered
from worker.endpoints import Registry
from worker.store.engine import open_store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> Iterator[Engine]:
    engine = open_store("", home)
    yield engine
    engine.dispose()


@pytest.fixture
def registry(store: Engine, home: Path) -> Registry:
    return Registry(store, home, trial=remembered)
