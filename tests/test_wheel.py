"""The wheel, not the checkout: what ships must have everything it needs."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.config import BuilderConfig

from addin.excel import XLAM, build
from addin.excel.hatch_hook import AddinFile

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built once."""
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (made,) = folder.glob("*.whl")
    return made


def test_the_demonstration_runs_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """Models, contract, workbook and migrations are in it, and nothing of the tests or of one machine."""
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
        archive.extractall(site)
    assert {top for top in tops if not top.endswith(".dist-info")} == {"addin", "worker", "workbook_templates"}
    ran = subprocess.run(
        [sys.executable, "-m", "worker", "demo", "--home", str(tmp_path / "home")],
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("980 scored") == 2
    used = subprocess.run(
        [sys.executable, "-c", "import worker; print(worker.__file__)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert used.stdout.startswith(str(site))


def test_the_wheel_carries_the_add_in_file_and_not_what_built_it(wheel: Path, tmp_path: Path) -> None:
    """The same bytes as from this checkout: the one file can be signed, and `install` compares digests."""
    build(tmp_path / XLAM)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert archive.read(f"addin/excel/{XLAM}") == (tmp_path / XLAM).read_bytes()
    assert names.count(f"addin/excel/{XLAM}") == 1
    assert [name for name in names if "backend" in name or "hatch_hook" in name] == []


def test_an_editable_installation_neither_builds_the_add_in_file_nor_asks_for_what_builds_it() -> None:
    """README's first command would wait for it; `addin install` builds it when it is wanted."""
    asked = "import sheetscore_backend as b; [print(ask()) for ask in "
    done = subprocess.run(
        [sys.executable, "-c", f"{asked}(b.get_requires_for_build_editable, b.get_requires_for_build_wheel)]"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "addin" / "excel" / "backend")},
        capture_output=True,
        text=True,
        check=True,
    )
    editable, wheel = done.stdout.splitlines()
    assert "xlwings" not in editable
    assert "'xlwings==0.37.8', 'pyOpenVBA==6.5.0'" in wheel
    assert _included("editable") == []
    assert _included("standard") == [f"addin/excel/{XLAM}"]


def _included(version: str) -> list[str]:
    hook = AddinFile(str(ROOT), {}, BuilderConfig(None, "", {}, {}, {}), None, "", "wheel")  # type: ignore[arg-type]
    data: dict[str, dict[str, str]] = {"force_include": {}}
    hook.initialize(version, data)
    hook.finalize(version, data, "")
    return list(data["force_include"].values())
