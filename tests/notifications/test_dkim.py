"""Signed mail: the RFC's own example byte for byte, what leaves our server, and keys that cannot be used."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from notifications.dkim import SEALED, DkimSigner, body_hash, parts_of, signing_input
from notifications.mail import build_mime, parse_sender
from notifications.message import Attachment, Email

# RFC 8463, appendix A: message, key and signature.
SECRET = base64.b64decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
SIGNATURE = (
    " v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b="
)
SIGNED = "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
MESSAGE = (
    b"From: Joe SixPack <joe@football.example.com>\r\nTo: Suzie Q <suzie@shopping.example.net>\r\n"
    b"Subject: Is dinner ready?\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    b"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\n"
    b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
)
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MAIL = Email(
    to="marta@example.org", subject="Visita na Clínica", text="Olá  Marta \n\n\n", html="<p>Olá</p>", key="k1",
    attachments=(Attachment("visit.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "text/calendar", method="REQUEST"),),
    unsubscribe_url="https://visits.example.org/v1/mail/unsubscribe/x",
)  # fmt: skip


def test_the_example_of_rfc_8463_byte_for_byte() -> None:
    signer = DkimSigner("football.example.com", "brisbane", Ed25519PrivateKey.from_private_bytes(SECRET))
    headers, body = parts_of(MESSAGE)
    assert base64.b64encode(body_hash(body)).decode() == "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
    names = ["from", "to", "subject", "date", "message-id", "from", "subject", "date"]
    made = signer.signature(signing_input(headers, names, SIGNATURE))
    assert base64.b64encode(made).decode() == SIGNED


def holds(signed: bytes, key: RSAPrivateKey | Ed25519PrivateKey) -> bool:
    """As a receiver does: read the tags of the top field, compare the body, verify."""
    headers, body = parts_of(signed)
    value = headers[0][1]
    tags = {name.strip(): "".join(said.split()) for name, _, said in (one.partition("=") for one in value.split(";"))}
    if base64.b64decode(tags["bh"]) != body_hash(body):
        return False
    bare = re.sub(r"(\sb=)[\s\S]*$", r"\1", value)
    given = signing_input(headers[1:], tags["h"].split(":"), bare)
    try:
        if isinstance(key, RSAPrivateKey):
            key.public_key().verify(base64.b64decode(tags["b"]), given, PKCS1v15(), SHA256())
        else:
            key.public_key().verify(base64.b64decode(tags["b"]), hashlib.sha256(given).digest())
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("key", [generate_private_key(65537, 2048), Ed25519PrivateKey.generate()])
def test_a_mail_of_ours_is_signed_and_nothing_of_it_can_change(key: RSAPrivateKey | Ed25519PrivateKey) -> None:
    raw = build_mime(MAIL, parse_sender("Riverside Clinic <visits@riverside.example>"), AT).as_bytes()
    signed = DkimSigner("riverside.example", "clinic", key).sign(raw, AT)
    assert signed.endswith(raw)
    assert max(len(line) for line in signed.split(b"\r\n")[:8]) <= 78
    assert holds(signed, key)
    assert holds(signed.replace(b"From: Riverside", b"From:  Riverside"), key), "relaxed: spaces do not matter"
    for was, now in (
        (b"To: marta@", b"To: carla@"), (b"List-Unsubscribe: <https", b"List-Unsubscribe: <http"),
        (b"BEGIN", b"BEGAN"), (b"\r\nFrom: ", b"\r\nFrom: x@evil.example\r\nFrom: "),
        (b"\r\nMIME-Version", b"\r\nSubject: Pay now\r\nMIME-Version"),
    ):  # fmt: skip
        changed = signed.replace(was, now, 1)
        if was == b"BEGIN":
            changed = signed[:-20] + b"!" + signed[-19:]
        assert changed != signed
        assert not holds(changed, key), was
    assert set(SEALED) <= {name.lower() for name, _ in parts_of(raw)[0]}


def test_a_key_that_cannot_be_used_is_told_in_words(tmp_path: Path) -> None:
    small, other = tmp_path / "small.pem", tmp_path / "other.pem"
    pem = generate_private_key(65537, 1024).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    small.write_bytes(pem)
    other.write_text("no key")
    for setting, words in (
        ("clinic", "a selector and the file"), (f"-:{small}", "a selector and the file"),
        (f"clinic:{tmp_path}/none.pem", "cannot be read"), (f"clinic:{other}", "no private key"),
        (f"clinic:{small}", "fewer than 2048 bits"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=words) as told:
            DkimSigner.from_setting(setting, "riverside.example")
        assert "PRIVATE" not in str(told.value)
