"""Mails that came back: a return path of its own for each mail (VERP), and the report read from it (RFC 3464).

    bounces+<40 hexadecimal digits>@example.org

The digits are those of the mail's Message-ID, so a report names its mail even when it quotes nothing of it, and nobody
who has not seen the mail can name it. Reports carry addresses and texts; only a code leaves this file.
"""

from __future__ import annotations

import re
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.policy import default

from notifications.message import DeliveryError, DeliveryStatus, Remedy, StatusReport

_ID = re.compile(r"<([0-9a-f]{40})@([^>\s]+)>")
_PATH = re.compile(r"\+([0-9a-f]{40})@", re.IGNORECASE)
_STATUS = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
_HAS_ROOM = ("2.2",)  # X.2.2, mailbox full: it may have room tomorrow (RFC 3463 section 3.3)


def return_path(bounces: str, message_id: str) -> str:
    """The envelope sender of one mail. Raises ValueError for a Message-ID that is none of ours."""
    found = _ID.fullmatch(message_id)
    if found is None:
        raise ValueError("A return path is made from a Message-ID of ours.")
    local, _, domain = bounces.rpartition("@")
    return f"{local}+{found[1]}@{domain}"


def parse_bounce(raw: bytes, sender: Address) -> StatusReport | None:
    """What a mail to our return path says of a mail of ours; None when it says nothing of any (an out-of-office note,
    a delay that is still being worked on, somebody else's report)."""
    mail = message_from_bytes(raw, policy=default)
    assert isinstance(mail, EmailMessage)
    about = _about(mail, sender)
    status = _status(mail)
    if about is None or status is None:
        return None
    action, code = status
    if action == "delivered":
        return StatusReport(about, DeliveryStatus.DELIVERED)
    if action != "failed":
        return None
    return StatusReport(about, DeliveryStatus.UNDELIVERED, _error(code))


def _about(mail: EmailMessage, sender: Address) -> str | None:
    """Our Message-ID: from the address it came to, else from the headers that the report quotes."""
    addressed = " ".join(str(mail.get(name, "")) for name in ("Delivered-To", "X-Original-To", "To"))
    found = _PATH.search(addressed)
    if found is not None:
        return f"<{found[1].lower()}@{sender.domain}>"
    for part in mail.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            quoted = _ID.search(str(_inside(part).get("Message-ID", "")))
            if quoted is not None and quoted[2].lower() == sender.domain.lower():
                return quoted[0]
    return None


def _inside(part: Message) -> Message:
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return payload[0]
    return message_from_bytes(str(part.get_payload()).encode(errors="replace"), policy=default)


def _status(mail: EmailMessage) -> tuple[str, str] | None:
    """(Action, Status) of the worst recipient of a delivery report: failed before delayed before delivered."""
    found: list[tuple[str, str]] = []
    for part in mail.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        groups = part.get_payload()
        for group in groups if isinstance(groups, list) else []:
            if isinstance(group, Message) and group.get("Action"):
                action = str(group["Action"]).strip().lower()
                found.append((action, str(group.get("Status", ""))))
    order = {"failed": 0, "delayed": 1, "relayed": 2, "expanded": 3, "delivered": 4}
    return min(found, key=lambda one: order.get(one[0], 5)) if found else None


def _error(status: str) -> DeliveryError:
    read = _STATUS.match(status)
    code = f"{read[1]}.{read[2]}.{read[3]}" if read else "bounced"
    permanent = read is None or read[1] == "5"
    if code.partition(".")[2] in _HAS_ROOM or not permanent:
        return DeliveryError(False, code, "The mailbox did not take the mail for now.", Remedy.OTHER_CHANNEL)
    if code.startswith("5.1") or code in ("5.2.1", "5.0.0") or read is None:
        return DeliveryError(True, code, "There is no such mailbox.", Remedy.BAD_ADDRESS)
    return DeliveryError(True, code, "The mail came back.", Remedy.OTHER_CHANNEL)
