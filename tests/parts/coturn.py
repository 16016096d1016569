"""A real TURN server with time-limited credentials (the TURN REST scheme)."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from server.serving import self_made_certificate
from tests.parts.ports import free_port, listening, program
from tests.parts.process import Process


class Coturn:
    """`with Coturn() as turn:` then `turn.urls` and `turn.secret` are the settings TURN_URLS and TURN_SECRET.

    It relays on loopback only, which a production server must never allow. `turn.tls_url` is the same over TLS, with a
    certificate that no browser trusts by itself.
    """

    def __init__(self, relay_ports: int = 200, *, host: str = "127.0.0.1", inside: Sequence[str] = ()) -> None:
        """`inside` is what runs it somewhere else (`NetLab.command`), where `host` is its address."""
        self.host, self._elsewhere = host, bool(inside)
        self.folder = Path(tempfile.mkdtemp(prefix="careroom-turn-"))
        self.port = free_port()
        self.tls_port = free_port()
        certificate, key = self_made_certificate(self.folder, host)
        self.secret = secrets.token_urlsafe(24)
        first = 49152 + secrets.randbelow(10) * relay_ports
        self.process = Process(
            [
                *inside,
                program("turnserver", "coturn"),
                *(
                    "-n",
                    "--no-dtls",
                    "--no-cli",
                    f"--cert={certificate}",
                    f"--pkey={key}",
                    "--fingerprint",
                    "--allow-loopback-peers",
                ),
                *("--use-auth-secret", f"--static-auth-secret={self.secret}", "--realm=test.example"),
                *(f"--listening-ip={host}", f"--relay-ip={host}", f"--listening-port={self.port}"),
                f"--tls-listening-port={self.tls_port}",
                *(f"--min-port={first}", f"--max-port={first + relay_ports - 1}", f"--db={self.folder / 'turndb'}"),
                *("--log-file=stdout", f"--pidfile={self.folder / 'pid'}"),
            ],
            self.folder,
        )

    @property
    def urls(self) -> list[str]:
        return [f"turn:{self.host}:{self.port}?transport=udp", f"turn:{self.host}:{self.port}?transport=tcp"]

    @property
    def tls_url(self) -> str:
        return f"turns:{self.host}:{self.tls_port}?transport=tcp"

    def start(self) -> None:
        if self._elsewhere:
            self.process.start(lambda: "Total General servers" in self.process.log.read_text(errors="replace"))
        else:
            self.process.start(lambda: listening(self.port) and listening(self.tls_port))

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        self.process.kill()

    def __enter__(self) -> Coturn:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()
        shutil.rmtree(self.folder)
