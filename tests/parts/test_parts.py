"""The parts are real: each one is asked something only the real program can answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import shutil
import smtplib
import subprocess
import time
from email.message import EmailMessage

import asyncpg
import pytest

from tests.parts.coturn import Coturn
from tests.parts.ports import Late, eventually, wait_until
from tests.parts.postgres import Postgres
from tests.parts.redis import Redis
from tests.parts.smtp import Smtp


async def test_each_test_gets_an_empty_postgres_database(postgres: Postgres, postgres_url: str) -> None:
    link = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    try:
        assert await link.fetchval("select count(*) from pg_tables where schemaname = 'public'") == 0
        assert int(await link.fetchval("show server_version_num")) >= 150000
    finally:
        await link.close()
    assert postgres.psql(postgres_url, "select 6 * 7") == "42"


def test_postgres_comes_back_with_committed_rows_after_the_plug_is_pulled() -> None:
    with Postgres(durable=True) as postgres:
        url = postgres.create_database()
        postgres.psql(url, "create table t (n int); insert into t values (7)")
        postgres.kill()
        postgres.start()
        assert postgres.psql(url, "select n from t") == "7"
        assert postgres.psql(url, "show fsync") == "on"


def test_redis_restarts_on_the_same_port_and_forgets(redis: Redis) -> None:
    url = redis.url
    redis.command("SET", "seat", "1")
    redis.kill()
    with pytest.raises(OSError, match="refused"):
        redis.command("PING")
    redis.start()
    assert redis.url == url
    assert redis.command("GET", "seat") == b"$-1\r\n"


def test_monitor_records_what_passes_through_redis(redis_url: str, shared_redis: Redis) -> None:
    with shared_redis.monitor() as record:
        shared_redis.command("PUBLISH", "topic", "canary-in-the-mine")
    assert b"canary-in-the-mine" in record
    shared_redis.command("PUBLISH", "topic", "after-the-block")
    assert b"after-the-block" not in record


def test_coturn_relays_for_a_time_limited_credential_only(coturn: Coturn) -> None:
    username = f"{int(time.time()) + 600}:seat"
    digest = hmac.new(coturn.secret.encode(), username.encode(), hashlib.sha1).digest()
    good, wrong = base64.b64encode(digest).decode(), "not-the-password"
    assert _allocates(coturn, username, good)
    assert not _allocates(coturn, username, wrong)


def _allocates(coturn: Coturn, username: str, password: str) -> bool:
    client = shutil.which("turnutils_uclient")
    assert client, "turnutils_uclient comes with the package coturn"
    try:
        done = subprocess.run(
            [client, "-u", username, "-w", password, "-y", "-n", "1", "-c", "-p", str(coturn.port), "127.0.0.1"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except subprocess.TimeoutExpired:  # the client asks for ever when it is refused
        return False
    return done.returncode == 0 and "tot_recv_msgs=2" in done.stdout


def test_smtp_keeps_what_it_accepts_and_refuses_on_request(smtp: Smtp) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "clinic@example.org", "ana@example.org", "Your visit"
    mail.set_content("See you at 14:30.")
    with smtplib.SMTP("127.0.0.1", smtp.port) as client:
        client.send_message(mail)
        smtp.mailbox.refuse = "451 4.3.0 try later"
        with pytest.raises(smtplib.SMTPDataError):
            client.send_message(mail)
    [kept] = smtp.received
    assert kept.recipients == ["ana@example.org"]
    assert kept.mail["Subject"] == "Your visit"


async def test_waiting_gives_the_value_or_says_it_is_late() -> None:
    assert wait_until(lambda: 5) == 5
    assert await eventually(lambda: "there") == "there"
    with pytest.raises(Late, match="the moon"):
        wait_until(lambda: False, timeout=0.05, what="the moon")
