"""A real PostgreSQL cluster in a temporary folder."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from tests.parts.ports import free_port, program
from tests.parts.process import Process

ROLE = "careroom"
_HOMES = sorted(
    [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *Path("/opt/homebrew/opt").glob("postgresql@*/bin"),
        *Path("/usr/local/opt").glob("postgresql@*/bin"),
    ],
    reverse=True,
)


def _binary(name: str) -> str:
    """A program of PostgreSQL itself: what stands on the PATH may be a distribution's slow wrapper."""
    return next((str(home / name) for home in _HOMES if (home / name).exists()), "") or program(name, "postgresql")


class Console:
    """One psql that stays open: a database made through it takes milliseconds, not a quarter second."""

    _END = "-- done --"

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._child: subprocess.Popen[str] | None = None

    def run(self, statement: str) -> None:
        """A statement that answers nothing. Raises RuntimeError with the server's words."""
        said = self._ask(statement)
        if said:
            raise RuntimeError(f"psql: {' '.join(said)}")

    def _ask(self, statement: str) -> list[str]:
        if self._child is None or self._child.poll() is not None:
            self._child = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
        assert self._child.stdin
        assert self._child.stdout
        self._child.stdin.write(f"{statement};\n\\echo {self._END}\n")
        self._child.stdin.flush()
        said: list[str] = []
        for line in self._child.stdout:
            if line.strip() == self._END:
                return said
            said.append(line.strip())
        raise RuntimeError(f"psql ended: {' '.join(said)}")  # the server went away; the next statement connects anew

    def close(self) -> None:
        if self._child is not None:
            assert self._child.stdin
            self._child.stdin.close()
            self._child.wait(10)
            self._child = None


class Postgres:
    """`with Postgres() as postgres: url = postgres.create_database()`.

    `durable=False` (the default) turns fsync off: right for every test except one
    that pulls the plug. PostgreSQL refuses to run as root, so root runs it as
    the user `postgres`.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="careroom-pg-"))
        self.data = self.folder / "data"
        self.port = free_port()
        self.durable = durable
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self._run("initdb", "-D", str(self.data), "-U", ROLE, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.process = Process(self._server_command(), self.folder, user=self.user)
        where = ["-h", str(self.folder), "-p", str(self.port), "-U", ROLE, "-d", "postgres"]
        self._console = Console([_binary("psql"), "-qAtX", *where])

    def _server_command(self) -> list[str]:
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "max_connections": 200,
            "fsync": "on" if self.durable else "off",
            "synchronous_commit": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
        }
        command = [_binary("postgres"), "-D", str(self.data)]
        return command + [word for key, value in options.items() for word in ("-c", f"{key}={value}")]

    def _run(self, name: str, *arguments: str) -> str:
        done = subprocess.run(
            [_binary(name), *arguments],
            cwd=self.folder,
            user=self.user,
            extra_groups=[] if self.user else None,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr.strip()}")
        return done.stdout.strip()

    def _client(self, name: str, *arguments: str) -> str:
        return self._run(name, "-h", str(self.folder), "-p", str(self.port), "-U", ROLE, *arguments)

    def _ready(self) -> bool:
        try:
            self._client("psql", "-d", "postgres", "-Atc", "select 1")
        except RuntimeError:
            return False
        return True

    def start(self) -> None:
        """Come up (again) on the same port with the same data."""
        self.process.start(self._ready)

    def stop(self) -> None:
        """A fast shutdown: sessions are cut, data is written."""
        self._console.close()
        self.process.stop(signal.SIGINT)

    def kill(self) -> None:
        """The plug is pulled: no checkpoint, recovery at the next start."""
        self._console.close()
        self.process.stop(signal.SIGQUIT)

    def url(self, database: str) -> str:
        """The setting DATABASE_URL for a database of this cluster."""
        return f"postgresql+asyncpg://{ROLE}@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template0") -> str:
        """The URL of a fresh database, a copy of `template`."""
        name = "t_" + secrets.token_hex(6)
        self._console.run(f"create database {name} template {template}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database, cutting whoever is still connected."""
        self._console.run(f"drop database {url.rsplit('/', 1)[1]} with (force)")

    def psql(self, url: str, statement: str) -> str:
        """Run SQL as the owner; the unaligned rows as text."""
        return self._client("psql", "-d", url.rsplit("/", 1)[1], "-v", "ON_ERROR_STOP=1", "-Atc", statement)

    def dump(self, url: str) -> bytes:
        """Everything in a database, as pg_dump writes it."""
        return self._client("pg_dump", "-d", url.rsplit("/", 1)[1], "--inserts").encode()

    def __enter__(self) -> Postgres:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        shutil.rmtree(self.folder)
