"""SMTP against a real server: TLS or nothing, sign-in, the pool, and refusals told apart by their code."""

import asyncio
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from notifications.mail_smtp import POOL_SIZE, SmtpServer, is_loopback
from notifications.message import DeliveryError, DeliveryStatus, Email, Remedy
from notifications.sender import open_mail
from tests.notifications.test_dkim import holds
from tests.notifications.tls_mail_server import PASSWORD, USER, TlsMailServer

SENDER = "Riverside Clinic <visits@riverside.example>"
SIGN_IN = "visits:p%40ss%2Fword@"


def mail(key="k1"):
    return Email("someone@example.org", "Your visit", "Hello", "<p>Hello</p>", key)


def opened(server, scheme="smtp", sign_in=SIGN_IN, query=None):
    query = f"?ca={server.certificate}" if query is None else query
    return open_mail(
        f"{scheme}://{sign_in}127.0.0.1:{server.port}{query}",
        sender_address=SENDER,
        now=lambda: datetime(2026, 11, 21, 9, tzinfo=UTC),
    )


@pytest.fixture
def server(tmp_path):
    with TlsMailServer(tmp_path) as running:
        yield running


@pytest.fixture
async def sender(server):
    smtp = opened(server)
    yield smtp
    await smtp.aclose()


async def refusal(question):
    with pytest.raises(DeliveryError) as refused:
        await question
    assert "someone" not in str(refused.value)
    assert PASSWORD not in str(refused.value)
    return refused.value


async def test_a_mail_arrives_over_starttls_after_sign_in(sender, server):
    receipt = await sender.send(mail())
    [envelope], [session] = server.script.received, server.script.sessions
    sent = message_from_bytes(envelope.content, policy=default)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("visits@riverside.example", ["someone@example.org"])
    assert sent["Message-ID"] == receipt.provider_id
    assert receipt.status is DeliveryStatus.SENT
    assert session.ssl is not None
    assert session.authenticated


async def test_each_mail_returns_to_an_address_of_its_own(server):
    smtp = open_mail(
        f"smtp://{SIGN_IN}127.0.0.1:{server.port}?ca={server.certificate}",
        sender_address=SENDER,
        now=lambda: datetime(2026, 11, 21, 9, tzinfo=UTC),
        bounces="bounces@riverside.example",
    )
    receipts = [await smtp.send(mail("k1")), await smtp.send(mail("k2"))]
    await smtp.aclose()
    returned = [envelope.mail_from for envelope in server.script.received]
    assert returned == [f"bounces+{one.provider_id[1:41]}@riverside.example" for one in receipts]
    [first, _] = server.script.received
    assert message_from_bytes(first.content, policy=default)["From"] == SENDER


async def test_a_mail_is_signed_where_a_key_is_named_and_arrives_as_it_was_signed(server, tmp_path):
    key = Ed25519PrivateKey.generate()
    pem = tmp_path / "dkim.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    smtp = open_mail(
        f"smtp://{SIGN_IN}127.0.0.1:{server.port}?ca={server.certificate}",
        sender_address=SENDER,
        now=lambda: datetime(2026, 11, 21, 9, tzinfo=UTC),
        dkim=f"clinic2026:{pem}",
    )
    await smtp.send(Email("someone@example.org", "Your visit", ".\nOlá \n..dots\n\n", "<p>Olá</p>", "k1"))
    await smtp.aclose()
    [envelope] = server.script.received
    assert envelope.content.startswith(
        b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=riverside.example;"
    )
    assert holds(envelope.content, key)


async def test_a_server_that_is_slow_is_waited_for_and_one_that_hangs_is_temporary(sender, server, monkeypatch):
    server.script.delay = 0.3
    await sender.send(mail("slow"))
    await sender.aclose()
    monkeypatch.setattr("notifications.mail_smtp.TIMEOUT_SECONDS", 0.5)
    server.script.delay = 2.0
    refused = await refusal(sender.send(mail("hangs")))
    assert (refused.permanent, refused.remedy) == (False, Remedy.RETRY)
    server.script.delay = 0.0
    await sender.send(mail("again"))


async def test_implicit_tls(tmp_path):
    with TlsMailServer(tmp_path, implicit=True) as server:
        smtp = opened(server, scheme="smtps")
        await smtp.send(mail())
        assert "TLSv1" in await smtp.check()
        await smtp.aclose()
        assert len(server.script.received) == 1


async def test_a_server_without_tls_gets_nothing(tmp_path):
    with TlsMailServer(tmp_path, plain=True) as server:
        smtp = opened(server, sign_in="", query="")
        error = await refusal(smtp.send(mail()))
        assert error.remedy is Remedy.CONFIGURATION
        await smtp.aclose()
        assert server.script.received == []


async def test_a_server_that_offers_no_sign_in_is_a_configuration_fault(smtp):
    catcher = open_mail(smtp.url.replace("://", f"://{SIGN_IN}") + "?tls=off", sender_address=SENDER)
    assert (await refusal(catcher.check())).remedy is Remedy.CONFIGURATION
    await catcher.aclose()


async def test_tls_off_reaches_a_catcher_on_this_machine(tmp_path):
    with TlsMailServer(tmp_path, plain=True) as server:
        smtp = opened(server, sign_in="", query="?tls=off")
        await smtp.send(mail())
        assert "without TLS" in await smtp.check()
        await smtp.aclose()
        assert len(server.script.received) == 1


async def test_an_untrusted_certificate_is_refused(server):
    smtp = opened(server, query="")
    error = await refusal(smtp.send(mail()))
    assert (error.permanent, error.remedy, error.code) == (False, Remedy.CONFIGURATION, "tls")
    assert "not trusted" in error.detail
    await smtp.aclose()
    assert server.script.received == []


@pytest.mark.parametrize("sign_in", ["visits:wrong@", ""])
async def test_a_wrong_or_missing_sign_in_closes_the_channel(server, sign_in):
    smtp = opened(server, sign_in=sign_in)
    error = await refusal(smtp.send(mail()))
    assert (error.permanent, error.remedy) == (False, Remedy.CHANNEL_DOWN)
    await smtp.aclose()


@pytest.mark.parametrize(
    ("stage", "reply", "permanent", "remedy", "code"),
    [
        ("rcpt", "550 5.1.1 <someone@example.org> unknown", True, Remedy.BAD_ADDRESS, "550 5.1.1"),
        ("rcpt", "451 4.7.1 greylisted, someone@example.org", False, Remedy.RETRY, "451 4.7.1"),
        ("data", "554 5.7.1 refused for someone@example.org", True, Remedy.OTHER_CHANNEL, "554 5.7.1"),
        ("data", "452 4.3.1 full", False, Remedy.RETRY, "452 4.3.1"),
        ("data", "421 closing", False, Remedy.RETRY, "421"),
    ],
)
async def test_refusals_are_told_apart_by_code_and_the_next_mail_goes(
    sender, server, stage, reply, permanent, remedy, code
):
    getattr(server.script, stage).append(reply)
    error = await refusal(sender.send(mail()))
    assert (error.permanent, error.remedy, error.code) == (permanent, remedy, code)
    await sender.send(mail("k2"))
    assert len(server.script.received) == 1


async def test_connections_are_kept_and_no_more_than_the_pool(sender, server):
    await asyncio.gather(*(sender.send(mail(f"k{n}")) for n in range(3 * POOL_SIZE)))
    assert len(server.script.received) == 3 * POOL_SIZE
    assert len({id(session) for session in server.script.sessions}) <= POOL_SIZE
    before = len({session.peer for session in server.script.sessions})
    await sender.send(mail("again"))
    assert len({session.peer for session in server.script.sessions}) == before


async def test_a_connection_the_server_dropped_is_replaced_without_a_lost_or_double_mail(sender, server):
    await sender.send(mail("k1"))
    server.hang_up()
    await sender.send(mail("k2"))
    assert len(server.script.received) == 2


async def test_a_server_that_is_away_is_temporary(tmp_path):
    with TlsMailServer(tmp_path) as server:
        smtp = opened(server)
    error = await refusal(smtp.check())
    assert (error.permanent, error.remedy) == (False, Remedy.RETRY)
    await smtp.aclose()


async def test_closing_twice_is_quiet(sender):
    await sender.send(mail())
    await sender.aclose()
    await sender.aclose()


def test_the_url_is_read_whole():
    server = SmtpServer.from_url(f"smtp://{SIGN_IN}mail.example.org")
    assert (server.host, server.port, server.tls) == ("mail.example.org", 587, "starttls")
    assert (server.username, server.password) == (USER, PASSWORD)
    assert PASSWORD not in repr(server)
    assert SmtpServer.from_url("smtps://mail.example.org").port == 465


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("smtp://u:secret@mail.example.org?tls=off", "only for a host on this machine"),
        ("smtp://u:secret@10.0.0.5?tls=off", "only for a host on this machine"),
        ("smtp://u:secret@mail.example.org?tls=maybe", "tls=required"),
        ("smtp://u:secret@mail.example.org?starttls=no", "does not know starttls"),
        ("smtp://", "lacks a host"),
    ],
)
def test_a_wrong_url_gets_one_sentence_without_its_password(url, sentence):
    with pytest.raises(ValueError, match=sentence) as refused:
        SmtpServer.from_url(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "loopback"), [("localhost", True), ("127.8.0.1", True), ("::1", True), ("localhost.example", False)]
)
def test_loopback_is_this_machine_only(host, loopback):
    assert is_loopback(host) is loopback
