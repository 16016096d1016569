"""Run the clinic: bind the port, open the house, migrate, serve, stop cleanly."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.app import build_app
from server.core import log
from server.core.clock import Clock
from server.house import CannotStart, House, lively, open_house
from server.settings import Mode, Settings
from server.store.migrate import upgrade

__all__ = ["LOCAL", "CannotStart", "bind", "self_made_certificate", "serve"]

LOCAL = {"localhost", "127.0.0.1", "::1"}


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, or CannotStart in plain words."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(4096)
    except OSError as error:
        sock.close()
        if error.errno in {98, 48}:
            raise CannotStart(f"Port {port} is busy. Stop the other program or choose another with --port.") from None
        raise CannotStart(f"Cannot listen on {host}:{port}: {error.strerror}.") from None
    return sock


async def serve(
    settings: Settings,
    *,
    clock: Clock | None = None,
    prepare: Callable[[House], Awaitable[None]] | None = None,
    started: Callable[[House], Awaitable[None]] | None = None,
) -> None:
    """Serve until told to stop. `prepare` runs before the first request, `started` once the port answers."""
    if settings.mode is Mode.production and (faults := settings.unsafe()):
        raise CannotStart("Production mode refuses these settings:\n" + "\n".join(f"  - {fault}" for fault in faults))
    # The demo's terminal belongs to its three links.
    level = settings.log_level or ("warning" if settings.mode is Mode.demo else "info")
    log.configure(settings.log_json, level, log_pii=settings.log_pii and settings.mode is not Mode.production)
    sock = bind("127.0.0.1" if settings.host == "localhost" else settings.host, settings.port)
    try:
        async with open_house(settings, clock=clock) as house:
            await upgrade(house.store)
            await house.store.tune()
            if prepare is not None:
                await prepare(house)
            async with lively(house):
                await _Server(_config(settings, house), house, started).serve(sockets=[sock])
    finally:
        sock.close()


class _Server(uvicorn.Server):
    def __init__(
        self, config: uvicorn.Config, house: House, started: Callable[[House], Awaitable[None]] | None
    ) -> None:
        super().__init__(config)
        self._house = house
        self._told = started

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ctrl-C and SIGTERM end the server and nothing else: uvicorn's own way raises them again at the end, which
        would kill the process before the house is closed."""
        loop = asyncio.get_running_loop()
        stops = (signal.SIGINT, signal.SIGTERM)
        for number in stops:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in stops:
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        keep_what_is_open()
        if self._told is not None:
            await self._told(self._house)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._house.hub.drain(over=0.5)  # browsers go to another instance, or come back to this one
        await super().shutdown(sockets)


def keep_what_is_open() -> None:
    """What was imported and opened stays: a full round of the collector in a request took 150 ms. What is made for a
    request or a batch of messages is mostly gone before a collector that comes less often looks at it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _config(settings: Settings, house: House) -> uvicorn.Config:
    return uvicorn.Config(
        build_app(house),
        log_config=None,
        log_level=None,
        access_log=False,
        lifespan="off",
        ws="websockets-sansio",
        ws_max_size=128 * 1024,
        ws_per_message_deflate=False,  # ciphertext does not compress, and each deflate window costs 50 kB
        backlog=4096,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=3,
        ssl_certfile=str(settings.tls_cert) if settings.tls_cert else None,
        ssl_keyfile=str(settings.tls_key) if settings.tls_key else None,
    )


def self_made_certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """(certificate, key) for a host name or address: browsers warn once, then the camera works."""
    cert_path, key_path = folder / f"{host}.crt".replace(":", "_"), folder / f"{host}.key".replace(":", "_")
    if cert_path.exists() and key_path.exists():
        return cert_path, key_path
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.mkdir(exist_ok=True, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_path.touch(mode=0o600)
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    cert_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return cert_path, key_path


def _names(host: str) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    try:
        names.append(x509.IPAddress(ipaddress.ip_address(host)))
    except ValueError:
        names.append(x509.DNSName(host))
    return names
