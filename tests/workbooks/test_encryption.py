"""Encrypted workbooks: opened by their password alone, in a child, and closed again as Excel would."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import olefile
import pandas as pd
import pytest
from msoffcrypto.format.ooxml import OOXMLFile
from msoffcrypto.method.container.ecma376_encrypted import ECMA376Encrypted

from tests.workbooks.smallest import packed, smallest
from worker.workbooks import FileLimits, append_sheets, decrypt_apart, encrypt_apart, is_encrypted
from worker.workbooks.errors import Fault, FileBroken, FileTooCostly, Limit

Book = Callable[..., Path]
_PASSWORD = "pässwört 2% ✓"


@pytest.fixture
def plain(book: Book) -> Path:
    return book({"S": {"A1": "Purpose", "B1": "Amount", "A2": "car", "B2": 1.5}})


@pytest.fixture
def locked(plain: Path, tmp_path: Path) -> Path:
    target = tmp_path / "locked.xlsx"
    encrypt_apart(plain, target, _PASSWORD, like=plain)
    return target


def _fault(file: Path, password: str = _PASSWORD, limits: FileLimits | None = None) -> Fault | Limit:
    target = file.with_name("out.xlsx")
    with pytest.raises((FileBroken, FileTooCostly)) as caught:
        decrypt_apart(file, target, password, limits)
    assert not target.exists()
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".sheetscore")] == []
    return caught.value.fault if isinstance(caught.value, FileBroken) else caught.value.limit


def test_there_and_back(plain: Path, locked: Path, tmp_path: Path) -> None:
    """The same bytes; what is written is for this account alone; only one of the two is taken for encrypted."""
    decrypt_apart(locked, tmp_path / "back.xlsx", _PASSWORD)
    assert (tmp_path / "back.xlsx").read_bytes() == plain.read_bytes()
    assert (tmp_path / "back.xlsx").stat().st_mode & 0o777 == 0o600
    assert (is_encrypted(plain), is_encrypted(locked)) == (False, True)
    with locked.open("rb") as file:
        book = OOXMLFile(file)
        assert (book.type, book.info["spinValue"]) == ("agile", 100_000)


@pytest.mark.parametrize("password", ["", "Pässwört 2% ✓", _PASSWORD + " ", "x" * 255])
def test_another_password(password: str, locked: Path) -> None:
    """Told as that."""
    assert _fault(locked, password or "?") is Fault.WRONG_PASSWORD


def test_standard_encryption_of_excel_2007(tmp_path: Path) -> None:
    """AES-128 with 50,000 rounds of SHA-1, made here by the rules of [MS-OFFCRYPTO] 2.3.4.7 to 2.3.4.9."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from msoffcrypto.method.ecma376_standard import ECMA376Standard

    salt, verifier = os.urandom(16), os.urandom(16)
    key = ECMA376Standard.makekey_from_password(_PASSWORD, 0x660E, 0x8004, 24, 128, 16, salt)

    def closed(data: bytes) -> bytes:
        encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
        return encryptor.update(data + b"\0" * (-len(data) % 16)) + encryptor.finalize()

    header = struct.pack("<8I", 0x24, 0, 0x660E, 0x8004, 128, 24, 0, 0) + "AES\0".encode("utf-16-le")
    info = struct.pack("<2H2I", 4, 2, 0x24, len(header)) + header + struct.pack("<I", 16) + salt + closed(verifier)
    info += struct.pack("<I", 20) + closed(hashlib.sha1(verifier).digest() + b"\0" * 12)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as made:
        made.writestr("a.txt", "x" * 9000)
    data = inner.getvalue()
    buffer = io.BytesIO()
    ECMA376Encrypted(struct.pack("<Q", len(data)) + closed(data), info).write_to(buffer)
    (tmp_path / "old.xlsx").write_bytes(buffer.getvalue())
    decrypt_apart(tmp_path / "old.xlsx", tmp_path / "out.xlsx", _PASSWORD)
    assert (tmp_path / "out.xlsx").read_bytes().rstrip(b"\0") == data.rstrip(b"\0")
    (tmp_path / "out.xlsx").unlink()
    assert _fault(tmp_path / "old.xlsx", "other") is Fault.WRONG_PASSWORD


def _with_info(locked: Path, change: Callable[[bytes], bytes]) -> Path:
    """The container with another EncryptionInfo."""
    with olefile.OleFileIO(locked) as container:
        info = container.openstream("EncryptionInfo").read()
        package = container.openstream("EncryptedPackage").read()
    buffer = io.BytesIO()
    ECMA376Encrypted(package, change(info)).write_to(buffer)
    made = locked.with_name("changed.xlsx")
    made.write_bytes(buffer.getvalue())
    return made


def test_a_count_of_rounds_without_end(locked: Path) -> None:
    """More rounds than the standard allows are refused at once; as many as it allows end with the time there is."""
    beyond = _with_info(locked, lambda info: info.replace(b'spinCount="100000"', b'spinCount="4000000000"'))
    started = time.monotonic()
    assert _fault(beyond) is Fault.DAMAGED
    assert time.monotonic() - started < 10
    most = b'spinCount="10000000"'
    slow = _with_info(locked, lambda info: info.replace(b'spinCount="100000"', most))
    assert _fault(slow, limits=FileLimits(seconds=1)) is Limit.SECONDS


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda info: info[:8] + b'<!DOCTYPE a [<!ENTITY b "c">]>' + info[8:], Fault.DTD),
        (lambda info: info[:8] + b"<a>", Fault.DAMAGED),
        (lambda info: info[:30], Fault.DAMAGED),
        (lambda info: b"\x03\0\x03\0" + info[4:], Fault.RIGHTS),
        (lambda info: info.replace(b"saltValue", b"saltValuf"), Fault.DAMAGED),
        (lambda info: info.replace(b"SHA512", b"SHA999"), Fault.DAMAGED),
    ],
)
def test_what_says_how_it_is_encrypted_may_say_anything(
    change: Callable[[bytes], bytes], fault: Fault, locked: Path
) -> None:
    """Each ends as a fault of the file."""
    assert _fault(_with_info(locked, change)) is fault


def test_containers_that_are_broken(locked: Path) -> None:
    """Cut, or with bytes changed in its tables: a fault, never another file's content."""
    data = locked.read_bytes()
    for at in (512, len(data) // 2, len(data) - 600):
        (locked.parent / "cut.xlsx").write_bytes(data[:at])
        assert isinstance(_fault(locked.parent / "cut.xlsx"), Fault)
    for at in (30, 44, 48, 60, 68, 76, 80, 520):
        (locked.parent / "cut.xlsx").write_bytes(data[:at] + b"\xff\xff\xff\x7f" + data[at + 4 :])
        try:
            decrypt_apart(locked.parent / "cut.xlsx", locked.parent / "out.xlsx", _PASSWORD)
        except (FileBroken, FileTooCostly):
            continue
        (locked.parent / "out.xlsx").unlink()


def test_an_old_workbook_is_not_taken_for_an_encrypted_one(tmp_path: Path) -> None:
    """Both are OLE containers."""
    (tmp_path / "old.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le") + b"\0\0")
    assert not is_encrypted(tmp_path / "old.xlsx")


def test_the_smallest_result_is_large_enough_for_the_library(tmp_path: Path) -> None:
    """Containers of less than 4,096 bytes come out broken: told, never handed out; a result always has more."""
    small = packed(tmp_path / "small.xlsx", smallest())
    with pytest.raises(FileBroken):
        encrypt_apart(small, tmp_path / "locked.xlsx", _PASSWORD, like=small)
    assert not (tmp_path / "locked.xlsx").exists()
    append_sheets(small, small, {"Scores": pd.DataFrame({"a": [1]}), "Scores summary": pd.DataFrame({"b": [1]})})
    encrypt_apart(small, tmp_path / "locked.xlsx", _PASSWORD, like=small)
    decrypt_apart(tmp_path / "locked.xlsx", tmp_path / "back.xlsx", _PASSWORD)
    assert (tmp_path / "back.xlsx").read_bytes() == small.read_bytes()
