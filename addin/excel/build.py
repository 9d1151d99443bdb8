"""sheetscore.xlam: xlwings' template with our VBA, our ribbon, and nothing of a workbook's to obey."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
import zipfile
from pathlib import Path

from addin.excel import parts
from addin.excel.errors import BuildError
from addin.excel.stock import VERSION, bridge

XLAM = "sheetscore.xlam"
_HERE = Path(__file__).parent
_TEMPLATE = "quickstart_addin_ribbon.xlam"
MODULES = ("Ribbon", "Functions", "AutoScore", "Links", "Offer")


def packaged() -> Path:
    """The add-in file that this installation carries; one from a checkout builds it now. Raises BuildError, OSError."""
    path = _HERE / XLAM
    if not path.is_file() or _is_checkout():
        build(path)
    return path


def build(target: Path) -> str:
    """Build the add-in file at `target` and return its SHA-256, in hexadecimal. The same sources give the same bytes.

    Raises BuildError if xlwings or pyOpenVBA are missing or not the versions this was made for; OSError from writing.
    """
    with tempfile.TemporaryDirectory(prefix="sheetscore-") as folder:
        draft = Path(folder) / XLAM
        draft.write_bytes(template().read_bytes())
        _write_modules(draft)
        data = _package(draft, Path(folder) / "package.zip")
    new = target.with_name(f".{target.name}.{os.getpid()}")
    new.write_bytes(data)
    new.replace(target)
    return hashlib.sha256(data).hexdigest()


def template() -> Path:
    """Where xlwings keeps the file that ours is made from. Raises BuildError."""
    spec = importlib.util.find_spec("xlwings")
    path = Path(spec.origin or "").parent / _TEMPLATE if spec else Path(_TEMPLATE)
    if not path.is_file():
        raise BuildError("template", f"xlwings=={VERSION}", 0)
    return path


def source(name: str) -> str:
    """The VBA text of one of our modules, as it is kept: lines end in a line feed."""
    return (_HERE / "vba" / name).read_text("utf-8")


def _write_modules(draft: Path) -> None:
    try:
        from pyopenvba import (  # type: ignore[import-untyped] # noqa: PLC0415 - only builders need it
            ExcelFile,
            VBAModuleKind,
        )
    except ImportError:
        raise BuildError("VBA writer", "pyOpenVBA", 0) from None
    with ExcelFile(draft) as book:
        project = book.vba_project()
        stock = project.get_module("xlwings").source
        for name in ("xlwings", "RibbonMyAddin", "Dictionary"):
            project.delete_module(name)
        project.add_module("Bridge", _crlf(bridge(stock, source("Bridge.cls"))), kind=VBAModuleKind.other)
        for name in MODULES:
            project.add_module(name, _crlf(source(f"{name}.bas")))
        project.get_module("ThisWorkbook").body = _crlf(source("ThisWorkbook.cls"))
        book.save()


def _package(draft: Path, scratch: Path) -> bytes:
    """Everything in one order, dated 1980 and not compressed: that is the same whatever zlib a system has."""
    with zipfile.ZipFile(draft) as made, zipfile.ZipFile(scratch, "w") as package:
        names = sorted(made.namelist(), key=lambda name: (name != "[Content_Types].xml", name))
        for name in names:
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 0
            package.writestr(entry, parts.rewrite(name, made.read(name), _HERE))
    return scratch.read_bytes()


def _crlf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def _is_checkout() -> bool:
    return (_HERE.parent.parent / "pyproject.toml").is_file()
