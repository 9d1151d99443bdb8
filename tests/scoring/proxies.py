"""A company's proxy that wants a sign-in, and an endpoint behind it that only the proxy can reach."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import requests

from worker.scoring.sessions import SignIn, new_session

HOST = "scores.example.com"


@dataclass
class Proxy:
    """`name` and `password` open it; every name leads to `target`. `asked` holds what it was given of a login."""

    target: str
    name: str = "ana"
    password: str = "Grüße, 東京"
    place: str = ""
    asked: list[str] = field(default_factory=list)
    refused: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def session(self, sign_in: SignIn) -> requests.Session:
        """A session that goes through it."""
        session = new_session(4, sign_in)
        session.trust_env = False
        session.proxies = {"https": f"http://{self.place}"}
        return session

    def answer(self, client: socket.socket) -> None:
        """One wish for a tunnel, and what goes through it."""
        head = client.recv(10_000).decode().split("\r\n")
        given = next((line.partition(": ")[2] for line in head if line.lower().startswith("proxy-authorization")), "")
        self.asked.append(given)
        pair = base64.b64encode(f"{self.name}:{self.password}".encode()).decode()
        if given != f"Basic {pair}":
            client.sendall(
                b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                b'Proxy-Authenticate: Basic realm="company"\r\nContent-Length: 0\r\n\r\n'
            )
            self.refused.release()
            return
        parts = urlsplit(self.target)
        with socket.create_connection((parts.hostname or "", parts.port or 0)) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_carry, args=(server, client), daemon=True)
            back.start()
            _carry(client, server)
            back.join()


@contextmanager
def signing_proxy(target: str) -> Iterator[Proxy]:
    """A proxy on a loopback port."""

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=serve, args=(client,), daemon=True).start()

    def serve(client: socket.socket) -> None:
        with client, suppress(OSError):
            proxy.answer(client)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = Proxy(target, place=f"127.0.0.1:{listener.getsockname()[1]}")
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield proxy
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def tls_for(host: str, folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server of this name speaks TLS with, and the file of the authority that signed it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{host}.pem"
    kinds = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(key.private_bytes(*kinds) + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, file
