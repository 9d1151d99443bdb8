"""The home's secret: what must be kept and sent on (tokens of remote servers) is stored encrypted under it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from worker.files import private_folder, write_whole
from worker.scoring.errors import SheetscoreError

if TYPE_CHECKING:  # most jobs need no secret, and no 6 MB for cryptography
    from cryptography.fernet import Fernet

VARIABLE = "SHEETSCORE_SECRET"
_BYTES = 32


class SecretError(SheetscoreError):
    """The secret cannot be used; `where` is the file or the environment variable, `reason` says why."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where, self.reason = where, reason


class Secret:
    """Encrypts and decrypts. The secret is `SHEETSCORE_SECRET` or `<home>/secret.key`, made when it is first needed."""

    def __init__(self, home: Path, environ: Mapping[str, str] = os.environ) -> None:
        self._file = home / "secret.key"
        self._given = environ.get(VARIABLE, "")
        self._where = VARIABLE if self._given else str(self._file)

    def encrypt(self, text: str) -> bytes:
        """`decrypt` is the inverse. Raises SecretError, OSError."""
        return self._fernet().encrypt(text.encode())

    def decrypt(self, data: bytes) -> str:
        """Raises SecretError when it was encrypted under another secret, OSError."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - as above

        try:
            return self._fernet().decrypt(data).decode()
        except InvalidToken:
            raise SecretError(self._where, "is not the secret that this was encrypted under") from None

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose, the same as long as the secret is. Raises SecretError, OSError."""
        return hmac.new(self._key().strip(), purpose.encode(), hashlib.sha256).digest()

    def _fernet(self) -> Fernet:
        from cryptography.fernet import Fernet  # noqa: PLC0415 - as above

        return Fernet(self._key())

    def _key(self) -> bytes:
        """The secret as text, checked: what Fernet takes."""
        key = self._given.encode() or self._stored()
        with suppress(ValueError):
            if len(base64.urlsafe_b64decode(key)) == _BYTES:
                return key
        raise SecretError(self._where, "is not 32 bytes as url-safe base64 text")

    def _stored(self) -> bytes:
        if not self._file.exists():
            private_folder(self._file.parent)
            write_whole(self._file, base64.urlsafe_b64encode(os.urandom(_BYTES)), replace=False)
        return self._file.read_bytes()
