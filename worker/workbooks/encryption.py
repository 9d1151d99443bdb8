"""Encrypted workbooks ([MS-OFFCRYPTO]: agile and standard encryption), opened and closed with their password.

For a child with limits: the container (OLE) is a foreign file like any other, and it says itself how often the password
is to be hashed.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import BinaryIO

import olefile
from msoffcrypto.exceptions import InvalidKeyError
from msoffcrypto.format.ooxml import OOXMLFile

from worker.workbooks.errors import Fault, FileBroken, WorkbookError

_AGILE, _STANDARD = {(4, 4)}, {(2, 2), (3, 2), (4, 2)}


class NotEncrypted(Exception):
    """What was encrypted does not open. The library makes no sound container of less than 4,096 bytes; no workbook
    with result sheets is as small.
    """


def decrypt(source: BinaryIO, target: BinaryIO, password: str) -> None:
    """Write what is encrypted in `source`. Raises FileBroken (WRONG_PASSWORD, RIGHTS, DTD, DAMAGED)."""
    try:
        _check(source)
        book = OOXMLFile(source)
        book.load_key(password, verify_password=True)
        book.decrypt(target)
    except InvalidKeyError:
        raise FileBroken(Fault.WRONG_PASSWORD) from None
    except (WorkbookError, MemoryError):
        raise
    except Exception as error:  # the libraries promise nothing of what they raise on a broken container
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise FileBroken(Fault.DAMAGED, f"encryption: {type(error).__name__}") from None


def encrypt(source: Path, target: BinaryIO, password: str) -> None:
    """Write `source` encrypted (agile: AES-256, SHA-512, 100,000 rounds), as Excel does, and see that it opens again.
    Raises NotEncrypted.
    """
    data, closed, opened = source.read_bytes(), io.BytesIO(), io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt(password, closed)
    try:
        decrypt(closed, opened, password)
    except FileBroken as error:
        raise NotEncrypted(str(error)) from None
    if opened.getvalue() != data:
        raise NotEncrypted
    target.write(closed.getvalue())


def _check(source: BinaryIO) -> None:
    """Whether a password is what opens it. The library refuses more rounds than the standard allows (10,000,000)."""
    with olefile.OleFileIO(source) as container:
        info = container.openstream("EncryptionInfo").read() if container.exists("EncryptionInfo") else b""
    if len(info) < 4 or struct.unpack("<2H", info[:4]) not in _AGILE | _STANDARD:
        raise FileBroken(Fault.RIGHTS, info[:4].hex())
    if b"<!" in info[8:] and info[:2] == info[2:4]:
        raise FileBroken(Fault.DTD, "EncryptionInfo")
    source.seek(0)
