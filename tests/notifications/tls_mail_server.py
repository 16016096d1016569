"""A real mail server with STARTTLS, sign-in and a script of refusals, and the certificate it shows."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.parts.ports import free_port

USER, PASSWORD = "visits", "p@ss/word"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-made certificate for 127.0.0.1: (certificate, key) as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "mail.pem", folder / "mail.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret


class Script:
    """The handler. `rcpt` and `data` are replies to give, one each, before accepting again."""

    def __init__(self):
        self.rcpt, self.data = deque(), deque()
        self.received, self.sessions = [], []
        self.delay = 0.0  # seconds before the answer to DATA

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: ARG002 - aiosmtpd's signature
        if self.rcpt:
            return self.rcpt.popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: ARG002 - aiosmtpd's signature
        await asyncio.sleep(self.delay)  # a server that is slow, not a test that waits
        if self.data:
            return self.data.popleft()
        self.received.append(envelope)
        self.sessions.append(session)
        return "250 2.0.0 kept"


class _Controller(Controller):
    def factory(self):
        server = SMTP(self.handler, **self.SMTP_kwargs)
        self.servers = [*getattr(self, "servers", []), server]
        return server


class TlsMailServer:
    """`with TlsMailServer(folder) as server:`; `implicit` speaks TLS from the first byte; `plain` offers no TLS."""

    def __init__(self, folder: Path, *, implicit: bool = False, plain: bool = False):
        self.certificate, key = make_certificate(folder)
        self.script = Script()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        starttls = {} if plain or implicit else {"tls_context": context, "require_starttls": True}
        self._controller = _Controller(
            self.script,
            hostname="127.0.0.1",
            port=free_port(),
            ssl_context=context if implicit else None,
            authenticator=self._authenticate,
            auth_require_tls=not plain and not implicit,
            auth_required=not plain,
            **starttls,
        )

    @staticmethod
    def _authenticate(server, session, envelope, mechanism, data):  # noqa: ARG004 - aiosmtpd's signature
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)  # the server itself says 235 or 535

    @property
    def port(self) -> int:
        return self._controller.server.sockets[0].getsockname()[1]

    def hang_up(self) -> None:
        """Close every open connection, as an idle timeout does."""
        for server in self._controller.servers:
            if server.transport is not None:
                self._controller.loop.call_soon_threadsafe(server.transport.abort)

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *exc_info):
        self._controller.stop()
